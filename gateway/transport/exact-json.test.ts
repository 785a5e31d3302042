import fc from 'fast-check';
import { ExactNumber, hasInexactNumber, parseExactly } from './exact-json';

const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
/** Every form of number in JSON's grammar. */
const literal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'), fc.oneof(fc.constant(''), digits(25))).map((parts) => parts.join('')),
    ),
    fc.option(digits(25), { nil: undefined }),
    fc.option(
      fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits(4)).map((parts) => parts.join('')),
      { nil: undefined },
    ),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent ?? ''}`,
  );

/** The number of a literal, as digits without surrounding zeros and a power of ten. */
function decimalOf(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + all.length - significant.length}`;
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 4 });

test('writes every number exactly as it was read, at any depth', () => {
  fc.assert(
    fc.property(fc.array(literal, { minLength: 1, maxLength: 5 }), space, fc.string(), (literals, gap, key) => {
      const text = `${gap}[[${literals.join(`${gap},`)}${gap}],{"last":${literals[0]}},${JSON.stringify(key)}]`;
      const output = JSON.stringify(parseExactly(text));
      const numbers = /^\[\[(.*?)\],\{"last":(.*?)\},/.exec(output)!;
      expect(numbers[1]!.split(',').map(decimalOf)).toEqual(literals.map(decimalOf));
      expect(decimalOf(numbers[2]!)).toBe(decimalOf(literals[0]!));
    }),
    { numRuns: 2_000 },
  );
});

test('parses every JSON text like JSON.parse except numbers beyond double precision', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), (json) => {
      const exact = parseExactly(`[9007199254740993,${json}]`) as unknown[];
      expect(exact[0]).toEqual(new ExactNumber('9007199254740993'));
      expect(JSON.parse(JSON.stringify(exact[1]))).toEqual(JSON.parse(json));
    }),
  );
});

test('keeps "__proto__" as an ordinary key, and the last of duplicate keys', () => {
  const text = '{"__proto__":{"a":9007199254740993},"b":1,"b":{"c":9007199254740993}}';
  expect(JSON.stringify(parseExactly(text))).toBe('{"__proto__":{"a":9007199254740993},"b":{"c":9007199254740993}}');
});

test.each([
  ['0', false],
  ['-0.0', false],
  ['0e999', false],
  ['1.5e-5', false],
  ['1e300', false],
  ['123456789012345', false],
  ['9007199254740992', false],
  ['0.30000000000000004', false],
  ['9007199254740993', true],
  ['-9223372036854775808', true],
  ['0.1234567890123456789', true],
  ['1e400', true],
  ['-1E-400', true],
  ['5e-324', true],
  ['"9007199254740993"', false],
  ['"5e123456"', false],
  ['"2026-01-02T03:04:05.678901234567890"', false],
])('recognizes whether a double holds the number %s exactly: %s', (json, isInexact) => {
  for (let before = 0; before < 17; before++) {
    expect(hasInexactNumber(`[${' '.repeat(before)}${json}]`, true)).toBe(isInexact);
    expect(hasInexactNumber(`[${' '.repeat(before)}${json}]`, false)).toBe(isInexact && json.length > 15);
  }
});

test('writes an exact number as its text with JSON.stringify, at any depth', () => {
  const number = new ExactNumber('1e400');
  expect(JSON.stringify({ a: [number], b: number })).toBe('{"a":[1e400],"b":1e400}');
  expect(JSON.stringify(number)).toBe('1e400');
});
