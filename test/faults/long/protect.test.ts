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
  for (const phrase of [
    /3 suspected findings raised/,
    /PRECONDITION_FAILED: You proposed the rule: another person has to activate it/,
    /due \S+, by (KEV_CATALOG|TABLE_1_ROW)/,
    /finds no evidence of compromise/,
    /PRECONDITION_FAILED: You recorded this remediation/,
    /sees that the finding is still overdue, since the acceptance changes no deadline/,
    /publishes it early, since the flaw became known/,
    /"overdueExposures":0,.*"aiToolDeployments":\[\]/,
    /"overdueExposures":1,.*"aiToolDeployments":\[\{"stage":"DEPLOYED","count":1\}\],"casesPatched":1/,
    /"FALSE_POSITIVE","aggregates":\{"count":1\}.*"OPEN","aggregates":\{"count":1\}.*"VERIFIED","aggregates":\{"count":1\}/,
  ])
    expect(transcript).toMatch(phrase);
  expect(transcript).not.toMatch(/"level":(40|50)/);
});
