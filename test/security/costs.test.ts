import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { parse } from 'graphql';
import { Redis } from 'ioredis';
import { OperatorError } from '#base/errors';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { Graph } from '../../gateway/graph/graph';
import { plannerOf } from '../../gateway/planning/planners';
import { budgetsOf, maxCostsOf } from '../../gateway/policy/budgets';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import '../support/roles';
import { TestIdentity } from '../support/identity';
import { requireCompiled } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

beforeAll(requireCompiled);

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", { name: "@cost", as: "@price" }, "@listSize"])`;
const supergraph = compose([
  {
    name: 'shops',
    url: 'http://shops.invalid',
    sdl: `${LINK}
      type Query {
        shop: Shop
        shops(first: Int = 4, last: Int): [Shop] @listSize(assumedSize: 7, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
        page(first: Int): Page @listSize(assumedSize: 5, slicingArguments: ["first"], sizedFields: ["nodes", "edges"], requireOneSlicingArgument: false)
        names: [String]
        unsaid: [Shop]
        search(by: Search @price(weight: 3)): Shop
        found(ids: [ID!], within: [Search!]): [Shop]
        heavy: String @price(weight: 8)
        refund: String @price(weight: -1000)
        when: Moment
        level: Level
        at(level: Level, levels: [Level!], within: Leveled): Shop
      }
      type Mutation { open: Shop rename: String @price(weight: 2) }
      input Leveled { level: Level near: String }
      input Search { near: String @price(weight: 6) within: Search }
      scalar Moment @price(weight: 4)
      enum Level @price(weight: 5) { A }
      type Page { nodes: [Shop] edges: [Edge] total: Int }
      type Edge { node: Shop }
      type Gold @price(weight: 20) { name: String }
      type Shop @key(fields: "id") { id: ID! name: String gold: Gold at(level: Level): String branches: [Shop] @listSize(assumedSize: 3) }`,
  },
  {
    name: 'stock',
    url: 'http://stock.invalid',
    sdl: `${LINK} type Shop @key(fields: "id") { id: ID! items: [Item] @listSize(assumedSize: 2) owner: String } type Item { name: String }`,
  },
]);

