import { HIRING } from '../../exercise/phrases';
import { killAll, requireCompiled, run } from '../../support/processes';

beforeAll(requireCompiled);
afterEach(killAll);

test('plays the scripted exercise of `npm run exercise:hire` on a new graph, from the gap to the entry on duty', async () => {
  const play = run(['exercise:hire']);
  const code = await play.ended;
  const transcript = play.output();
  expect([code, transcript]).toEqual([0, expect.stringMatching(/\d{2} steps, all as the rules of hiring require\./)]);
  for (const phrase of HIRING) expect(transcript).toMatch(phrase);
  expect(transcript).not.toMatch(/"level":(40|50)/);
});
