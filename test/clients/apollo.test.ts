import {
  type Endpoint,
  type Exchange,
  installClients,
  type RunningGraph,
  runScenario,
  startGraph,
} from '../support/clients';
import { INSPECTOR } from '../support/identity';

const DEVELOPER = 'role=developer-submitter; organization=exercise-alder; subject=client';

interface Failure {
  readonly errorPolicy: string;
  readonly data?: object;
  readonly error?: object;
  readonly thrown?: object;
}

interface Deferred {
  readonly name: string;
  /** How many parts the query defers. */
  readonly parts: number;
  readonly time: string;
  readonly states: readonly { readonly dataState: string; readonly data: object }[];
  readonly error?: object;
  readonly cached: object;
  readonly expected: object;
  readonly exchanges: readonly Exchange[];
}

describe('Apollo Client', () => {
  let graph: RunningGraph;
  let inspector: Endpoint;
  let developer: Endpoint;
  beforeAll(async () => {
    await installClients();
    graph = await startGraph();
    inspector = await graph.endpoint(INSPECTOR);
    developer = await graph.endpoint(DEVELOPER);
  });
  afterAll(() => graph?.close());

  const run = <Result>(scenario: string, input: object) => runScenario<Result>('apollo.mjs', scenario, input);

  test('caches a sector by its key and does not ask for it again', async () => {
    const sector = { __typename: 'Sector', key: 'energy', name: 'Energy' };
    const result = await run<{ exchanges: Exchange[] }>('cacheById', { graph: developer });
    expect(result).toMatchObject({
      first: { sector },
      second: { sector },
      id: 'Sector:{"key":"energy"}',
      fragment: { name: 'Energy' },
    });
    expect(result.exchanges).toHaveLength(1);
  });

  test('reads a list to its end with relayStylePagination', async () => {
    const result = await run<Record<string, unknown>>('paginate', { graph: developer });
    expect(result.keys).toEqual(result.expected);
    expect(result.keys).toHaveLength(16);
    expect(result).toMatchObject({ totalCount: 16, requests: 4 });
  });

  test('writes the result of a mutation to the cache, and replays the mutation', async () => {
    const input = { idempotencyKey: 'apollo-client', codename: 'apollo', modalities: ['TEXT'] };
    const model = { id: expect.stringMatching(/^mdl_/), codename: 'apollo', modalities: ['TEXT'] };
    const result = await run<Record<string, Record<string, unknown>>>('mutate', { graph: developer, input });
    expect(result).toMatchObject({
      first: { registerModel: { model, replayed: false } },
      again: { registerModel: { model, replayed: true } },
      cached: { aiModel: model },
      fresh: { aiModel: model },
      requests: 2,
    });
    expect(result.fresh).toEqual(result.cached);
  });

  describe('with operations that fail', () => {
    let results: Readonly<Record<string, readonly Failure[]>>;
    beforeAll(async () => {
      results = await run('fail', { graph: developer });
    });

    test.each([
      ['unknown field', undefined, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      ['missing variable', undefined, { extensions: { code: 'BAD_USER_INPUT' } }],
      [
        'restricted field',
        { sector: { key: 'energy', name: 'Energy' }, aiToolAdoption: null },
        { path: ['aiToolAdoption'], extensions: { code: 'FORBIDDEN' } },
      ],
    ])('reports GraphQL errors for %s by the error policy', (name, data, error) => {
      const errors = { kind: 'CombinedGraphQLErrors', errors: [error] };
      expect(results[name]).toMatchObject([
        { errorPolicy: 'all', error: errors },
        { errorPolicy: 'all', error: errors },
        { errorPolicy: 'none', thrown: errors },
      ]);
      for (const { data: shown } of results[name]!.slice(0, 2))
        if (data) expect(shown).toMatchObject(data);
        else expect(shown).toBeUndefined();
    });
  });

  describe.each([
    ['Defer20220824Handler', 'deferSpec=20220824'],
    ['GraphQL17Alpha9Handler', 'incrementalSpec=v0.2'],
  ])('with %s', (handler, spec) => {
    let results: readonly Deferred[];
    beforeAll(async () => {
      results = await run<Deferred[]>('defer', { graph: inspector, handler });
    });

    test('shows and caches the complete data of every query with @defer, without an error', () => {
      expect(results).not.toHaveLength(0);
      for (const { name, time, states, error, cached, expected } of results) {
        expect({ name, time, error }).toEqual({ name, time, error: undefined });
        expect({ name, time, data: states.at(-1)?.data, cached }).toEqual({
          name,
          time,
          data: expected,
          cached: expected,
        });
      }
    });

    test('shows what is not deferred before what is', () => {
      const deferring = results.filter(({ parts }) => parts > 0);
      expect(deferring).not.toHaveLength(0);
      for (const { name, time, states, parts, exchanges } of deferring) {
        const dataStates = states.map(({ dataState }) => dataState);
        expect({ name, time, first: dataStates[0], last: dataStates.at(-1) }).toEqual({
          name,
          time,
          first: 'streaming',
          last: 'complete',
        });
        expect(dataStates.length).toBeGreaterThan(parts);
        expect(exchanges.map(({ contentType }) => contentType)).toEqual([expect.stringContaining(spec)]);
      }
    });

    test('shows the data at once when nothing is deferred', () => {
      const whole = results.filter(({ parts }) => parts === 0);
      expect(whole).not.toHaveLength(0);
      for (const { name, time, states, error } of whole)
        expect({ name, time, error, states: states.map(({ dataState }) => dataState) }).toEqual({
          name,
          time,
          error: undefined,
          states: ['complete'],
        });
    });
  });
});