describe.each(['native', 'apollo'] as const)('estimated cost of operations, %s planner', (planner) => {
  let graph: Graph;
  beforeAll(() => {
    graph = Graph.of({
      supergraphSdl: supergraph,
      planner: plannerOf(planner, createLog('silent', 'test')),
      planLimits: { entries: 1_000, bytes: 100_000_000, timeoutMs: 20_000 },
      fetchTimeoutMs: 1_000,
      transport: () => ({
        shareable: false,
        request: async () => ({ headers: {}, read: () => ({ data: {} }) }),
        async close() {},
      }),
    });
  });
  afterAll(() => graph.close());
  /** Undefined for free operations, whose responses contain no cost. */
  const costOf = async (query: string, variables: Record<string, unknown> = {}): Promise<number | undefined> => {
    let cost: number | undefined;
    await graph.execute({
      document: parse(query),
      variables,
      headers: {},
      scope: '',
      deadline: performance.now() + 10_000,
      spend: async (estimated) => {
        cost = estimated;
        return { estimated, budget: 0, remaining: 0, resetSeconds: 0 };
      },
    });
    return cost;
  };

  test.each<[string, string, number | undefined, Record<string, unknown>?]>([
    ['an object costs 1, its scalar fields nothing', '{ shop { id name } }', 1],
    ['a list costs its size by its argument’s default', '{ shops { id } }', 4],
    ['by its argument', '{ shops(first: 9) { id } }', 9],
    ['by the greatest of its arguments', '{ shops(first: 2, last: 6) { id } }', 6],
    ['by a variable', 'query ($n: Int) { shops(first: $n) { id } }', 12, { n: 12 }],
    ['by a variable’s default', 'query ($n: Int = 11) { shops(first: $n) { id } }', 11],
    ['a negative size is ignored', '{ shops(first: -1) { id } }', 7],
    ['a size of null is ignored', '{ shops(first: null) { id } }', 7],
    ['lists in lists are multiplied', '{ shops(first: 5) { branches { branches { id } } } }', 5 + 15 + 45],
    ['a field declares the size of a list below it', '{ page(first: 6) { nodes { id } total } }', 1 + 6],
    ['in both of its lists', '{ page(first: 6) { nodes { id } edges { node { id } } } }', 1 + 6 + 6 + 6],
    ['by assumption without an argument', '{ page { nodes { id } } }', 1 + 5],
    ['a list of no objects costs nothing', '{ names }', 0],
    ['a list without a declared size counts as ten', '{ unsaid { id } }', 10],
    ['a field has its own weight', '{ heavy }', 8],
    ['a negative weight pays for nothing', '{ heavy refund }', 8],
    ['a type has its own weight, wherever it appears', '{ shops(first: 3) { gold { name } } }', 3 + 60],
    ['a scalar has its own weight', '{ when }', 4],
    ['an enum has its own weight', '{ level }', 5],
    ['an argument has its own weight when it is present', '{ search(by: {}) { id } }', 1 + 3],
    ['an argument of an enum has the weight of the enum', '{ at(level: A) { id } }', 1 + 5],
    ['in a variable', 'query ($l: Level) { at(level: $l) { id } }', 1 + 5, { l: 'A' }],
    ['unless it is null', 'query ($l: Level) { a: at(level: $l) { id } b: at(level: null) { id } }', 2, { l: null }],
    ['each item of a list', '{ at(levels: [A, A]) { id } }', 1 + 2 * 5],
    ['each item in a variable', 'query ($l: [Level!]) { at(levels: $l) { id } }', 1 + 2 * 5, { l: ['A', 'A'] }],
    ['a field of an input object', '{ at(within: { level: A, near: "x" }) { id } }', 1 + 5 + 1],
    [
      'in a variable as well',
      'query ($w: Leveled) { at(within: $w) { id } }',
      1 + 5 + 1,
      { w: { level: 'A', near: 'x' } },
    ],
    ['once for all objects of a list', '{ shops(first: 3) { at(level: A) } }', 3 + 5],
    ['also of an empty list', '{ shops(first: 0) { at(level: A) } }', 5],
    ['a field of an input object has its own weight', '{ search(by: { near: "x" }) { id } }', 1 + 3 + 6],
    ['however deep', '{ search(by: { within: { within: { near: "x" } } }) { id } }', 1 + 3 + 6],
    ['each value of a list counts', '{ found(ids: ["a", "b", "c"]) { id } }', 10 + 3],
    [
      'each value of a list in a variable counts',
      'query ($ids: [ID!]) { found(ids: $ids) { id } }',
      10 + 3,
      { ids: ['a', 'b', 'c'] },
    ],
    ['an empty list of values costs nothing', 'query ($ids: [ID!]) { found(ids: $ids) { id } }', 10],
    [
      'objects in a variable as those that are written out',
      'query ($within: [Search!]) { found(within: $within) { id } }',
      10 + 2 * (1 + 6),
      { within: [{ near: 'x' }, { within: { near: 'y' } }] },
    ],
    [
      'as often as it is used',
      'query ($ids: [ID!]) { a: found(ids: $ids) { id } b: found(ids: $ids) { id } }',
      20 + 6,
      { ids: ['a', 'b', 'c'] },
    ],
    ['a root field of a mutation costs ten', 'mutation { open { id } }', 10],
    ['but for its own weight', 'mutation { rename }', 2],
    ['type names cost nothing', '{ __typename shop { __typename } }', 1],
    ['the schema costs what it is of the standard introspection query', '{ __schema { types { name } } }', 330],
    ['a name of the schema next to nothing', '{ __schema { queryType { name } } }', 40],
    ['an alias costs again', '{ a: shops(first: 3) { id } b: shops(first: 4) { id } }', 7],
    ['a fragment costs the sum of its fields', '{ ...F } fragment F on Query { shops(first: 3) { id } }', 3],
    ['an entity of another subgraph is looked up once more', '{ shop { owner } }', 1 + 1],
    ['each in a list', '{ shops(first: 8) { owner } }', 8 + 8],
    ['with what it has there', '{ shops(first: 8) { items { name } } }', 8 + 8 + 16],
    ['in lists of lists', '{ shops(first: 8) { branches { items { name } } } }', 8 + 24 + 24 + 48],
    ['under an alias', '{ s: shops(first: 8) { b: branches { i: items { name } } } }', 8 + 24 + 24 + 48],
  ])('%s: %s', async (_what, query, cost, ...[variables]) => {
    expect(await costOf(query, variables)).toBe(cost);
  });

  test('estimates the same cost however an operation is written, and more for more data', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom('id', 'owner', 'items { name }', 'branches { owner }'),
        async (n, more, fields) => {
          const cost = await costOf(`{ shops(first: ${n}) { ${fields} } }`);
          expect(await costOf(`query ($n: Int) { shops(first: $n) { ${fields} } }`, { n })).toBe(cost);
          expect(
            await costOf(`query ($n: Int = ${n}) { x: shops(first: $n) { ...F } } fragment F on Shop { ${fields} }`),
          ).toBe(cost);
          expect(await costOf(`{ shops(first: ${n}) { ... on Shop { ${fields} ${fields} } } }`)).toBe(cost);
          expect(await costOf(`{ shops(first: ${n + more}) { ${fields} } }`)).toBeGreaterThan(cost!);
        },
      ),
      { numRuns: 25 },
    ));
});

