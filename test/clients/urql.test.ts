import { expectScalars, type Persisted, SECTOR, sentDocuments } from '../support/client-scenarios';
import { type Exchange, useGraph } from '../support/clients';
import { INSPECTOR } from '../support/identity';

interface Result {
  readonly data?: object;
  readonly error?: object;
  readonly hasNext: boolean;
}

interface Results {
  readonly results: readonly Result[];
  readonly exchanges: readonly Exchange[];
}

interface Deferred {
  readonly name: string;
  /** How many parts the query defers. */
  readonly parts: number;
  readonly time: string;
  readonly shown: readonly Result[];
  readonly expected: object;
}

describe('urql', () => {
  const run = useGraph('urql.mjs');
  const methods = ({ exchanges }: Results) => exchanges.map(({ method, status }) => [method, status]);

  describe('cache', () => {
    test('queries by GET and answers repeated queries from its cache', async () => {
      const results = await run<Results>('query');
      const sector = { sector: { __typename: 'Sector', key: 'energy', name: 'Energy' } };
      expect(results.results).toMatchObject([{ data: sector }, { data: sector }, { data: sector }]);
      expect(results.results.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
      expect(methods(results)).toEqual([
        ['GET', 200],
        ['GET', 200],
      ]);
    });
  });

  describe('mutations', () => {
    test('mutates by POST and replays the mutation with its idempotency key', async () => {
      const input = { idempotencyKey: 'urql', codename: 'urql', modalities: ['TEXT'] };
      const model = { id: expect.stringMatching(/^mdl_/), codename: 'urql', modalities: ['TEXT'] };
      const results = await run<Results>('mutate', { input });
      expect(results.results).toMatchObject([
        { data: { registerModel: { model, replayed: false } } },
        { data: { registerModel: { model, replayed: true } } },
      ]);
      expect(methods(results)).toEqual([
        ['POST', 200],
        ['POST', 200],
      ]);
    });
  });

  describe('errors', () => {
    let failures: Readonly<Record<string, Results>>;
    beforeAll(async () => {
      failures = await run('fail');
    });

    test.each([
      ['unknown field', 400, undefined, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      ['missing variable', 400, undefined, { extensions: { code: 'BAD_USER_INPUT' } }],
      [
        'failing field',
        200,
        { sector: { key: 'energy', name: 'Energy' }, sectors: null },
        { path: ['sectors'], extensions: { code: 'INVALID_PAGE' } },
      ],
    ])('reports GraphQL errors for %s', (name, status, data, error) => {
      const { results } = failures[name]!;
      expect(results).toHaveLength(2);
      for (const result of results) {
        expect(result.error).toMatchObject({ status, graphql: [error] });
        if (data) expect(result.data).toMatchObject(data);
        else expect(result.data).toBeUndefined();
      }
    });
  });

  describe('@defer', () => {
    describe.each(['document', 'normalized'])('with its %s cache', (cache) => {
      let results: readonly Deferred[];
      beforeAll(async () => {
        results = await run<Deferred[]>('defer', { cache }, INSPECTOR);
      });

      test('shows the complete data of every query with @defer without errors', () => {
        expect(results).not.toHaveLength(0);
        for (const { name, time, shown, expected } of results)
          expect({ name, time, ...shown.at(-1) }).toEqual({ name, time, data: expected, hasNext: false, stale: false });
      });

      test('shows data that are not deferred before deferred data', () => {
        const deferring = results.filter(({ parts }) => parts > 0);
        expect(deferring).not.toHaveLength(0);
        for (const { name, time, shown, parts, expected } of deferring) {
          expect({ name, time, first: shown[0]!.hasNext }).toEqual({ name, time, first: true });
          expect(shown[0]!.data).not.toEqual(expected);
          expect(shown.length).toBeGreaterThan(parts);
        }
      });

      test('shows all data at once when nothing is deferred', () => {
        const whole = results.filter(({ parts }) => parts === 0);
        expect(whole).not.toHaveLength(0);
        for (const { name, time, shown } of whole)
          expect({ name, time, hasNext: shown.map(({ hasNext }) => hasNext) }).toEqual({
            name,
            time,
            hasNext: [false],
          });
      });
    });
  });

  describe('pagination', () => {
    test('reads a list to its end with relayPagination', async () => {
      const result = await run<Record<string, unknown>>('paginate');
      expect(result.keys).toEqual(result.expected);
      expect(result.keys).toHaveLength(16);
      expect(result).toMatchObject({ totalCount: 16, requests: 4 });
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
    test('sends the name and version of the application', async () => {
      const { results, exchanges } = await run<Persisted>('identify');
      expect(results).toEqual(Array(2).fill(SECTOR));
      for (const { method, requestHeaders } of exchanges)
        expect([method, requestHeaders['apollographql-client-name']]).toEqual(['GET', 'dashboard']);
    });
  });

  describe('custom scalars', () => {
    test('writes and reads custom scalars as the schema declares them', () => expectScalars(run, 'urql-scalars'));
  });
});
