import { buildSubgraphSchema } from '@apollo/subgraph';
import type { FastifyInstance } from 'fastify';
import { type GraphQLSchema, graphql, parse } from 'graphql';
import type { Contracts } from '#base/contract';
import { WITHHELD_HEADER, writeWithheld } from '#base/withheld';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { type Agreement, NO_AGREEMENT } from '../../gateway/ownership/agreement';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { BytesTransport } from '../oracle/transport';
import { requireCompiled } from '../support/processes';
import { sharedPlanner } from '../worker/planner';

/** Contracts of a graph, each at its own path. */

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@shareable"])\n';
const HIDE = '@tag(name: "internal")';

/** Every name that a contract without `internal` hides has the word "Covert" or "COVERT". */
const SDL = {
  shop: `${LINK}
    interface Thing { id: ID! label: String }
    interface Covert ${HIDE} { covertNote: String }
    type Query {
      things: [Thing!]!
      results: [Result]!
      products(filter: ProductFilter, order: [Order!] = [NAME], covertHint: String = "from covert" ${HIDE}): [Product!]!
      product(id: ID!): Product
      page(order: Order = COVERT): String
      covertAudit: CovertAudit
    }
    type Mutation { rename(id: ID!, name: String!): Product covertErase(id: ID!): Boolean ${HIDE} }
    type Product implements Thing & Covert @key(fields: "id") {
      id: ID!
      label: String
      states: [State]
      covertNote: String ${HIDE}
      covertSupplier: CovertSupplier
      seenBy(filter: ProductFilter): String
    }
    type CovertSupplier implements Thing @key(fields: "id") ${HIDE} { id: ID! label: String }
    type CovertAudit ${HIDE} { at: String }
    union Result = Product | CovertSupplier
    enum State { ON_SALE COVERT ${HIDE} }
    enum Order { NAME COVERT ${HIDE} }
    input ProductFilter { label: String covertCost: Int = 3 ${HIDE} covertRange: CovertRange state: State = COVERT }
    input CovertRange ${HIDE} { least: Int }
  `,
  reviews: `${LINK}
    type Product @key(fields: "id") { id: ID! stars: Int covertMarks: [Int!] ${HIDE} }
  `,
};

const CONTRACTS: Contracts = {
  open: { description: 'Everyone.', include: [], exclude: ['internal'], classes: [] },
  other: { description: 'All parts.', include: ['internal'], exclude: [], classes: [] },
};
const supergraphOf = (contracts: Contracts = { open: CONTRACTS.open! }): string =>
  compose(
    Object.entries(SDL).map(([name, sdl]) => ({ name, url: `http://${name}.invalid`, sdl })),
    { agreement: { ...NO_AGREEMENT, contracts } satisfies Agreement },
  );

/** Rules that limit callers, of a visible and of hidden parts. */
const WITHHELD = writeWithheld(
  ['Product.label', 'Product.covertNote', 'CovertSupplier'].map((coordinate) => ({
    ...{ coordinate, kind: 'FIELD', readable: 'NONE', why: 'A rule.', grantedTo: [] },
  })),
);

const product = (id: string) => ({
  ...{ __typename: 'Product', id, label: `label ${id}`, states: ['ON_SALE', 'COVERT'] },
  ...{ covertNote: 'note', covertSupplier: { id: 's1', label: 'supplier' } },
  seenBy: ({ filter }: { filter?: object }) => JSON.stringify(filter ?? null),
});
const supplier = { __typename: 'CovertSupplier', id: 's1', label: 'supplier' };
const rootValue = {
  things: () => [product('1'), supplier, product('2')],
  results: () => [product('1'), supplier],
  products: ({ covertHint, order }: { covertHint: string; order: string[] }) => [
    { ...product('1'), label: `${covertHint} ${order}` },
  ],
  product: ({ id }: { id: string }) => product(id),
  page: ({ order }: { order: string }) => `by ${order}`,
  covertAudit: () => ({ at: 'now' }),
  rename: ({ id, name }: { id: string; name: string }) => ({ ...product(id), label: name }),
  covertErase: () => true,
};

function schemaOf(name: keyof typeof SDL): GraphQLSchema {
  const byId =
    name === 'shop'
      ? ({ id }: { id: string }) => product(id)
      : ({ id }: { id: string }) => ({ id, stars: 5, covertMarks: [1] });
  return buildSubgraphSchema([
    {
      typeDefs: parse(SDL[name]),
      resolvers: { Product: { __resolveReference: byId } } as never,
    },
  ]);
}

let gateway: FastifyInstance;
let update: (sdl: string) => Promise<boolean>;

