import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { TrustedDocuments } from '../../gateway/policy/trusted-documents';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { TestIdentity } from '../support/identity';

const SDL = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") type Query { a: String b: String }';
const ANALYST = 'role=analyst; subject=x';
const OFFICER = 'role=intake-officer; subject=x';

let folder: string;
let gateway: FastifyInstance;
let identity: TestIdentity;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-documents-'));
  identity = await TestIdentity.make();
  writeFileSync(
    join(folder, 'apollo.json'),
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'one', name: 'A', type: 'query', body: 'query A { a }' }],
    }),
  );
  writeFileSync(join(folder, 'relay.json'), JSON.stringify({ two: 'query B { b }' }));
  gateway = await createGateway({
    supergraph: compose([{ name: 's', sdl: SDL, url: 'http://s.example/' }]),
    config: readConfig(
      { logLevel: 'silent', trustedDocuments: [join(folder, 'apollo.json'), join(folder, 'relay.json')] },
      {},
    ),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      request: async () => ({ headers: {}, read: () => ({ data: { a: 'a', b: 'b' } }) }),
      async close() {},
    }),
    forwardHeaders: [],
    identity: identity.parts,
  });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (payload: object, caller: string | null = null) => {
  const headers = await identity.headers(caller);
  const response = await gateway.inject({ method: 'POST', url: '/graphql', headers, payload });
  const { data, errors } = response.json();
  return [response.statusCode, data ?? errors[0].extensions.code];
};

test.each<[string, object]>([
  ['named as by Apollo Client', { extensions: { persistedQuery: { version: 1, sha256Hash: 'one' } } }],
  ['named as in the draft of GraphQL over HTTP', { documentId: 'one' }],
  ['sent in full', { query: 'query A { a }' }],
])('executes a trusted document for every caller: %s', async (_how, payload) => {
  for (let time = 0; time < 2; time++) expect(await ask(payload)).toEqual([200, { a: 'a' }]);
});

test('executes a trusted document by the name that Relay sends', async () => {
  expect(await ask({ doc_id: 'two', variables: {} })).toEqual([200, { b: 'b' }]);
});

test('traces a trusted document, for callers who may see the schema', async () => {
  const payload = { documentId: 'one', extensions: { trace: true } };
  for (const caller of [OFFICER, null]) {
    const headers = await identity.headers(caller);
    const response = await gateway.inject({ method: 'POST', url: '/graphql', headers, payload });
    const { data, extensions } = response.json();
    expect(data).toEqual({ a: 'a' });
    expect(extensions?.trace?.plan.fetches.length).toBe(caller === null ? undefined : 1);
  }
});

test.each<[string, object, string | null, number, string]>([
  ['an ad hoc document', { query: '{ a }' }, null, 403, 'DOCUMENT_NOT_TRUSTED'],
  ['from an authenticated caller without the role', { query: '{ a }' }, OFFICER, 403, 'DOCUMENT_NOT_TRUSTED'],
  ['a document that differs by a space', { query: 'query A { a } ' }, null, 403, 'DOCUMENT_NOT_TRUSTED'],
  ['an unknown id', { documentId: 'three' }, null, 400, 'DOCUMENT_NOT_FOUND'],
  ['an id that is a prototype property', { documentId: '__proto__' }, null, 400, 'DOCUMENT_NOT_FOUND'],
  [
    'another document under a known id',
    { query: '{ b }', extensions: { persistedQuery: { version: 1, sha256Hash: 'one' } } },
    null,
    403,
    'DOCUMENT_NOT_TRUSTED',
  ],
])('rejects an untrusted document: %s', async (_what, payload, caller, status, code) => {
  expect(await ask(payload, caller)).toEqual([status, code]);
});

test('lets an analyst send ad hoc operations without allowing them to others', async () => {
  for (let time = 0; time < 3; time++)
    expect(await ask({ query: '{ a b }' }, ANALYST)).toEqual([200, { a: 'a', b: 'b' }]);
  expect(await ask({ query: '{ a b }' })).toEqual([403, 'DOCUMENT_NOT_TRUSTED']);
});

test('does not trust a document for others that an analyst registered, nor by GET', async () => {
  const query = '{ b a }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  await ask({ query, extensions }, ANALYST);
  const { statusCode, body } = await gateway.inject({
    url: `/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
    headers: { accept: 'application/json' },
  });
  expect([statusCode, JSON.parse(body).data]).toEqual([expect.any(Number), undefined]);
});

test('executes trusted documents by GET as by POST', async () => {
  const get = async (query: string) =>
    (
      await gateway.inject({
        url: `/graphql?query=${encodeURIComponent(query)}`,
        headers: { accept: 'application/json' },
      })
    ).statusCode;
  expect([await get('query A { a }'), await get('{ a }')]).toEqual([200, 403]);
});

test.each<[string, string, RegExp]>([
  ['invalid JSON', '{', /not valid JSON/],
  ['no manifest', '{"a":1}', /not a document manifest/],
  ['a manifest that contradicts another', '{"one":"query A { b }"}', /assign the id "one" to different documents/],
])('reports an invalid manifest with its cause: %s', (_what, content, message) => {
  writeFileSync(join(folder, 'bad.json'), content);
  expect(() => TrustedDocuments.read([join(folder, 'apollo.json'), join(folder, 'bad.json')], [])).toThrow(message);
});
