import { parse } from 'graphql';
import { operationOf } from '../operation/normalize';
import { argumentText, textWithin } from './text';

const textOf = (source: string, operationName?: string) => {
  const document = parse(source);
  const { literals, uses } = argumentText(document, operationOf(document, operationName));
  return [literals, Object.fromEntries(uses)];
};

test.each<[string, string, number, Record<string, number>]>([
  ['no arguments', '{ a { b } }', 0, {}],
  ['literals', '{ a(x: "abc", y: [12, 3.5], z: { s: "d" }) }', 9, {}],
  ['escapes as the characters that they stand for', '{ a(x: "\\u0041\\n") }', 2, {}],
  ['variables', 'query ($v: S) { a(x: $v, y: [$v, $v], z: { s: $v }) @d(if: $v) }', 0, { v: 5 }],
  [
    'fragments wherever they are spread',
    'query ($v: S) { a { ...F } b { ...F } c { ...G } } fragment F on T { a(x: "abc", y: $v) } fragment G on T { a { ...F } b { ...F } }',
    12,
    { v: 4 },
  ],
  ['inline fragments', 'query ($v: S) { ... { ... on T { a(x: $v, y: "ab") } } }', 2, { v: 1 }],
])('counts %s', (_what, source, literals, uses) => {
  expect(textOf(source)).toEqual([literals, uses]);
});

test('counts only the operation that is executed', () => {
  const source = 'query A($v: S) { a(x: $v) } query B { a(x: "abc") }';
  expect([textOf(source, 'A'), textOf(source, 'B')]).toEqual([
    [0, { v: 1 }],
    [3, {}],
  ]);
});

test('measures fragments that double at each step once', () => {
  const fragments = Array.from({ length: 40 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`);
  expect(textOf(`{ ...F0 } ${fragments.join(' ')} fragment F40 on T { a(x: "x") }`)).toEqual([2 ** 40, {}]);
});

test('adds the variables of a fragment once, however many fragments spread it', () => {
  const variables = Array.from({ length: 500 }, (_, i) => `$v${i}`);
  const chain = Array.from({ length: 300 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...L }`);
  const source = `{ ${'...L '.repeat(1_000)} ...F0 } ${chain.join(' ')} fragment F300 on T { ...L } fragment L on T { a(x: [${variables.join(' ')}]) }`;
  const document = parse(source);
  const definitions = document.definitions.length;
  const set = jest.spyOn(Map.prototype, 'set');
  const { uses } = argumentText(document, operationOf(document, undefined));
  const { length } = set.mock.calls;
  set.mockRestore();
  expect([uses.size, uses.get('v0'), uses.get('v499')]).toEqual([500, 1_301, 1_301]);
  // visit writes one for each kind of node, once a definition
  expect(length).toBeLessThan(definitions * 60 + 1_000 + 2 * variables.length);
});

test('rejects more text than the limit, in literals and in variables as often as they are used', () => {
  const text = { literals: 10, uses: new Map([['v', 3]]) };
  const check = (v: unknown) => () => textWithin(text, { v }, 40);
  for (const value of ['x'.repeat(10), { a: ['x'.repeat(4), { b: 'x'.repeat(6) }], c: 5, d: null }, undefined])
    expect(check(value)).not.toThrow();
  for (const value of ['x'.repeat(11), { a: ['x'.repeat(4), { b: 'x'.repeat(7) }] }])
    expect(check(value)).toThrow('43 characters of text in its arguments');
});
