import type { FastifyInstance } from 'fastify';
import { compose } from '../../gateway/composition/compose';
import { type GatewayConfig, readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import type { TraceExtension } from '../../gateway/trace/extension';
import { MAX_CHARACTERS, MAX_FETCHES } from '../../gateway/trace/plan-writer';
import { MAX_CALLS } from '../../gateway/trace/trace';
import { HttpTransport } from '../../gateway/transport/http';
import { payloadsOf } from '../oracle/incremental';
import { INSPECTOR } from '../support/identity';
import { inOrder, OddSubgraph } from '../support/odd-subgraph';
import { requireCompiled } from '../support/processes';
import { questions } from '../support/questions';
import { openWorld, type World } from '../support/world';

/** The plan and the timing of an answer, for callers who ask for them. */

interface Traced {
  readonly data: unknown;
  readonly errors?: readonly unknown[];
  readonly extensions: { readonly trace: TraceExtension };
}

const TRACE = { trace: true };

describe('over the whole graph', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
  });
  afterAll(() => world?.close());

  async function post(payload: object, caller: string | null = INSPECTOR, more: Record<string, string> = {}) {
    const headers = { ...(await world.identity.headers(caller)), ...more };
    return world.server.inject({ method: 'POST', url: '/graphql', headers, payload });
  }
  const traced = async (payload: object): Promise<Traced> => (await post({ ...payload, extensions: TRACE })).json();

  /** The calls of subgraphs during some work: their names and operations. */
  async function callsDuring<T>(work: () => Promise<T>): Promise<{ result: T; calls: string[] }> {
    const calls: string[] = [];
    const spies = world.open.map((subgraph) => {
      const { execute } = subgraph;
      return jest.spyOn(subgraph, 'execute').mockImplementation((request) => {
        calls.push(`${subgraph.name} ${request.query}`);
        return execute.call(subgraph, request);
      });
    });
    try {
      return { result: await work(), calls: calls.sort() };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  test.each(questions())('lists the subgraph calls of question $name', async ({ query, variables }) => {
    for (const _time of ['planned', 'cached']) {
      const { result, calls } = await callsDuring(() => traced({ query, variables }));
      const { plan, timing } = result.extensions.trace;
      const textOf = (id: number | undefined) => {
        const { subgraph, operation } = plan.fetches.find((fetch) => fetch.id === id)!;
        return `${subgraph} ${operation}`;
      };
      expect(timing.calls.map(({ fetch }) => textOf(fetch)).sort()).toEqual(calls);
      // question 19 names no submission, so there is nothing to look up
      const planned = plan.fetches.map(({ id }) => textOf(id)).sort();
      if (!query.includes('submission(id:')) expect(planned).toEqual(calls);
      for (const { fetch, start, end } of timing.calls) {
        expect(end).toBeGreaterThanOrEqual(start);
        const { waitsFor } = plan.fetches.find(({ id }) => id === fetch)!;
        for (const before of timing.calls.filter((call) => waitsFor.includes(call.fetch!)))
          expect(start).toBeGreaterThanOrEqual(before.end!);
        expect(timing.total).toBeGreaterThanOrEqual(end!);
      }
    }
  });

  test('says where lookups are, how many entities they ask for, and that the plan is cached', async () => {
    const query = '{ executiveOrders { nodes { number reviewMetrics { openReviews } } } }';
    const first = (await traced({ query })).extensions.trace;
    expect(first.plan.cached).toBe(false);
    expect(first.timing.phases.map(({ name }) => name)).toEqual(['RECEIVE', 'PARSE', 'VALIDATE', 'PLAN']);
    const { plan, timing } = (await traced({ query })).extensions.trace;
    expect(plan.cached).toBe(true);
    expect(timing.phases.map(({ name }) => name)).toEqual(['RECEIVE', 'PLAN']);
    expect(plan.joins).toEqual([]);
    expect(plan.fetches).toMatchObject([
      { id: 1, subgraph: 'submissions', kind: 'ROOT', waitsFor: [], deferred: false },
      {
        id: 2,
        subgraph: 'reviews',
        kind: 'ENTITIES',
        waitsFor: [1],
        types: ['ExecutiveOrder'],
        paths: [['executiveOrders', 'nodes']],
      },
    ]);
    expect(timing.calls).toMatchObject([
      { fetch: 1, shared: false },
      { fetch: 2, shared: false, entities: 1 },
    ]);
  });

  test('lists the joins of filters, each once, before the fetches that need their keys', async () => {
    const query = `query($f: SubmissionFilter) {
      reviews(filter: { submission: { matches: $f } }) { totalCount }
      again: reviews(filter: { submission: { matches: $f } }, first: 1) { nodes { id } }
      others: reviews(filter: { submission: { matches: { developer: { key: { eq: "nobody" } } } } }) { totalCount }
    }`;
    const variables = { f: { developer: { key: { eq: 'exercise-alder' } } } };
    const { result, calls } = await callsDuring(() => traced({ query, variables }));
    const { plan, timing } = result.extensions.trace;
    expect(plan.joins).toMatchObject([
      { id: 1, field: 'submissionKeys' },
      { id: 2, field: 'submissionKeys' },
    ]);
    expect(plan.fetches).toMatchObject([
      { id: 1, subgraph: 'submissions', join: 1, waitsFor: [] },
      { id: 2, subgraph: 'submissions', join: 2, waitsFor: [] },
      { id: 3, subgraph: 'reviews', waitsFor: [1, 2] },
    ]);
    expect(timing.calls.map(({ fetch }) => fetch).sort()).toEqual([1, 2, 3]);
    expect(calls).toHaveLength(3);
    expect(timing.phases.flatMap(({ name, join }) => (name === 'PLAN' ? [join] : []))).toEqual([1, 2, undefined]);
  });

  test('has no values of variables, and no keys that filters join by', async () => {
    const query = `query($sector: ID!, $f: SubmissionFilter) {
      reviews(first: 5, filter: { submission: { matches: $f } }) { nodes { id submission { id number } } }
      sector(key: $sector) { name }
    }`;
    const [sector, key] = ['financial-services', 'exercise-alder'];
    const { data, errors, extensions } = await traced({
      query,
      variables: { sector, f: { developer: { key: { eq: key } } } },
    });
    expect(errors).toBeUndefined();
    const values = [sector, key, ...(JSON.stringify(data).match(/(sub|rev)_\w+/g) ?? [])];
    expect(values.length).toBeGreaterThan(3);
    const text = JSON.stringify(extensions.trace);
    for (const value of values) expect(text).not.toContain(value);
  });

  test('gives a caller who may not see the schema the same answer without a trace', async () => {
    const query = '{ sectors(first: 2) { nodes { key } } }';
    const [plain, asked] = await Promise.all([post({ query }, null), post({ query, extensions: TRACE }, null)]);
    const [expected, actual] = [plain.json(), asked.json()];
    expect(asked.statusCode).toBe(200);
    for (const { extensions } of [expected, actual]) delete extensions.cost;
    expect(actual).toEqual(expected);
    expect(asked.headers['cache-control']).toBe(plain.headers['cache-control']);
  });

  test.each([undefined, null, false, 'true', 1, {}])('sends no trace to a caller who asks with %p', async (trace) => {
    const { extensions } = (await post({ query: '{ __typename }', extensions: { trace } })).json();
    expect(extensions.trace).toBeUndefined();
  });

  test('takes the request for a trace from a URL, and lets no cache store the answer', async () => {
    const parameters = { query: '{ sectors(first: 1) { totalCount } }', extensions: JSON.stringify(TRACE) };
    const response = await world.server.inject({
      url: `/graphql?${new URLSearchParams(parameters)}`,
      headers: { ...(await world.identity.headers(INSPECTOR)), accept: 'application/json' },
    });
    expect((response.json() as Traced).extensions.trace.plan.fetches).toHaveLength(1);
    expect(response.headers['cache-control']).toBe('private, no-store');
  });

  test.each(['deferSpec=20220824', 'incrementalSpec=v0.2'])(
    'adds the trace to the last part under %s',
    async (spec) => {
      const query = `{
      executiveOrders { nodes { number ... @defer { reviewMetrics { openReviews } } } }
      ... @defer { sectors(first: 1) { totalCount } }
    }`;
      const response = await post({ query, extensions: TRACE }, INSPECTOR, { accept: `multipart/mixed; ${spec}` });
      const headers = new Headers({ 'content-type': String(response.headers['content-type']) });
      const payloads = (await payloadsOf(headers, response.rawPayload)) as { extensions?: Traced['extensions'] }[];
      expect(payloads.length).toBeGreaterThan(1);
      const traces = payloads.map(({ extensions }) => extensions?.trace);
      expect(traces.slice(0, -1).filter(Boolean)).toEqual([]);
      const { plan, timing } = traces.at(-1)!;
      const byPlace = plan.fetches.map(({ subgraph, kind, deferred, waitsFor }) => [
        subgraph,
        kind,
        deferred,
        waitsFor,
      ]);
      expect(byPlace).toEqual([
        ['submissions', 'ROOT', false, []],
        ['reviews', 'ENTITIES', true, [1]],
        ['infrastructure', 'ROOT', true, []],
      ]);
      expect(timing.calls.map(({ fetch }) => fetch).sort()).toEqual([1, 2, 3]);
    },
  );
});

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@inaccessible", "@requires", "@external"])';

