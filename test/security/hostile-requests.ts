/** A request designed to cost more than its bytes. */
export interface HostileRequest {
  /** The resource that it tries to exhaust. */
  readonly name: string;
  /** Sent unchanged. */
  readonly body: string;
  readonly accept?: string;
  /** Code of the first error that rejects it as a whole; undefined if it is answered. */
  readonly refusal?: string;
}

const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ');
const list = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));

/** Asks for the fields of all types several times. */
const schemaAskedFor = (number: number): string =>
  `{ __schema { types { ${times(number, (i) => `f${i}: fields { name args { name type { name ofType { name } } } }`)} } } }`;

const PARTS = 'multipart/mixed, application/json';
const TOO_LARGE = 'OPERATION_TOO_LARGE';
const TOO_COSTLY = 'OPERATION_TOO_COSTLY';
const INVALID = 'GRAPHQL_VALIDATION_FAILED';
const LONG = 'x'.repeat(900_000);
const LONG_ID = `Sector:${LONG}`;

function operation(
  name: string,
  query: string,
  { variables, ...rest }: { variables?: unknown; accept?: string; refusal?: string } = {},
): HostileRequest {
  return { name, body: JSON.stringify({ query, variables }), ...rest };
}

const all = (count: number, value: (index: number) => boolean) =>
  Object.fromEntries(list(count, (i) => [`v${i}`, value(i)]));
const booleans = (count: number) => times(count, (i) => `$v${i}: Boolean!`);
const NEWS = 'announcements(first: 1) { nodes { title agency { key name domains(first: 1) { totalCount } } } }';
/** Fragments F0 to F(n - 1), each of which spreads the next. */
const chain = (length: number, type: string, last: string) =>
  times(length, (i) => `fragment F${i} on ${type} { ${i < length - 1 ? `...F${i + 1}` : last} }`);
const names = (count: number) => list(count, (i) => ({ name: { contains: `x${i}` } }));

