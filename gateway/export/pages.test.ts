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

test('asks for the next page while the caller works on one, and for no more', async () => {
  const asked: unknown[] = [];
  const operation = pagedOperation(NODES, { pageSize: 7 });
  const pages = pagesOf(
    operation,
    {},
    {
      ask: async ({ variables }) => {
        const after = variables[operation.cursorVariable];
        asked.push(after);
        const place = Number(after ?? 0);
        return {
          data: { things: { nodes: [place], pageInfo: { hasNextPage: place < 2, endCursor: String(place + 1) } } },
        };
      },
      cursor: null,
    },
  );
  const seen: unknown[] = [];
  for (const expected of [
    [null, '1'],
    [null, '1', '2'],
    [null, '1', '2'],
  ]) {
    seen.push(...(await pages.next()).value!.objects);
    await new Promise(setImmediate);
    expect(asked).toEqual(expected);
  }
  expect((await pages.next()).done).toBe(true);
  expect(seen).toEqual([0, 1, 2]);
});

test('reports the failure of a page that it asked for ahead when the caller comes to it', async () => {
  const answers = [
    { data: { things: { nodes: [1], pageInfo: { hasNextPage: true, endCursor: 'a' } } } },
    { errors: [{ message: 'It is broken', extensions: { code: 'BROKEN' } }] },
  ];
  const ask = async () => answers.shift()!;
  const pages = pagesOf(pagedOperation(NODES, { pageSize: 7 }), {}, { ask, cursor: null, maxSeconds: 0 });
  expect((await pages.next()).value!.objects).toEqual([1]);
  await new Promise(setImmediate);
  await expect(pages.next()).rejects.toThrow('It is broken');
});

test('says how to begin again where the graph no longer accepts its cursors', async () => {
  const answer = { errors: [{ message: 'not valid', extensions: { code: 'INVALID_CURSOR' } }] };
  const pages = pagesOf(pagedOperation(NODES, { pageSize: 7 }), {}, { ask: async () => answer, cursor: 'former' });
  await expect(pages.next()).rejects.toMatchObject({ fix: expect.stringContaining('begin again') });
});
