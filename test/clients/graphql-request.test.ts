import { type Exchange, useGraph } from '../support/clients';

describe('graphql-request', () => {
  const run = useGraph('graphql-request.mjs');

  describe('queries', () => {
    test('queries with variables by POST and GET, first and again', async () => {
      const results = await run<{ data: object; exchanges: Exchange[] }[]>('query');
      expect(results.map(({ data }) => data)).toEqual(
        Array(4).fill({ sector: { id: 'Sector:energy', key: 'energy', name: 'Energy' } }),
      );
      expect(results.map(({ exchanges }) => exchanges[0]!.method)).toEqual(['POST', 'POST', 'GET', 'GET']);
    });
  });

  describe('errors', () => {
    test('reports errors with their status, code and path', async () => {
      const partial = {
        status: 200,
        data: { sector: { key: 'energy' }, sectors: null },
        errors: [{ path: ['sectors'], extensions: { code: 'INVALID_PAGE' } }],
      };
      expect(await run('fail')).toMatchObject({
        'unknown field': { status: 400, errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
        'missing variable': { status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
        'syntax error': { status: 400, errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] },
        'failing field': partial,
        'failing field, tolerated': partial,
        'withheld field': {
          data: { aiToolAdoption: null },
          withheld: [{ coordinate: 'Query.aiToolAdoption', kind: 'FIELD', readable: 'NONE' }],
        },
        'invalid token': { status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      });
    });
  });
});
