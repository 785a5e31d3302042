import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ApolloServer } from '@apollo/server';
import type { FastifyInstance } from 'fastify';
import { type FieldNode, getIntrospectionQuery, type OperationDefinitionNode, parse } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { incrementalFormatOf } from '../../gateway/http/media-type';
import { PersistedQueries } from '../../gateway/http/persisted-query';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { TestIdentity } from '../support/identity';
import { requireCompiled } from '../support/processes';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3")
  type Query { a(n: Int, f: F): String b: String! long: String }
  input F { id: ID }
  type Mutation { write: String }`;
const SUPERGRAPH = compose([{ name: 's', sdl: SDL, url: 'http://s.invalid' }]);
const LONG = 'ä long tèxt, '.repeat(1_000);
const ANALYST = 'role=analyst; subject=x';
/** The data of the subgraph; the schema requires b. */
const VALUES: Record<string, string | null> = { a: 'a', long: LONG, write: 'written', b: null };
const RESPONSE_TYPE = 'application/graphql-response+json';

let folder: string;
let identity: TestIdentity;
/** Number of operations that reached the subgraph. */
let calls = 0;
const open: FastifyInstance[] = [];

async function gateway(flags: Record<string, unknown> = {}, forwardHeaders: string[] = [], isDevelopment = false) {
  const { parts, issuer } = identity;
  const server = await createGateway({
    supergraph: SUPERGRAPH,
    config: readConfig({ logLevel: 'silent', costs: 'off', rateLimit: 0, ...flags }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      request: async ({ operation: { text } }) => {
        calls += 1;
        const { selectionSet } = parse(text).definitions[0] as OperationDefinitionNode;
        const fields = selectionSet.selections as readonly FieldNode[];
        const data = Object.fromEntries(fields.map(({ alias, name }) => [(alias ?? name).value, VALUES[name.value]]));
        return { headers: { 'cache-control': 'max-age=10' }, read: () => ({ data }) };
      },
      async close() {},
    }),
    forwardHeaders,
    identity: isDevelopment ? { ...parts, development: issuer } : parts,
  });
  open.push(server);
  return server;
}

beforeAll(async () => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-http-'));
  identity = await TestIdentity.make();
});
afterAll(async () => {
  await Promise.all(open.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

const get = (parameters: object) => {
  const search = new URLSearchParams();
  for (const [name, values] of Object.entries(parameters))
    for (const value of [values].flat()) search.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return `/graphql?${search}`;
};

const hashOf = (query: string) => createHash('sha256').update(query).digest('hex');
const automatic = (query: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(query) } });

/** The status, media type and errors of a response. */
const outcome = (response: { statusCode: number; headers: object; json(): { errors?: unknown[]; data?: unknown } }) => [
  response.statusCode,
  (response.headers as IncomingHttpHeaders)['content-type'],
  response.json().data ??
    (response.json().errors as { extensions: { code: string } }[]).map(({ extensions }) => extensions.code).join(),
];

/** Sends a GET unchanged: `inject` would normalize it. */
async function overSocket(server: FastifyInstance, path: string, headers = {}): Promise<IncomingMessage> {
  if (!server.server.listening) await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as { port: number };
  return new Promise((resolve, reject) =>
    httpRequest({ port, host: '127.0.0.1', path, headers }, resolve).on('error', reject).end(),
  );
}

describe('CORS', () => {
  const ORIGIN = 'https://dashboard.example.gov';
  const preflight = (server: FastifyInstance, origin: string, headers: string) =>
    server.inject({
      method: 'OPTIONS',
      url: '/graphql',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });
  let server: FastifyInstance;
  let development: FastifyInstance;
  let production: FastifyInstance;
  beforeAll(async () => {
    [development, production] = [await gateway({}, [], true), await gateway()];
    server = await gateway({ corsOrigin: [ORIGIN], corsHeader: ['X-Team'], returnHeader: ['x-took'] }, ['x-tenant']);
  });

  test('allows CORS headers of common clients, --forward-header, and --cors-header', async () => {
    const { statusCode, headers } = await preflight(server, ORIGIN, 'content-type');
    expect(statusCode).toBe(204);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(String(headers['access-control-allow-headers']).split(', ')).toEqual(
      expect.arrayContaining([
        'content-type',
        'authorization',
        'accept',
        'apollographql-client-name',
        'apollographql-client-version',
        'apollo-require-preflight',
        'x-apollo-operation-name',
        'graphql-require-preflight',
        'traceparent',
        'tracestate',
        'x-tenant',
        'x-team',
      ]),
    );
  });

  test('answers a CORS preflight with a thousand header names like any other', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `x-header-${index}`).join();
    const [small, large] = [await preflight(server, ORIGIN, 'content-type'), await preflight(server, ORIGIN, names)];
    const { date: _one, 'x-request-id': _id, ...expected } = small.headers;
    const { date: _thousand, 'x-request-id': _other, ...actual } = large.headers;
    expect([large.statusCode, actual, large.body]).toEqual([204, expected, '']);
  });

  test('lets pages read the error of a rejected token and --return-header headers', async () => {
    const { statusCode, headers } = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { origin: ORIGIN, authorization: 'Bearer no' },
      payload: { query: '{ a }' },
    });
    expect([statusCode, headers['access-control-allow-origin']]).toEqual([401, ORIGIN]);
    expect(headers['access-control-expose-headers']).toContain('x-took');
    expect(headers.vary).toBe('Origin, authorization, x-tenant, accept, accept-encoding');
  });

  test.each([
    ['http://localhost:5173', true],
    ['http://127.0.0.1:3000', true],
    ['http://[::1]:3000', true],
    ['https://localhost', true],
    ['http://localhost.evil.example', false],
    ['http://localhost:3000.evil.example', false],
    ['http://evil.example/localhost', false],
    ['null', false],
  ])('in development, allows requests from pages of %s: %s', async (origin, isAllowed) => {
    for (const [requestOrigin, expected] of [
      [development, isAllowed ? origin : undefined],
      [production, undefined],
    ] as const) {
      const { headers } = await preflight(requestOrigin, origin, 'content-type');
      expect(headers['access-control-allow-origin']).toBe(expected);
    }
  });

  test('does not serve the page with development tokens to other origins', async () => {
    const { statusCode, body, headers } = await development.inject({
      url: '/graphql',
      headers: { accept: 'text/html', origin: 'http://localhost:5173', host: 'localhost' },
    });
    expect([statusCode, body.includes('Ask as')]).toEqual([200, true]);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('persisted documents', () => {
  const METHODS = ['POST', 'GET'] as const;
  const send = async (
    server: FastifyInstance,
    method: (typeof METHODS)[number],
    parameters: Record<string, unknown>,
    caller: string | null = null,
  ) => {
    const headers = await identity.headers(caller);
    const response = await (method === 'POST'
      ? server.inject({ method, url: '/graphql', headers, payload: parameters })
      : server.inject({ url: get(parameters), headers }));
    const [status, , result] = outcome(response);
    return [status, result];
  };

  describe.each(METHODS)('in a manifest, by %s', (method) => {
    const A = 'query A($n: Int) { a(n: $n) }';
    const COMMENTED = '{ a } # and more';
    let server: FastifyInstance;
    beforeAll(async () => {
      const manifest = join(folder, 'manifest.json');
      const operations = [A, COMMENTED].map((body) => ({ id: hashOf(body), name: 'A', type: 'query', body }));
      writeFileSync(manifest, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
      server = await gateway({ trustedDocuments: [manifest] });
    });

    test.each<[string, object]>([
      ['as extensions.persistedQuery', { extensions: automatic(A) }],
      ['as extensions.persistedQuery beside other extensions', { extensions: { ...automatic(A), clientLibrary: {} } }],
      ['as documentId', { documentId: hashOf(A) }],
      ['as documentId with the name of its algorithm', { documentId: `sha256:${hashOf(A)}` }],
      ['as doc_id', { doc_id: hashOf(A) }],
      ['together with its text', { query: A, extensions: automatic(A) }],
    ])('executes a persisted document requested %s, the first time and later', async (_how, reference) => {
      for (let time = 0; time < 3; time++)
        expect(await send(server, method, { ...reference, operationName: 'A', variables: { n: 1 } })).toEqual([
          200,
          { a: 'a' },
        ]);
    });

    test.each<[string, object, string | null, unknown[]]>([
      ['an unknown id', { documentId: hashOf('x') }, null, [400, 'DOCUMENT_NOT_FOUND']],
      ['an unknown hash', { extensions: automatic('x') }, null, [400, 'DOCUMENT_NOT_FOUND']],
      [
        'a text that is not in the manifest',
        { query: '{ b }', extensions: automatic('{ b }') },
        null,
        [403, 'DOCUMENT_NOT_TRUSTED'],
      ],
      ['an id twice', { query: ['{ a }', A] }, null, [400, 'BAD_REQUEST']],
      // after which its client sends the text
      [
        'an unknown hash, for a role with ad hoc operations',
        { extensions: automatic('x') },
        ANALYST,
        [200, 'PERSISTED_QUERY_NOT_FOUND'],
      ],
    ])('requires persisted documents and rejects %s', async (_what, parameters, caller, expected) => {
      expect(await send(server, method, { ...parameters }, caller)).toEqual(expected);
    });

    test.each(['text/html', 'text/html;level=1, application/json;q=0.5', 'text/*, */*;q=0.1'])(
      'requires persisted documents for requests with Accept: %s, too',
      async (accept) => {
        const before = calls;
        const { statusCode, headers } = await server.inject({ url: get({ query: '{ a }' }), headers: { accept } });
        expect([statusCode, headers.location]).toEqual([302, '/explorer']);
        expect(calls).toBe(before);
      },
    );

    test('compares documents without the fragment of a URL, as Apollo Server does', async () => {
      const [text, fragment] = COMMENTED.split('#');
      const path = `${get({ query: text })}#${encodeURIComponent(fragment!)}`;
      expect((await overSocket(server, path)).statusCode).toBe(403);
      expect(await send(server, method, { query: COMMENTED })).toEqual([200, { a: 'a' }]);
    });

    test('executes ad hoc operations of an Apollo Client with automatic persisted queries', async () => {
      const query = `{ ${method}: a }`;
      for (let time = 0; time < 3; time++)
        expect(await send(server, method, { query, extensions: automatic(query) }, ANALYST)).toEqual([
          200,
          { [method]: 'a' },
        ]);
    });
  });

  test.each(METHODS)('finds documents that clients registered by hash and by id over %s', async (method) => {
    const server = await gateway();
    const query = `{ ${method}: a }`;
    const byHash = { extensions: automatic(query) };
    expect(await send(server, method, byHash)).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    expect(await send(server, method, { documentId: hashOf(query) })).toEqual([400, 'DOCUMENT_NOT_FOUND']);
    expect(await send(server, method, { query, ...byHash })).toEqual([200, { [method]: 'a' }]);
    for (const reference of [byHash, { documentId: hashOf(query) }, { documentId: `sha256:${hashOf(query)}` }])
      for (let time = 0; time < 2; time++)
        expect(await send(server, method, reference)).toEqual([200, { [method]: 'a' }]);
  });

  test('finds a persisted document when the query is null, and checks other extensions', async () => {
    const server = await gateway();
    const query = '{ a }';
    await send(server, 'POST', { query, extensions: automatic(query) });
    expect(await send(server, 'POST', { query: null, extensions: automatic(query) })).toEqual([200, { a: 'a' }]);
    expect(await send(server, 'POST', { documentId: hashOf(query), extensions: 'x' })).toEqual([400, 'BAD_REQUEST']);
    expect(await send(server, 'GET', { documentId: hashOf(query), extensions: '[]' })).toEqual([400, 'BAD_REQUEST']);
  });

  test('rejects persisted mutations sent by GET', async () => {
    const server = await gateway();
    const query = 'mutation { write }';
    await send(server, 'POST', { query, extensions: automatic(query) });
    expect(await send(server, 'POST', { documentId: hashOf(query) })).toEqual([200, { write: 'written' }]);
    for (const parameters of [{ query }, { documentId: hashOf(query) }, { extensions: automatic(query) }])
      expect(await send(server, 'GET', parameters)).toEqual([405, 'BAD_REQUEST']);
  });
});