describe('over two subgraphs by HTTP', () => {
  let shops: OddSubgraph;
  let stock: OddSubgraph;
  const servers: FastifyInstance[] = [];
  beforeAll(requireCompiled);
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    shops?.stop();
    stock?.stop();
  });

  async function serve(
    shopsSdl: string,
    stockSdl: string,
    config: Partial<GatewayConfig> = {},
  ): Promise<FastifyInstance> {
    const shop = { id: '1', name: 'first', secret: 'hidden', next: () => shop };
    shops = await OddSubgraph.start('shops', `${LINK} ${shopsSdl}`, () => ({
      Query: { shop: () => shop },
      Mutation: { sell: () => 1 },
    }));
    stock = await OddSubgraph.start('stock', `${LINK} ${stockSdl}`, () => ({
      Shop: { __resolveReference: () => ({ id: '1', items: 7 }) },
      Mutation: { buy: () => 1 },
    }));
    const subgraphs = [shops, stock].map(({ name, sdl, url }) => ({ name, sdl, url }));
    const server = await createGateway({
      supergraph: compose(subgraphs),
      config: readConfig({ logLevel: 'silent', costs: 'off', rateLimit: 0, ...config }, {}),
      log: createLog('silent', 'test'),
      transport: ({ name, url }) => new HttpTransport(name, url, { maxResponseBytes: 1e6, connections: 4 }),
      forwardHeaders: [],
    });
    servers.push(server);
    return server;
  }

  const SHOPS = 'type Query { shop: Shop } type Shop @key(fields: "id") { id: ID! name: String next: Shop }';
  const STOCK = 'type Shop @key(fields: "id") { id: ID! items: Int }';
  const BOTH = '{ shop { name items } }';
  const ask = async (server: FastifyInstance, query: string, extensions?: object): Promise<Traced> =>
    (await server.inject({ method: 'POST', url: '/graphql', payload: { query, extensions } })).json();

  test('counts the bytes and entities of each call, from responses with and without objects', async () => {
    const server = await serve(SHOPS, STOCK);
    for (const _way of ['general', 'general', 'sliced']) {
      const { data, extensions } = await ask(server, BOTH, TRACE);
      expect(data).toEqual({ shop: { name: 'first', items: 7 } });
      const [root, lookup] = extensions.trace.timing.calls;
      expect(root).toMatchObject({ subgraph: 'shops', shared: false });
      expect(root!.bytes).toBeGreaterThan(20);
      expect(lookup).toMatchObject({
        subgraph: 'stock',
        entities: 1,
        bytes: '{"data":{"_entities":[{"items":7}]}}'.length,
      });
    }
  });

  test('executes a traced request on its own, and says which calls it shared', async () => {
    const server = await serve(SHOPS, STOCK);
    await ask(server, BOTH);
    const before = shops.bodies.length;
    const answers = await whileHeld(() => [ask(server, BOTH), ask(server, BOTH), ask(server, BOTH, TRACE)]);
    expect(answers.map(({ extensions }) => extensions?.trace.timing.calls.map(({ shared }) => shared))).toEqual([
      undefined,
      undefined,
      [true, true],
    ]);
    expect(shops.bodies.length).toBe(before + 1);
    const [traced] = await whileHeld(() => [ask(server, BOTH, TRACE), ask(server, BOTH)]);
    expect(traced!.extensions.trace.timing.calls.map(({ shared }) => shared)).toEqual([false, false]);
  });

  /** Starts requests while no shop is answered. */
  async function whileHeld(start: () => Promise<Traced>[]): Promise<Traced[]> {
    const held: (() => void)[] = [];
    shops.behavior = (...answer) => held.push(() => inOrder(...answer));
    const before = shops.bodies.length;
    const answers = start();
    while (shops.bodies.length === before) await new Promise(setImmediate);
    // the requests were injected together: those that share have joined by the time that a subgraph has read the call
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    shops.behavior = inOrder;
    for (const answer of held) answer();
    return Promise.all(answers);
  }

  test('reports a failed call with its code', async () => {
    const server = await serve(SHOPS, STOCK);
    stock.behavior = (_request, response) => response.writeHead(503).end();
    const { errors, extensions } = await ask(server, BOTH, TRACE);
    expect(errors).toHaveLength(1);
    expect(extensions.trace.timing.calls[1]).toMatchObject({ subgraph: 'stock', error: 'SUBGRAPH_UNAVAILABLE' });
  });

  test('shows no element that the API schema hides, and no sizes where it hides any', async () => {
    const server = await serve(
      'type Query { shop: Shop } type Shop @key(fields: "id") { id: ID! name: String secret: String @inaccessible }',
      'type Shop @key(fields: "id") { id: ID! secret: String @external items: Int @requires(fields: "secret") }',
    );
    const { data, extensions } = await ask(server, BOTH, TRACE);
    expect(data).toEqual({ shop: { name: 'first', items: 7 } });
    expect(shops.bodies.join()).toContain('secret');
    const text = JSON.stringify(extensions.trace);
    expect(text).toContain('items');
    expect(text).not.toMatch(/secret|bytes|entities"/);
  });

  const HOSTILE = { maxAliases: 1_000, maxRootFields: 1_000, maxTokens: 100_000 };

  test('leaves out operations that are too long, and counts them', async () => {
    const server = await serve(SHOPS, STOCK, HOSTILE);
    const name = 'x'.repeat(400);
    const fields = Array.from({ length: 150 }, (_, index) => `${name}${index}: shop { next { next { items } } }`);
    const { data, extensions } = await ask(server, `{ ${fields.join(' ')} }`, TRACE);
    expect(Object.keys(data as object)).toHaveLength(150);
    const { plan } = extensions.trace;
    expect(plan.omitted).toEqual({ operations: plan.fetches.length });
    expect(JSON.stringify(extensions.trace).length).toBeLessThan(MAX_CHARACTERS);
  });

  test('leaves out fetches and calls beyond the limits, and counts them', async () => {
    const server = await serve(
      `${SHOPS} type Mutation { sell(at: Int): Int }`,
      `${STOCK} type Mutation { buy(at: Int): Int }`,
      HOSTILE,
    );
    // consecutive mutations of different subgraphs run one after the other
    const fields = Array.from({ length: 120 }, (_, at) => `sell${at}: sell(at: ${at}) buy${at}: buy(at: ${at})`);
    const { extensions } = await ask(server, `mutation { ${fields.join(' ')} }`, TRACE);
    expect([shops, stock].map(({ bodies }) => bodies.length)).toEqual([120, 120]);
    const { plan, timing } = extensions.trace;
    expect([plan.fetches.length, plan.omitted]).toEqual([MAX_FETCHES, { fetches: 240 - MAX_FETCHES }]);
    expect([timing.calls.length, timing.omitted]).toEqual([MAX_CALLS, 240 - MAX_CALLS]);
    expect(timing.calls.map(({ fetch }) => fetch)).toEqual(
      Array.from({ length: MAX_CALLS }, (_, index) => (index < MAX_FETCHES ? index + 1 : undefined)),
    );
    expect(plan.fetches.map(({ waitsFor }) => waitsFor)).toEqual(
      Array.from({ length: MAX_FETCHES }, (_, index) => (index === 0 ? [] : [index])),
    );
    expect(JSON.stringify(extensions.trace).length).toBeLessThan(3 * MAX_CHARACTERS);
  });
});