/** Requests that anyone can send, each of which once stopped a gateway or a subgraph, or resembles one that did. */
export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  // conditions
  ...[true, false].map((isEven) =>
    operation(
      `99 conditions on fragments, ${isEven ? 'the even' : 'the odd'} ones true`,
      `query (${booleans(99)}) { agencies { key ${times(99, (i) => `... @include(if: $v${i}) { ${NEWS} }`)} } }`,
      { variables: all(99, (i) => (i % 2 === 0) === isEven) },
    ),
  ),
  operation(
    '49 conditions on aliased lists',
    `query (${booleans(49)}) { agencies { key ${times(49, (i) => `a${i}: ${NEWS.replace(')', `) @include(if: $v${i})`)}`)} } }`,
    { variables: all(49, () => true) },
  ),
  operation('conditions on one field', `{ agencies${times(101, () => '@include(if: true)')} { key } }`, {
    refusal: TOO_LARGE,
  }),
  // variables
  operation(
    '400,000 values of a wrong type',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(400, () => ({ or: list(1_000, () => 0) })) } },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    '18,000 values of a wrong type',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(18, () => ({ or: list(1_000, () => 0) })) } },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    '4,900 values of a wrong type',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(7, () => ({ or: list(700, () => 0) })) } },
      refusal: 'BAD_USER_INPUT',
    },
  ),
  operation(
    '270,000 empty conditions',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(300, () => ({ or: list(900, () => ({})) })) } },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    '19,000 empty conditions',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(20, () => ({ or: list(900, () => ({})) })) } },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    '4,900 empty conditions',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(7, () => ({ or: list(700, () => ({})) })) } },
    },
  ),
  operation('900 unused variables', `query (${times(900, (i) => `$v${i}: Int`)}) { agencies { key } }`, {
    refusal: INVALID,
  }),
  {
    name: 'variables nested 30,000 deep',
    body: `{"query":"query($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }","variables":{"f":${'{"not":'.repeat(30_000)}{}${'}'.repeat(30_000)}}}`,
    refusal: TOO_LARGE,
  },
  operation(
    'a variable nested as deeply as allowed',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: JSON.parse(`${'{"not":'.repeat(60)}{}${'}'.repeat(60)}`) },
    },
  ),
  operation('a text of a million characters', 'query ($k: ID!) { agency(key: $k) { key } }', {
    variables: { k: 'x'.repeat(1_000_000) },
  }),
  // conditions on objects of other subgraphs, which become operations
  operation(
    '1,000 different conditions that join subgraphs',
    'query ($f: VendorFilter) { vendors(first: 1, filter: $f) { totalCount } }',
    {
      variables: { f: { or: list(1_000, (i) => ({ developer: { matches: { key: { eq: `x${i}` } } } })) } },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    'a condition that joins two subgraphs 25 times, each within the other',
    'query ($f: ClearinghouseCaseFilter) { clearinghouseCases(first: 1, filter: $f) { totalCount } }',
    {
      variables: {
        f: JSON.parse(
          `${times(13, () => '{"finding":{"matches":{"clearinghouseCase":{"matches":')}{}${'}'.repeat(13 * 4)}`,
        ),
      },
      refusal: TOO_LARGE,
    },
  ),
  operation(
    'one condition that joins subgraphs, in 38 fields',
    `{ ${times(38, (i) => `a${i}: capabilityDimensions(first: 1, filter: { workRoles: { matches: {} } }) { totalCount }`)} }`,
  ),
  // texts that fragments and variables repeat
  operation(
    'a long text in 700 conditions that join subgraphs',
    `query ($d: DeveloperOrganizationFilter) { vendors(filter: { or: [${times(700, () => '{ developer: { matches: $d } }')}] }) { totalCount } }`,
    { variables: { d: { key: { eq: LONG } } }, refusal: TOO_LARGE },
  ),
  operation(
    'a long text in 19 different conditions that join subgraphs',
    `query ($d: ID) { vendors(filter: { or: [${times(19, (i) => `{ developer: { matches: { key: { eq: $d, in: ["x${i}"] } } } }`)}] }) { totalCount } }`,
    { variables: { d: LONG }, refusal: TOO_LARGE },
  ),
  operation(
    'a long text as 3,000 global ids',
    `query ($v: ID!) { ${times(38, (i) => `a${i}: nodes(ids: [${times(80, () => '$v')}]) { id }`)} }`,
    { variables: { v: LONG_ID }, refusal: TOO_LARGE },
  ),
  operation(
    'a long text as 400 beginnings of names',
    `query ($v: String) { agencies { key } announcements(filter: { or: [${times(400, () => '{ title: { startsWith: $v } }')}] }) { totalCount } }`,
    { variables: { v: LONG }, refusal: TOO_LARGE },
  ),
  operation(
    'a long text as 400 keys',
    `query ($v: ID!) { announcements(filter: { agency: { in: [${times(400, () => '$v')}] } }) { totalCount } }`,
    { variables: { v: LONG }, refusal: TOO_LARGE },
  ),
  operation(
    'a filter with a long text, 40 times',
    `query ($f: AnnouncementFilter!) { ${times(40, (i) => `a${i}: announcements(filter: { or: [${times(20, () => '$f')}] }) { totalCount }`)} }`,
    { variables: { f: { title: { startsWith: LONG } } }, refusal: TOO_LARGE },
  ),
  operation(
    'a long default 800 times',
    `query ($v: ID! = "${LONG_ID}") { ${times(40, (i) => `a${i}: nodes(ids: [${times(20, () => '$v')}]) { id }`)} }`,
    { refusal: TOO_LARGE },
  ),
  operation(
    'a fragment with a long literal 40 times',
    `{ ${times(40, (i) => `a${i}: agency(key: "k${i}") { ...F }`)} } fragment F on Agency { announcements(filter: { title: { eq: "${LONG}" } }) { totalCount } }`,
    { refusal: TOO_LARGE },
  ),
  operation(
    'a deferred fragment with a long literal 40 times',
    `{ ${times(40, (i) => `a${i}: agency(key: "k${i}") { key ... @defer(label: "d${i}") { ...F } }`)} } fragment F on Agency { announcements(filter: { title: { eq: "${LONG}" } }) { totalCount } }`,
    { accept: PARTS, refusal: TOO_LARGE },
  ),
  operation(
    'a search for a long text',
    'query ($v: String) { announcements(filter: { title: { contains: $v } }) { totalCount } }',
    { variables: { v: '%'.repeat(900_000) }, refusal: 'INVALID_FILTER' },
  ),
  operation(
    'a number of 900,000 digits 40 times',
    `query ($v: BigNumber) { ${times(40, (i) => `a${i}: aiModels(filter: { trainingComputeFlop: { gte: $v } }) { totalCount }`)} }`,
    { variables: { v: '9'.repeat(900_000) }, refusal: TOO_LARGE },
  ),
  operation(
    'a number of 20,000 digits',
    'query ($v: BigNumber) { aiModels(filter: { trainingComputeFlop: { gte: $v } }) { totalCount } }',
    { variables: { v: '9'.repeat(20_000) }, refusal: 'BAD_USER_INPUT' },
  ),
  // conditions of filters
  operation(
    '40 lists by 20,000 conditions each',
    `query ($f: VulnerabilityFilter) { ${times(40, (i) => `a${i}: vulnerabilities(first: 1, filter: $f) { totalCount }`)} }`,
    { variables: { f: { or: list(20, () => ({ or: names(1_000) })) } }, refusal: TOO_LARGE },
  ),
  operation(
    '40 lists by 900 conditions each',
    `query ($f: VulnerabilityFilter) { ${times(40, (i) => `a${i}: vulnerabilities(first: 1, filter: $f) { totalCount }`)} }`,
    { variables: { f: { or: names(900) } }, refusal: TOO_COSTLY },
  ),
  operation(
    'as many conditions as the budget allows',
    `query ($f: VulnerabilityFilter) { ${times(10, (i) => `a${i}: vulnerabilities(first: 1, filter: $f) { totalCount }`)} }`,
    { variables: { f: { or: names(990) } } },
  ),
  operation(
    'conditions on the objects a list refers to',
    `query ($f: AnnouncementFilter) { ${times(10, (i) => `a${i}: announcements(first: 1, filter: $f) { totalCount }`)} }`,
    { variables: { f: { or: list(200, (i) => ({ agency: { eq: `x${i}` } })) } } },
  ),
  operation(
    'long lists of values',
    `query ($ids: [ID!]) { ${times(40, (i) => `a${i}: announcements(first: 1, filter: { agency: { in: $ids } }) { totalCount }`)} }`,
    { variables: { ids: list(1_000, (i) => `x${i}`) } },
  ),
  // figures
  operation(
    'the same figures again and again',
    `{ ${times(30, (i) => `a${i}: executiveOrder(number: "14409") { m${i}: workforceMetrics { enteredOnDuty } }`)} }`,
  ),
  operation(
    'figures of 98 years',
    `{ executiveOrder(number: "14409") { ${times(98, (i) => `m${i}: workforceMetrics(fiscalYear: ${1990 + i}) { enteredOnDuty }`)} } }`,
  ),
  operation(
    'figures of every agency',
    `{ announcements(first: 500) { nodes { ${times(20, (i) => `x${i}: agency { medianDaysToRemediate }`)} } } }`,
    {
      refusal: TOO_COSTLY,
    },
  ),
  operation('fields that are rejected', `{ agencies { ${times(37, (i) => `x${i}: medianDaysToRemediate`)} } }`),
  operation(
    'more rejected fields than the limit',
    `{ agencies { ${times(95, (i) => `x${i}: medianDaysToRemediate`)} } }`,
    { refusal: TOO_COSTLY },
  ),
  // figures and groups of lists
  operation(
    '40 percentiles of days in groups of no page',
    `{ announcements(first: 0) { groups(by: [{ field: STATUS }], first: 0) { nodes { aggregates { ${times(40, (i) => `p${i}: percentile(of: CLOSE_DATE, since: OPEN_DATE, p: ${i / 40})`)} } } } } }`,
  ),
  operation(
    'conditions on 50 percentiles in 20 lists',
    `query ($h: [AnnouncementHaving!]) { ${times(20, (i) => `a${i}: announcements(first: 0, filter: { title: { startsWith: "${i}" } }) { groups(by: [{ field: STATUS }], having: $h) { totalCount } }`)} }`,
    {
      variables: {
        h: list(50, (i) => ({ figure: 'PERCENTILE', of: 'CLOSE_DATE', since: 'OPEN_DATE', p: i / 50, gte: 0 })),
      },
      refusal: TOO_COSTLY,
    },
  ),
  operation(
    'conditions on 900 percentiles',
    `query ($h: [AnnouncementHaving!]) { announcements(first: 0) { groups(by: [{ field: STATUS }], having: $h) { totalCount } } }`,
    {
      variables: { h: list(900, (i) => ({ figure: 'PERCENTILE', of: 'SALARY_MIN_CENTS', p: i / 900, gte: 0 })) },
      refusal: 'INVALID_AGGREGATE',
    },
  ),
  operation(
    'ranges of almost no width',
    '{ announcements(first: 0) { groups(by: [{ field: SALARY_MIN_CENTS, width: 1e-320 }]) { totalCount } } }',
    { refusal: 'INVALID_AGGREGATE' },
  ),
  operation(
    'series of days under every agency',
    `{ agencies { ${times(10, (i) => `a${i}: announcements(first: 0) { groups(by: [{ field: OPEN_DATE, every: DAY, from: "2025-01-01", until: "2026-05-01" }]) { nodes { openDate { from } aggregates { count } } } }`)} } }`,
  ),
  ...[490, 25].map((length) =>
    operation(
      `70 nulls under each of many objects, beside an error, at paths of names with ${length} characters`,
      `{ executiveOrder(number: "14409") { workforceMetrics(asOf: "2999-01-01T00:00:00Z") { asOf } } ${'announcements(first: 12) { nodes { agency { '.repeat(
        5,
      )} announcements(first: 12) { nodes { ${times(70, (i) => `${`a${i}`.padEnd(length, 'x')}: applicationCount`)} } } ${'} } } '.repeat(5)} }`,
      length > 400 ? { refusal: TOO_LARGE } : {},
    ),
  ),
  operation(
    'deferred fragments with long labels under each of many objects',
    `{ ${'announcements(first: 10) { nodes { agency { '.repeat(4)} ${times(16, (i) => `... @defer(label: "${`l${i}`.padEnd(490, 'x')}") { z: key }`)} ${'} } } '.repeat(4)} }`,
    { accept: PARTS, refusal: TOO_LARGE },
  ),
  operation(
    'a number with zeros between its digits',
    'query ($v: BigNumber) { aiModels(first: 1, filter: { trainingComputeFlop: { eq: $v } }) { totalCount } }',
    { variables: { v: `1${'0'.repeat(900_000)}1` }, refusal: 'BAD_USER_INPUT' },
  ),
  operation(
    'a filter with a long text of 500 lists',
    'query ($f: AnnouncementFilter!) { agencies { announcements(first: 0, filter: $f) { totalCount aggregates { count ratio(where: $f) { value } } } } }',
    { variables: { f: { title: { eq: LONG } } } },
  ),
  // lists in lists
  operation(
    'lists in lists',
    '{ announcements(first: 500) { nodes { agency { announcements(first: 450) { nodes { title } } } } } }',
  ),
  operation(
    'lists in lists in lists',
    `{ announcements(first: 500) { nodes { agency { announcements(first: 500) { nodes { agency { announcements(first: 500) { nodes { title } } } } } } } } }`,
    {
      refusal: TOO_COSTLY,
    },
  ),
  operation(
    'large pages of many aliases',
    `{ announcements(first: 500) { nodes { ${times(80, (i) => `a${i}: title`)} } } }`,
  ),
  operation(
    'as many root fields as allowed',
    `{ ${times(40, (i) => `r${i}: announcements(first: 500) { nodes { title id } }`)} }`,
  ),
  operation('too many root fields', `{ ${times(41, (i) => `r${i}: agencies { key }`)} }`, { refusal: TOO_LARGE }),
  operation(
    'hops from subgraph to subgraph',
    `{ agencies { ${times(9, (i) => `a${i}: announcements(first: 1) { nodes { agency { domains(first: 1) { nodes { agency { announcements(first: 1) { nodes { agency { aiUseCases(first: 1) { nodes { agency { key } } } } } } } } } } } }`)} } }`,
  ),
  operation(
    'orders by 30 terms',
    `{ ${times(30, (i) => `a${i}: announcements(first: 1, orderBy: [${times(30, () => '{ field: TITLE, direction: ASC }')}]) { nodes { title } }`)} }`,
  ),
  operation(
    'orders by 600 terms, and pages on from a cursor',
    `query ($o: [AnnouncementOrder!]) { ${times(12, (i) => `a${i}: announcements(first: 1, orderBy: $o) { nodes { title } pageInfo { endCursor } }`)} }`,
    { variables: { o: list(600, () => ({ field: 'TITLE', direction: 'ASC' })) } },
  ),
  operation(
    '400 conditions on linked objects',
    'query ($f: AnnouncementFilter) { announcements(first: 1, filter: $f) { totalCount } }',
    { variables: { f: { and: list(400, () => ({ workRoles: { none: ['a', 'b'] } })) } } },
  ),
  operation(
    '30 conditions on links to a thousand objects each',
    `query ($a: [ID!]) { announcements(first: 1, filter: { or: [${times(30, () => '{ workRoles: { any: $a } }')}] }) { totalCount } }`,
    { variables: { a: list(1_000, (i) => `x${i}`) } },
  ),
  operation(
    '40,000 values in one statement',
    `query ($a: [ID!]) { announcements(first: 1, filter: { or: [${times(40, () => '{ agency: { in: $a } }')}] }) { totalCount } }`,
    { variables: { a: list(1_000, (i) => `x${i}`) } },
  ),
  ...[-2_147_483_648, -1, 0, 10_000, 2_147_483_647].map((year) =>
    operation(
      `figures of the year ${year}`,
      `{ executiveOrder(number: "14409") { workforceMetrics(fiscalYear: ${year}) { enteredOnDuty } } timeToHire(fiscalYear: ${year}) { hires } }`,
    ),
  ),
  // documents
  operation('the same field 2,600 times', `{ agencies { ${times(2_600, () => 'name')} } }`),
  operation(
    'the same list 200 times',
    `{ agencies { ${times(200, () => 'announcements(first: 1) { nodes { title agency { key } } }')} } }`,
  ),
  operation(
    '60 nested fragments',
    `{ agencies { ...F0 } } ${times(60, (i) => `fragment F${i} on Agency { key ...F${i + 1} a${i}: name }`)} fragment F60 on Agency { key }`,
  ),
  operation(
    '40 fragments that double',
    `{ agencies { ...F0 } } ${times(40, (i) => `fragment F${i} on Agency { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Agency { key }`,
    {
      refusal: TOO_LARGE,
    },
  ),
  operation(
    'a chain of 390 fragments, spread 2,000 times beside a deferred one',
    `{ ${times(2_000, () => '...F0')} ... @defer { __typename } } ${chain(390, 'Query', '__typename')}`,
    { accept: PARTS, refusal: TOO_LARGE },
  ),
  operation(
    '48,000 fragments of one object',
    `{ node(id: "Sector:none") { ${times(60, () => '...A')} } } fragment A on Node { ${times(80, () => '...F0')} } ${chain(9, 'Node', 'id')}`,
    { refusal: TOO_LARGE },
  ),
  ...[true, false].map((value) =>
    operation(
      `as many fragments of one object as allowed, with conditions that are ${value}`,
      `query (${booleans(7)}) { ${times(7, (i) => `v${i}: __typename @skip(if: $v${i})`)} node(id: "Sector:none") { ${times(490, () => '...F0')} } } ${chain(9, 'Node', 'id')}`,
      { variables: all(7, () => value) },
    ),
  ),
  operation(
    'a filter of 900 values, spread 400 times',
    `query ($v: String) { agencies { ${times(400, () => '...F')} } } fragment F on Agency { announcements(filter: { or: [${times(450, () => '{ title: { eq: $v } }')}] }) { totalCount } }`,
    { refusal: TOO_LARGE },
  ),
  operation(
    'the schema by 12 spreads of a chain of 390 fragments',
    `{ __schema { types { fields { args { ${times(12, () => '...F0')} } } } } } ${chain(390, '__InputValue', 'name')}`,
    { refusal: TOO_LARGE },
  ),
  operation(
    '300 fragments side by side',
    `{ agencies { ${times(300, (i) => `...F${i}`)} } } ${times(300, (i) => `fragment F${i} on Agency { ${NEWS} name }`)}`,
    {
      refusal: TOO_LARGE,
    },
  ),
  operation(
    '700 small fragments',
    `{ agencies { ${times(700, (i) => `...F${i}`)} } } ${times(700, (i) => `fragment F${i} on Agency { name }`)}`,
    { refusal: TOO_LARGE },
  ),
  operation(
    '400 small fragments',
    `{ agencies { ${times(400, (i) => `...F${i}`)} } } ${times(400, (i) => `fragment F${i} on Agency { name }`)}`,
  ),
  operation('900 unknown fields', `{ agencies { ${times(900, (i) => `nme${i}`)} } }`, { refusal: INVALID }),
  operation(
    '99 unknown fields after 480,000 lines',
    `${'\n'.repeat(480_000)}{ agencies { ${times(99, (i) => `f${i}`)} } }`,
    {
      refusal: TOO_LARGE,
    },
  ),
  operation('a name of 900,000 characters', `{ ${'a'.repeat(900_000)} }`, { refusal: TOO_LARGE }),
  operation('100 names of 480 characters', `{ agencies { ${times(100, (i) => `${'a'.repeat(477)}${i + 100}`)} } }`, {
    refusal: INVALID,
  }),
  operation('a literal of 600,000 escapes', `{ agency(key: "${'\\u0041'.repeat(100_000)}") { key } }`),
  operation(
    'literals nested 900 deep',
    `{ announcements(first: 1, filter: ${'{ not: '.repeat(900)}{}${'}'.repeat(900)}) { totalCount } }`,
    { refusal: TOO_LARGE },
  ),
  operation('inline fragments nested 3,000 deep', `{ ${'... { '.repeat(3_000)}__typename${'}'.repeat(3_000)} }`, {
    refusal: TOO_LARGE,
  }),
  operation('a document of 10,000 tokens', `{ agencies { ${times(10_000, () => 'key')} } }`, { refusal: TOO_LARGE }),
  operation('the schema, asked for 10 times', schemaAskedFor(10)),
  operation('the schema, asked for 30 times', schemaAskedFor(30), { refusal: TOO_LARGE }),
  // parts
  operation(
    '90 deferred fragments',
    `{ agencies { key ${times(90, (i) => `... @defer(label: "d${i}") { ${NEWS} a${i}: name }`)} } }`,
    { accept: PARTS },
  ),
  operation(
    '40 deferred fragments with long labels',
    `{ agencies { key ${times(40, (i) => `... @defer(label: "d${i} ${'x'.repeat(20_000)}") { a${i}: name }`)} } }`,
    { accept: PARTS, refusal: TOO_LARGE },
  ),
  operation(
    'deferred fragments nested 18 deep',
    `{ agencies { key ${times(18, () => '... @defer { name ')} key ${'}'.repeat(18)} } }`,
    { accept: PARTS },
  ),
  operation(
    '45 deferred fragments with conditions',
    `query (${booleans(45)}) { agencies { key ${times(45, (i) => `... @defer(if: $v${i}, label: "d${i}") { ${NEWS} a${i}: name }`)} } }`,
    { variables: all(45, () => true), accept: PARTS },
  ),
];
