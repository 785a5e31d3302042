import { buildSchema, type ExecutionResult, execute, type GraphQLObjectType, parse } from 'graphql';
import type { Context } from './context';
import { measure, Work } from './work';

/** A graph in which each object has a hundred others. Resolving a leaf is counted. */
function measured() {
  const schema = buildSchema(`
    type Query { items: [Item!] item: Item }
    type Item { name: String items: [Item!] later: [Item!] }
  `);
  let resolved = 0;
  const items = Array.from({ length: 100 }, () => ({}));
  const { name, items: nested, later } = (schema.getType('Item') as GraphQLObjectType).getFields();
  name!.resolve = () => {
    resolved += 1;
    return 'name';
  };
  nested!.resolve = () => items;
  later!.resolve = async () => items;
  measure(schema, []);
  const run = async (query: string) => {
    const work = new Work();
    const contextValue = { work } as Context;
    const { errors } = (await execute({
      ...{ schema, document: parse(query), contextValue, rootValue: { items, item: {} } },
    })) as ExecutionResult;
    return { codes: [...new Set(errors?.map(({ extensions }) => extensions.code))], work };
  };
  return { run, resolved: () => resolved };
}

const aliases = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}: name`).join(' ');

test('lets an answer have a million values', async () => {
  const { run, resolved } = measured();
  expect((await run(`{ items { items { ${aliases(90)} } } }`)).codes).toEqual([]);
  expect(resolved()).toBe(900_000);
});

test.each([
  ['aliases', `{ items { items { ${aliases(120)} } } }`],
  ['a fragment', `{ items { items { ...F ...F } } } fragment F on Item { ${aliases(120)} }`],
  ['an inline fragment', `{ items { items { ... on Item { ${aliases(120)} } } } }`],
  ['lists that come later', `{ items { later { ${aliases(120)} } } }`],
  ['one object after another', `{ item { items { items { ${aliases(120)} } } } }`],
  ['objects without values', '{ items { items { items { items { __typename } } } } }'],
])('refuses more before it resolves them: %s', async (_, query) => {
  const { run, resolved } = measured();
  expect((await run(query)).codes).toEqual(['OPERATION_TOO_LARGE']);
  expect(resolved()).toBeLessThanOrEqual(1_000_000);
});

test('counts the weight of objects and of lists', async () => {
  const { run } = measured();
  expect((await run('{ item { name } items { name } }')).work.units).toBe(101);
});
