import { pagedOperation } from './paged-operation';
import { pagesOf } from './pages';

const NODES = '{ things { nodes { id } } }';
const EDGES = '{ things { edges { node { id } } } }';
const pageInfo = { hasNextPage: false, endCursor: null };

const firstPage = async (question: string, things: unknown) => {
  const operation = pagedOperation(question, { pageSize: 7 });
  const pages = pagesOf(operation, {}, { ask: async () => ({ data: { things } }), cursor: null, maxSeconds: 0 });
  return (await pages.next()).value;
};

test.each<[string, string, unknown, RegExp]>([
  ['no objects', NODES, { pageInfo }, /has no nodes at things/],
  ['an object in the place of its objects', NODES, { nodes: pageInfo, pageInfo }, /has no nodes at things/],
  ['text in the place of its edges', EDGES, { edges: 'x', pageInfo }, /has no edges at things/],
  ['null as its edges', EDGES, { edges: null, pageInfo }, /has no edges at things/],
  ['no position', NODES, { nodes: [] }, /has no pageInfo at things/],
  ['null as its position', EDGES, { edges: [], pageInfo: null }, /has no pageInfo at things/],
  ['null as the list', NODES, null, /has no list at things/],
])('reports a list with %s', async (_name, question, things, message) => {
  await expect(firstPage(question, things)).rejects.toThrow(message);
});

test('takes edges that are null for objects that are null', async () => {
  const { objects } = (await firstPage(EDGES, { edges: [null, { node: null }, { node: { id: 1 } }], pageInfo }))!;
  expect(objects).toEqual([null, null, { id: 1 }]);
});
