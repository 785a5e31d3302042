import { buildSchema, type GraphQLEnumType, parse } from 'graphql';
import { normalize } from './normalize';

const schema = buildSchema(`
  scalar Big
  enum Color { RED GREEN }
  input Filter { color: Color, at: [Int!], inner: Filter }
  input Odd { big: Big }
  interface Node { id: ID! }
  type Thing implements Node { id: ID!, name(length: Int = 3, big: Big): String, friends(filter: Filter, odd: Odd): [Thing], constructor: String }
  type Query { thing(id: ID!): Thing, node: Node }
`);
const text = (query: string, name?: string) => normalize(parse(query), name, schema).text;

test('gives operations that differ in whitespace, fragments, or literals the same text', () => {
  const shapes = [
    '{ thing(id: "1") { id friends(filter: { color: RED, at: [1, 2] }) { name(length: 4) } } }',
    'query Named { thing(id: 7) { ...A } } fragment A on Thing { id ...B } fragment B on Thing { friends(filter: {color: GREEN, at: 3}) { name(length: 5) } }',
    'fragment X on Thing { id friends(filter: {inner: {color: RED}}) { ... on Thing { name(length: 6) } } } query { thing(id: "x") { ...X } }',
    '{ thing(id: """1""") { id @include(if: true) ... @skip(if: false) { friends(filter: {}) { name(length: 4) id @skip(if: true) } } } }',
  ].map((query) => text(query));
  expect(new Set(shapes).size).toBe(1);
});

test('replaces literals by variables of the argument’s type, but not custom scalars', () => {
  const { literals, text: planned } = normalize(
    parse(
      '{ a: thing(id: 5) { name(length: 2, big: 12345678901234567890) } b: thing(id: 5) { friends(odd: {big: 1}) { id } } }',
    ),
    undefined,
    schema,
  );
  expect(literals).toEqual({ _l0: '5', _l1: 2 });
  expect(planned).toContain('big: 12345678901234567890');
  expect(planned).toContain('odd: {big: 1}');
  expect(planned).toMatch(/\(\$_l0: ID!, \$_l1: Int\)/);
});

test('keeps a client variable apart that looks like a generated one', () => {
  const { literals } = normalize(parse('query($_l0: ID!) { thing(id: $_l0) { name(length: 2) } }'), undefined, schema);
  expect(literals).toEqual({ _l_0: 2 });
});

test('renames response names that could be confused', () => {
  expect(text('{ thing(id: 1) { id: name __proto__: id constructor name } node { id } }')).toBe(
    'query ($_l0: ID!) {\n  _o_thing: thing(id: $_l0) {\n    _o_id: name\n    _o___proto__: id\n    _o_constructor: constructor\n    _o_name: name\n  }\n  node {\n    id\n  }\n}',
  );
});

test('does not plan introspection', () => {
  const only = normalize(parse('{ __schema { types { name } } __typename }'), undefined, schema);
  expect(only.text).toBeUndefined();
  expect(only.introspection).toBeDefined();
  const both = normalize(parse('{ t: __type(name: "Thing") { name } node { id __typename } }'), undefined, schema);
  expect(both.text).toBe('{\n  node {\n    id\n    __typename\n  }\n}');
});

test('still selects an object whose fields are all skipped', () => {
  const { text: planned, selectionSet } = normalize(parse('{ node { id @skip(if: true) } }'), undefined, schema);
  expect(planned).toBe('{\n  node {\n    __typename\n  }\n}');
  expect(JSON.stringify(selectionSet)).toContain('notRendered');
});

test('rejects fragments that multiply with a clear message', () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `fragment F${i} on Thing { friends { ...F${i + 1} ...F${i + 1} } }`,
  );
  const query = `{ thing(id: 1) { ...F0 } } ${levels.join(' ')} fragment F30 on Thing { id }`;
  expect(() => text(query)).toThrow(/more than 50000 fields/);
});

const times = (count: number, text: string) => Array.from({ length: count }, () => text).join(' ');

test('counts selections with fragments expanded, whether or not they are kept', () => {
  const { selections } = normalize(
    parse('{ node { ...F ...F id @skip(if: true) } } fragment F on Thing { id ... on Node { id } }'),
    undefined,
    schema,
  );
  expect(selections).toBe(2 + 2 * 4);
});

test('finds the object types of each fragment once, however often it is spread', () => {
  const wide = buildSchema(`
    interface Node { id: ID! } interface Named implements Node { id: ID! }
    ${Array.from({ length: 100 }, (_, i) => `type T${i} implements Node & Named { id: ID! }`).join(' ')}
    type Query { node: Node }
  `);
  const found = jest.spyOn(wide, 'getPossibleTypes');
  const chain =
    'fragment A on Node { ...B } fragment B on Named { ...C } fragment C on Node { ...D } fragment D on T1 { id }';
  const { selections } = normalize(parse(`{ node { ${times(900, '...A')} } } ${chain}`), undefined, wide);
  expect(selections).toBe(1 + 900 * 5);
  expect(found.mock.calls.length).toBeLessThanOrEqual(2);
});

test('reads the arguments of a field once, however often its fragment is spread', () => {
  const read = jest.spyOn(schema.getType('Color') as GraphQLEnumType, 'parseLiteral');
  const query = (spreads: number) =>
    `{ thing(id: 1) { ${times(spreads, '...F')} } } fragment F on Thing { friends(filter: { color: RED }) { id } }`;
  text(query(1));
  const once = read.mock.calls.length;
  expect(once).toBeGreaterThan(0);
  text(query(1_000));
  expect(read.mock.calls.length).toBe(2 * once);
});
