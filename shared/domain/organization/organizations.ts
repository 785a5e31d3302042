/** Organizations that several publishers name, each in its own way: developers of models, vendors, cloud providers. */
interface KnownOrganization {
  readonly key: string;
  readonly name: string;
  /** Other names it goes by; whole names, whatever their case and punctuation. */
  readonly aliases: readonly string[];
  /** What names it in free text, where that is not its name between word boundaries. */
  readonly mention?: RegExp;
}

const known = (key: string, name: string, aliases: readonly string[] = [], mention?: RegExp): KnownOrganization => ({
  key,
  name,
  aliases,
  mention,
});

const KNOWN: readonly KnownOrganization[] = [
  known('openai', 'OpenAI', [], /\bopen ?ai\b/i),
  known('anthropic', 'Anthropic'),
  known('google', 'Google', [
    'Google DeepMind',
    'DeepMind',
    'Google Research',
    'Google Brain',
    'Google / Google DeepMind',
    'Google Cloud',
  ]),
  known('microsoft', 'Microsoft', ['Microsoft Research', 'Microsoft Azure']),
  known('meta', 'Meta', ['Meta AI', 'Meta Platforms', 'Facebook', 'Facebook AI Research', 'Facebook AI']),
  known('amazon', 'Amazon', ['Amazon Web Services', 'AWS', 'Amazon Web Services (AWS)'], /\bamazon\b|\baws\b/i),
  known('xai', 'xAI'),
  known('nvidia', 'NVIDIA'),
  known('apple', 'Apple'),
  known('ibm', 'IBM', ['IBM Research']),
  known('oracle', 'Oracle'),
  known('salesforce', 'Salesforce', ['Salesforce Research']),
  known('adobe', 'Adobe'),
  known('cisco', 'Cisco', ['Cisco AppDynamics']),
  known('palantir', 'Palantir'),
  known('databricks', 'Databricks'),
  known('mistral', 'Mistral AI', ['Mistral'], /\bmistral\b/i),
  known('cohere', 'Cohere'),
  known('inflection', 'Inflection AI', ['Inflection']),
  known('ai21', 'AI21 Labs', [], /\bai21\b/i),
  known('scale', 'Scale AI'),
  known('hugging-face', 'Hugging Face'),
  known('stability', 'Stability AI'),
  known('alibaba', 'Alibaba', ['Alibaba Cloud']),
  known('deepseek', 'DeepSeek'),
  known('baidu', 'Baidu'),
  known('tencent', 'Tencent'),
  known('zhipu', 'Z.ai (Zhipu AI)', ['Zhipu AI', 'Z.ai'], /\bzhipu\b/i),
  known('tii', 'Technology Innovation Institute'),
  known('ivanti', 'Ivanti'),
  known('citrix', 'Citrix'),
  known('sap', 'SAP', [], /\bSAP\b/),
  known('atlassian', 'Atlassian'),
  known('palo-alto-networks', 'Palo Alto Networks', [], /\bpalo alto\b/i),
  known('trend-micro', 'Trend Micro'),
  known('juniper', 'Juniper', ['Juniper Networks']),
  known('red-hat', 'Red Hat'),
  known('f5', 'F5', ['F5 Networks']),
  known('elastic', 'Elastic'),
  known('qlik', 'Qlik'),
  known('beyondtrust', 'BeyondTrust'),
  known('commvault', 'Commvault'),
  known('gitlab', 'GitLab'),
  known('servicenow', 'ServiceNow'),
  known('check-point', 'Check Point'),
  known('mongodb', 'MongoDB'),
  known('sciencelogic', 'ScienceLogic'),
  known('siemens', 'Siemens'),
  known('versa', 'Versa', ['Versa Networks']),
  known('vmware', 'VMware', ['VMware by Broadcom']),
  known('fortinet', 'Fortinet'),
  known('solarwinds', 'SolarWinds'),
  known('zoho', 'Zoho'),
  known('dell', 'Dell', ['Dell Technologies']),
];

/** Keys of the known organizations that develop AI models: only these are linked to a developer of the graph. */
const DEVELOPERS = new Set(
  KNOWN.slice(
    0,
    KNOWN.findIndex(({ key }) => key === 'ivanti'),
  ).map(({ key }) => key),
);

const LEGAL_FORM = /\b(inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|plc|pbc|lp|llp)\b/g;

function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/[^a-z0-9]+/g, ' ')
    .replace(LEGAL_FORM, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const byName = new Map(
  KNOWN.flatMap((organization) =>
    [organization.name, ...organization.aliases].map((name) => [fold(name), organization]),
  ),
);
/** Longest first, so that "Check Point Software" meets "Check Point" and not a shorter name. */
const leadingNames = [...byName.keys()].filter((name) => name.length > 1).sort((a, b) => b.length - a.length);

export interface Organization {
  readonly key: string;
  readonly name: string;
  /** Whether it is matched by name, by a rule (its name begins with a known one), or known only from this publisher. */
  readonly by: 'name' | 'rule' | 'new';
}

/** The organization that a publisher's name means; unknown names get a key of their own, the same for all publishers. */
export function organizationNamed(name: string): Organization {
  const folded = fold(name);
  const exact = byName.get(folded);
  if (exact) return { key: exact.key, name: exact.name, by: 'name' };
  const leading = leadingNames.find((known) => folded.startsWith(`${known} `));
  if (leading) {
    const organization = byName.get(leading)!;
    return { key: organization.key, name: organization.name, by: 'rule' };
  }
  const key = (folded || name.trim().toLowerCase()).replace(/ /g, '-').slice(0, 60).replace(/-+$/, '');
  return { key, name: name.trim(), by: 'new' };
}

/** The known organizations that a free text mentions, in the order of the table. */
export function organizationsMentioned(text: string): Organization[] {
  return KNOWN.filter(({ name, mention }) =>
    (mention ?? new RegExp(`\\b${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\b`, 'i')).test(text),
  ).map(({ key, name }) => ({ key, name, by: 'rule' as const }));
}

/** What stands in the place of a vendor's name when there is no vendor to name. */
const NO_VENDOR =
  /^(n\/?a|none|not (available|applicable)|various|multiple|other|unknown|tbd|open source.*|in-?house.*|internal.*|contractor.*|government.*|ai (service|model) provider|law enforcement sensitive.*|custom.*|\d+)$/i;

/**
 * The organizations that a field for vendors names: known ones wherever they are mentioned, and every other part of a
 * list that reads like a name.
 */
export function organizationsListed(text: string): Organization[] {
  const found = new Map(organizationsMentioned(text).map((organization) => [organization.key, organization]));
  for (const part of text.replace(/\b(Inc|LLC|Corp|Ltd|Co)\.?(?=[,;]|$)/g, '').split(/[,;/\n]|\s+(?:and|&)\s+/)) {
    const name = part.replace(/\([^)]*\)/g, '').trim();
    if (name.length < 2 || name.length > 60 || name.split(/\s+/).length > 5 || NO_VENDOR.test(name)) continue;
    if (organizationsMentioned(name).length > 0) continue;
    const organization = organizationNamed(name);
    if (organization.key !== '' && !found.has(organization.key)) found.set(organization.key, organization);
  }
  return [...found.values()];
}

/** Keys of the known developers of AI models. */
export const developerKeys = (): readonly string[] => [...DEVELOPERS];

/** Whether an organization of this key is a developer that the graph knows under the same key. */
export function isDeveloperKey(key: string): boolean {
  return DEVELOPERS.has(key);
}
