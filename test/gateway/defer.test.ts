import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { meros } from 'meros/browser';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport } from '../../gateway/transport/in-process';
import { type Payload, payloadsOf } from '../oracle/incremental';
import { OracleWorld } from '../oracle/world';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

beforeAll(requireCompiled);

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
const sdls = {
  shops: `${link} type Query { shops: [Shop!] none: [Shop!] first: Shop } type Mutation { open: Shop }
    type Shop @key(fields: "id") { id: ID! name: String owner: Owner } type Owner @key(fields: "id") { id: ID! name: String }`,
  stock: `${link} type Query { total: Int } type Shop @key(fields: "id") { id: ID! items: Int exact: Int! }
    type Owner @key(fields: "id") { id: ID! shares: Int }`,
};
const supergraph = compose(Object.entries(sdls).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` })));

const schemas = {
  shops: buildSubgraphSchema(parse(sdls.shops)),
  stock: buildSubgraphSchema({
    typeDefs: parse(sdls.stock),
    resolvers: {
      Query: { total: () => 42 },
      Shop: { items: ({ id }: { id: string }) => Number(id) * 10 },
      Owner: { shares: () => 3 },
    },
  }),
};
const data = {
  shops: [
    { id: '1', name: 'One' },
    { id: '2', name: 'Two' },
  ],
  none: [],
  first: { id: '1', name: 'One', owner: { id: '9', name: 'Nine' } },
  open: { id: '3', name: 'Three' },
};

/**
 * A gateway whose stock responds when the test lets it, with the given response if there is one.
 * @param shops the response of shops, if not from their data
 */
async function open(shops?: object) {
  let let_: (answer?: object) => void = () => {};
  const stock = new Promise<object | undefined>((resolve) => {
    let_ = resolve;
  });
  const server = await createGateway({
    supergraph,
    config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
    log: createLog('silent', 'test'),
    transport: ({ name }) =>
      new InProcessTransport({
        name,
        execute: async ({ query, variables }) => {
          const answer = name === 'stock' ? await stock : shops;
          const schema = schemas[name as keyof typeof schemas];
          return (answer ??
            (await graphql({ schema, source: query, variableValues: variables, rootValue: data }))) as never;
        },
      }),
    forwardHeaders: [],
  });
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  const ask = (query: string, accept: string, variables: Record<string, unknown> = {}) =>
    fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, variables }),
    });
  return { server, ask, let: let_ };
}

/** The parts of a multipart body, as they arrive. */
async function* partsOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  const parts = await meros<Record<string, unknown>>(response);
  if (parts instanceof Response) throw new Error(`the response is not a multipart body: ${await parts.text()}`);
  for await (const { body } of parts) yield body as Record<string, unknown>;
}

const whole = async (response: Response): Promise<Payload[]> =>
  payloadsOf(response.headers, new Uint8Array(await response.arrayBuffer()));

const QUERY = '{ shops { name ... @defer(label: "stock") { items } } }';
const FIRST = { shops: [{ name: 'One' }, { name: 'Two' }] };
const STOCK = { data: { _entities: [{ items: 10 }, { items: 20 }] } };

describe('@defer over HTTP', () => {
  test('sends ready fields before deferred ones in the format of Apollo Client 3 and Relay', async () => {
    const gateway = await open();
    try {
      const response = await gateway.ask(QUERY, 'multipart/mixed; deferSpec=20220824, application/json');
      expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
      const parts = partsOf(response);
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let(STOCK);
      expect((await parts.next()).value).toEqual({
        incremental: [
          { data: { items: 10 }, path: ['shops', 0], label: 'stock' },
          { data: { items: 20 }, path: ['shops', 1], label: 'stock' },
        ],
        hasNext: false,
      });
      expect((await parts.next()).done).toBe(true);
    } finally {
      await gateway.server.close();
    }
  });

  test('announces deferred fragments under an id in the format of the working draft', async () => {
    const gateway = await open();
    try {
      const response = await gateway.ask(QUERY, 'multipart/mixed; incrementalSpec=v0.2, application/json');
      const parts = partsOf(response);
      const pending = [0, 1].map((index) => ({ id: String(index), path: ['shops', index], label: 'stock' }));
      expect((await parts.next()).value).toEqual({ data: FIRST, pending, hasNext: true });
      gateway.let(STOCK);
      expect((await parts.next()).value).toEqual({
        incremental: [
          { id: '0', data: { items: 10 } },
          { id: '1', data: { items: 20 } },
        ],
        completed: [{ id: '0' }, { id: '1' }],
        hasNext: false,
      });
    } finally {
      await gateway.server.close();
    }
  });

  test('reports errors in the part they belong to, with codes and without internals', async () => {
    const gateway = await open();
    try {
      const parts = partsOf(await gateway.ask(QUERY, 'multipart/mixed; deferSpec=20220824'));
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let({ data: null, errors: [{ message: 'SQL at db-17', extensions: {} }] });
      const { incremental } = (await parts.next()).value as { incremental: { data: unknown; errors: object[] }[] };
      expect(incremental.map(({ data }) => data)).toEqual([{ items: null }, { items: null }]);
      expect(incremental[1]!.errors).toEqual([
        {
          message: 'Internal error',
          path: ['shops', 1, 'items'],
          extensions: {
            code: 'INTERNAL_SERVER_ERROR',
            reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
            subgraph: 'stock',
          },
        },
      ]);
      expect(JSON.stringify(incremental)).not.toContain('db-17');
    } finally {
      await gateway.server.close();
    }
  });

  test('sends one JSON object without @defer(if: true) or to clients without multipart', async () => {
    const gateway = await open();
    gateway.let(STOCK);
    try {
      const whole = {
        data: {
          shops: [
            { name: 'One', items: 10 },
            { name: 'Two', items: 20 },
          ],
        },
      };
      expect(await (await gateway.ask(QUERY, 'application/json')).json()).toEqual(whole);
      // sent again, it is a known operation
      expect(await (await gateway.ask(QUERY, 'application/json')).json()).toEqual(whole);
    } finally {
      await gateway.server.close();
    }
  });

  test('does not delay the first part for a root field deferred on the same subgraph', async () => {
    const gateway = await open();
    try {
      const query = '{ shops { name } ... @defer { total } }';
      const parts = partsOf(await gateway.ask(query, 'multipart/mixed; deferSpec=20220824'));
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let({ data: { total: 42 } });
      expect((await parts.next()).value).toEqual({ incremental: [{ data: { total: 42 }, path: [] }], hasNext: false });
    } finally {
      await gateway.server.close();
    }
  });

  test('delivers deferred parts of an operation that only the direct planner can plan', async () => {
    const { subgraphs } = zoo.find(({ name }) => name.startsWith('requirements'))!;
    const world = new OracleWorld(subgraphs, '7', { nulls: 0, errors: 0, unknown: 0 });
    const server = await createGateway({
      supergraph: compose(
        Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` })),
      ),
      config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
      log: createLog('silent', 'test'),
      transport: ({ name }) =>
        new InProcessTransport({
          name,
          execute: ({ query, variables }) => world.execute(name, query, variables ?? {}),
        }),
      forwardHeaders: [],
    });
    const fields = 'handling @include(if: $yes) duty volume';
    const ask = async (query: string): Promise<Response> => {
      const { statusCode, headers, rawPayload } = await server.inject({
        method: 'POST',
        url: '/graphql',
        headers: { accept: 'multipart/mixed; deferSpec=20220824, application/json' },
        payload: { query, variables: { yes: true } },
      });
      return new Response(rawPayload, { status: statusCode, headers: headers as Record<string, string> });
    };
    try {
      const [first, ...later] = await whole(
        await ask(`query($yes: Boolean!) { boxes { ${fields} ... @defer { id } } }`),
      );
      const answer = await ask(`query($yes: Boolean!) { boxes { ${fields} id } }`);
      const { data: all, errors } = (await answer.json()) as { data: { boxes: unknown }; errors?: unknown };
      const { boxes } = first!.data as { boxes: Record<string, unknown>[] };
      for (const { path, data: part } of later.flatMap(({ incremental = [] }) => incremental))
        Object.assign(boxes[Number(path![1])]!, part);
      expect({ boxes, errors }).toEqual({ boxes: all.boxes, errors: undefined });
      expect(boxes.length).toBeGreaterThan(0);
      expect(later.at(-1)!.hasNext).toBe(false);
    } finally {
      await server.close();
    }
  });
});

