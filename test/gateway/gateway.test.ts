import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { fixedClock } from '#base/clock';
import { openDoor } from '#base/identity/door';
import { parsePrincipal } from '#base/identity/principal';
import { createSubgraphServer } from '#kit/subgraph/server';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { ownAgreement } from '../../gateway/ownership/own';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { freshDatabases } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { AS_OF, openWorld, type World } from '../support/world';

const log = createLog('silent', 'test');
const config = readConfig(
  {
    logLevel: 'silent',
    forwardHeader: ['authorization'],
    returnHeader: ['x-took'],
    subgraphTimeoutMs: '400',
    maxResponseBytes: '65536',
  },
  {},
);

async function ask(server: FastifyInstance, query: string, headers: Record<string, string> = {}) {
  const response = await server.inject({ method: 'POST', url: '/graphql', payload: { query }, headers });
  return { status: response.statusCode, ...response.json() };
}

describe('the gateway in one process', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
  });
  afterAll(() => world.close());

  test('answers health checks and serves the explorer to browsers', async () => {
    expect((await world.server.inject('/health/live')).json()).toEqual({ status: 'live' });
    expect((await world.server.inject('/health/ready')).statusCode).toBe(200);
    expect((await world.server.inject('/')).headers.location).toBe('/dashboard');
    const redirect = await world.server.inject({ url: '/graphql', headers: { accept: 'text/html' } });
    expect(redirect.headers.location).toBe('/explorer');
    const page = await world.server.inject('/explorer');
    expect([page.statusCode, page.body.includes('<title>Explorer'), page.body.includes('%')]).toEqual([
      200,
      true,
      false,
    ]);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const [, script] = /src="(\/pages\/assets\/[^"]+)"/.exec(page.body)!;
    const file = await world.server.inject({ url: script!, headers: { 'accept-encoding': 'br' } });
    expect(file.headers).toMatchObject({
      'content-encoding': 'br',
      'cache-control': expect.stringContaining('immutable'),
    });
  });

  test('answers client errors with 400 or 415 and a code, never with 500', async () => {
    const post = (payload: string, headers: Record<string, string> = {}) =>
      world.server.inject({
        method: 'POST',
        url: '/graphql',
        payload,
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await post('{"query":')).statusCode).toBe(400);
    expect((await post('{"query":')).json().errors[0].extensions.code).toBe('BAD_REQUEST');
    expect((await post('{"query":"{ nonsense }"}')).statusCode).toBe(400);
    expect((await post('{"query":"query A { __typename }","operationName":"B"}')).statusCode).toBe(400);
    expect((await post('x', { 'content-encoding': 'br' })).statusCode).toBe(415);
    expect((await post('x', { 'content-encoding': 'gzip' })).statusCode).toBe(415);
    expect((await post(`{"query":"{ __typename }","variables":{"x":"${'x'.repeat(1_100_000)}"}}`)).statusCode).toBe(
      413,
    );
  });

  test('rejects an unknown filter, operator, or value by name before any subgraph call', async () => {
    for (const [filter, named] of [
      ['{ lifecycle: { eq: LOST } }', 'LOST'],
      ['{ color: { eq: RED } }', 'color'],
      ['{ filedAt: { eq: "yesterday" } }', 'yesterday'],
      ['{ filedAt: { like: "2026" } }', 'like'],
    ]) {
      const { errors } = await world.ask(`{ submissions(filter: ${filter}) { totalCount } }`);
      expect(errors![0]).toMatchObject({
        message: expect.stringContaining(named!),
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      });
    }
    const late = await world.ask(
      'query($at: DateTime) { submissions(filter: { filedAt: { gt: $at } }) { totalCount } }',
      { at: 'soon' },
    );
    expect(late.errors![0]).toMatchObject({
      message: expect.stringContaining('"soon" is not a date and time'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    const { errors } = await world.ask(
      `{ submissions(filter: { number: { in: [${'"x",'.repeat(1_001)}] } }) { totalCount } }`,
    );
    expect(errors![0]).toMatchObject({ extensions: { code: 'OPERATION_TOO_LARGE', limit: 'maxList', most: 1_000 } });
  });

  test('stops after the first errors of variables', async () => {
    const filter = { or: Array.from({ length: 4 }, () => ({ or: Array.from({ length: 1_000 }, () => 0) })) };
    const query = 'query ($filter: VulnerabilityFilter) { vulnerabilities(first: 1, filter: $filter) { totalCount } }';
    const { data, errors = [] } = await world.ask(query, { filter });
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(21);
    expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    expect(errors.at(-1)!.message).toMatch(/^Too many errors/);
  });

  test('keeps the code and input path of subgraph errors', async () => {
    const { errors } = await world.ask('{ sectors(first: -1) { totalCount } }');
    expect(errors![0]).toMatchObject({
      path: ['sectors'],
      extensions: { code: 'INVALID_PAGE', inputPath: ['first'], subgraph: 'infrastructure' },
    });
  });

  test('hides internals of unexpected failures behind a reference', async () => {
    const { database } = world.subgraph('infrastructure');
    const query = jest.spyOn(database, 'query').mockRejectedValue(new Error('SELECT secret FROM password_table'));
    const { errors } = await world.ask('{ sectors { nodes { name } } }');
    query.mockRestore();
    expect(errors).toEqual([
      {
        message: 'Internal error',
        path: ['sectors'],
        extensions: {
          code: 'INTERNAL_SERVER_ERROR',
          reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
          subgraph: 'infrastructure',
        },
      },
    ]);
  });

  test('F2: returns null, not an empty object, for an unknown key, wherever it is used', async () => {
    const { data, errors } = await world.ask(
      '{ agency(key: "nobody") { name } sector(key: "nothing") { name } submission(id: "sub_none") { number } aiModel(id: "x") { family } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ agency: null, sector: null, submission: null, aiModel: null });
    const { database } = world.subgraph('reviews');
    const [review] = await database.query<{ id: string }>('SELECT id FROM review LIMIT 1');
    await database.query("UPDATE review SET submission_id = 'sub_unknown' WHERE id = ?", [review!.id]);
    const answer = await world.ask(`{ review(id: "${review!.id}") { submission { number } } }`);
    // a non-null field has no value: the object is null, and an error says why (GraphQL specification, 6.4.4)
    expect(answer.errors).toMatchObject([
      {
        path: ['review', 'submission', 'number'],
        extensions: { code: 'ENTITY_NOT_FOUND', subgraph: 'submissions' },
      },
    ]);
    expect(answer.data.review.submission).toEqual(null);
  });

  test('rejects an entity reference whose key is not a string before any resolver runs', async () => {
    const answer = await world.subgraph('infrastructure').execute({
      query: 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Vulnerability { name } } }',
      variables: { r: [{ __typename: 'Vulnerability', cveId: { $ne: 1 } }] },
      headers: await world.identity.signed('infrastructure', INSPECTOR),
    });
    expect(answer.errors?.[0]?.extensions?.code).toBe('INVALID_REFERENCE');
  });
});

