/**
 * Shapes of OSCAL 1.2.0, as its JSON schemas for POA&M and assessment results define them: the fields that our documents have, and those that
 * the schemas require. `!` marks a required field, `[]` a list, which is never empty.
 */
const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  poam: {
    ...{ uuid: 'uuid!', metadata: 'metadata!', 'system-id': 'system-id', 'local-definitions': 'local-definitions' },
    ...{ observations: 'observation[]', risks: 'risk[]', 'poam-items': 'poam-item[]!' },
  },
  results: {
    ...{ uuid: 'uuid!', metadata: 'metadata!', 'import-ap': 'import!', results: 'result[]!' },
    'back-matter': 'back-matter',
  },
  metadata: {
    ...{ title: 'line!', 'last-modified': 'instant!', version: 'string!', 'oscal-version': 'string!' },
    ...{ props: 'property[]', roles: 'role[]', parties: 'party[]' },
  },
  role: { id: 'token!', title: 'line!' },
  party: { uuid: 'uuid', type: 'organization', name: 'string', 'short-name': 'string' },
  import: { href: 'reference!' },
  'system-id': { 'identifier-type': 'uri', id: 'string!' },
  'local-definitions': { 'inventory-items': 'inventory-item[]' },
  'inventory-item': { uuid: 'uuid!', description: 'text!', props: 'property[]' },
  property: { name: 'token!', ns: 'uri', value: 'string!' },
  observation: {
    ...{ uuid: 'uuid!', title: 'line', description: 'text!', props: 'property[]', methods: 'method[]!' },
    ...{ types: 'token[]', subjects: 'subject[]', collected: 'instant!' },
  },
  subject: { 'subject-uuid': 'uuid!', type: 'token!' },
  risk: {
    ...{ uuid: 'uuid!', title: 'line!', description: 'text!', statement: 'text!', status: 'risk-status!' },
    ...{ props: 'property[]', characterizations: 'characterization[]', deadline: 'instant' },
    ...{ remediations: 'response[]', 'risk-log': 'risk-log', 'related-observations': 'related-observation[]' },
  },
  characterization: { origin: 'origin!', facets: 'facet[]!' },
  origin: { actors: 'actor[]!' },
  actor: { type: 'party-type!', 'actor-uuid': 'uuid!' },
  facet: { name: 'token!', system: 'uri!', value: 'string!' },
  response: {
    ...{ uuid: 'uuid!', lifecycle: 'lifecycle!', title: 'line!', description: 'text!', props: 'property[]' },
    tasks: 'task[]',
  },
  task: {
    ...{ uuid: 'uuid!', type: 'milestone!', title: 'line!', props: 'property[]', timing: 'timing' },
    'responsible-roles': 'responsible-role[]',
  },
  timing: { 'on-date': 'on-date!' },
  'on-date': { date: 'instant!' },
  'responsible-role': { 'role-id': 'token!' },
  'risk-log': { entries: 'entry[]!' },
  entry: { uuid: 'uuid!', title: 'line', start: 'instant!', 'status-change': 'risk-status' },
  'related-observation': { 'observation-uuid': 'uuid!' },
  'related-risk': { 'risk-uuid': 'uuid!' },
  'poam-item': {
    ...{ uuid: 'uuid', title: 'line!', description: 'text!', props: 'property[]' },
    ...{ 'related-observations': 'related-observation[]', 'related-risks': 'related-risk[]' },
  },
  result: {
    ...{ uuid: 'uuid!', title: 'line!', description: 'text!', start: 'instant!', end: 'instant', props: 'property[]' },
    ...{ 'local-definitions': 'local-definitions', 'reviewed-controls': 'reviewed-controls!' },
    ...{ observations: 'observation[]', risks: 'risk[]' },
  },
  'reviewed-controls': { 'control-selections': 'control-selection[]!' },
  'control-selection': { 'include-controls': 'control[]!' },
  control: { 'control-id': 'token!' },
  'back-matter': { resources: 'resource[]' },
  resource: { uuid: 'uuid!', title: 'line', description: 'text', props: 'property[]' },
};

const oneOf = (...values: readonly string[]) => new RegExp(`^(${values.join('|')})$`);

/** Data types of OSCAL, and lists of values. */
const TYPES: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/,
  token: /^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u,
  string: /^\S(.*\S)?$/,
  line: /^[^\n]+$/,
  text: /\S/,
  uri: /^[a-zA-Z][a-zA-Z0-9+\-.]+:.+$/,
  reference: /^\S+$/,
  instant: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/,
  organization: oneOf('organization'),
  'party-type': oneOf('tool', 'assessment-platform', 'party'),
  method: oneOf('EXAMINE', 'INTERVIEW', 'TEST', 'UNKNOWN'),
  milestone: oneOf('milestone'),
  lifecycle: oneOf('recommendation', 'planned', 'completed'),
  'risk-status': oneOf(
    ...['open', 'investigating', 'remediating', 'deviation-requested', 'deviation-approved', 'closed'],
  ),
};

/** Flaws of a value that is to have a shape. */
export function flawsOf(value: unknown, shape: string, path = shape): string[] {
  const pattern = TYPES[shape];
  if (pattern) return typeof value === 'string' && pattern.test(value) ? [] : [`${path}: ${JSON.stringify(value)}`];
  const fields = SHAPES[shape]!;
  const object = value as Record<string, unknown>;
  const missing = Object.entries(fields).filter(([name, type]) => type.endsWith('!') && object[name] === undefined);
  return [
    ...missing.map(([name]) => `${path}.${name} is missing`),
    ...Object.entries(object).flatMap(([name, inner]) => {
      const type = fields[name]?.replace('!', '');
      const at = `${path}.${name}`;
      if (type === undefined) return [`${at} is unknown`];
      if (!type.endsWith('[]')) return flawsOf(inner, type, at);
      if (!Array.isArray(inner) || inner.length === 0) return [`${at} is no list, or empty`];
      return inner.flatMap((each, place) => flawsOf(each, type.slice(0, -2), `${at}.${place}`));
    }),
  ];
}

/** Names of fields that refer to an element by its UUID, or to a role by its id. */
const REFERENCES = ['subject-uuid', 'actor-uuid', 'observation-uuid', 'risk-uuid', 'role-id'];

/** References of a document to elements that it does not have. */
export function danglingIn(document: object): string[] {
  const defined = new Set<unknown>();
  const referred: unknown[] = [];
  JSON.stringify(document, (name, value) => {
    if (name === 'uuid' || name === 'id') defined.add(value);
    if (REFERENCES.includes(name)) referred.push(value);
    return value;
  });
  return referred.filter((value) => !defined.has(value)).map(String);
}