const BY_ID = 'multipart/mixed; incrementalSpec=v0.2';
const BY_PATH = 'multipart/mixed; deferSpec=20220824';

const NOT_DEFERRED: readonly [string, string, Record<string, unknown>][] = [
  ['if: false', '{ shops { name ... @defer(if: false) { items } } }', {}],
  [
    'a variable with the value false',
    'query ($if: Boolean!) { shops { name ... @defer(if: $if) { items } } }',
    { if: false },
  ],
  [
    'a variable with the value null',
    'query ($if: Boolean) { shops { name ... @defer(if: $if) { items } } }',
    { if: null },
  ],
  ['a default value of false', 'query ($if: Boolean = false) { shops { name ... @defer(if: $if) { items } } }', {}],
  ['@skip beside it', 'query ($if: Boolean!) { shops { name ... @defer @skip(if: $if) { items } } }', { if: true }],
  ['@include beside it', '{ shops { name ... @include(if: false) @defer { items } } }', {}],
  ['@skip beside it at the root', '{ shops { name } ... @defer @skip(if: true) { total } }', {}],
  ['conditions on all its fields', '{ shops { name ... @defer { items @skip(if: true) } } }', {}],
  ['conditions on all its fields at the root', '{ shops { name } ... @defer { total @include(if: false) } }', {}],
  ['fields that are also selected outside it', '{ shops { name ... @defer { name } } }', {}],
  ['an empty list', '{ none { name ... @defer { items } } }', {}],
  ['a mutation', 'mutation { open { name ... @defer { id } } }', {}],
  ['introspection', '{ __schema { queryType { name ... @defer { kind } } } }', {}],
];

