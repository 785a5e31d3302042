import fc from 'fast-check';
import { type LimitError, type Limits, readWithin, variablesWithin } from './limits';

const LIMITS: Limits = {
  maxTokens: 500,
  maxDepth: 4,
  maxAliases: 3,
  maxRootFields: 5,
  maxDirectives: 3,
  maxFields: 20,
  maxList: 4,
  maxNesting: 10,
  maxValues: 30,
};
const limitOf = (source: string, limits = LIMITS) => {
  try {
    readWithin(source, limits);
    return undefined;
  } catch (error) {
    return (error as { extensions: { limit: string } }).extensions.limit;
  }
};

test.each<[string, string, string | undefined]>([
  ['a document within all limits', '{ a { b { c { d } } } x: a y: a z: a }', undefined],
  ['too deep', '{ a { b { c { d { e } } } } }', 'maxDepth'],
  [
    'too deep by fragments',
    '{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { c { d { e } } } }',
    'maxDepth',
  ],
  ['depth that inline fragments do not add to', '{ ... { ... { ... { ... { a { b } } } } } }', undefined],
  ['lists within the limit', '{ a(x: [1, 2, 3, 4], y: [[1], [2], [3]]) }', undefined],
  ['too long a list', '{ a(x: [1, 2, 3, 4, 5]) }', 'maxList'],
  ['too long a list within an object', '{ a(x: {y: [[1, 2, 3, 4, 5]]}) }', 'maxList'],
  ['too long a list as a default', 'query ($x: [Int] = [1, 2, 3, 4, 5]) { a(x: $x) }', 'maxList'],
  ['too many aliases', '{ a { w: x x: x y: x z: x } }', 'maxAliases'],
  [
    'aliases of __typename count too',
    '{ a { w: __typename x: __typename y: __typename z: __typename } }',
    'maxAliases',
  ],
  [
    'aliases of a fragment count where it is spread',
    '{ a { ...F } b { ...F } } fragment F on Q { v: x w: x }',
    'maxAliases',
  ],
  ['too many root fields', '{ a b c d e f }', 'maxRootFields'],
  ['root fields in fragments', '{ a b c ...F } fragment F on Q { d e f }', 'maxRootFields'],
  ['a long label', `{ ... @defer(label: "${'x'.repeat(200)}") { a } }`, undefined],
  ['too long a label', `{ ... @defer(label: "${'x'.repeat(201)}") { a } }`, 'maxLabelLength'],
  ['too long a path', `{ ${'a'.repeat(300)}: a { ...F } } fragment F on A { ${'b'.repeat(201)}: b }`, 'maxPathLength'],
  [
    'too long a label in a fragment',
    `{ ...F } fragment F on Q { ...G @defer(label: """${'x'.repeat(201)}""") } fragment G on Q { a }`,
    'maxLabelLength',
  ],
  ['too many directives', '{ a @x @x @x @x }', 'maxDirectives'],
  ['too many fields', `{ a { ${Array.from({ length: 20 }, (_, i) => `f${i}`).join(' ')} } }`, 'maxFields'],
  ['fragments within the limit', `{ a { ${'... { b } '.repeat(9)} } }`, undefined],
  ['too many inline fragments', `{ a { ${'... { b } '.repeat(10)} } }`, 'maxFields'],
  ['values within the limit', '{ a(x: {y: [1, 2], z: $v}) b(x: [[1, 2, 3], [1, 2, 3], [1, 2, 3]]) }', undefined],
  [
    'too many values where a fragment is spread',
    '{ a { ...F } b { ...F } c { ...F ...F } } fragment F on Q { a(x: {v: [1, 2, 3], w: $w}, y: {v: $v, w: {}}) }',
    'maxValues',
  ],
  ['values as deep as the limit', `{ a(x: ${'['.repeat(8)}${']'.repeat(8)}) }`, undefined],
  ['values that are too deep', `{ a(x: ${'['.repeat(9)}${']'.repeat(9)}) }`, 'maxNesting'],
  ['fragments that are too deep', `${'{ ... '.repeat(11)} { a ${'}'.repeat(12)}`, 'maxNesting'],
  ['brackets in strings', `{ a(x: "${'['.repeat(99)}") }`, undefined],
  ['too many tokens', `{ ${'a '.repeat(600)} }`, 'maxTokens'],
  ['10,000 lines', `${'\n'.repeat(9_999)}{ a }`, undefined],
  ['too many blank lines', `${'\n'.repeat(10_000)}{ a }`, 'maxLines'],
  ['too many lines of comments', `{ ${'#\n'.repeat(10_000)} a }`, 'maxLines'],
  ['too many lines in a string', `{ a(x: """${'\r\n'.repeat(10_000)}""") }`, 'maxLines'],
  ['a name of 500 characters', `{ ${'a'.repeat(500)} }`, undefined],
  ['too long a name', `{ ${'a'.repeat(501)} }`, 'maxNameLength'],
  ['no document', '{ a', undefined],
  ['fragments that spread themselves', '{ ...A } fragment A on Q { a ...B } fragment B on Q { b ...A }', undefined],
])('checks the limits of a document: %s', (_what, source, limit) => {
  expect(limitOf(source)).toBe(limit);
});