beforeAll(async () => {
  requireCompiled();
  const schemas = new Map(Object.keys(SDL).map((name) => [name, schemaOf(name as keyof typeof SDL)]));
  gateway = await createGateway({
    supergraph: {
      initialize: async (options) => {
        update = options.update;
        return { supergraphSdl: supergraphOf() };
      },
    },
    config: readConfig({ logLevel: 'silent', costs: 'off', rateLimit: 0, pages: 'off' }, {}),
    log: createLog('silent', 'test'),
    planner: (supergraphSdl) => sharedPlanner(supergraphSdl),
    transport: ({ name }) => {
      const transport = new BytesTransport(name, async (source, variableValues) => {
        const answer = await graphql({ schema: schemas.get(name)!, source, rootValue, variableValues });
        return JSON.parse(JSON.stringify(answer));
      });
      return {
        shareable: true,
        request: async (request) => ({
          ...(await transport.request(request)),
          headers: { [WITHHELD_HEADER]: WITHHELD },
        }),
        close: () => transport.close(),
      };
    },
    forwardHeaders: [],
  });
});
afterAll(() => gateway?.close());
afterEach(() => update(supergraphOf()));

/** An operation with a hidden name at `X`. */
interface Hidden {
  readonly query: string;
  readonly hidden: string;
  readonly variables: object;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly data: unknown;
  readonly errors: readonly { message: string; path?: unknown; extensions: { code: string } }[] | undefined;
}

async function ask(path: string, payload: object): Promise<Answer> {
  const response = await gateway.inject({ method: 'POST', url: path, payload });
  const { data, errors } = response.json();
  return { status: response.statusCode, text: response.body, data, errors };
}
const open = (query: string, variables: object = {}, more: object = {}) =>
  ask('/contracts/open', { query, variables, ...more });
const whole = (query: string, variables: object = {}) => ask('/graphql', { query, variables });