describe('@defer that is disabled or has nothing to deliver', () => {
  test.each(NOT_DEFERRED)(
    'returns one JSON object, first and again, for @defer without effect: %s',
    async (_why, query, variables) => {
      const gateway = await open();
      gateway.let();
      try {
        const [plain] = await whole(await gateway.ask(query, 'application/json', variables));
        expect(plain!.errors).toBeUndefined();
        for (const format of [BY_ID, BY_PATH, 'multipart/mixed'])
          for (const _time of ['first', 'second']) {
            const response = await gateway.ask(query, `${format}, application/json;q=0.9`, variables);
            // the format of August 2022 repeats fields that are selected twice
            if (query.includes('... @defer { name }') && format === BY_PATH) continue;
            expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
            expect(await response.json()).toEqual(plain);
          }
      } finally {
        await gateway.server.close();
      }
    },
  );

  test.each(NOT_DEFERRED)(
    'returns a single part to clients that accept only multipart: %s',
    async (_why, query, variables) => {
      const gateway = await open();
      gateway.let();
      try {
        const [plain] = await whole(await gateway.ask(query, 'application/json', variables));
        for (const _time of ['first', 'second']) {
          const response = await gateway.ask(query, BY_ID, variables);
          expect(response.status).toBe(200);
          expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; incrementalSpec=v0.2');
          expect(await whole(response)).toEqual([{ ...plain, hasNext: false }]);
        }
      } finally {
        await gateway.server.close();
      }
    },
  );

  test.each([BY_ID, BY_PATH])(
    'never announces a fragment on an object that is null in the first part: %s',
    async (format) => {
      const gateway = await open({ data: { shops: null, first: null } });
      try {
        const query = '{ shops { name ... @defer { items } } first { name ... @defer { items } } }';
        const response = await gateway.ask(query, `${format}, application/json`);
        expect(await response.json()).toEqual({ data: { shops: null, first: null } });
        const [part, ...others] = await whole(await gateway.ask(query, format));
        expect(part).toEqual({ data: { shops: null, first: null }, hasNext: false });
        expect(others).toEqual([]);
      } finally {
        await gateway.server.close();
      }
    },
  );

  test('never announces a fragment on an object that a null below it removed', async () => {
    const gateway = await open({ data: { shops: [{ __typename: 'Shop', id: null, name: 'One' }] } });
    try {
      const response = await gateway.ask('{ shops { id ... @defer { items } } }', `${BY_ID}, application/json`);
      expect(await response.json()).toMatchObject({ data: { shops: null }, errors: [{ path: ['shops', 0, 'id'] }] });
    } finally {
      await gateway.server.close();
    }
  });
});

