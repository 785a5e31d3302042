import { countErrors, ErrorList, MAX_ERRORS } from './error-list';

const error = (message: string, extensions?: Record<string, unknown>) => ({ message, path: ['a', 1], extensions });

test('lists errors unchanged up to the limit, and counts the others in one last error', () => {
  const list = new ErrorList(Array.from({ length: MAX_ERRORS + 5 }, (_, i) => error(`e${i}`)));
  const listed = list.toArray();
  expect(listed.slice(0, 2)).toEqual([error('e0'), error('e1')]);
  expect(listed).toHaveLength(MAX_ERRORS + 1);
  expect(listed.at(-1)).toEqual({
    message: '5 more errors were omitted from this response',
    extensions: { code: 'ERRORS_OMITTED', count: 5 },
  });
  expect([list.count, countErrors(listed)]).toEqual([MAX_ERRORS + 5, MAX_ERRORS + 5]);
});

test('adds up the omitted errors that subgraphs counted', () => {
  const inner = new ErrorList(Array.from({ length: MAX_ERRORS + 5 }, () => error('e')));
  const outer = new ErrorList([error('own'), ...inner.toArray()]);
  expect(outer.count).toBe(MAX_ERRORS + 6);
  expect(outer.toArray().filter(({ extensions }) => extensions?.code === 'ERRORS_OMITTED')).toHaveLength(1);
});

test('limits the size of all errors, of a message, and of extensions, but keeps the code', () => {
  const list = new ErrorList([error('x'.repeat(1_000_000), { code: 'LARGE', data: 'y'.repeat(1_000_000) })]);
  expect(JSON.stringify(list.toArray()).length).toBeLessThan(5_000);
  expect(list.toArray()[0]!.extensions).toEqual({ code: 'LARGE' });
  for (let i = 0; i < 900; i++) list.add(error('x'.repeat(4_000)));
  expect(list.isFull).toBe(true);
  expect(JSON.stringify(list.toArray()).length).toBeLessThan(300_000);
  expect(list.count).toBe(901);
});
