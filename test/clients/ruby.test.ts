import { useGraph } from '../support/clients';
import { programFor } from '../support/programs';

const ruby = programFor(
  ['ruby'],
  'GraphQL::Client for Ruby',
  'of a client in Ruby',
  'Install ruby and the gem graphql-client (on Debian: ruby-graphql-client)',
  ['-e', 'require "graphql/client"'],
);

(ruby ? describe : describe.skip)('GraphQL::Client (Ruby)', () => {
  const run = useGraph('graphql_client.rb');

  describe('introspection', () => {
    test('loads the schema', async () => {
      const { types, node } = await run<{ types: number; node: string[] }>('schema');
      expect(types).toBeGreaterThan(500);
      expect(node).toEqual(['Node']);
    });
  });

  describe('queries', () => {
    test('reads an object by its global id, first and again', async () => {
      const node = {
        __typename: 'Sector',
        id: 'Sector:energy',
        key: 'energy',
        name: 'Energy',
        leadAgency: { id: 'Agency:doe' },
      };
      expect(await run('query')).toEqual(Array(2).fill({ data: { node }, errors: null }));
    });
  });

  describe('pagination', () => {
    test('reads a list to its end', async () => {
      const { ids, totalCount } = await run<{ ids: string[]; totalCount: number }>('paginate');
      expect([new Set(ids).size, ids.length]).toEqual([totalCount, totalCount]);
    });
  });

  describe('mutations', () => {
    test('mutates, and replays the mutation', async () => {
      const input = { idempotencyKey: 'ruby', codename: 'ruby', modalities: ['TEXT'] };
      const model = { id: expect.stringMatching(/^mdl_/), codename: 'ruby' };
      expect(await run('mutate', { input })).toMatchObject([
        { data: { registerModel: { model, replayed: false } } },
        { data: { registerModel: { model, replayed: true } } },
      ]);
    });
  });

  describe('errors', () => {
    test('shows errors beside data, and finds a misspelled field in the schema', async () => {
      expect(await run('fail')).toMatchObject({
        restricted: {
          data: { sector: { name: 'Energy' }, sectors: null },
          errors: [{ path: ['sectors'], extensions: { code: 'INVALID_PAGE' } }],
        },
        misspelled: expect.stringContaining("Field 'unheardOf' doesn't exist on type 'Sector'"),
      });
    });
  });
});