describe('the gateway over HTTP', () => {
  test('F3: nulls only the fields of a subgraph that is down, and names the subgraph', async () => {
    const databases = await freshDatabases(
      'sqlite',
      subgraphs.map(({ name }) => name),
    );
    const running = await Promise.all(
      subgraphs.map(async (subgraph) => {
        const open = await subgraph.open({
          databaseUrl: databases.url(subgraph.name),
          clock: fixedClock(AS_OF),
          door: openDoor(parsePrincipal(INSPECTOR)),
        });
        const server = await createSubgraphServer(open, log);
        const url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
        return { open, server, url, name: subgraph.name, sdl: subgraph.sdl };
      }),
    );
    const gateway = await createGateway({
      supergraph: compose(running, { agreement: ownAgreement() }),
      // metrics take a while on a busy machine
      config: { ...config, subgraphTimeoutMs: 5_000 },
      log,
      transport: ({ name, url }) => new HttpTransport(name, url, { maxResponseBytes: 1_000_000, connections: 8 }),
      forwardHeaders: [],
    });
    try {
      const question =
        '{ executiveOrder(number: "14409") { title reviewMetrics { openReviews } workforceMetrics { goal } infrastructureMetrics { overdueExposures } } }';
      const whole = await ask(gateway, question);
      expect(whole.errors).toBeUndefined();
      const reviews = running.find(({ name }) => name === 'reviews')!;
      await reviews.server.close();
      const partial = await ask(gateway, question);
      expect(partial.data.executiveOrder).toEqual({
        ...whole.data.executiveOrder,
        reviewMetrics: null,
        infrastructureMetrics: expect.anything(),
        workforceMetrics: expect.anything(),
      });
      expect(partial.errors).toEqual([
        {
          message: 'The "reviews" subgraph cannot be reached',
          path: ['executiveOrder', 'reviewMetrics'],
          extensions: { code: 'SUBGRAPH_UNREACHABLE', subgraph: 'reviews', retryable: true },
        },
      ]);
      const roots = await ask(
        gateway,
        '{ reviews { totalCount } sectors { totalCount } agency(key: "nsa") { name reviews { totalCount } systems { totalCount } } }',
      );
      expect(roots.data).toEqual({
        reviews: null,
        sectors: { totalCount: 16 },
        agency: { name: 'National Security Agency', reviews: null, systems: { totalCount: 0 } },
      });
    } finally {
      await gateway.close();
      await Promise.all([
        ...running.map(async ({ server, open }) => {
          await server.close();
          await open.close();
        }),
      ]);
      await databases.drop();
    }
  });

  describe('any supergraph over third-party subgraphs', () => {
    let strange: Server;
    let gateway: FastifyInstance;
    let received: Record<string, string | string[] | undefined>[];
    let answer: (send: (status: number, body: string, headers?: Record<string, string>) => void) => void;

    beforeAll(async () => {
      strange = createHttpServer((request, response) => {
        received.push(request.headers);
        answer((status, body, headers = {}) => response.writeHead(status, headers).end(body));
      });
      await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(strange.address() as AddressInfo).port}/anything`;
      const sdl =
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"]) type Query { hello: String }';
      gateway = await createGateway({
        supergraph: compose([{ name: 'strange', url, sdl }]),
        config,
        log,
        transport: ({ name, url: address }) =>
          new HttpTransport(name, address, { maxResponseBytes: config.maxResponseBytes, connections: 8 }),
        forwardHeaders: config.forwardHeader,
      });
    });
    beforeEach(() => {
      received = [];
    });
    afterAll(async () => {
      await gateway.close();
      strange.closeAllConnections();
      strange.close();
    });

    test('forwards only configured request headers and requests no compression', async () => {
      answer = (send) => send(200, '{"data":{"hello":"world"}}', { 'content-type': 'application/json' });
      const { data } = await ask(gateway, '{ hello }', { authorization: 'Bearer abc', cookie: 'secret=1' });
      expect(data).toEqual({ hello: 'world' });
      expect(received[0]).toMatchObject({ authorization: 'Bearer abc', 'accept-encoding': 'identity' });
      expect(received[0]).not.toHaveProperty('cookie');
    });

    test('returns only configured response headers, and the cache lifetime of the response', async () => {
      answer = (send) =>
        send(200, '{"data":{"hello":"world"}}', {
          'content-type': 'application/json',
          'x-took': '5',
          'x-internal': 'host-17',
          'cache-control': 'max-age=30',
        });
      // Apollo Server writes the first response, but not the next ones
      for (let time = 0; time < 3; time++) {
        const { headers, body } = await gateway.inject({
          method: 'POST',
          url: '/graphql',
          payload: { query: '{ hello }' },
        });
        expect(JSON.parse(body).data).toEqual({ hello: 'world' });
        expect(headers).toMatchObject({
          'x-took': '5',
          'cache-control': 'max-age=30, public',
          'content-type': 'application/json; charset=utf-8',
        });
        expect(headers).not.toHaveProperty('x-internal');
      }
    });

    test('returns the same errors for a known operation as for a new one', async () => {
      answer = (send) => send(200, '{"data":{"hello":"world"}}', { 'content-type': 'application/json' });
      const send = (payload: object, headers: Record<string, string> = {}) =>
        gateway.inject({ method: 'POST', url: '/graphql', payload, headers });
      await send({ query: '{ hello }' });
      expect((await send({ query: '{ hello }' }, { accept: 'text/csv' })).statusCode).toBe(406);
      expect((await send({ query: '{ hello }', variables: 'none' })).statusCode).toBe(400);
      expect((await send({ query: '{ hello }', operationName: 'Other' })).statusCode).toBe(400);
      expect((await send({ query: '{ hello }' }, { 'content-encoding': 'br' })).statusCode).toBe(415);
      const negotiated = await send({ query: '{ hello }' }, { accept: 'application/graphql-response+json' });
      expect(negotiated.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8');
      const conditional = { query: 'query Q($no: Boolean!) { hello @skip(if: $no) }', variables: { no: false } };
      await send(conditional);
      const missing = [
        await send({ ...conditional, variables: {} }),
        await send({ query: `${conditional.query} `, variables: {} }),
      ];
      for (const { statusCode, body } of missing) {
        expect(statusCode).toBe(400);
        expect(JSON.parse(body).errors[0]).toMatchObject({
          message: 'Variable "$no" of required type "Boolean!" was not provided.',
          extensions: { code: 'BAD_USER_INPUT' },
        });
      }
      answer = (send500) => send500(500, 'at host-17');
      const [fast, slow] = [await ask(gateway, '{ hello }'), await ask(gateway, '{ hello  }')];
      expect(fast).toEqual(slow);
    });

    test.each<[string, typeof answer, string]>([
      ['nothing', () => {}, 'SUBGRAPH_TIMEOUT'],
      ['a redirect', (send) => send(302, '', { location: 'http://127.0.0.1:1/' }), 'SUBGRAPH_BAD_RESPONSE'],
      ['a page', (send) => send(200, '<html>internal-host-17</html>'), 'SUBGRAPH_BAD_RESPONSE'],
      ['an empty object', (send) => send(200, '{}'), 'SUBGRAPH_BAD_RESPONSE'],
      ['an error page', (send) => send(500, 'stack at internal-host-17'), 'SUBGRAPH_BAD_RESPONSE'],
      [
        'far too many bytes',
        (send) => send(200, `{"data":{"hello":"${'x'.repeat(100_000)}"}}`),
        'SUBGRAPH_RESPONSE_TOO_LARGE',
      ],
    ])('reports a subgraph that answers %s as an error with a code, without internals', async (_what, how, code) => {
      answer = how;
      const { data, errors } = await ask(gateway, '{ hello }');
      expect(data?.hello ?? null).toBeNull();
      expect(errors[0].extensions).toMatchObject({ code, subgraph: 'strange' });
      expect(JSON.stringify(errors)).not.toMatch(/internal-host|127\.0\.0\.1|stack/);
    });
  });
});

test('rejects an invalid supergraph with a message that says what is wrong', async () => {
  await expect(
    createGateway({
      supergraph: 'type Query { x: Int }',
      config,
      log,
      transport: () => ({}) as never,
      forwardHeaders: [],
    }),
  ).rejects.toThrow(/Invalid supergraph[\s\S]*Federation 2 supergraph schema/);
});

describe('configuration', () => {
  test('prefers flags to environment variables and those to defaults', () => {
    expect(readConfig({}, {}).port).toBe(4000);
    expect(readConfig({}, { ORDERGRAPH_PORT: '4444' }).port).toBe(4444);
    expect(readConfig({ port: '5555' }, { ORDERGRAPH_PORT: '4444' }).port).toBe(5555);
    expect(readConfig({}, { ORDERGRAPH_FORWARD_HEADERS: 'Authorization, X-Trace' }).forwardHeader).toEqual([
      'authorization',
      'x-trace',
    ]);
  });

  test.each([
    [{ port: '99999' }, {}, /--port is "99999"/],
    [{}, { ORDERGRAPH_PORT: 'four' }, /ORDERGRAPH_PORT is "four"/],
    [{}, { ORDERGRAPH_TRUSTED_DOCUMENTS: ' , ' }, /ORDERGRAPH_TRUSTED_DOCUMENTS is " , ": it names nothing/],
    [{ logLevel: 'loud' }, {}, /--log-level is "loud"[\s\S]*Minimum level of log entries/],
    [{ subgraphTimeoutMs: '0' }, {}, /--subgraph-timeout-ms is "0"/],
  ])('rejects the flags %j and the environment %j by the name of the setting', (flags, environment, message) => {
    expect(() => readConfig(flags, environment)).toThrow(message);
  });
});
