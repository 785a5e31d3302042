/** Title patterns and the DCWF work role each suggests. Only a hint: announcements rarely state the code. */
const RULES: readonly [RegExp, string][] = [
  [/incident (respon|handl)/i, '531'],
  [/forensic/i, '212'],
  [/vulnerab|penetration|red team/i, '541'],
  [/cyber ?(security|defense)? (operations |defense )?analyst|security operations|\bsoc\b/i, '511'],
  [/infosec|information security|cyber ?security specialist/i, '722'],
  [/security architect/i, '652'],
  [/security control|assessor/i, '612'],
  [/cyber ?(security)? (policy|plan)/i, '752'],
  [/data scien/i, '423'],
  [/data analy|statistic/i, '422'],
  [/artificial intelligence|machine learning|\bai\/ml\b|\bai\b/i, '623'],
  [/sysadmin|system(s)? administrat/i, '451'],
  [/\bnetwork/i, '441'],
  [/appsw|application(s)? software|software (develop|engineer)/i, '621'],
  [/datamgt|data management|database/i, '421'],
  [/sysanalysis|systems analy/i, '461'],
  [/custspt|customer support/i, '411'],
  [/enterprise architect|entarch/i, '651'],
];

/** DCWF codes of the work roles that an announcement's title suggests. */
export function workRolesOfTitle(title: string): string[] {
  return RULES.filter(([pattern]) => pattern.test(title)).map(([, code]) => code);
}