test('accepts 400 fragments and rejects 401', () => {
  const fragments = (count: number) =>
    `{ a } ${Array.from({ length: count }, (_, i) => `fragment F${i} on Q { a }`).join(' ')}`;
  const limits = { ...LIMITS, maxTokens: 10_000 };
  expect(readWithin(fragments(400), limits)).toEqual({ tokens: 3 + 400 * 7, fragments: 400 });
  expect(limitOf(fragments(401), limits)).toBe('maxFragments');
});

test('measures fragments that double at each step without expanding them', () => {
  const steps = 40;
  const fragments = Array.from({ length: steps }, (_, i) => `fragment F${i} on Q { ...F${i + 1} ...F${i + 1} }`);
  const source = `{ ...F0 } ${fragments.join(' ')} fragment F${steps} on Q { a }`;
  expect(limitOf(source, { ...LIMITS, maxTokens: 10_000 })).toBe('maxFields');
});

test.each([1, 10, 390])('counts the spreads of a chain of %i fragments wherever it is spread', (length) => {
  const chain = (spreads: number) =>
    `{ ${'...F0 '.repeat(spreads)} } ${Array.from({ length }, (_, i) => `fragment F${i} on Q { ${i < length - 1 ? `...F${i + 1}` : 'a'} }`).join(' ')}`;
  // each spread selects itself, the spreads of the rest of the chain, and a field
  const limits = { ...LIMITS, maxTokens: 10_000, maxFields: 10 * (length + 1) };
  expect([limitOf(chain(10), limits), limitOf(chain(11), limits)]).toEqual([undefined, 'maxFields']);
});

test('accepts any text, rejects it for its size, or leaves it to the parser', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom('{', '}', 'a', '...', 'fragment', 'on', '@', ':', '(', ')', '"', '$')),
      ),
      (text) => {
        const source = Array.isArray(text) ? text.join(' ') : text;
        expect([undefined, ...Object.keys(LIMITS)]).toContain(limitOf(source));
      },
    ),
  );
});

test.each<[string, unknown, boolean]>([
  ['none', undefined, true],
  ['a list within the limit', { x: [1, 2, 3, 4] }, true],
  ['too long a list', { x: [1, 2, 3, 4, 5] }, false],
  ['too long a list, deep within', { x: [{ y: { z: [[], [1, 2, 3, 4, 5]] } }] }, false],
])('checks the limits of variables: %s', (_what, variables, isWithin) => {
  const look = () => variablesWithin(variables, LIMITS);
  if (isWithin) expect(look).not.toThrow();
  else expect(look).toThrow(/more than 4 values in a list of its variables/);
});

test('rejects variables with too many values or levels', () => {
  const limit = (variables: unknown) => {
    try {
      variablesWithin(variables, LIMITS);
      return undefined;
    } catch (error) {
      return (error as LimitError).extensions.limit;
    }
  };
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { x: nested(levels - 1) });
  expect(limit({ x: Array.from({ length: 4 }, () => [1, 2, 3, 4]) })).toBeUndefined();
  expect(limit({ x: Array.from({ length: 4 }, () => [{}, {}, {}, { y: [1, 2, 3] }]) })).toBe('maxValues');
  const eight = { x: [1, 2, 3, 4], y: [1, 2] };
  expect(variablesWithin(eight, LIMITS, true)).toBe(8);
  expect(() => variablesWithin({ ...eight, z: 1 }, LIMITS, true)).toThrow(/more than 8 values in its variables/);
  expect([limit(nested(11)), limit(nested(12))]).toEqual([undefined, 'maxNesting']);
});

test('checks variables that are nested deeper than the stack', () => {
  let deep: unknown = [1, 2, 3, 4, 5];
  for (let level = 0; level < 200_000; level++) deep = [deep];
  expect(() => variablesWithin({ deep }, LIMITS)).toThrow(/variables/);
});