describe('a contract', () => {
  test('answers what it shows as the graph does, by POST and GET, and with @defer', async () => {
    const query = 'query ($id: ID!) { product(id: $id) { id label stars } things { ... on Product { label } } }';
    const { data } = await whole('query ($id: ID!) { product(id: $id) { id label stars } }', { id: '7' });
    for (const _time of ['new', 'known', 'sliced']) {
      const answer = await open('query ($id: ID!) { product(id: $id) { id label stars } }', { id: '7' });
      expect(answer).toMatchObject({ status: 200, data, errors: undefined });
    }
    const { body } = await gateway.inject({
      url: `/contracts/open?query=${encodeURIComponent('{ product(id: 7) { id label stars } }')}`,
    });
    expect(JSON.parse(body).data).toEqual(data);
    const deferred = await gateway.inject({
      ...{ method: 'POST', url: '/contracts/open' },
      headers: { accept: 'multipart/mixed; deferSpec=20220824' },
      payload: { query: '{ product(id: 7) { id ... @defer { stars states } } }' },
    });
    expect(deferred.body).toContain('"stars":5');
    expect(deferred.body).not.toMatch(/covert/i);
    expect((await open(query, { id: '7' })).status).toBe(200);
  });

  test('shows in introspection, and as text, nothing that it hides', async () => {
    const everything =
      '{ __schema { types { name fields { name args { name defaultValue } } inputFields { name defaultValue } enumValues { name } possibleTypes { name } interfaces { name } } directives { name } } }';
    for (const _time of ['new', 'known', 'cached']) {
      expect((await whole(everything)).text).toMatch(/covert/i);
      const { text, errors } = await open(everything);
      expect(errors).toBeUndefined();
      expect(text).toContain('"ON_SALE"');
      expect(text).not.toMatch(/covert/i);
    }
    for (const name of ['CovertSupplier', 'Covert', 'CovertAudit', 'CovertRange', 'Absent'])
      expect((await open('query ($name: String!) { __type(name: $name) { name } }', { name })).data).toEqual({
        __type: null,
      });
    const { body, statusCode } = await gateway.inject('/contracts/open/schema.graphql');
    expect(statusCode).toBe(200);
    expect(body).toContain('type Product');
    expect(body).not.toMatch(/covert/i);
  });

  /** Operations with a hidden name `X`, and the name in the error for it. */
  const HIDDEN = [
    ['{ X { at } }', 'covertAudit'],
    ['{ a: X { at } }', 'covertAudit'],
    ['{ product(id: 1) { X } }', 'covertNote'],
    ['{ product(id: 1) { X { id } } }', 'covertSupplier'],
    ['{ product(id: 1) { X } }', 'covertMarks'],
    ['{ things { ... on X { id } } }', 'CovertSupplier'],
    ['{ results { ... on X { id } } }', 'CovertSupplier'],
    ['{ things { ...f } } fragment f on X { id }', 'CovertSupplier'],
    ['{ things { ... on X { covertNote } } }', 'Covert'],
    ['{ products(X: "h") { id } }', 'covertHint'],
    ['{ products(filter: { X: 1 }) { id } }', 'covertCost'],
    ['{ products(filter: { X: { least: 1 } }) { id } }', 'covertRange'],
    ['query ($f: ProductFilter) { products(filter: $f) { id } }', 'covertCost', { f: { X: 1 } }],
    ['query ($r: X) { products { id } product(id: $r) { id } }', 'CovertRange'],
    ['{ products(order: X) { id } }', 'COVERT'],
    ['query ($o: [Order!]) { products(order: $o) { id } }', 'COVERT', { o: ['X'] }],
    ['query ($f: ProductFilter = { state: X }) { products(filter: $f) { id } }', 'COVERT'],
    ['mutation { X(id: 1) }', 'covertErase'],
    ['{ __schema { X } }', 'covertAudit'],
  ].map(([query, hidden, variables = {}]) => ({ query, hidden, variables }) as Hidden);
  test.each(HIDDEN)(
    'refuses $query for $hidden like a name that does not exist',
    async ({ query, hidden, variables }) => {
      // the same length, so that locations are equal, and similar to no other name
      const absent = 'z'.repeat(hidden.length);
      const named = (name: string) =>
        [query.replaceAll('X', name), JSON.parse(JSON.stringify(variables).replaceAll('X', name))] as const;
      // known to the graph, and in its caches
      await whole(...named(hidden));
      await whole(...named(hidden));
      for (const _time of ['once', 'again']) {
        const [refused, unknown] = [await open(...named(hidden)), await open(...named(absent))];
        expect(refused.errors?.length).toBeGreaterThan(0);
        const seen = refused.text.replaceAll(hidden, absent).replaceAll(/; did you mean[^"]*|Did you mean[^"]*\?/g, '');
        expect(seen.replaceAll(' "', '"')).toBe(
          unknown.text.replaceAll(/; did you mean[^"]*|Did you mean[^"]*\?/g, '').replaceAll(' "', '"'),
        );
        expect(refused.status).toBe(unknown.status);
      }
    },
  );

  test('suggests no hidden name', async () => {
    for (const query of [
      '{ covertAudi { at } }',
      '{ product(id: 1) { covertNot covertSuplier } }',
      '{ things { ... on CovertSuplier { id } } }',
      '{ products(covertHin: 1, filter: { covertCos: 1 }, order: COVER) { id } }',
    ]) {
      const names = [...query.matchAll(/covert\w*|COVER\w*/gi)].map(([name]) => name);
      let { text } = await open(query);
      for (const name of names) text = text.replaceAll(name, '');
      expect(text).not.toMatch(/covert/i);
      expect((await whole(query)).text).toMatch(/id you mean/);
    }
  });

  test('returns null and an error for an object of a hidden type, without its name', async () => {
    for (const _time of ['new', 'known', 'sliced']) {
      const things = await open('{ things { __typename id label } }');
      expect(things.data).toBeNull();
      expect(things.text).not.toMatch(/covert/i);
      const { data, errors, text } = await open('{ results { __typename ... on Product { id } } }');
      expect(data).toEqual({ results: [{ __typename: 'Product', id: '1' }, null] });
      expect(errors).toMatchObject([{ path: ['results', 1] }]);
      expect(text).not.toMatch(/covert/i);
    }
    expect((await whole('{ results { __typename } }')).data).toEqual({
      results: [{ __typename: 'Product' }, { __typename: 'CovertSupplier' }],
    });
  });

  test('returns null and an error for a hidden enum value', async () => {
    for (const _time of ['new', 'known', 'sliced']) {
      const { data, errors, text } = await open('{ product(id: 1) { states } }');
      expect(data).toEqual({ product: { states: ['ON_SALE', null] } });
      expect(errors).toMatchObject([{ path: ['product', 'states', 1] }]);
      expect(text).not.toMatch(/covert/i);
    }
  });

  test('lets the defaults of hidden arguments and input fields apply', async () => {
    expect((await open('{ products { label } page }')).data).toEqual({
      products: [{ label: 'from covert NAME' }],
      page: 'by COVERT',
    });
    const query = 'query ($f: ProductFilter) { product(id: 1) { seenBy(filter: $f) } }';
    const variables = { f: { label: 'x' } };
    const [contract, graph] = [await open(query, variables), await whole(query, variables)];
    expect(contract.data).toEqual(graph.data);
    expect((await open('{ product(id: 1) { seenBy(filter: { label: "x" }) } }')).data).toEqual(graph.data);
  });

  test('runs its mutations, and refuses them by GET', async () => {
    const query = 'mutation { rename(id: 1, name: "new") { label } }';
    expect((await open(query)).data).toEqual({ rename: { label: 'new' } });
    const { statusCode } = await gateway.inject({ url: `/contracts/open?query=${encodeURIComponent(query)}` });
    expect(statusCode).toBe(405);
  });

  test('plans what the graph has planned not again', async () => {
    const query = '{ product(id: 3) { again: label stars } }';
    const planned = async () => {
      const { body } = await gateway.inject('/metrics');
      return /ordergraph_plans_cached (\d+)/.exec(body)?.[1];
    };
    await whole(query);
    const before = await planned();
    expect((await open(query)).errors).toBeUndefined();
    expect(await planned()).toBe(before);
  });

  test('does not accept documents that were registered for the graph, unless they are valid in it', async () => {
    const { createHash } = await import('node:crypto');
    for (const [query, isValid] of [
      ['{ covertAudit { at } }', false],
      ['{ product(id: 4) { label } }', true],
    ] as const) {
      const sha256Hash = createHash('sha256').update(query).digest('hex');
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      expect((await ask('/graphql', { query, extensions })).errors).toBeUndefined();
      const { errors, status } = await ask('/contracts/open', { extensions });
      expect(errors?.[0]?.extensions.code).toBe(isValid ? undefined : 'GRAPHQL_VALIDATION_FAILED');
      expect(status).toBe(isValid ? 200 : 400);
    }
  });

  test('lists no rule of a hidden part among those that limit the caller', async () => {
    const coordinates = async (path: string) => {
      const { body } = await gateway.inject({
        method: 'POST',
        url: path,
        payload: { query: '{ product(id: 1) { id } }' },
      });
      return JSON.parse(body).extensions.withheld.map(({ coordinate }: { coordinate: string }) => coordinate);
    };
    expect(await coordinates('/graphql')).toEqual(['CovertSupplier', 'Product.covertNote', 'Product.label']);
    expect(await coordinates('/contracts/open')).toEqual(['Product.label']);
  });

  test('shows traces without hidden names', async () => {
    const { text } = await open('{ results { ... on Product { stars } } }', {}, { extensions: { trace: true } });
    expect(text).toContain('"plan"');
    expect(text).not.toMatch(/covert/i);
  });

  test.each(['none', 'graphql', '__proto__', 'constructor', 'OPEN', 'open%2F'])(
    'is not found by the name %s',
    async (name) => {
      for (const path of [`/contracts/${name}`, `/contracts/${name}/schema.graphql`]) {
        const { statusCode, body } = await gateway.inject({ url: `${path}?query={__typename}` });
        expect(statusCode).toBe(404);
        expect(body).toContain('"CONTRACT_NOT_FOUND"');
      }
    },
  );
});

