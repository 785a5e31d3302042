import type { Act, Agreement } from '../../gateway/ownership/agreement';
import type { Published } from '../../gateway/supergraph/subgraph-document';

/** A graph of four agencies; `registry` owns what several of them define. */
export const AGREEMENT: Agreement = {
  owners: { '*': 'registry', 'Query.agencies': 'registry' },
  clearances: {},
  consents: [
    {
      by: 'registry',
      to: ['submissions', 'reviews'],
      act: 'SHARE',
      coordinates: ['Agency.name', 'Agency.kind', 'Query.agencies'],
      reason: 'Both have the table of agencies.',
    },
  ],
};

const DIRECTIVES = [
  ...['key', 'shareable', 'composeDirective', 'override', 'provides', 'requires', 'external', 'inaccessible', 'tag'],
  ...['authenticated', 'requiresScopes', 'policy', 'cost', 'listSize', 'interfaceObject', 'context', 'fromContext'],
];

const schema = (name: string, agency: string, body: string): string => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(DIRECTIVES.map((directive) => `@${directive}`))})
  @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity", "@owner", "Sensitivity"])
  @composeDirective(name: "@sensitivity") @composeDirective(name: "@owner")
  @owner(subgraph: "${name}", agencies: ["${agency}"])
directive @sensitivity(class: Sensitivity!) on FIELD_DEFINITION
directive @owner(subgraph: String!, agencies: [String!]!) repeatable on SCHEMA
directive @node(prefix: String!) on OBJECT
enum Sensitivity { PUBLIC GOV GOV_DELIB PROPIN PII ISVI }
${body}`;

/** A field of class PUBLIC unless another one is given. */
const classified = (body: string): string =>
  body
    .split('\n')
    .map((line) =>
      /^ {2}\w+(\(.*\))?: /.test(line) && !line.includes('@sensitivity') && !line.includes('#')
        ? `${line} @sensitivity(class: PUBLIC)`
        : line.replace(/ *#.*$/, ''),
    )
    .join('\n');

const COMMON = `
type Money @shareable {
  amount: Int
  currency(short: Boolean = true): String
}
enum State {
  OPEN
  CLOSED
}
input Period {
  from: String #
  until: String = "now" #
}
enum Phase {
  FIRST
  LAST
}
interface Thing {
  id: ID!
}
`;

const SUBMISSIONS = `${COMMON}
type Query {
  submission(id: ID!): Submission
  submissions(first: Int = 10, state: State, period: Period): [Submission!]
  total: Money
  part: Part
  asset: Asset
  agencies(kind: String): [Agency!] @shareable
}
type Mutation {
  withdraw(id: ID!): Submission
}
type Submission implements Thing @key(fields: "id") @node(prefix: "sub_") {
  id: ID!
  title: String
  state: State
  launch(zone: String = "ET"): String @sensitivity(class: GOV)
  weights: String @sensitivity(class: PROPIN)
  contact: String @sensitivity(class: PII)
  detail: Detail @sensitivity(class: GOV)
  value: Money
  developer: Developer
}
type Detail {
  risk: String @sensitivity(class: ISVI)
}
type Developer @key(fields: "key") {
  key: ID!
  name: String
  country: String @sensitivity(class: GOV)
}
type Model {
  size: Int
}
type Data {
  rows: Int
}
union Part = Model | Data
interface Asset @key(fields: "id") {
  id: ID!
  label: String
}
type Server implements Asset @key(fields: "id") @node(prefix: "srv_") {
  id: ID!
  label: String
}
type Agency @key(fields: "key") {
  key: ID!
  name: String @shareable
  kind: String @shareable
}
`;

const REVIEWS = `${COMMON}
type Query {
  review(id: ID!): Review
  agencies(kind: String): [Agency!] @shareable
}
type Review implements Thing @key(fields: "id") @node(prefix: "rev_") {
  id: ID!
  state: State
  opened(period: Period): String
  phase: Phase
  opinion: String @sensitivity(class: GOV_DELIB)
  submission: Submission
  cost: Money
}
type Submission implements Thing @key(fields: "id") {
  id: ID!
  reviews: [Review!]
}
type Agency @key(fields: "key") {
  key: ID!
  name: String @shareable
  kind: String @shareable
  reviews: [Review!]
}
`;

const REGISTRY = `${COMMON}
type Query {
  agencies(kind: String): [Agency!] @shareable
  states(period: Period): [State]
  things: [Thing]
  phases: [Phase]
  budget: Money
}
type Agency @key(fields: "key") {
  key: ID!
  name: String @shareable
  kind: String @shareable
}
`;

/** Schema texts by subgraph. */
type World = Readonly<Record<string, string>>;

export const WORLD: World = { submissions: SUBMISSIONS, reviews: REVIEWS, registry: REGISTRY };
const AGENCIES: Readonly<Record<string, string>> = {
  submissions: 'treasury',
  reviews: 'nsa',
  registry: 'omb',
  outreach: 'dot',
};

export const published = (world: World): Published[] =>
  Object.entries(world).map(([name, body]) => ({
    name,
    sdl: renamed(schema(name, AGENCIES[name]!, classified(body))),
    file: `${name}.graphql`,
  }));

/** A schema that uses `@hidden` imports `@inaccessible` by this name. */
const renamed = (text: string): string =>
  text.includes('@hidden') ? text.replace('"@inaccessible"', '{ name: "@inaccessible", as: "@hidden" }') : text;

/** A change of a schema that takes something from its owner. */
export interface HostileChange {
  readonly by: string;
  readonly act: Act;
  readonly coordinate: string;
  readonly owner: string;
  /** How the change is written, for titles. */
  readonly form: string;
  /** What it also does. */
  readonly also?: { readonly act: Act; readonly coordinate: string };
  readonly world: World;
  /** The world in which the owner has done its part, too; the same one by default. */
  readonly agreed: World;
}

/** What a new subgraph adds, or an existing one. */
const adding = (by: string, body: string, world: World = WORLD): World => ({
  ...world,
  [by]: by in world ? merged(world[by]!, body) : `${body}`,
});

/** Adds the types of a body, and its fields to the types that the schema has. */
function merged(schemaText: string, body: string): string {
  let text = schemaText;
  for (const [whole, head = '', kind = '', name = '', lines = ''] of body.matchAll(
    /^((type|interface|enum|input) (\w+)[^{\n]*)\{\n((?: .*\n)*)\}\n/gm,
  )) {
    const existing = new RegExp(`^(${kind} ${name}\\b[^{\\n]*)\\{\\n((?: .*\\n)*)\\}\\n`, 'm');
    if (!existing.test(text)) text += whole;
    else
      text = text.replace(existing, (_, before: string, old: string) => {
        const names = new Set([...lines.matchAll(/^ {2}(\w+)/gm)].map(([, field]) => field));
        const kept = old.split('\n').filter((line) => line !== '' && !names.has(/^ {2}(\w+)/.exec(line)?.[1]));
        return `${mergedHead(before, head)}{\n${[...kept, lines.trimEnd()].join('\n')}\n}\n`;
      });
  }
  for (const [union] of body.matchAll(/^union .*\n/gm)) text += union;
  return text;
}

function mergedHead(before: string, head: string): string {
  const applied = [...head.matchAll(/@\w+(?:\((?:[^()]|\([^)]*\))*\))?/g)].map(([directive]) => directive);
  return `${before.trimEnd()} ${applied.filter((directive) => !before.includes(directive)).join(' ')} `;
}

const shareable = (field: string, world: World = WORLD): World => ({
  ...world,
  submissions: world.submissions!.replace(new RegExp(`^( {2}${field}(\\(.*\\))?: .*)$`, 'm'), '$1 @shareable'),
});

const HOSTS = ['outreach', 'reviews'];

/** Fields of `submissions` that others may want to answer: type, definition, and the head of the type. */
const FIELDS: readonly (readonly [type: string, field: string])[] = [
  ['Submission', 'title: String'],
  ['Submission', 'state: State'],
  ['Submission', 'launch(zone: String = "ET"): String @sensitivity(class: GOV)'],
  ['Submission', 'weights: String @sensitivity(class: PROPIN)'],
  ['Submission', 'contact: String @sensitivity(class: PII)'],
  ['Submission', 'value: Money'],
  ['Developer', 'name: String'],
  ['Developer', 'country: String @sensitivity(class: GOV)'],
  ['Query', 'total: Money'],
  ['Query', 'submissions(first: Int = 10, state: State, period: Period): [Submission!]'],
  ['Query', 'submission(id: ID!): Submission'],
  ['Mutation', 'withdraw(id: ID!): Submission'],
];

const KEYS: Readonly<Record<string, string>> = {
  Submission: '@key(fields: "id")',
  Developer: '@key(fields: "key")',
  Agency: '@key(fields: "key")',
  Server: '@key(fields: "id")',
};

/** A type of another subgraph with fields, and what they need. */
function on(type: string, lines: string): string {
  const key = KEYS[type];
  const keyField = key === undefined ? '' : `  ${/"(\w+)"/.exec(key)![1]}: ID!\n`;
  return `${COMMON}type ${type} ${key ?? ''} {\n${keyField}${lines}}\n${/Submission/.test(lines) && type !== 'Submission' ? 'type Submission @key(fields: "id") {\n  id: ID!\n}\n' : ''}${ROOT}`;
}

/** A root field, so that the subgraph is complete. */
const ROOT = 'type Query {\n  hello: String\n}\n';

/** A new subgraph must define the common types that it uses; existing ones have them. */
const body = (by: string, text: string): string =>
  by === 'outreach' ? merged(COMMON, text.replace(COMMON, '')) : text.replace(COMMON, '');

function change(
  by: string,
  act: Act,
  coordinate: string,
  owner: string,
  form: string,
  text: string,
  agreedOn: World = WORLD,
): HostileChange {
  const added = body(by, text);
  return { by, act, coordinate, owner, form, world: adding(by, added), agreed: adding(by, added, agreedOn) };
}

const nameOf = (field: string): string => /^\w+/.exec(field)![0];

function* takeovers(): Generator<HostileChange> {
  for (const by of HOSTS)
    for (const [type, field] of FIELDS) {
      const name = nameOf(field);
      const coordinate = `${type}.${name}`;
      yield change(
        by,
        'OVERRIDE',
        coordinate,
        'submissions',
        'override',
        on(type, `  ${field} @override(from: "submissions")\n`),
      );
      yield change(
        by,
        'OVERRIDE',
        coordinate,
        'submissions',
        'override of a share of requests',
        on(type, `  ${field} @override(from: "submissions", label: "percent(5)")\n`),
      );
      yield change(
        by,
        'SHARE',
        coordinate,
        'submissions',
        'second resolver',
        on(type, `  ${field} @shareable\n`),
        shareable(name),
      );
      // composition takes no provided fields with arguments, and no provided objects without their fields
      if (type === 'Query' || type === 'Mutation' || name === 'launch' || name === 'value') continue;
      yield change(
        by,
        'PROVIDE',
        coordinate,
        'submissions',
        'field with @provides',
        `${on(type, `  ${field} @external\n`).replace('  hello: String\n', `  hello: String\n  mine: ${type} @provides(fields: "${name}")\n`)}`,
        shareable(name),
      );
    }
  for (const field of ['name', 'kind'])
    for (const form of ['@shareable', '@shareable @override(from: "registry")'])
      yield {
        ...change(
          'outreach',
          form.includes('override') ? 'OVERRIDE' : 'SHARE',
          `Agency.${field}`,
          'registry',
          form,
          on('Agency', `  ${field}: String ${form}\n`),
        ),
        // others resolve it, too
        ...(form.includes('override') ? { also: { act: 'SHARE' as const, coordinate: `Agency.${field}` } } : {}),
      };
  yield change(
    'outreach',
    'SHARE',
    'Query.agencies',
    'registry',
    '@shareable',
    `${on('Agency', '').replace('  hello: String\n', '  agencies(kind: String): [Agency!] @shareable\n')}`,
  );
}

function* requirements(): Generator<HostileChange> {
  const secrets = [
    ['launch(zone: String = "ET"): String', 'launch', 'GOV'],
    ['weights: String', 'weights', 'PROPIN'],
    ['contact: String', 'contact', 'PII'],
  ] as const;
  for (const by of HOSTS)
    for (const [field, name, of] of secrets) {
      const copy = `  copy: String @requires(fields: "${name}") @sensitivity(class: ${of})\n`;
      yield change(
        by,
        'REQUIRE',
        `Submission.${name}`,
        'submissions',
        '@requires',
        on('Submission', `  ${field} @external @sensitivity(class: ${of})\n${copy}`),
      );
      const pair = `  copy: String @requires(fields: "title ${name}") @sensitivity(class: ${of})\n`;
      yield change(
        by,
        'REQUIRE',
        `Submission.${name}`,
        'submissions',
        '@requires among others',
        on('Submission', `  title: String @external\n  ${field} @external @sensitivity(class: ${of})\n${pair}`),
      );
      const inArgument =
        on(
          'Submission',
          `  ${field} @external @sensitivity(class: ${of})\n  note: Note @sensitivity(class: ${of})\n`,
        ).replace('type Submission @key', 'type Submission @context(name: "here") @key') +
        `type Note @key(fields: "id") {\n  id: ID!\n  copy(of: String @fromContext(field: "$here { ${name} }")): String @sensitivity(class: ${of})\n}\n`;
      yield change(by, 'REQUIRE', `Submission.${name}`, 'submissions', '@fromContext', inArgument);
    }
  for (const by of HOSTS)
    yield change(
      by,
      'REQUIRE',
      'Developer.country',
      'submissions',
      '@requires',
      on(
        'Developer',
        '  country: String @external @sensitivity(class: GOV)\n  flag: String @requires(fields: "country") @sensitivity(class: GOV)\n',
      ),
    );
}

/** Directives with an effect on all definitions of an element. */
const MARKS: readonly (readonly [act: Act, directive: string])[] = [
  ['HIDE', '@inaccessible'],
  ['HIDE', '@hidden'],
  ['TAG', '@tag(name: "internal")'],
  ['TAG', '@tag(name: "public")'],
  ['AUTHORIZE', '@authenticated'],
  ['AUTHORIZE', '@requiresScopes(scopes: [["all"]])'],
  ['AUTHORIZE', '@policy(policies: [["all"]])'],
  ['COST', '@cost(weight: 0)'],
  ['COST', '@cost(weight: 90000)'],
  ['DEPRECATE', '@deprecated(reason: "Use outreach.")'],
];

function* marks(): Generator<HostileChange> {
  for (const [act, directive] of MARKS) {
    const places: readonly (readonly [coordinate: string, from: string, to: string, by?: string])[] = [
      ['Money.amount', '  amount: Int', `  amount: Int ${directive}`],
      ['Agency.name', '  name: String @shareable', `  name: String @shareable ${directive}`, 'reviews'],
      ['Query.agencies', '): [Agency!] @shareable', `): [Agency!] @shareable ${directive}`, 'reviews'],
      ['Money.currency(short:)', 'short: Boolean = true', `short: Boolean = true ${directive}`],
      ['Period.from', '  from: String #', `  from: String ${directive} #`],
      ['State.CLOSED', '  CLOSED', `  CLOSED ${directive}`],
      [
        'Submission',
        'type Submission implements Thing @key(fields: "id") {',
        `type Submission implements Thing @key(fields: "id") ${directive} {`,
        'reviews',
      ],
    ];
    for (const [coordinate, from, to, only] of places) {
      if (act === 'AUTHORIZE' && /\(|Period|State/.test(coordinate)) continue;
      if (act === 'COST' && /State/.test(coordinate)) continue;
      if (act === 'DEPRECATE' && coordinate === 'Submission') continue;
      if (act === 'HIDE' && coordinate === 'Submission') continue;
      for (const by of only === undefined ? HOSTS : [only]) {
        const complete =
          by === 'outreach'
            ? `${COMMON}${ROOT.replace('hello', 'hello(period: Period): State\n  price: Money\n  hi')}`
            : WORLD[by]!;
        const world = { ...WORLD, [by]: complete.replace(from, to) };
        yield {
          by,
          act,
          coordinate,
          owner: coordinate === 'Submission' ? 'submissions' : 'registry',
          form: directive,
          world,
          agreed: world,
        };
      }
    }
  }
}

