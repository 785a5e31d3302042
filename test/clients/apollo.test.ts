import { expectScalars, type Persisted, SECTOR, sentDocuments } from '../support/client-scenarios';
import { type Exchange, useGraph } from '../support/clients';
import { INSPECTOR } from '../support/identity';

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
  const run = useGraph('apollo.mjs');

  describe('cache', () => {
    test('caches a sector by its key and does not ask for it again', async () => {
      const { sector } = SECTOR;
      const result = await run<{ exchanges: Exchange[] }>('cacheById');
      expect(result).toMatchObject({
        first: { sector },
        second: { sector },
        id: 'Sector:Sector:energy',
        fragment: { name: 'Energy' },
      });
      expect(result.exchanges).toHaveLength(1);
    });
  });

  describe('contracts', () => {
    test('reads what a contract shows, its schema, and an error for what it hides', async () => {
      const hidden = '{ developerOrganizations { nodes { agreementStatus } } }';
      const result = await run<{ types: string[]; exchanges: Exchange[] }>('contract', { hidden });
      expect(result).toMatchObject({
        data: { sector: SECTOR.sector },
        error: {
          errors: [{ message: expect.stringContaining('Cannot query field "agreementStatus" on type') }],
        },
      });
      expect(result.types).toEqual(expect.arrayContaining(['Sector', 'DeveloperOrganization']));
      expect(result.types.filter((name) => /^(Submission|Candidate|Mutation|RegisteredSubgraph)$/.test(name))).toEqual(
        [],
      );
      for (const { url } of result.exchanges) expect(new URL(url).pathname).toBe('/contracts/public');
    });
  });

  describe('pagination', () => {
    test('reads a list to its end with relayStylePagination', async () => {
      const result = await run<Record<string, unknown>>('paginate');
      expect(result.keys).toEqual(result.expected);
      expect(result.keys).toHaveLength(16);
      expect(result).toMatchObject({ totalCount: 16, requests: 4 });
    });
  });

  describe('mutations', () => {
    test('writes the result of a mutation to the cache, and replays the mutation', async () => {
      const input = { idempotencyKey: 'apollo-client', codename: 'apollo', modalities: ['TEXT'] };
      const model = { id: expect.stringMatching(/^mdl_/), codename: 'apollo', modalities: ['TEXT'] };
      const result = await run<Record<string, Record<string, unknown>>>('mutate', { input });
      expect(result).toMatchObject({
        first: { registerModel: { model, replayed: false } },
        again: { registerModel: { model, replayed: true } },
        cached: { aiModel: model },
        fresh: { aiModel: model },
        requests: 2,
      });
      expect(result.fresh).toEqual(result.cached);
    });
  });

  describe('errors', () => {
    let results: Readonly<Record<string, readonly Failure[]>>;
    beforeAll(async () => {
      results = await run('fail');
    });

    test.each([
      ['unknown field', undefined, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      ['missing variable', undefined, { extensions: { code: 'BAD_USER_INPUT' } }],
      [
        'failing field',
        { sector: { key: 'energy', name: 'Energy' }, sectors: null },
        { path: ['sectors'], extensions: { code: 'INVALID_PAGE' } },
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

  describe('@defer', () => {
    describe.each([
      ['Defer20220824Handler', 'deferSpec=20220824'],
      ['GraphQL17Alpha9Handler', 'incrementalSpec=v0.2'],
    ])('with %s', (handler, spec) => {
      let results: readonly Deferred[];
      beforeAll(async () => {
        results = await run<Deferred[]>('defer', { handler }, INSPECTOR);
      });

      test('shows and caches the complete data of every query with @defer without errors', () => {
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

      test('shows data that are not deferred before deferred data', () => {
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

      test('shows all data at once when nothing is deferred', () => {
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

  describe('persisted documents', () => {
    test.each([true, false])('registers a query, then sends its hash alone, by GET: %s', async (useGet) => {
      const { results, exchanges } = await run<Persisted>('persist', { useGet, name: `By${useGet ? 'Get' : 'Post'}` });
      expect(results).toEqual(Array(3).fill(SECTOR));
      expect(sentDocuments(exchanges)).toEqual([false, true, false, false]);
      expect(exchanges.at(-1)!.method).toBe(useGet ? 'GET' : 'POST');
    });
  });

  describe('client awareness', () => {
    test('sends the name and version of the application, and its library', async () => {
      const { results, exchanges } = await run<Persisted>('identify');
      expect(results).toEqual(Array(2).fill(SECTOR));
      for (const { requestHeaders, requestBody } of exchanges) {
        expect(requestHeaders).toMatchObject({
          'apollographql-client-name': 'dashboard',
          'apollographql-client-version': '1.2.3',
        });
        expect(JSON.parse(requestBody!).extensions.clientLibrary.name).toBe('@apollo/client');
      }
    });
  });

  describe('custom scalars', () => {
    test('writes and reads custom scalars as the schema declares them', () => expectScalars(run, 'apollo-scalars'));
  });

  describe('batches', () => {
    test('shows why a batch is rejected, without any data', async () => {
      const results = await run<{ keys: string[]; errors: object[]; requests: number }[]>('batch');
      expect(results).toMatchObject([
        { keys: ['energy'], errors: [{ errors: [{ extensions: { code: 'BATCHING_NOT_SUPPORTED' } }] }], requests: 1 },
        { keys: ['energy', 'water'], errors: [{ kind: 'Error' }, { kind: 'Error' }], requests: 1 },
      ]);
    });
  });
});
