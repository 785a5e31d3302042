import { parse, print } from 'graphql';
import { pagedOperation, responseName } from './paged-operation';
import { Table } from './table';

const of = (text: string, options: { list?: string; operationName?: string } = {}) =>
  pagedOperation(text, { pageSize: 7, ...options });
const same = (text: string) => print(parse(text));

test('adds a page size, a cursor, and the position to the list', () => {
  const { query, path, shape, cursorVariable } = of(
    'query Q($a: ID!) { box(id: $a) { l: things(first: 3, filter: { x: 1 }) { nodes { id } } } }',
  );
  expect([path, shape, cursorVariable]).toEqual([['box', 'l'], 'nodes', 'exportAfter']);
  expect(query).toBe(
    same(`query Q($a: ID!, $exportAfter: String) { box(id: $a) { l: things(filter: { x: 1 }, first: 7, after: $exportAfter) {
      nodes { id } pageInfo { hasNextPage endCursor } } } }`),
  );
});

test('keeps the text of an operation that pages by itself', () => {
  const text =
    'query Q($after: String) { things(first: 5, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }';
  expect(of(text)).toMatchObject({ query: text, cursorVariable: 'after' });
  expect(of(text.replace('hasNextPage', '')).query).toContain('first: 7');
});

test.each([
  'pageInfo { hasNextPage: hasPreviousPage endCursor }',
  'pageInfo { hasNextPage endCursor: startCursor }',
  'pageInfo: other { hasNextPage endCursor }',
])('adds the position to an operation that has another field in its place: %s', (pageInfo) => {
  expect(of(`query ($after: String) { things(after: $after) { nodes { id } ${pageInfo} } }`).query).toContain(
    'first: 7',
  );
});

test('reads fragments, edges, and equal names', () => {
  const { query, path, shape, selection } = of(
    `query Q { ...R } fragment R on Query { things { edges { node { a b { c } ...F } } edges { cursor } } }
     fragment F on Thing { b { ... on B { d } } }`,
  );
  expect([path, shape]).toEqual([['things'], 'edges']);
  expect(query).toContain('query Q($exportAfter: String)');
  expect(new Table(selection).columns).toEqual(['a', 'b.c', 'b.d']);
  expect(selection.map(responseName)).toEqual(['a', 'b']);
});

test.each([
  ['mutation { a { nodes { b } } }', {}, /The operation is a mutation/],
  [
    'query A { a { nodes { b } } } query B { a { nodes { b } } }',
    {},
    /several operations: "A", "B"\n {2}Name one with --operation/,
  ],
  ['{ a { nodes { b } } }', { operationName: 'X' }, /no operation "X"/],
  ['{ a { b } }', {}, /has no list: no field selects "nodes" or "edges"/],
  [
    '{ a { nodes { b } } c { d { nodes { e } } } }',
    {},
    /several lists: a, c\.d\n {2}Name the one to export, such as --list a/,
  ],
  ['{ a { nodes { b } } }', { list: 'x' }, /no list "x", but a/],
  ['{ a { nodes { b { nodes { c } } } } }', { list: 'a.nodes.b' }, /no list "a.nodes.b", but a/],
  ['{ a ', {}, /not a GraphQL operation: Syntax Error/],
  ['{ a { nodes { ...F } } }', {}, /has no fragment "F"/],
])('rejects %s', (text, options, message) => {
  expect(() => of(text, options)).toThrow(message);
});

test('chooses a list of several, and an operation of several', () => {
  const text = 'query A { a { nodes { b } } c { d { nodes { e } } } } query B { f { nodes { g } } }';
  expect(of(text, { operationName: 'A', list: 'c.d' }).path).toEqual(['c', 'd']);
  expect(of(text, { operationName: 'B' })).toMatchObject({ path: ['f'], operationName: 'B' });
});

test('takes groups of a list only if they are named', () => {
  const text = '{ a(first: 1) { nodes { b { nodes { c } } } groups(by: X) { nodes { d } } } }';
  expect(of(text).path).toEqual(['a']);
  const { path, query, selection } = of(text, { list: 'a.groups' });
  expect([path, selection.map(responseName)]).toEqual([['a', 'groups'], ['d']]);
  expect(query).toBe(
    same(`query ($exportAfter: String) { a(first: 1) { nodes { b { nodes { c } } }
      groups(by: X, first: 7, after: $exportAfter) { nodes { d } pageInfo { hasNextPage endCursor } } } }`),
  );
});

describe('a table', () => {
  const { selection } = of('{ l { nodes { id tags o { x } many { nodes { y z } } money } } }');
  const object = {
    id: 1,
    tags: ['p', 'q'],
    o: null,
    many: {
      nodes: [
        { y: 'a', z: 2 },
        { y: 'b', z: null },
      ],
    },
    money: { cents: 5 },
  };

  test('joins the values of nested lists in a cell', () => {
    const table = new Table(selection);
    expect(table.columns).toEqual(['id', 'tags', 'o.x', 'many.nodes.y', 'many.nodes.z', 'money']);
    expect([...table.rows(object)]).toEqual([[1, 'p; q', null, 'a; b', 2, '{"cents":5}']]);
  });

  test('has a row for each element of an unfolded list, and one for an object without any', () => {
    const table = new Table(selection, 'many.nodes');
    expect([...table.rows(object)]).toEqual([
      [1, 'p; q', null, 'a', 2, '{"cents":5}'],
      [1, 'p; q', null, 'b', null, '{"cents":5}'],
    ]);
    expect([...table.rows({ ...object, many: { nodes: [] } })]).toEqual([[1, 'p; q', null, null, null, '{"cents":5}']]);
    expect(() => new Table(selection, 'none.nodes')).toThrow('no field "none.nodes" below its list');
  });
});

describe('errors of large questions', () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `n${i}`);
  const message = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was rejected');
  };

  test.each<[string, () => unknown, RegExp]>([
    [
      'columns',
      () => new Table(of(`{ things { nodes { ${names.join(' ')} } } }`).selection, 'x'),
      /: n0, n1, n2, n3, n4, and 1995 more$/,
    ],
    [
      'lists',
      () => of(`{ ${names.map((name) => `${name} { nodes { id } }`).join(' ')} }`),
      /n3, n4, and 1995 more\n.*--list n0$/,
    ],
    [
      'lists without the one that was named',
      () => of(`{ ${names.map((name) => `${name} { nodes { id } }`).join(' ')} }`, { list: 'x' }),
      /"x", but n0, .*n4, and 1995 more\n/,
    ],
    ['operations', () => of(names.map((name) => `query ${name} { a }`).join(' ')), /"n3", "n4", and 1995 more\n/],
  ])('name the first of many %s', (_what, act, expected) => {
    const text = message(act);
    expect(text).toMatch(expected);
    expect(text.length).toBeLessThan(300);
  });
});
