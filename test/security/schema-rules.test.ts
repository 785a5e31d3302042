import type { FastifyInstance } from 'fastify';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { compose } from '../../gateway/supergraph/compose';
import { createLog } from '../../gateway/telemetry/log';
import { TestIdentity } from '../support/identity';

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@authenticated", { name: "@requiresScopes", as: "@needs" }, "@policy"])
  type Query { open: String secret: String @authenticated me: User thing: Thing level: Level }
  type User @key(fields: "id") {
    id: ID!
    mail: String @needs(scopes: [["read:mail", "read:all"], ["admin"]])
    note: String @policy(policies: [["inspector"], ["special"]])
  }
  interface Thing { id: ID! }
  type Box implements Thing @authenticated { id: ID! }
  type Crate implements Thing { id: ID! weight: Int @needs(scopes: [["weigh"]]) }
  enum Level @needs(scopes: [["level"]]) { A }
  type Mutation { change: String @authenticated }
`;

let gateway: FastifyInstance;
let identity: TestIdentity;
let calls: number;
const start = (supergraph: string) =>
  createGateway({
    supergraph,
    config: readConfig({ logLevel: 'silent' }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      async request({ operation }) {
        calls += 1;
        const data = /me/.test(operation.text) ? { me: { __typename: 'User', id: '1', mail: 'a@b' } } : {};
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
});
afterAll(() => gateway.close());
beforeEach(() => {
  calls = 0;
});

const ask = async (query: string, who: string | null, headers: Record<string, string> = {}) => {
  const response = await gateway.inject({
    method: 'POST',
    url: '/graphql',
    headers: { ...(await identity.headers(who)), ...headers },
    payload: { query },
  });
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

test('a security feature that is not known keeps a supergraph out', async () => {
  const strange = supergraph().replace(
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
    '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) @link(url: "https://example.org/vault/v1.0", for: SECURITY)',
  );
  await expect(start(strange)).rejects.toThrow(
    /security feature that is not known here: https:\/\/example\.org\/vault/,
  );
});