function* structures(): Generator<HostileChange> {
  for (const by of HOSTS) {
    const keyed = (type: string, keys: string, lines: string) =>
      on(type, lines).replace(KEYS[type]!, `${KEYS[type]} ${keys}`);
    yield {
      ...change(
        by,
        'KEY',
        'Submission',
        'submissions',
        'a second key',
        keyed('Submission', '@key(fields: "title")', '  title: String @shareable\n'),
        shareable('title'),
      ),
      also: { act: 'SHARE', coordinate: 'Submission.title' },
    };
    yield {
      ...change(
        by,
        'KEY',
        'Submission',
        'submissions',
        'a key of two fields',
        keyed('Submission', '@key(fields: "id title")', '  title: String @shareable\n'),
        shareable('title'),
      ),
      also: { act: 'SHARE', coordinate: 'Submission.title' },
    };
    yield {
      ...change(
        by,
        'KEY',
        'Developer',
        'submissions',
        'a second key',
        keyed('Developer', '@key(fields: "name")', '  name: String @shareable\n'),
        shareable('name'),
      ),
      also: { act: 'SHARE', coordinate: 'Developer.name' },
    };
    yield change(
      by,
      'NODE',
      'Submission',
      'submissions',
      '@node',
      on('Submission', '  extra: String\n').replace(KEYS.Submission!, `${KEYS.Submission} @node(prefix: "sub_")`),
    );
    yield change(
      by,
      'INTERFACE_OBJECT',
      'Asset',
      'submissions',
      '@interfaceObject',
      `${COMMON}type Asset @key(fields: "id") @interfaceObject {\n  id: ID!\n  owner: String\n}\n${ROOT}`,
    );
    const root = ROOT.replace(
      '  hello',
      '  extraState: State\n  extraPhase: Phase\n  extraThing: Thing\n  money: Money\n  ask(period: Period): String\n  hello',
    );
    const complete = by === 'outreach' ? COMMON + root : WORLD[by]!;
    const rewritten = (act: Act, coordinate: string, form: string, from: string, to: string): HostileChange => {
      const world = { ...WORLD, [by]: complete.replace(from, to) };
      return { by, act, coordinate, owner: 'registry', form, world, agreed: world };
    };
    yield rewritten('EXTEND', 'Phase', 'a third value', '  LAST\n', '  LAST\n  NEVER\n');
    yield rewritten('CHANGE', 'Money.amount', 'another type', '  amount: Int', '  amount: Int!');
    yield rewritten('CHANGE', 'Money.currency', 'a missing argument', '(short: Boolean = true)', '');
    yield rewritten(
      'CHANGE',
      'Money.currency',
      'another argument',
      '(short: Boolean = true)',
      '(short: Boolean = true, long: Boolean)',
    );
    yield rewritten(
      'CHANGE',
      'Money.currency',
      'an argument of another type',
      '(short: Boolean = true)',
      '(short: Boolean! = true)',
    );
    yield rewritten(
      'CHANGE',
      'Period.until',
      'a required field',
      '  until: String = "now"',
      '  until: String! = "now"',
    );
    yield rewritten('CHANGE', 'Period', 'a missing field', '  from: String #\n', '');
    yield change(
      by,
      'EXTEND',
      'Part',
      'submissions',
      'a third member',
      `${COMMON}union Part = Extra\ntype Extra {\n  more: Int\n}\n${ROOT}`,
    );
  }
}

/** Changes of schemas, each of which takes something from its owner. */
export const HOSTILE_CHANGES: readonly HostileChange[] = [
  ...takeovers(),
  ...requirements(),
  ...marks(),
  ...structures(),
];
