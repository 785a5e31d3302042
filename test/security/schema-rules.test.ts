import type { FastifyInstance } from 'fastify';
import { parse } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { AccessRules } from '../../gateway/policy/access-rules';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { TestIdentity } from '../support/identity';

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@authenticated", { name: "@requiresScopes", as: "@needs" }, "@policy"])
  type Query { open: String secret: String @authenticated me: User users: [User!] thing: Thing things: [Thing!] level: Level }
  type User @key(fields: "id") {
    id: ID!
    mail: String @needs(scopes: [["read:mail", "read:all"], ["admin"]])
    note: String @policy(policies: [["inspector"], ["special"]])
    name: String! @needs(scopes: [["name"]])
  }
  interface Thing { id: ID! }
  type Box implements Thing @authenticated { id: ID! }
  type Crate implements Thing { id: ID! weight: Int @needs(scopes: [["weigh"]]) }
  enum Level @needs(scopes: [["level"]]) { A }
  type Mutation { change: String @authenticated open: String }
`;

const USER = { __typename: 'User', id: '1', mail: 'a@b', note: 'n', name: 'N' };
const THING = { __typename: 'Crate', id: '2', weight: 3 };
/** More than any operation selects: withheld fields must not appear even if a subgraph sent them. */
const ANSWERS = { open: 'o', secret: 's', me: USER, users: [USER, USER], thing: THING, things: [THING], level: 'A' };

let gateway: FastifyInstance;
/** Rejects the whole operation. */
let refusing: FastifyInstance;
let identity: TestIdentity;
let calls: number;
let called: string[];
const start = (supergraph: string, unauthorizedFields?: 'refuse', answers: object = ANSWERS) =>
  createGateway({
    supergraph,
    config: readConfig({ logLevel: 'silent', unauthorizedFields }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      async request({ operation }) {
        calls += 1;
        called.push(operation.text);
        return { headers: {}, read: () => ({ data: { ...answers } }) };
      },
      async close() {},
    }),
    forwardHeaders: [],
    identity: identity.parts,
  });
const supergraph = () => compose([{ name: 'a', sdl: SDL, url: 'http://a.example/' }]);
beforeAll(async () => {
  identity = await TestIdentity.make();
  gateway = await start(supergraph());
  refusing = await start(supergraph(), 'refuse');
});
afterAll(() => Promise.all([gateway.close(), refusing.close()]));
beforeEach(() => {
  calls = 0;
  called = [];
});

const send = async (
  to: FastifyInstance,
  operation: string | { query: string; operationName?: string; variables?: object },
  caller: string | null,
  headers: Record<string, string> = {},
) =>
  to.inject({
    method: 'POST',
    url: '/graphql',
    headers: { ...(await identity.headers(caller)), ...headers },
    payload: typeof operation === 'string' ? { query: operation } : operation,
  });

const ask = async (query: string, caller: string | null, headers: Record<string, string> = {}) => {
  const response = await send(refusing, query, caller, headers);
  const { errors = [] } = response.json();
  return [
    response.statusCode,
    errors.map(({ extensions }: { extensions: { coordinate: string } }) => extensions.coordinate),
    calls,
  ];
};
const SIGNED_IN = 'role=operator; subject=x';
const scoped = (scope: string) => `role=operator; subject=x; scope=${scope}`;

test.each<[string, string, string | null, string[]]>([
  ['the public', '{ secret }', null, ['Query.secret']],
  ['the public, by an alias', '{ a: open secret: secret }', null, ['Query.secret']],
  ['the public, in a fragment', '{ ...F } fragment F on Query { secret }', null, ['Query.secret']],
  ['the public, in a deferred fragment', '{ open ... @defer { secret } }', null, ['Query.secret']],
  ['the public, by a mutation', 'mutation { change }', null, ['Mutation.change']],
  ['the public, through an interface', '{ thing { id } }', null, ['Query.thing', 'Thing.id']],
  ['one scope of two', '{ me { mail } }', scoped('read:mail'), ['User.mail']],
  ['no policy', '{ me { note } }', SIGNED_IN, ['User.note']],
  ['an enum without its scope', '{ level }', SIGNED_IN, ['Query.level']],
  ['a field of a type, in a fragment on it', '{ thing { ... on Crate { weight } } }', SIGNED_IN, ['Crate.weight']],
])('rejects an operation before any subgraph call: %s', async (_what, query, caller, coordinates) => {
  // once as a new operation, once as a known one
  for (let time = 0; time < 2; time++)
    expect(await ask(query, caller, { accept: 'multipart/mixed; deferSpec=20220824, application/json' })).toEqual([
      caller === null ? 401 : 403,
      coordinates,
      0,
    ]);
});

test.each<[string, string, string | null]>([
  ['an open field, for the public', '{ open me { id } }', null],
  ['a token, for a field that requires one', '{ secret thing { id } }', SIGNED_IN],
  ['both scopes', '{ me { mail } }', scoped('read:mail,read:all')],
  ['one of two alternatives', '{ me { mail } }', scoped('admin')],
  ['a policy by a role', '{ me { note } }', 'role=inspector; case=1; subject=x'],
  ['or by a scope', '{ me { note } }', scoped('special')],
])('answers an allowed operation: %s', async (_what, query, caller) => {
  const [status, coordinates, called] = await ask(query, caller);
  expect([status, coordinates, called]).toEqual([200, [], 1]);
});

test('checks each caller of a known operation anew', async () => {
  await ask('{ me { mail id } }', scoped('admin'));
  await ask('{ me { mail id } }', scoped('admin'));
  expect((await ask('{ me { mail id } }', SIGNED_IN))[0]).toBe(403);
});

test.each<[string, string, string | null, unknown, string[]]>([
  ['a root field', '{ open secret }', null, { open: 'o', secret: null }, ['secret Query.secret']],
  ['an alias', '{ a: secret open }', null, { a: null, open: 'o' }, ['a Query.secret']],
  [
    'a fragment',
    '{ ...F open } fragment F on Query { secret }',
    null,
    { secret: null, open: 'o' },
    ['secret Query.secret'],
  ],
  ['a field of an object', '{ me { mail id } }', SIGNED_IN, { me: { mail: null, id: '1' } }, ['me.mail User.mail']],
  ['all of an object', '{ me { mail } }', SIGNED_IN, { me: { mail: null } }, ['me.mail User.mail']],
  [
    'fields of a list',
    '{ users { id note } }',
    SIGNED_IN,
    {
      users: [
        { id: '1', note: null },
        { id: '1', note: null },
      ],
    },
    ['users.0.note User.note', 'users.1.note User.note'],
  ],
  ['a non-null field', '{ open me { name id } }', SIGNED_IN, { open: 'o', me: null }, ['me.name User.name']],
  [
    'a non-null field in a list',
    '{ open users { name } }',
    SIGNED_IN,
    { open: 'o', users: null },
    ['users.0.name User.name'],
  ],
  ['an interface', '{ open thing { id } }', null, { open: 'o', thing: null }, ['thing Query.thing']],
  [
    'a fragment on a type',
    '{ thing { id ... on Crate { weight } } }',
    SIGNED_IN,
    { thing: { id: '2', weight: null } },
    ['thing.weight Crate.weight'],
  ],
  [
    'one response name for a visible and a hidden field',
    '{ me { id x: mail ... on User { x: mail } } }',
    SIGNED_IN,
    { me: { id: '1', x: null } },
    ['me.x User.mail'],
  ],
])('returns null and an error for %s without a subgraph call for it', async (_what, query, caller, data, errors) => {
  // as a new operation, as a known one, and once it could be written from slices
  for (let time = 0; time < 3; time++) {
    const response = await send(gateway, query, caller);
    const body = response.json();
    expect([response.statusCode, body.data]).toEqual([200, data]);
    expect(
      body.errors.map(
        ({ path, extensions }: { path: unknown[]; extensions: { coordinate: string } }) =>
          `${path.join('.')} ${extensions.coordinate}`,
      ),
    ).toEqual(errors);
    expect(response.headers['cache-control']).toContain('no-store');
  }
  expect(called.join()).not.toMatch(/secret|mail|note|\bname\b|weight|level/);
});

test('does not run a forbidden mutation, but runs an allowed one beside it', async () => {
  const response = await send(gateway, 'mutation { change open }', null);
  expect(response.json().data).toEqual({ change: null, open: 'o' });
  expect(called).toHaveLength(1);
  expect(called.join()).not.toContain('change');
  expect((await send(gateway, 'mutation { change }', null)).json().data).toEqual({ change: null });
  expect(called).toHaveLength(1);
});

test('withholds a field from one caller and shows it to another in any order', async () => {
  const query = '{ me { mail id } }';
  for (const [caller, mail] of [
    [scoped('admin'), 'a@b'],
    [SIGNED_IN, null],
    [null, null],
    [scoped('admin'), 'a@b'],
    [SIGNED_IN, null],
  ] as const)
    expect((await send(gateway, query, caller)).json().data).toEqual({ me: { mail, id: '1' } });
});

test('answers an operation with @defer in one part when a field of it is withheld', async () => {
  const response = await send(gateway, '{ open ... @defer { secret } }', null, {
    accept: 'multipart/mixed; deferSpec=20220824, application/json',
  });
  expect(response.body).toContain('"data":{"open":"o","secret":null}');
});

test('rejects a supergraph that requires an unknown security feature', async () => {
  const strange = supergraph().replace(
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) @link(url: "https://example.org/vault/v1.0", for: SECURITY)',
  );
  await expect(start(strange)).rejects.toThrow(/unknown security feature: https:\/\/example\.org\/vault/);
});

describe('types beside protected ones', () => {
  const NODES = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
      import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@policy"])
    interface Node { id: ID! }
    interface Titled { title: String }
    type Open implements Node & Titled @key(fields: "id") { id: ID! title: String }
    type Priv implements Node @key(fields: "id") @authenticated { id: ID! secret: String }
    type Half implements Node & Titled @key(fields: "id") { id: ID! pub: String title: String @requiresScopes(scopes: [["title"]]) }
    union Any = Open | Priv
    type Query {
      open: Open opens: [Open] half: Half priv: Priv privs: [Priv!]! node: Node nodes: [Node] titled: Titled any: Any
      special: String @policy(policies: [["special"]])
    }`;
  const OPEN = { __typename: 'Open', id: '1', title: 't' };
  const PRIV = { __typename: 'Priv', id: '2', secret: 's' };
  const HALF = { __typename: 'Half', id: '3', pub: 'p', title: 'h' };
  const nodes = { open: OPEN, opens: [OPEN], half: HALF, priv: PRIV, privs: [PRIV], node: PRIV, nodes: [OPEN, PRIV] };
  const answers = { ...nodes, titled: OPEN, any: PRIV };
  const composed = () => compose([{ name: 'a', sdl: NODES, url: 'http://a.example/' }]);
  const refused = async (to: FastifyInstance, operation: Parameters<typeof send>[1], caller: string | null) => {
    // as a new operation and as a known one
    const all: string[][] = [];
    for (let time = 0; time < 2; time++) {
      const { errors = [] } = (await send(to, operation, caller)).json();
      all.push(
        errors.map(
          ({ extensions }: { extensions: { coordinate?: string; code: string } }) =>
            extensions.coordinate ?? extensions.code,
        ),
      );
    }
    expect(all[1]).toEqual(all[0]);
    return all[0];
  };
  let refusingNodes: FastifyInstance;
  let nullingNodes: FastifyInstance;
  beforeAll(async () => {
    refusingNodes = await start(composed(), 'refuse', answers);
    nullingNodes = await start(composed(), undefined, answers);
  });
  afterAll(() => Promise.all([refusingNodes.close(), nullingNodes.close()]));

  test.each<[string, string[]]>([
    ['{ open { title } opens { id __typename } }', []],
    ['{ half { pub __typename } }', []],
    ['{ half { title } }', ['Half.title']],
    ['{ priv { id } }', ['Query.priv', 'Priv.id']],
    ['{ priv { __typename } }', ['Query.priv']],
    ['{ privs { ... on Node { __typename } } }', ['Query.privs']],
    ['{ node { id } }', ['Query.node', 'Node.id']],
    ['{ node { __typename } }', ['Query.node']],
    ['{ node { ... on Open { __typename id title } } }', []],
    ['{ nodes { ... on Open { title } ... on Half { pub } } }', []],
    ['{ nodes { ... on Open { title } ... on Priv { id } } }', ['Query.nodes', 'Priv.id']],
    ['{ node { ... on Open { ... on Node { id } } } }', []],
    ['{ node { ... { ... on Node { ... on Titled { __typename } } } } }', []],
    ['{ titled { __typename } }', []],
    ['{ titled { title } }', ['Titled.title']],
    ['{ titled { ... on Open { title } ... on Node { id } } }', []],
    ['{ any { ... on Open { title } } }', []],
    ['{ any { ... on Titled { title } } }', []],
    ['{ any { ... on Node { id } } }', ['Query.any', 'Node.id']],
    ['{ any { __typename } }', ['Query.any']],
    ['{ open { ...F } } fragment F on Node { id }', []],
    ['{ open { ...F } node { ...F } } fragment F on Node { id }', ['Query.node', 'Node.id']],
    ['{ node { ...F } } fragment F on Node { ... on Open { ...G } } fragment G on Node { id }', []],
    ['{ open { title } ...F } fragment F on Query { priv @skip(if: true) { id } special @include(if: false) }', []],
    ['{ __typename }', []],
  ])('rejects for the public, of %s: %j', async (query, coordinates) => {
    expect(await refused(refusingNodes, query, null)).toEqual(coordinates);
    expect(await refused(refusingNodes, query, scoped('title'))).toEqual([]);
  });

  test.each<[object | undefined, string[]]>([
    [{ all: false }, []],
    [{ all: true }, ['Query.node', 'Node.id', 'Query.priv', 'Priv.id']],
    [undefined, []],
    [{ all: null }, ['Query.node', 'Node.id', 'Query.priv', 'Priv.id']],
  ])('rejects for the public, with the conditions %j: %j', async (variables, coordinates) => {
    const query =
      'query ($all: Boolean = false) { node { ... on Open { title } id @include(if: $all) } ... @include(if: $all) { priv { id } } }';
    expect(await refused(refusingNodes, { query, variables }, null)).toEqual(coordinates);
  });

  test('checks only the executed operation and the fragments it spreads', async () => {
    const query = 'query A { priv { ...F } } query B { open { title } } fragment F on Priv { secret }';
    expect(await refused(refusingNodes, { query, operationName: 'B' }, null)).toEqual([]);
    expect(await refused(refusingNodes, { query, operationName: 'A' }, null)).toEqual(['Query.priv', 'Priv.secret']);
  });

  test('hides an object of an @inaccessible type despite missing rules in the API schema', async () => {
    const hidden = compose([
      {
        name: 'a',
        sdl: NODES.replace('"@key",', '"@key", "@inaccessible",')
          .replace(/type Priv[^{]*/, '$& @inaccessible ')
          .replace('priv: Priv privs: [Priv!]!', ''),
        url: 'http://a.example/',
      },
    ]);
    const gateway = await start(hidden, undefined, answers);
    for (const query of ['{ node { id } }', '{ node { __typename } }', '{ any { __typename } }']) {
      const { data } = (await send(gateway, query, null)).json();
      expect(Object.values(data)).toEqual([null]);
    }
    await gateway.close();
  });

  test.each<[string, unknown, string[]]>([
    ['{ open { title } priv { id } }', { open: { title: 't' }, priv: null }, ['priv']],
    ['{ open { ...F } node { ...F } } fragment F on Node { id }', { open: { id: '1' }, node: null }, ['node']],
    ['{ nodes { ... on Open { title } } }', { nodes: [{ title: 't' }, {}] }, []],
    ['{ node { ... on Open { title } } node { __typename } }', { node: null }, ['node']],
    ['{ half { pub title } }', { half: { pub: 'p', title: null } }, ['half.title']],
    ['{ open { title } privs { id } }', null, ['privs']],
  ])('shows the public of %s: %j', async (query, data, paths) => {
    for (let time = 0; time < 3; time++) {
      const answer = (await send(nullingNodes, query, null)).json();
      expect(answer.data).toEqual(data);
      expect((answer.errors ?? []).map(({ path }: { path: unknown[] }) => path.join('.'))).toEqual(paths);
    }
  });

  test('applies a rule on an interface to all its implementations', async () => {
    const standing = composed().replace(/(interface Node\n)/, '$1  @policy(policies: [["special"]])\n');
    const closed = await start(standing, 'refuse', answers);
    const rest = '{ half { pub } titled { ... on Open { title } } }';
    for (const [query, coordinates] of [
      ['{ open { title } }', ['Query.open', 'Open.title']],
      ['{ node { ... on Open { title } } }', ['Query.node', 'Open.title']],
      ['{ node { id @skip(if: true) } }', ['Query.node']],
      [rest, ['Query.half', 'Half.pub', 'Query.titled', 'Open.title']],
    ] as const) {
      expect(await refused(closed, query, SIGNED_IN)).toEqual(coordinates);
      expect(await refused(closed, query, scoped('special'))).toEqual([]);
    }
    await closed.close();
  });
});