describe('a new supergraph', () => {
  test('adds, changes, and removes contracts while it serves', async () => {
    const query = '{ product(id: 1) { label } }';
    expect((await ask('/contracts/added', { query })).status).toBe(404);
    const added = { ...CONTRACTS.open!, exclude: [], include: ['internal'] };
    // Query has no field with the tag
    expect(await update(supergraphOf({ open: CONTRACTS.open!, added: { ...added, include: ['absent'] } }))).toBe(false);
    expect(await update(supergraphOf({ open: CONTRACTS.open!, added: CONTRACTS.open! }))).toBe(true);
    expect((await ask('/contracts/added', { query })).data).toEqual({ product: { label: 'label 1' } });
    expect((await ask('/contracts/added', { query: '{ covertAudit { at } }' })).status).toBe(400);
    expect(await update(supergraphOf({}))).toBe(true);
    for (const name of ['added', 'open']) expect((await ask(`/contracts/${name}`, { query })).status).toBe(404);
    expect((await whole(query)).data).toEqual({ product: { label: 'label 1' } });
  });

  test('answers what began on the previous one by its contract', async () => {
    const requests = Array.from({ length: 20 }, (_, id) => open(`{ product(id: ${id}) { label stars } }`));
    await update(supergraphOf({}));
    for (const { status, data } of await Promise.all(requests))
      expect(status === 404 ? undefined : (data as { product: { stars: number } }).product.stars).toBe(
        status === 404 ? undefined : 5,
      );
  });
});