describe('a deferred fragment', () => {
  test('completes a fragment that is nulled by errors and leaves other data as they are', async () => {
    const gateway = await open();
    gateway.let({
      data: { _entities: [null] },
      errors: [{ message: 'no', path: ['_entities', 0, 'exact'], extensions: { code: 'BROKEN' } }],
    });
    try {
      const query = '{ first { name ... @defer(label: "a") { exact owner { id } ... @defer(label: "b") { items } } } }';
      const [first, later, ...rest] = await whole(await gateway.ask(query, BY_ID));
      const errors = [{ message: 'no', path: ['first', 'exact'], extensions: { code: 'BROKEN', subgraph: 'stock' } }];
      expect(first).toEqual({
        data: { first: { name: 'One' } },
        pending: [{ id: '0', path: ['first'], label: 'a' }],
        hasNext: true,
      });
      expect(later).toEqual({ completed: [{ id: '0', errors }], hasNext: false });
      expect(rest).toEqual([]);
      expect((await whole(await gateway.ask(query, BY_PATH))).slice(1)).toEqual([
        { incremental: [{ data: null, path: ['first'], label: 'a', errors }], hasNext: false },
      ]);
    } finally {
      await gateway.server.close();
    }
  });

  test('delivers deferred fields of already sent objects below its path, each once', async () => {
    const gateway = await open();
    gateway.let();
    try {
      const query = '{ first { name owner { name } ... @defer { name owner { name shares } } } }';
      const [first, later] = await whole(await gateway.ask(query, BY_ID));
      expect(first!.data).toEqual({ first: { name: 'One', owner: { name: 'Nine' } } });
      expect(later!.incremental).toEqual([{ id: '0', subPath: ['owner'], data: { shares: 3 } }]);
      const [, repeated] = await whole(await gateway.ask(query, BY_PATH));
      expect(repeated!.incremental).toEqual([
        { path: ['first'], data: { name: 'One', owner: { name: 'Nine', shares: 3 } } },
      ]);
      const [, merged] = await whole(await gateway.ask(query, 'multipart/mixed'));
      expect(merged!.incremental).toEqual([{ path: ['first', 'owner'], data: { shares: 3 } }]);
    } finally {
      await gateway.server.close();
    }
  });

  test('announces a nested deferred fragment after its parent has been delivered', async () => {
    const gateway = await open();
    gateway.let();
    try {
      const query =
        '{ first { name ... @defer(label: "outer") { items owner { id ... @defer(label: "inner") { shares } } } } }';
      const [first, ...later] = await whole(await gateway.ask(query, BY_ID));
      expect(first!.pending).toEqual([{ id: '0', path: ['first'], label: 'outer' }]);
      expect(later).toEqual([
        {
          pending: [{ id: '1', path: ['first', 'owner'], label: 'inner' }],
          incremental: [{ id: '0', data: { items: 10, owner: { id: '9' } } }],
          completed: [{ id: '0' }],
          hasNext: true,
        },
        { incremental: [{ id: '1', data: { shares: 3 } }], completed: [{ id: '1' }], hasNext: false },
      ]);
    } finally {
      await gateway.server.close();
    }
  });
});

const URQL =
  'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed';