describe('media types', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await gateway();
  });
  const post = (headers: Record<string, string>, payload: unknown = { query: '{ a }' }) =>
    server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    });

  test.each([
    [RESPONSE_TYPE, `${RESPONSE_TYPE}; charset=utf-8`],
    ['application/json', 'application/json; charset=utf-8'],
    ['text/csv', 'application/json; charset=utf-8'],
  ])('uses the media type of Accept for errors before execution: %s', async (accept, type) => {
    expect(outcome(await post({ accept, authorization: 'Bearer no' }))).toEqual([401, type, 'UNAUTHENTICATED']);
    expect((await post({ accept }, '{')).headers['content-type']).toBe(type);
    const large = { query: '{ a }', variables: { f: Array(2_000).fill(1) } };
    expect((await post({ accept }, large)).headers['content-type']).toBe(type);
  });

  test.each([
    ['text/csv', /^The Accept header allows no supported media type: accept application\/graphql-response\+json/],
    ['text/event-stream', /^text\/event-stream and subscriptions are not supported: accept app/],
  ])('rejects an Accept without a supported media type before execution: %s', async (accept, message) => {
    const before = calls;
    const response = await post({ accept }, { query: 'mutation { write }' });
    expect(outcome(response)).toEqual([406, 'application/json; charset=utf-8', 'NOT_ACCEPTABLE']);
    expect(response.json().errors[0].message).toMatch(message);
    expect(calls).toBe(before);
  });

  const many = Array.from({ length: 200 }, (_, index) => `application/x-type-${index}`);
  test.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    [[...many, '*/*'].join(), 'application/json; charset=utf-8'],
    [['text/html', ...many, RESPONSE_TYPE].join(), `${RESPONSE_TYPE}; charset=utf-8`],
    [
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
      `${RESPONSE_TYPE}; charset=utf-8`,
    ],
  ])('returns JSON by GET and POST to clients that accept everything: %.40s', async (accept, type) => {
    for (const method of ['GET', 'POST'])
      for (let time = 0; time < 2; time++) {
        const query = `query ${method}${hashOf(accept)} { a }`;
        const response = await (method === 'POST'
          ? post({ accept }, { query })
          : server.inject({ url: get({ query }), headers: { accept } }));
        expect(outcome(response)).toEqual([200, type, { a: 'a' }]);
      }
  });

  test('rejects a batch with one JSON object that says why', async () => {
    const response = await post({}, [{ query: '{ a }' }, { query: '{ a }' }]);
    expect(outcome(response)).toEqual([400, 'application/json; charset=utf-8', 'BATCHING_NOT_SUPPORTED']);
    expect(response.json().errors[0].message).toBe(
      'Batches are not supported: send each operation in a separate request',
    );
  });

  test('answers a WebSocket upgrade over HTTP with the supported protocols', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    };
    const response = await overSocket(server, '/graphql', headers);
    const chunks = await response.toArray();
    expect([response.statusCode, JSON.parse(Buffer.concat(chunks).toString()).errors[0]]).toEqual([
      400,
      {
        message: 'WebSockets and subscriptions are not supported: send queries and mutations by HTTP POST',
        extensions: { code: 'WEBSOCKET_NOT_SUPPORTED' },
      },
    ]);
  });
});

