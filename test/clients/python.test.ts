import { useGraph } from '../support/clients';
import { programFor } from '../support/programs';

const python = programFor(['python3'], 'Python', 'of a client in Python', 'Install python3');

interface Response {
  readonly status: number;
  readonly encoding: string | null;
  readonly bytes: number;
  readonly result: { readonly data?: unknown; readonly errors?: unknown };
}

(python ? describe : describe.skip)('Python urllib', () => {
  const run = useGraph('stdlib.py');

  describe('queries', () => {
    test('queries with variables by POST and GET, first and again', async () => {
      const responses = await run<Response[]>('query');
      const result = { data: { sector: { key: 'energy', name: 'Energy' } } };
      expect(responses).toHaveLength(4);
      for (const response of responses) expect(response).toMatchObject({ status: 200, encoding: null, result });
    });
  });

  describe('pagination', () => {
    test('reads a list to its end', async () => {
      const { keys, totalCount } = await run<{ keys: string[]; totalCount: number }>('paginate');
      expect([new Set(keys).size, keys.length]).toEqual([totalCount, totalCount]);
    });
  });

  describe('mutations', () => {
    test('mutates, and replays the mutation', async () => {
      const responses = await run<Response[]>('mutate');
      const model = { codename: 'python', parameterCount: '1750000000000' };
      expect(responses.map(({ result }) => result)).toMatchObject([
        { data: { registerModel: { model, replayed: false } } },
        { data: { registerModel: { model, replayed: true } } },
      ]);
    });
  });

  describe('errors', () => {
    test('reads errors with their status and code', async () => {
      const error = (code: string) => ({ errors: [{ extensions: { code } }] });
      expect(await run('fail')).toMatchObject({
        'unknown field': { status: 400, result: error('GRAPHQL_VALIDATION_FAILED') },
        'failing field': { status: 200, result: { data: { sectors: null }, ...error('INVALID_PAGE') } },
        'invalid token': { status: 401, result: error('UNAUTHENTICATED') },
      });
    });
  });

  describe('compression', () => {
    test('gets the same data compressed where it asks for gzip', async () => {
      const result = await run<{ plain: Response; compressed: Response; types: number; same: boolean }>('compress');
      expect(result).toMatchObject({ same: true, plain: { encoding: null }, compressed: { encoding: 'gzip' } });
      expect(result.types).toBeGreaterThan(100);
      expect(result.compressed.bytes).toBeLessThan(result.plain.bytes / 4);
    });
  });
});
