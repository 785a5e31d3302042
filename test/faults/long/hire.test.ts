import { killAll, requireCompiled, run } from '../../support/processes';

beforeAll(requireCompiled);
afterEach(killAll);

test('plays the scripted exercise of `npm run exercise:hire` on a new graph, from the gap to the entry on duty', async () => {
  const play = run(['exercise:hire']);
  const code = await play.ended;
  const transcript = play.output();
  expect([code, transcript]).toEqual([0, expect.stringMatching(/\d{2} steps, all as the rules of hiring require\./)]);
  for (const phrase of [
    /records that its capability RS\.MA, incident management, is at tier 2, below the target of 4/,
    /sees the gap at the staffing of its incident responders/,
    /shares the certificate with Treasury/,
    /PRECONDITION_FAILED: You rated the application: another specialist has to reconsider it/,
    /rescinds the offer to the second after the background investigation/,
    /To NSA, Cleo was hired elsewhere; it does not see where/,
    /The goal: 1 hires of 2, 1 still needed/,
    /erases the data of a candidate who was not hired/,
  ])
    expect(transcript).toMatch(phrase);
  expect(transcript).not.toMatch(/"level":(40|50)/);
});
