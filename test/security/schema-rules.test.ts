import type { FastifyInstance } from 'fastify';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { compose } from '../../gateway/supergraph/compose';
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

let gateway: FastifyInstance;
/** Refuses the whole operation. */
let refusing: FastifyInstance;
let identity: TestIdentity;
let calls: number;
let asked: string[];
const start = (supergraph: string, unauthorizedFields?: 'refuse') =>
  createGateway({
    supergraph,
    config: readConfig({ logLevel: 'silent', unauthorizedFields }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      async request({ operation }) {
        calls += 1;
        asked.push(operation.text);
        // more than it is asked for: what is withheld must not show because a subgraph gave it
        const user = { __typename: 'User', id: '1', mail: 'a@b', note: 'n', name: 'N' };
        const thing = { __typename: 'Crate', id: '2', weight: 3 };
        const data = { open: 'o', secret: 's', me: user, users: [user, user], thing, things: [thing], level: 'A' };
        return { headers: {}, read: () => ({ data }) };
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
  asked = [];
});

const send = async (to: FastifyInstance, query: string, who: string | null, headers: Record<string, string> = {}) =>
  to.inject({
    method: 'POST',
    url: '/graphql',
    headers: { ...(await identity.headers(who)), ...headers },
    payload: { query },
  });

const ask = async (query: string, who: string | null, headers: Record<string, string> = {}) => {
  const response = await send(refusing, query, who, headers);
  const { errors = [] } = response.json();
  return [
    response.statusCode,
    errors.map(({ extensions }: { extensions: { coordinate: string } }) => extensions.coordinate),
    calls,
  ];
};
const SOMEBODY = 'role=operator; subject=x';
const scoped = (scope: string) => `role=operator; subject=x; scope=${scope}`;

test.each<[string, string, string | null, string[]]>([
  ['the public', '{ secret }', null, ['Query.secret']],
  ['the public, by an alias', '{ a: open secret: secret }', null, ['Query.secret']],
  ['the public, in a fragment', '{ ...F } fragment F on Query { secret }', null, ['Query.secret']],
  ['the public, that skips it', '{ open secret @skip(if: true) }', null, ['Query.secret']],
  ['the public, that defers it', '{ open ... @defer { secret } }', null, ['Query.secret']],
  ['the public, by a mutation', 'mutation { change }', null, ['Mutation.change']],
  ['the public, through an interface', '{ thing { id } }', null, ['Query.thing', 'Thing.id']],
  ['one scope of two', '{ me { mail } }', scoped('read:mail'), ['User.mail']],
  ['no policy', '{ me { note } }', SOMEBODY, ['User.note']],
  ['an enum without its scope', '{ level }', SOMEBODY, ['Query.level']],
  ['a field of a type, in a fragment on it', '{ thing { ... on Crate { weight } } }', SOMEBODY, ['Crate.weight']],
])('%s is refused, and no subgraph is asked', async (_what, query, who, coordinates) => {
  // once as a new operation, once as a known one
  for (let time = 0; time < 2; time++)
    expect(await ask(query, who, { accept: 'multipart/mixed; deferSpec=20220824, application/json' })).toEqual([
      who === null ? 401 : 403,
      coordinates,
      0,
    ]);
});

test.each<[string, string, string | null]>([
  ['what is open, to the public', '{ open me { id } }', null],
  ['a token for what asks for one', '{ secret thing { id } }', SOMEBODY],
  ['both scopes', '{ me { mail } }', scoped('read:mail,read:all')],
  ['or the other', '{ me { mail } }', scoped('admin')],
  ['a policy by a role', '{ me { note } }', 'role=inspector; case=1; subject=x'],
  ['or by a scope', '{ me { note } }', scoped('special')],
])('%s is answered', async (_what, query, who) => {
  const [status, coordinates, asked] = await ask(query, who);
  expect([status, coordinates, asked]).toEqual([200, [], 1]);
});

test('what one caller may ask, another still may not: an operation that is known is no door', async () => {
  await ask('{ me { mail id } }', scoped('admin'));
  await ask('{ me { mail id } }', scoped('admin'));
  expect((await ask('{ me { mail id } }', SOMEBODY))[0]).toBe(403);
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
  ['a field of an object', '{ me { mail id } }', SOMEBODY, { me: { mail: null, id: '1' } }, ['me.mail User.mail']],
  ['all of an object', '{ me { mail } }', SOMEBODY, { me: { mail: null } }, ['me.mail User.mail']],
  [
    'fields of a list',
    '{ users { id note } }',
    SOMEBODY,
    {
      users: [
        { id: '1', note: null },
        { id: '1', note: null },
      ],
    },
    ['users.0.note User.note', 'users.1.note User.note'],
  ],
  ['what is never null', '{ open me { name id } }', SOMEBODY, { open: 'o', me: null }, ['me.name User.name']],
  [
    'what is never null, in a list',
    '{ open users { name } }',
    SOMEBODY,
    { open: 'o', users: null },
    ['users.0.name User.name'],
  ],
  ['an interface', '{ open thing { id } }', null, { open: 'o', thing: null }, ['thing Query.thing']],
  [
    'a fragment on a type',
    '{ thing { id ... on Crate { weight } } }',
    SOMEBODY,
    { thing: { id: '2', weight: null } },
    ['thing.weight Crate.weight'],
  ],
  [
    'one name for what is shown and what is not',
    '{ me { id x: mail ... on User { x: mail } } }',
    SOMEBODY,
    { me: { id: '1', x: null } },
    ['me.x User.mail'],
  ],
])('%s is null with an error at its path, and no subgraph is asked for it', async (_what, query, who, data, errors) => {
  // as a new operation, as a known one, and once it could be written from slices
  for (let time = 0; time < 3; time++) {
    const response = await send(gateway, query, who);
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
  expect(asked.join()).not.toMatch(/secret|mail|note|\bname\b|weight|level/);
});

test('a mutation that is withheld is not run, one beside it is', async () => {
  const response = await send(gateway, 'mutation { change open }', null);
  expect(response.json().data).toEqual({ change: null, open: 'o' });
  expect(asked).toHaveLength(1);
  expect(asked.join()).not.toContain('change');
  expect((await send(gateway, 'mutation { change }', null)).json().data).toEqual({ change: null });
  expect(asked).toHaveLength(1);
});

test('what is withheld of one caller is shown to another, whoever came first', async () => {
  const query = '{ me { mail id } }';
  for (const [who, mail] of [
    [scoped('admin'), 'a@b'],
    [SOMEBODY, null],
    [null, null],
    [scoped('admin'), 'a@b'],
    [SOMEBODY, null],
  ] as const)
    expect((await send(gateway, query, who)).json().data).toEqual({ me: { mail, id: '1' } });
});

test('an operation with @defer is answered in one part where something of it is withheld', async () => {
  const response = await send(gateway, '{ open ... @defer { secret } }', null, {
    accept: 'multipart/mixed; deferSpec=20220824, application/json',
  });
  expect(response.body).toContain('"data":{"open":"o","secret":null}');
});

test('a security feature that is not known keeps a supergraph out', async () => {
  const strange = supergraph().replace(
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) @link(url: "https://example.org/vault/v1.0", for: SECURITY)',
  );
  await expect(start(strange)).rejects.toThrow(
    /security feature that is not known here: https:\/\/example\.org\/vault/,
  );
});
