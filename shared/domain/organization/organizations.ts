/** An organization that publishers name in different ways: a model developer, vendor, or cloud provider. */
interface KnownOrganization {
  readonly key: string;
  readonly name: string;
  /** Other full names. Case and punctuation do not matter. */
  readonly aliases: readonly string[];
  /** Pattern for mentions in free text; the name between word boundaries by default. */
  readonly mention?: RegExp;
}

const organization = (
  key: string,
  name: string,
  aliases: readonly string[] = [],
  mention?: RegExp,
): KnownOrganization => ({
  key,
  name,
  aliases,
  mention,
});

const ORGANIZATIONS: readonly KnownOrganization[] = [
  organization('openai', 'OpenAI', [], /\bopen ?ai\b/i),
  organization('anthropic', 'Anthropic'),
  organization('google', 'Google', [
    'Google DeepMind',
    'DeepMind',
    'Google Research',
    'Google Brain',
    'Google / Google DeepMind',
    'Google Cloud',
  ]),
  organization('microsoft', 'Microsoft', ['Microsoft Research', 'Microsoft Azure']),
  organization('meta', 'Meta', ['Meta AI', 'Meta Platforms', 'Facebook', 'Facebook AI Research', 'Facebook AI']),
  organization('amazon', 'Amazon', ['Amazon Web Services', 'AWS', 'Amazon Web Services (AWS)'], /\bamazon\b|\baws\b/i),
  organization('xai', 'xAI'),
  organization('nvidia', 'NVIDIA'),
  organization('apple', 'Apple'),
  organization('ibm', 'IBM', ['IBM Research']),
  organization('oracle', 'Oracle'),
  organization('salesforce', 'Salesforce', ['Salesforce Research']),
  organization('adobe', 'Adobe'),
  organization('cisco', 'Cisco', ['Cisco AppDynamics']),
  organization('palantir', 'Palantir'),
  organization('databricks', 'Databricks'),
  organization('mistral', 'Mistral AI', ['Mistral'], /\bmistral\b/i),
  organization('cohere', 'Cohere'),
  organization('inflection', 'Inflection AI', ['Inflection']),
  organization('ai21', 'AI21 Labs', [], /\bai21\b/i),
  organization('scale', 'Scale AI'),
  organization('hugging-face', 'Hugging Face'),
  organization('stability', 'Stability AI'),
  organization('alibaba', 'Alibaba', ['Alibaba Cloud']),
  organization('deepseek', 'DeepSeek'),
  organization('baidu', 'Baidu'),
  organization('tencent', 'Tencent'),
  organization('zhipu', 'Z.ai (Zhipu AI)', ['Zhipu AI', 'Z.ai'], /\bzhipu\b/i),
  organization('tii', 'Technology Innovation Institute'),
  organization('ivanti', 'Ivanti'),
  organization('citrix', 'Citrix'),
  organization('sap', 'SAP', [], /\bSAP\b/),
  organization('atlassian', 'Atlassian'),
  organization('palo-alto-networks', 'Palo Alto Networks', [], /\bpalo alto\b/i),
  organization('trend-micro', 'Trend Micro'),
  organization('juniper', 'Juniper', ['Juniper Networks']),
  organization('red-hat', 'Red Hat'),
  organization('f5', 'F5', ['F5 Networks']),
  organization('elastic', 'Elastic'),
  organization('qlik', 'Qlik'),
  organization('beyondtrust', 'BeyondTrust'),
  organization('commvault', 'Commvault'),
  organization('gitlab', 'GitLab'),
  organization('servicenow', 'ServiceNow'),
  organization('check-point', 'Check Point'),
  organization('mongodb', 'MongoDB'),
  organization('sciencelogic', 'ScienceLogic'),
  organization('siemens', 'Siemens'),
  organization('versa', 'Versa', ['Versa Networks']),
  organization('vmware', 'VMware', ['VMware by Broadcom']),
  organization('fortinet', 'Fortinet'),
  organization('solarwinds', 'SolarWinds'),
  organization('zoho', 'Zoho'),
  organization('dell', 'Dell', ['Dell Technologies']),
];

/** Keys of listed organizations that develop AI models. Only these are linked to a developer of the graph. */
const DEVELOPERS = new Set(
  ORGANIZATIONS.slice(
    0,
    ORGANIZATIONS.findIndex(({ key }) => key === 'ivanti'),
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
  ORGANIZATIONS.flatMap((organization) =>
    [organization.name, ...organization.aliases].map((name) => [fold(name), organization]),
  ),
);
/** Longest first, so that "Check Point Software" matches "Check Point" and not a shorter name. */
const leadingNames = [...byName.keys()].filter((name) => name.length > 1).sort((a, b) => b.length - a.length);

export interface Organization {
  readonly key: string;
  readonly name: string;
  /** Matched by name, by a rule (begins with a listed name), or new. */
  readonly by: 'name' | 'rule' | 'new';
}

/** Organization of a published name. An unlisted name gets a new key, which is the same for all publishers. */
export function organizationNamed(name: string): Organization {
  const folded = fold(name);
  const exact = byName.get(folded);
  if (exact) return { key: exact.key, name: exact.name, by: 'name' };
  const leading = leadingNames.find((name) => folded.startsWith(`${name} `));
  if (leading) {
    const organization = byName.get(leading)!;
    return { key: organization.key, name: organization.name, by: 'rule' };
  }
  const key = (folded || name.trim().toLowerCase()).replace(/ /g, '-').slice(0, 60).replace(/-+$/, '');
  return { key, name: name.trim(), by: 'new' };
}

/** Listed organizations that a free text mentions, in the order of the table. */
export function organizationsMentioned(text: string): Organization[] {
  return ORGANIZATIONS.filter(({ name, mention }) =>
    (mention ?? new RegExp(`\\b${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\b`, 'i')).test(text),
  ).map(({ key, name }) => ({ key, name, by: 'rule' as const }));
}

/** Placeholders that publishers write instead of a vendor name. */
const NO_VENDOR =
  /^(n\/?a|none|not (available|applicable)|various|multiple|other|unknown|tbd|open source.*|in-?house.*|internal.*|contractor.*|government.*|ai (service|model) provider|law enforcement sensitive.*|custom.*|\d+)$/i;

/**
 * Organizations in a vendor field: listed ones wherever the text mentions them, and every other part of the list that looks like a name.
 */
export function organizationsListed(text: string): Organization[] {
  const organizations = new Map(organizationsMentioned(text).map((organization) => [organization.key, organization]));
  for (const part of text.replace(/\b(Inc|LLC|Corp|Ltd|Co)\.?(?=[,;]|$)/g, '').split(/[,;/\n]|\s+(?:and|&)\s+/)) {
    const name = part.replace(/\([^)]*\)/g, '').trim();
    if (name.length < 2 || name.length > 60 || name.split(/\s+/).length > 5 || NO_VENDOR.test(name)) continue;
    if (organizationsMentioned(name).length > 0) continue;
    const organization = organizationNamed(name);
    if (organization.key !== '' && !organizations.has(organization.key))
      organizations.set(organization.key, organization);
  }
  return [...organizations.values()];
}

/** Keys of listed developers of AI models. */
export const developerKeys = (): readonly string[] => [...DEVELOPERS];

/** Whether the organization is a developer of the graph, under the same key. */
export function isDeveloperKey(key: string): boolean {
  return DEVELOPERS.has(key);
}
