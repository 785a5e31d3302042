import { PROTECTION } from '../../exercise/phrases';
import { killAll, requireCompiled, run } from '../../support/processes';

beforeAll(requireCompiled);
afterEach(killAll);

test('plays the scripted exercise of `npm run exercise:protect` on a new graph, from an edition to a published case', async () => {
  const play = run(['exercise:protect']);
  const code = await play.ended;
  const transcript = play.output();
  expect([code, transcript]).toEqual([
    0,
    expect.stringMatching(/\d{2} steps, all as the directive and the rules require\./),
  ]);
  for (const phrase of [/3 suspected findings raised/, ...PROTECTION]) expect(transcript).toMatch(phrase);
  expect(transcript).not.toMatch(/"level":(40|50)/);
});
