import { killAll, requireCompiled, run } from '../support/processes';

beforeAll(requireCompiled);
afterEach(killAll);

test('plays the scripted exercise of `npm run exercise:oversight` on a new graph, with an edition of its own', async () => {
  const play = run(['exercise:oversight']);
  const code = await play.ended;
  const transcript = play.output();
  expect([code, transcript]).toEqual([
    0,
    expect.stringMatching(/\d{2} steps, and questions of overseers have answers\./),
  ]);
  for (const phrase of [
    /omb-use-cases: 8 rows/,
    /kev: 1 rows/,
    /records that the first duty was carried out, a week late/,
    /"section":"X\(2\)",.*"doneOn":null,"daysLate":30/,
  ])
    expect(transcript).toMatch(phrase);
  expect(transcript).not.toMatch(/"level":(40|50)/);
});