const PARTS_BY_ID = 'multipart/mixed; boundary="-"; incrementalSpec=v0.2';
const PARTS_BY_PATH = 'multipart/mixed; boundary="-"; deferSpec=20220824';
const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** By `Accept`, the media types of a response in parts and of a single response. */
const ACCEPTED: readonly [string, string, string][] = [
  [URQL, PARTS_BY_PATH, RESPONSE_TYPE],
  ['application/json, multipart/mixed', PARTS_BY_PATH, JSON_TYPE],
  ['application/graphql-response+json, application/json, multipart/mixed', PARTS_BY_PATH, RESPONSE_TYPE],
  [
    'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
    PARTS_BY_PATH,
    RESPONSE_TYPE,
  ],
  [
    'multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9',
    PARTS_BY_ID,
    RESPONSE_TYPE,
  ],
  ['MULTIPART/MIXED; DEFERSPEC="20220824", Application/JSON', PARTS_BY_PATH, JSON_TYPE],
  ['multipart/mixed; boundary=graphql; charset=utf-8, application/json; odd="a,b"', PARTS_BY_PATH, JSON_TYPE],
  [
    'multipart/mixed; deferSpec=20220824; q=0.5, multipart/mixed; incrementalSpec=v0.2; q=0.7',
    PARTS_BY_ID,
    PARTS_BY_ID,
  ],
  ['multipart/mixed; deferSpec=20220824, multipart/mixed; incrementalSpec=v0.2', PARTS_BY_PATH, PARTS_BY_PATH],
  ['multipart/mixed', PARTS_BY_PATH, PARTS_BY_PATH],
  ['multipart/*', PARTS_BY_PATH, PARTS_BY_PATH],
  ['multipart/mixed;q=0.8, application/json', JSON_TYPE, JSON_TYPE],
  ['multipart/mixed;q=0.8, */*;q=0.1', PARTS_BY_PATH, JSON_TYPE],
  ['multipart/mixed;q=0, */*', JSON_TYPE, JSON_TYPE],
  ['multipart/mixed; deferSpec=19990101, application/json', JSON_TYPE, JSON_TYPE],
  ['multipart/mixed; incrementalSpec=v9, application/json', JSON_TYPE, JSON_TYPE],
  ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json', JSON_TYPE, JSON_TYPE],
  ['application/*', JSON_TYPE, JSON_TYPE],
  ['*/*', JSON_TYPE, JSON_TYPE],
  ['application/json', JSON_TYPE, JSON_TYPE],
];

test.each(ACCEPTED)(
  'returns the same response the first and the second time for Accept: %s',
  async (accept, inParts, inOne) => {
    const gateway = await open();
    gateway.let();
    try {
      const expected: [string, string][] = [
        [QUERY, inParts],
        ['{ shops { name items } }', inOne],
        ['{ shops { name ... @defer(if: false) { items } } }', inOne],
        ['mutation { open { name ... @defer { id } } }', inOne],
      ];
      for (const [query, type] of expected)
        for (const time of ['first', 'second']) {
          const response = await gateway.ask(query, accept);
          const payloads = await whole(response);
          expect([query, time, response.status, response.headers.get('content-type')]).toEqual([
            query,
            time,
            200,
            type,
          ]);
          expect(payloads[0]!.data).toBeDefined();
          expect(payloads.at(-1)!.hasNext ?? false).toBe(false);
          expect(payloads.length).toBe(query === QUERY && type.startsWith('multipart') ? 2 : 1);
        }
    } finally {
      await gateway.server.close();
    }
  },
);

test('sends errors of rejected requests to clients that accept only multipart', async () => {
  const gateway = await open();
  try {
    const response = await gateway.ask('{ shops { nme ... @defer { items } } }', BY_ID);
    expect(response.status).toBe(400);
    expect(await whole(response)).toMatchObject([
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }], hasNext: false },
    ]);
    expect((await gateway.ask('{ shops { name } }', 'text/csv')).status).toBe(406);
  } finally {
    await gateway.server.close();
  }
});