describe('compression', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await gateway();
  });
  const decoded = (body: Buffer, encoding: unknown) =>
    String(encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body);
  const ask = async (server: FastifyInstance, query: string, accepted?: string) => {
    const headers = { ...(await identity.headers(ANALYST)), ...(accepted && { 'accept-encoding': accepted }) };
    const response = await server.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
    const encoding = response.headers['content-encoding'];
    expect(response.headers['content-length']).toBe(String(response.rawPayload.length));
    return { encoding, bytes: response.rawPayload.length, text: decoded(response.rawPayload, encoding) };
  };

  test.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    ['gzip', 'br;q=0.2, gzip;q=0.9'],
    ['br', '*'],
    [undefined, 'identity'],
    [undefined, 'deflate'],
    [undefined, 'gzip;q=0, br;q=0'],
    [undefined, undefined],
  ])('chooses the encoding %s for Accept-Encoding: %s, for new and known operations', async (encoding, accepted) => {
    const expected = { data: { long: LONG } };
    for (let time = 0; time < 3; time++) {
      const answer = await ask(server, '{ long }', accepted);
      expect([answer.encoding, JSON.parse(answer.text)]).toEqual([encoding, expect.objectContaining(expected)]);
      expect(answer.bytes < LONG.length / 2).toBe(encoding !== undefined);
    }
  });

  test('does not compress small responses', async () => {
    expect((await ask(server, '{ a }', 'br')).encoding).toBeUndefined();
  });

  test('does not compress any response with --compression off', async () => {
    expect((await ask(await gateway({ compression: 'off' }), '{ long }', 'br')).encoding).toBeUndefined();
  });

  test('compresses an introspection result without losing any of it', async () => {
    const plain = await ask(server, getIntrospectionQuery());
    const compressed = await ask(server, getIntrospectionQuery(), 'gzip');
    expect([compressed.encoding, compressed.text]).toEqual(['gzip', plain.text]);
  });
});