describe('cost budgets', () => {
  const OPERATOR = 'role=operator; subject=x';
  let identity: TestIdentity;
  const open: FastifyInstance[] = [];
  let calls = 0;
  let shop: object;
  /** Subgraphs do not respond until then. */
  let answering: Promise<void>;
  beforeAll(async () => {
    identity = await TestIdentity.make();
  });
  beforeEach(() => {
    calls = 0;
    shop = { __typename: 'Shop', id: '1', name: 'x' };
    answering = Promise.resolve();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  const start = async (flags: Record<string, unknown>) => {
    const server = await createGateway({
      supergraph,
      config: readConfig({ logLevel: 'silent', ...flags }, {}),
      log: createLog('silent', 'test'),
      transport: () => ({
        shareable: false,
        async request() {
          calls += 1;
          await answering;
          return { headers: {}, read: () => ({ data: { shops: [], heavy: 'h', rename: 'r', shop } }) };
        },
        async close() {},
      }),
      forwardHeaders: [],
      identity: identity.parts,
    });
    open.push(server);
    return async (
      query: string,
      caller: string | null = OPERATOR,
      headers: Record<string, string> = {},
      variables: Record<string, unknown> = {},
    ) => {
      const response = await server.inject({
        method: 'POST',
        url: '/graphql',
        headers: { ...(await identity.headers(caller)), ...headers },
        payload: { query, variables },
      });
      const isJson = String(response.headers['content-type']).includes('json');
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        ...(isJson ? response.json() : {}),
      };
    };
  };

  test('reports the budget in the response and its headers, for new and known operations', async () => {
    const ask = await start({ budget: ['operator=1000'] });
    for (const remaining of [990, 980, 970]) {
      const { headers, extensions } = await ask('{ shops(first: 10) { id } }');
      expect(extensions.cost).toMatchObject({ estimated: 10, budget: 1_000, remaining });
      expect(extensions.cost.resetSeconds).toBeGreaterThan(0);
      expect(headers).toMatchObject({ 'ordergraph-cost': '10', 'ordergraph-budget-remaining': String(remaining) });
    }
  });

  test('charges each of several identical concurrent requests and reports what remains', async () => {
    const ask = await start({ budget: ['operator=1000', 'analyst=1000'] });
    const query = '{ shops(first: 10) { id } }';
    await ask(query);
    const metrics = { url: '/metrics', headers: await identity.headers(OPERATOR) };
    let answer = () => {};
    answering = new Promise((resolve) => {
      answer = resolve;
    });
    const otherCaller = ask(query, 'role=analyst; subject=another');
    const pending = Array.from({ length: 5 }, () => ask(query));
    await until(
      async () => (await open[0]!.inject(metrics)).body.includes('ordergraph_operations_costed_total 7\n'),
      () => 'all requests are charged',
    );
    answer();
    for (const { extensions, headers } of await Promise.all(pending)) {
      expect(extensions.cost).toMatchObject({ estimated: 10, budget: 1_000, remaining: 940 });
      expect(headers['ordergraph-budget-remaining']).toBe('940');
    }
    expect((await otherCaller).extensions.cost.remaining).toBe(990);
    expect(calls).toBe(3);
  });

  test('rejects an operation that costs too much before any subgraph call, free of charge', async () => {
    const ask = await start({ maxCost: '50', budget: ['operator=1000'] });
    for (const query of [
      '{ shops(first: 51) { id } }',
      '{ shops(first: 26) { owner } }',
      'mutation { a: open { id } b: open { id } c: open { id } d: open { id } e: open { id } f: open { id } }',
    ])
      for (let time = 0; time < 2; time++) {
        const { status, errors, data } = await ask(query);
        expect([status, data, errors[0].extensions.code]).toEqual([400, undefined, 'OPERATION_TOO_COSTLY']);
        expect(errors[0].message).toMatch(/estimated cost is \d+, and the limit is 50; /);
      }
    expect(calls).toBe(0);
    expect((await ask('{ shops(first: 50) { id } }')).extensions.cost.remaining).toBe(950);
  });

  test('names the list that costs most, by its path in the operation', async () => {
    const ask = await start({ maxCost: '50', budget: ['operator=1000'] });
    const refusal = async (query: string, variables = {}) => {
      const { errors } = await ask(query, OPERATOR, {}, variables);
      return [errors[0].message.replace(/^.*; /, ''), errors[0].extensions.cost.dearestList];
    };
    const advice = 'pass a smaller "first" or "last" there or above it';
    expect(await refusal('{ few: shops(first: 2) { id } many: shops(first: 60) { id } }')).toEqual([
      `60 of it are objects of the list at many, up to 60 each time: ${advice}`,
      { path: ['many'], size: 60, estimated: 60 },
    ]);
    expect(await refusal('query ($n: Int) { shops(first: $n) { id } }', { n: 70 })).toEqual([
      `70 of it are objects of the list at shops, up to 70 each time: ${advice}`,
      { path: ['shops'], size: 70, estimated: 70 },
    ]);
    expect(
      await refusal(
        'mutation { a: open { id } b: open { id } c: open { id } d: open { id } e: open { id } f: open { id } }',
      ),
    ).toEqual(['request smaller pages or fewer nested lists', undefined]);
  });

  test('rejects a caller without budget with a retry time, and does not affect others', async () => {
    const ask = await start({ budget: ['operator=100', 'analyst=100'] });
    expect((await ask('{ shops(first: 80) { id } }')).status).toBe(200);
    const before = calls;
    const { status, headers, errors } = await ask('{ shops(first: 30) { id } }');
    expect([status, errors[0].extensions.code, calls]).toEqual([429, 'BUDGET_EXHAUSTED', before]);
    expect(errors[0].extensions.cost).toMatchObject({ estimated: 30, budget: 100, remaining: 20 });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('{ shops(first: 15) { id } }')).extensions.cost.remaining).toBe(5);
    expect((await ask('{ shops(first: 80) { id } }', 'role=operator; subject=y')).status).toBe(200);
    // each person has one account, whatever the roles
    expect((await ask('{ shops(first: 80) { id } }', 'role=analyst; subject=x')).status).toBe(429);
    expect((await ask('{ shops(first: 80) { id } }', 'role=analyst; subject=z')).status).toBe(200);
  });

  describe('charges for gateway work', () => {
    const BUDGET = 100_000;
    const names = (count: number, name = 'n') => Array.from({ length: count }, (_, i) => `${name}${i}`).join(' ');
    const conditions = (count: number) => Array.from({ length: count }, () => ({ within: null }));
    const small = '{ heavy }';
    const gatewayOf = async () => {
      const ask = await start({ budget: [`operator=${BUDGET}`] });
      const headers = { 'content-type': 'application/json', ...(await identity.headers(OPERATOR)) };
      const send = async (payload: string) =>
        open.at(-1)!.inject({ method: 'POST', url: '/graphql', headers, payload });
      return { send, remaining: async () => (await ask(small)).extensions.cost.remaining as number };
    };

    test.each<[string, number, string]>([
      ['a large body that is not JSON', 400, `{"query":"${'x'.repeat(100_000)}`],
      ['a large body that is not valid GraphQL', 400, JSON.stringify({ query: `{ a(b: "${'x'.repeat(100_000)}` })],
      ['a body with too many values', 400, JSON.stringify({ query: small, variables: { x: Array(30_000).fill({}) } })],
      ['a large name', 400, JSON.stringify({ query: `{ ${'a'.repeat(100_000)} }` })],
      ['many fields that do not exist', 200, JSON.stringify({ query: `{ shop { ${names(90)} } }` })],
      [
        'many unused variables',
        200,
        JSON.stringify({ query: `query (${names(300, '$v').replaceAll(/(\$v\d+)/g, '$1: Int')}) ${small}` }),
      ],
      [
        'many fragments',
        200,
        JSON.stringify({
          query: `{ shop { ...F0 } } ${Array.from({ length: 100 }, (_, i) => `fragment F${i} on Shop { x }`).join(' ')}`,
        }),
      ],
      [
        'many values of a wrong type',
        200,
        JSON.stringify({
          query: 'query ($w: [Search!]) { found(within: $w) { id } }',
          variables: { w: Array(900).fill(1) },
        }),
      ],
      [
        'values of an operation that costs too much',
        400,
        JSON.stringify({
          query: 'query ($n: Int, $w: [Search!]) { shops(first: $n) { id } found(within: $w) { id } }',
          variables: { n: 300_000, w: conditions(900) },
        }),
      ],
    ])('charges for a rejected request: %s', async (_what, _status, payload) => {
      const { send, remaining } = await gatewayOf();
      const before = await remaining();
      const { statusCode, body } = await send(payload);
      expect(JSON.parse(body).errors.length).toBeGreaterThan(0);
      expect(statusCode).toBeLessThan(500);
      expect(calls).toBe(1);
      expect(before - (await remaining()) - 8).toBeGreaterThan(50);
    });

    test('charges in proportion to the size of the request body', async () => {
      const { send, remaining } = await gatewayOf();
      const costs: number[] = [];
      for (const size of [1_000, 100_000, 200_000]) {
        const before = await remaining();
        await send(`{"query":"${'x'.repeat(size)}`);
        costs.push(before - (await remaining()) - 8);
      }
      expect(costs[0]).toBe(0);
      expect(costs[2]! - costs[1]!).toBe(Math.round(100_000 / 150));
    });

    test('charges for planning beyond the first 60 operations of a caller per minute', async () => {
      const { send, remaining } = await gatewayOf();
      let before = await remaining();
      const costs: number[] = [];
      for (let i = 0; i < 62; i++) {
        await send(JSON.stringify({ query: `{ x${i}: heavy }` }));
        const after = await remaining();
        costs.push(before - after - 16);
        before = after;
      }
      // one of them was planned before
      expect(costs).toEqual([...Array(59).fill(0), 200, 200, 200]);
    });

    test('reads no further request once the budget is spent', async () => {
      const { send } = await gatewayOf();
      while ((await send(`{"query":"${'x'.repeat(900_000)}`)).statusCode !== 429);
      const { cost } = JSON.parse((await send('{')).body).errors[0].extensions;
      expect(cost).toMatchObject({ budget: BUDGET, remaining: 0 });
      for (const payload of ['{', JSON.stringify({ query: '{ __typename }' })]) {
        const { statusCode, headers, body } = await send(payload);
        expect([statusCode, JSON.parse(body).errors[0].extensions.code]).toEqual([429, 'BUDGET_EXHAUSTED']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    });
  });

  test('counts CORS preflights against the limit of their address', async () => {
    await start({ rateLimit: '3', corsOrigin: 'https://dashboard.example' });
    const send = async (method: 'OPTIONS' | 'GET') => {
      const headers = { origin: 'https://dashboard.example', 'access-control-request-method': 'POST' };
      return (await open.at(-1)!.inject({ method, url: '/graphql?query={__typename}', headers })).statusCode;
    };
    expect([await send('OPTIONS'), await send('OPTIONS'), await send('GET')]).toEqual([204, 204, 200]);
    expect([await send('OPTIONS'), await send('GET')]).toEqual([429, 429]);
  });

  test('applies the largest budget of several roles, and a budget by address to the public', async () => {
    const ask = await start({ budget: ['public=10', 'operator=20', 'analyst=90'] });
    expect((await ask('{ heavy }', 'role=operator,analyst; subject=z')).extensions.cost.budget).toBe(90);
    expect((await ask('{ heavy }', 'role=coordinator; subject=w')).extensions.cost.budget).toBe(10);
    expect((await ask('{ heavy }', null)).extensions.cost).toMatchObject({ budget: 10, remaining: 2 });
    expect((await ask('{ heavy }', null)).errors[0].extensions.code).toBe('BUDGET_EXHAUSTED');
  });

  test('charges each part of an operation with @defer when it starts', async () => {
    const ask = await start({ maxCost: '50', budget: ['operator=1000'] });
    const accept = { accept: 'multipart/mixed; deferSpec=20220824, application/json' };
    const { text } = await ask('{ heavy ... @defer { shops(first: 51) { id } } }', OPERATOR, accept);
    expect(text).toContain('"extensions":{"cost":{"estimated":8,"budget":1000,"remaining":992');
    expect(text).toContain('OPERATION_TOO_COSTLY');
    expect(calls).toBe(1);
    const { status, errors } = await ask('{ shops(first: 51) { id ... @defer { owner } } }', OPERATOR, accept);
    expect([status, errors[0].extensions.code, calls]).toEqual([400, 'OPERATION_TOO_COSTLY', 1]);
    // together they may cost as much as one operation
    const part = (name: string) => `... @defer { ${name}: shops(first: 30) { id } }`;
    const { text: parts } = await ask(`{ __typename ${part('a')} ${part('b')} }`, OPERATOR, accept);
    expect(parts).toContain("The operation's estimated cost is 60, and the limit is 50");
    expect(parts.match(/OPERATION_TOO_COSTLY/g)).toHaveLength(1);
  });

  test('charges the bytes of parts beyond those that the estimates cover', async () => {
    const ask = await start({ budget: ['operator=10000'] });
    const charged = async (name: string): Promise<number> => {
      const remaining = async () => Number((await ask('{ heavy }')).headers['ordergraph-budget-remaining']);
      shop = { __typename: 'Shop', id: '1', name };
      const before = await remaining();
      const accept = { accept: 'multipart/mixed; deferSpec=20220824, application/json' };
      const { text } = await ask('{ shop { id ... @defer { name } } }', OPERATOR, accept);
      expect(text).toContain(name);
      return before - (await remaining()) - 8;
    };
    const usual = await charged('x');
    expect(usual).toBeLessThan(10);
    // 60 bytes a unit, beyond 32 KiB
    expect(await charged('x'.repeat(32_768 + 60_000))).toBeGreaterThan(usual + 990);
  });

  test('only measures costs, or ignores them, when configured so', async () => {
    const measured = await (await start({ costs: 'measure', maxCost: '5', budget: ['operator=5'] }))('{ heavy }');
    expect(measured).toMatchObject({ status: 200, extensions: { cost: { estimated: 8, remaining: 0 } } });
    const off = await (await start({ costs: 'off', maxCost: '5' }))('{ heavy }');
    expect(off).toMatchObject({ status: 200, data: { heavy: 'h' } });
    expect(off).not.toHaveProperty('extensions');
  });

  test('derives the default limits from the served supergraph unless they are set', async () => {
    const plain = compose([
      { name: 'shops', url: 'http://shops.invalid', sdl: 'type Query { heavy: [Heavy] } type Heavy { id: ID }' },
    ]);
    const query = '{ heavy { id } }';
    for (const costs of [undefined, 'enforce'] as const) {
      let update = (_sdl: string) => {};
      const server = await createGateway({
        supergraph: {
          async initialize(options) {
            update = options.update;
            return { supergraphSdl: plain };
          },
        },
        config: readConfig({ logLevel: 'silent', maxCost: '5', costs }, {}),
        log: createLog('silent', 'test'),
        transport: () => ({
          shareable: false,
          request: async () => ({ headers: {}, read: () => ({ data: { heavy: [] } }) }),
          async close() {},
        }),
        forwardHeaders: [],
        identity: identity.parts,
      });
      open.push(server);
      const status = async () =>
        (await server.inject({ method: 'POST', url: '/graphql', payload: { query } })).statusCode;
      const becomes = (expected: number) =>
        until(
          async () => (await status()) === expected,
          () => `becomes ${expected}`,
        );
      expect(await status()).toBe(costs ? 400 : 200);
      update(
        compose([
          {
            name: 'shops',
            url: 'http://shops.invalid',
            sdl: `${LINK} type Query { heavy: [Heavy] } type Heavy { id: ID @price(weight: 1) }`,
          },
        ]),
      );
      await becomes(400);
      update(plain);
      if (!costs) await becomes(200);
      expect(await status()).toBe(costs ? 400 : 200);
    }
  });

  test.each(['analyst', 'analyst=many', 'king=5', '=5', 'analyst=-1'])('rejects the budget "%s"', (text) => {
    expect(() => budgetsOf([text])).toThrow(OperatorError);
  });

  test.each(['0', '-1', 'x', 'developer=5', 'operator=-1', 'operator='])('rejects the maximum cost %j', (text) => {
    expect(() => maxCostsOf([text])).toThrow(OperatorError);
  });

  test('takes a maximum cost for a role', async () => {
    const ask = await start({ maxCost: ['50', 'operator=100'], budget: ['operator=1000', 'analyst=1000'] });
    const query = '{ shops(first: 60) { id } }';
    expect((await ask(query, 'role=operator; subject=o')).extensions.cost).toMatchObject({ estimated: 60 });
    expect((await ask(query, 'role=analyst; subject=a')).errors[0].message).toMatch(/and the limit is 50/);
  });

  describeOnRedis('by several gateways', () => {
    test('counts budgets together in Redis, and separately while Redis is unavailable', async () => {
      const redis = await PrivateRedis.start();
      const flags = { limitsUrl: redis.url, budget: ['operator=100'], rateLimit: '6' };
      const [first, second] = [await start(flags), await start(flags)];
      const query = '{ shops(first: 40) { id } }';
      // until it is connected, a gateway counts alone
      const client = new Redis(redis.url);
      for (const [place, ask] of [first, second].entries())
        await until(
          async () => {
            await ask('{ heavy }', `role=analyst; subject=warm-${place}`);
            return (await client.keys('*:requests:*')).length > place;
          },
          () => 'requests are counted in Redis',
        );
      client.disconnect();
      expect((await first(query)).extensions.cost.remaining).toBe(60);
      expect((await second(query)).extensions.cost.remaining).toBe(20);
      expect((await first(query)).status).toBe(429);
      for (let time = 0; time < 3; time++) await second('{ heavy }', 'role=analyst; subject=rate');
      for (let time = 0; time < 3; time++) await first('{ heavy }', 'role=analyst; subject=rate');
      expect((await second('{ heavy }', 'role=analyst; subject=rate')).errors[0].extensions.code).toBe(
        'TOO_MANY_REQUESTS',
      );
      await redis.stop();
      const { extensions } = await first(query, 'role=operator; subject=later');
      expect(extensions.cost).toMatchObject({ estimated: 40, remaining: 60 });
    });
  });
});
