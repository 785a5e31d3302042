/** What the transcript of `npm run exercise:hire` says. */
export const HIRING = [
  /records that its capability RS\.MA, incident management, is at tier 2, below the target of 4/,
  /sees the gap at the staffing of its incident responders/,
  /shares the certificate with Treasury/,
  /PRECONDITION_FAILED: You rated the application: another specialist has to reconsider it/,
  /rescinds the offer to the second after the background investigation/,
  /To NSA, Cleo was hired elsewhere; it does not see where/,
  /The goal: 1 hires of 2, 1 still needed/,
  /erases the data of a candidate who was not hired/,
];

/** What the transcript of `npm run exercise:protect` says. */
export const PROTECTION = [
  /PRECONDITION_FAILED: You proposed the rule: another person has to activate it/,
  /due \S+, by (KEV_CATALOG|TABLE_1_ROW)/,
  /finds no evidence of compromise/,
  /PRECONDITION_FAILED: You recorded this remediation/,
  /sees that the finding is still overdue, since the acceptance changes no deadline/,
  /publishes it early, since the flaw became known/,
  /"overdueExposures":0,.*"aiToolDeployments":\[\]/,
  /"overdueExposures":1,.*"aiToolDeployments":\[\{"stage":"DEPLOYED","count":1\}\],"casesPatched":1/,
  /"FALSE_POSITIVE","aggregates":\{"count":1\}.*"OPEN","aggregates":\{"count":1\}.*"VERIFIED","aggregates":\{"count":1\}/,
];