/** Apollo Server validates an operation the first time and is not involved again. */
describe('new and known operations', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await gateway();
  });
  const CLIENT = { clientLibrary: { name: '@apollo/client', version: '4.3.8' } };
  const cases: [string, 'GET' | 'POST', Record<string, unknown>, Record<string, string>?][] = [
    ['a query', 'POST', { query: '{ q1: a }' }],
    ['a query with extensions', 'POST', { query: '{ q2: a }', extensions: CLIENT }],
    ['a query with extensions that are null', 'POST', { query: '{ q3: a }', extensions: null }],
    ['a query with extensions.persistedQuery', 'POST', { query: '{ q4: a }', extensions: automatic('{ q4: a }') }],
    ['a query that is null', 'POST', { query: '{ b }', extensions: CLIENT }],
    ['a query by GET', 'GET', { query: '{ q5: a }' }],
    [
      'variables by GET',
      'GET',
      { query: 'query Q($n: Int) { q6: a(n: $n) }', variables: { n: 1 }, operationName: 'Q' },
    ],
    ['invalid variables by GET', 'GET', { query: 'query Q($n: Int!) { q7: a(n: $n) }', variables: { n: 'x' } }],
    ['a query with extensions by GET', 'GET', { query: '{ q8: a }', extensions: CLIENT }],
    ['a query with + and % by GET', 'GET', { query: '{ q9: a(f: {id: "+ %2B ä"}) }' }],
    ['a failing query by GET', 'GET', { query: '{ q10: b b }' }, { accept: RESPONSE_TYPE }],
    ['a large answer by GET', 'GET', { query: '{ q11: long }' }],
  ];

  test.each(cases)(
    'returns the same bytes and headers for new and known operations: %s',
    async (_what, method, parameters, headers = {}) => {
      const send = async () => {
        const response = await (method === 'POST'
          ? server.inject({ method, url: '/graphql', headers, payload: parameters })
          : server.inject({ url: get(parameters), headers }));
        const { date: _date, 'x-request-id': _id, ...others } = response.headers;
        return { status: response.statusCode, headers: others, body: response.body };
      };
      const pipeline = jest.spyOn(ApolloServer.prototype, 'executeOperation');
      try {
        const first = await send();
        expect(pipeline).toHaveBeenCalledTimes(1);
        for (let time = 0; time < 2; time++) expect(await send()).toEqual(first);
        expect(pipeline).toHaveBeenCalledTimes(1);
      } finally {
        pipeline.mockRestore();
      }
    },
  );

  test.each<[string, Record<string, unknown>]>([
    ['variables that are null', { variables: 'null' }],
    ['variables that are a list', { variables: '[]' }],
    ['variables that are not JSON', { variables: '{' }],
    ['extensions that are a text', { extensions: '"x"' }],
  ])('rejects new and known operations by GET alike for %s', async (_what, parameters) => {
    const query = '{ a }';
    expect((await server.inject(get({ query }))).statusCode).toBe(200);
    const repeated = await server.inject(get({ query, ...parameters }));
    const fresh = await server.inject(get({ query: '{ fresh: a }', ...parameters }));
    expect([repeated.statusCode, repeated.json()]).toEqual([400, fresh.json()]);
  });
});

describe('costly headers and documents', () => {
  test.each([
    ['an unterminated quoted string', `application/json;x="${'\\"'.repeat(7_800)}`, undefined],
    [
      'a quoted comma',
      'multipart/mixed;boundary="a,b";deferSpec=20220824, application/json;q=0.1',
      'deferSpec=20220824',
    ],
    ['a quoted quote', 'multipart/mixed;x="\\",\\"";deferSpec=20220824, application/json;q=0.1', 'deferSpec=20220824'],
  ])('reads an Accept header with %s in linear time', (_name, accept, format) => {
    expect(incrementalFormatOf(accept)).toBe(format);
  });

  test.each([
    [100_000, true],
    [100_001, false],
  ])('registers a persisted document of %i characters: %s', async (length, isKept) => {
    const documents = new PersistedQueries();
    await documents.set('apq:hash', 'x'.repeat(length));
    expect(documents.textOf('hash') !== undefined).toBe(isKept);
  });
});
