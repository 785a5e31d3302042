import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { request } from 'undici';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { TestIdentity } from '../support/identity';
import { requireCompiled } from '../support/processes';

/**
 * Published flaws of the parts of this stack and of similar products: each with an attack of its class on a listening gateway,
 * over a subgraph that returns what the attack needs. `dependencies.test.ts` keeps versions above the flaws.
 */
describe('flaw classes from published advisories', () => {
  let subgraph: Server;
  let server: FastifyInstance;
  let origin: string;
  let identity: TestIdentity;
  let answer: (response: ServerResponse, path: string) => void;
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  const json = (response: ServerResponse, text: string) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);

  beforeAll(async () => {
    requireCompiled();
    subgraph = createServer((incoming, response) => {
      requests.push({ path: incoming.url!, headers: incoming.headers });
      incoming.resume().on('end', () => answer(response, incoming.url!));
    });
    await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
    identity = await TestIdentity.make();
    server = await createGateway({
      supergraph: compose([
        {
          name: 'shops',
          url,
          sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
            type Query { first: Shop shop(id: ID!, by: By): Shop }
            input By { name: String ids: [ID!] }
            type Shop @key(fields: "id") { id: ID! name: String owner: Shop }`,
        },
      ]),
      config: readConfig(
        { logLevel: 'silent', corsOrigin: ['https://dashboard.example.gov'], subgraphTimeoutMs: '3000' },
        {},
      ),
      log: createLog('silent', 'test'),
      transport: ({ name }) => new HttpTransport(name, url, { maxResponseBytes: 100_000, connections: 4 }),
      forwardHeaders: [],
      identity: identity.parts,
    });
    origin = await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await server.close();
    subgraph.closeAllConnections();
    await new Promise((resolve) => subgraph.close(resolve));
  });
  beforeEach(() => {
    requests.length = 0;
    answer = (response) => json(response, '{"data":{"first":{"id":"1","name":"one"}}}');
  });

  const send = async (body: string, headers: Record<string, string> = {}) => {
    const allHeaders = { 'content-type': 'application/json', ...headers };
    const response = await request(`${origin}/graphql`, { method: 'POST', headers: allHeaders, body });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text };
  };
  const ask = async (query: string, variables: object = {}) => {
    const { text } = await send(JSON.stringify({ query, variables }));
    return JSON.parse(text);
  };

  test('resists prototype pollution by aliases and subgraph responses (CVE-2026-32621)', async () => {
    answer = (response) =>
      json(
        response,
        '{"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"first":{"__proto__":{"polluted":1},"id":"1","name":"one"}}}',
      );
    const { data } = await ask('{ first { id name } __proto__: shop(id: "1") { constructor: id } }');
    expect(data.first).toEqual({ id: '1', name: 'one' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    await send(
      '{"query":"query ($by: By) { shop(id: 1, by: $by) { id } }","variables":{"by":{"__proto__":{"polluted":1}}}}',
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    ['application/json\tx', 400],
    ['application/json\u00a0', 400],
    ['Application/JSON ; charset=utf-8', 200],
    ['text/plain;application/json', 400],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['message/http', 415],
  ])('reads the media type once, so that no part bypasses another (CSRF): %s', async (type, status) => {
    const response = await send('{"query":"{ first { id } }"}', { 'content-type': type });
    if (status === 200) expect(response.status).toBe(200);
    else {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(requests).toEqual([]);
    }
  });

  test.each([
    ['br', (text: string) => brotliCompressSync(text)],
    ['gzip', (text: string) => gzipSync(text)],
    ['gzip, gzip, gzip, gzip', (text: string) => gzipSync(gzipSync(gzipSync(gzipSync(text))))],
  ])('rejects subgraph responses that decompress beyond the limit: %s', async (encoding, pack) => {
    const packed = pack(`{"data":{"first":{"id":"1","name":"${'x'.repeat(20_000_000)}"}}}`);
    answer = (response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(packed);
    const before = process.memoryUsage().rss;
    const { data, errors } = await ask('{ first { id name } }');
    expect([data.first, errors[0].extensions.subgraph]).toEqual([null, 'shops']);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    // the gateway does not request them in the first place
    expect(requests[0]!.headers['accept-encoding'] ?? 'identity').toBe('identity');
  });

  test('never caches a response of one caller for another', async () => {
    let count = 0;
    answer = (response) => {
      count += 1;
      response
        .writeHead(200, {
          'content-type': 'application/json',
          'cache-control': 'public, max-age=600',
          'set-cookie': 'who=one',
        })
        .end(`{"data":{"first":{"name":"${count}"}}}`);
    };
    const names = [];
    for (let time = 0; time < 3; time++) {
      const { headers, text } = await send('{"query":"{ first { name } }"}');
      names.push(JSON.parse(text).data.first.name);
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect(names).toEqual(['1', '2', '3']);
    expect(requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined, undefined]);
  });

  test('follows no redirect of a subgraph (server-side request forgery)', async () => {
    answer = (response, path) => {
      if (path === '/secret') json(response, '{"data":{"first":{"id":"secret"}}}');
      else response.writeHead(307, { location: '/secret' }).end();
    };
    const { data } = await ask('{ first { id } }');
    expect([data.first, requests.some(({ path }) => path === '/secret')]).toEqual([null, false]);
  });

  test.each([
    ['an object', { id: { toSqlString: 'x' } }],
    ['a list', { id: ['1', '2'] }],
    ['an object with a condition', { id: { $ne: '' } }],
  ])('passes no value to the database driver that it would expand into SQL: %s', async (_what, variables) => {
    const { errors } = await ask('query ($id: ID!) { shop(id: $id) { id } }', variables);
    expect([errors[0].extensions.code, requests]).toEqual(['BAD_USER_INPUT', []]);
  });

  test('bounds the comparison of overlapping fields (CVE-2023-26144, graphql)', async () => {
    const fields = Array.from({ length: 3_000 }, () => 'name').join(' ');
    const started = process.cpuUsage();
    await ask(`{ first { ${fields} } }`);
    const { user } = process.cpuUsage(started);
    // seconds and minutes if each is compared with each
    expect(user / 1e6).toBeLessThan(20);
  });

  test.each([
    ['of five parts, encrypted, which would be decompressed (CVE-2024-28176, jose)', 'a.b.c.d.e'],
    ['without a signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
    [
      'whose header names its own key',
      `${Buffer.from('{"alg":"ES256","jwk":{"kty":"EC"}}').toString('base64url')}.e30.AA`,
    ],
    [
      'whose header names the URL of its key',
      `${Buffer.from('{"alg":"ES256","jku":"http://127.0.0.1/"}').toString('base64url')}.e30.AA`,
    ],
    ['of a megabyte', `${'a'.repeat(10_000)}.b.c`],
  ])('rejects a token %s', async (_what, token) => {
    const { status, text } = await send('{"query":"{ __typename }"}', { authorization: `Bearer ${token}` });
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test.each([
    ['null', undefined],
    ['https://dashboard.example.gov.evil.example', undefined],
    ['https://evil.example/https://dashboard.example.gov', undefined],
    ['http://dashboard.example.gov', undefined],
    ['https://dashboard.example.gov', 'https://dashboard.example.gov'],
  ])('rejects an origin that resembles an allowed one (CORS): %s', async (from, allowed) => {
    const { headers } = await send('{"query":"{ __typename }"}', { origin: from });
    expect(headers['access-control-allow-origin']).toBe(allowed);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('lets no header choose among routes (find-my-way)', async () => {
    const { status } = await send('{"query":"{ __typename }"}', {
      'accept-version': '__proto__',
      'x-http-method-override': 'PUT',
    });
    expect(status).toBe(200);
  });
});