test.each([
  ['"a"', [['a']]],
  ['["a", "b"]', [['a'], ['b']]],
  ['["a", ["b", "c"]]', [['a'], ['b', 'c']]],
  ['[["a", "b"]]', [['a', 'b']]],
])('takes a name alone for a list of it: %s', (scopes, anyOf) => {
  const rules = AccessRules.of(
    parse(`schema @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY) { query: Query }
      type Query { a: Int @requiresScopes(scopes: ${scopes}) }`),
  )!;
  expect(rules.ofField('Query', 'a')).toEqual([{ kind: 'scopes', anyOf }]);
});

describe('a rule of an interface', () => {
  const rulesOf = (node: string, types: readonly string[]) =>
    AccessRules.of(
      parse(`
        schema @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
          @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) { query: Query }
        interface Node ${node} { id: ID! }
        ${types.map((rule, index) => `type T${index} implements Node ${rule} { id: ID! }`).join('\n')}
        type Open implements Node { id: ID! }`),
    )!;
  const scopes = (...lists: string[]) =>
    `@requiresScopes(scopes: ${JSON.stringify(lists.map((list) => list.split(' ')))})`;
  const none = '@requiresScopes(scopes: [])';

  test.each<[string, string, string[]]>([
    ['the rule of one type', '@authenticated', ['@authenticated']],
    ['a conjunction', scopes('a c d'), [scopes('a d'), scopes('c')]],
    ['alternatives', scopes('a c', 'b c', 'a d', 'b d'), [scopes('a', 'b'), scopes('c', 'd')]],
    ['alternatives without those that others include', scopes('a', 'b c'), [scopes('a', 'b'), scopes('a', 'c')]],
    ['the rule of one type of two', scopes('a'), [scopes('a'), scopes('b')]],
    ['the same lists in another order', scopes('b a', 'c'), [scopes('c', 'a b')]],
    ['a rule without lists', none, [none]],
    ['a rule without lists beside another', scopes('a'), [none, scopes('a')]],
  ])('ignores a rule of an interface that only composition added: %s', (_name, node, types) => {
    const rules = rulesOf(node, types);
    expect([rules.ofType('Node'), rules.ofType('Open')]).toEqual([[], []]);
    for (const index of types.keys()) expect(rules.ofType(`T${index}`)).toHaveLength(1);
  });

  test.each<[string, string, string[]]>([
    ['no type has one', '@authenticated', []],
    ['it is of another kind', '@authenticated', [scopes('a')]],
    ['it demands more', scopes('a b'), [scopes('a')]],
    ['it demands less', scopes('a'), [scopes('a b')]],
    ['it demands something else', scopes('a'), [scopes('b')]],
    ['it leaves an alternative out', scopes('a'), [scopes('a', 'b')]],
    ['it has one more alternative', scopes('a', 'b'), [scopes('a')]],
    ['no caller satisfies it', none, [scopes('a')]],
    ['the composition lifted no rules', '@authenticated', ['@authenticated', scopes('a')]],
  ])('enforces a rule that the interface itself declares: %s', (_name, node, types) => {
    const rules = rulesOf(node, types);
    expect([rules.ofType('Node').length, rules.ofType('Open').length]).toEqual([1, 1]);
  });
});
