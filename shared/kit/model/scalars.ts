import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** A scalar whose values are strings on the wire and in the code; `parse` returns the canonical form or throws. */
function textScalar(name: string, description: string, parse: (text: string) => string, specifiedByURL: string) {
  const accept = (value: unknown): string => {
    if (typeof value !== 'string') throw new GraphQLError(`${name} must be a string, got ${JSON.stringify(value)}`);
    return parse(value);
  };
  return new GraphQLScalarType<string, string>({
    name,
    description,
    specifiedByURL,
    serialize: (value) => accept(value),
    parseValue: accept,
    parseLiteral(node) {
      if (node.kind !== Kind.STRING) throw new GraphQLError(`${name} must be written as a string`, { nodes: node });
      return parse(node.value);
    },
  });
}

const CIVIL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Whether a text is a calendar day. */
export function isDate(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return CIVIL_DATE.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

/** @throws GraphQLError unless the text is a calendar day */
export function parseDate(text: string): string {
  if (!isDate(text)) throw new GraphQLError(`"${text}" is not a date: use YYYY-MM-DD, for example 2026-06-02`);
  return text;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

const CANONICAL_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Whether a text with the form of a canonical instant is one, rather than February 30. */
function isCanonical(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** @returns the same instant in UTC with milliseconds. @throws GraphQLError unless the text is an RFC 3339 instant */
export function parseInstant(text: string): string {
  // as databases have it: every list serializes thousands
  if (CANONICAL_INSTANT.test(text) && isCanonical(text)) return text;
  const time = INSTANT.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new GraphQLError(
      `"${text}" is not a date and time: use RFC 3339 with an offset, for example 2026-06-02T09:00:00-04:00`,
    );
  parseDate(text.slice(0, 10));
  return time.toISOString();
}

export const GraphQLCivilDate = textScalar(
  'Date',
  'Calendar day as YYYY-MM-DD, in America/New_York unless the field states otherwise.',
  parseDate,
  'https://scalars.graphql.org/andimarek/local-date',
);

export const GraphQLInstant = textScalar(
  'DateTime',
  'Date and time in RFC 3339 format with an offset. Returned in UTC with milliseconds.',
  parseInstant,
  'https://scalars.graphql.org/andimarek/date-time',
);

export const GraphQLUrl = textScalar(
  'URL',
  'Absolute URL.',
  (text) => {
    if (!URL.canParse(text))
      throw new GraphQLError(`"${text}" is not an absolute URL: include the scheme, for example https://example.gov/`);
    return text;
  },
  'https://url.spec.whatwg.org/',
);

export const GraphQLSha256 = textScalar(
  'Sha256',
  'SHA-256 digest as 64 lower-case hexadecimal digits.',
  (text) => {
    if (!/^[0-9a-f]{64}$/.test(text))
      throw new GraphQLError(`"${text}" is not a SHA-256 digest: use 64 lower-case hexadecimal digits`);
    return text;
  },
  'https://doi.org/10.6028/NIST.FIPS.180-4',
);

const MAX_QUOTED = 100;

/** The beginning of a text, for messages. */
const quoted = (text: string): string => (text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);

/** Maximum characters of a number: its digits, and the zeros of its power of ten. */
const MAX_CHARACTERS = 20_000;
const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Digits and power of ten of a non-negative decimal number: 12.50 is { digits: "125", exponent: 2 }, or 0.125 × 10². Zero has no digits.
 * @throws GraphQLError for any other text
 */
function decimalParts(text: string): { digits: string; exponent: number } {
  if (text.length > MAX_CHARACTERS)
    throw new GraphQLError(`"${quoted(text)}" is out of range: it has more than ${MAX_CHARACTERS} characters`);
  const match = DECIMAL.exec(text.trim());
  if (!match)
    throw new GraphQLError(`"${quoted(text)}" is not a non-negative number: write it as 1750000000000 or 3.8e25`);
  const [, whole = '', fraction = '', power = '0'] = match;
  const allDigits = whole + fraction;
  const leading = /^0*/.exec(allDigits)![0].length;
  let end = allDigits.length;
  while (end > leading && allDigits[end - 1] === '0') end -= 1;
  const digits = allDigits.slice(leading, end);
  return { digits, exponent: digits === '' ? 0 : whole.length - leading + Number(power) };
}

/** Maximum digits, without leading and trailing zeros. No quantity needs more, and each is stored, sorted, and sent as text. */
const MAX_DIGITS = 1_000;
/** Maximum power of ten, up and down, so that {@link DECIMAL} reads every canonical and every stored form. */
const MAX_POWER = 9_000;

/** Canonical decimal text: plain digits up to 21 places, else `d.ddde±x`; never rounded. @throws GraphQLError */
export function parseBigNumber(text: string): string {
  const { digits, exponent } = decimalParts(text);
  if (digits === '') return '0';
  if (digits.length > MAX_DIGITS || Math.abs(exponent) > MAX_POWER)
    throw new GraphQLError(
      `"${quoted(text)}" is out of range: use at most ${MAX_DIGITS} digits, and powers of ten below ${MAX_POWER}`,
    );
  if (exponent > 21 || exponent < -5) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${mantissa}e${exponent - 1}`;
  }
  if (exponent <= 0) return `0.${'0'.repeat(-exponent)}${digits}`;
  if (digits.length <= exponent) return digits + '0'.repeat(exponent - digits.length);
  return `${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/** Makes every exponent a positive five-digit number, so that exponents sort as text. */
const EXPONENT_OFFSET = 50_000;

/** Stored form of a big number: text that sorts like the number and keeps all digits. "3.8e25" is "50026.38". */
export function sortableBigNumber(text: string): string {
  const { digits, exponent } = decimalParts(text);
  return digits === '' ? '00000.' : `${exponent + EXPONENT_OFFSET}.${digits}`;
}

/** The inverse of {@link sortableBigNumber}. */
export function bigNumberFromSortable(stored: string): string {
  const [exponent = '', digits = ''] = stored.split('.');
  return digits === '' ? '0' : parseBigNumber(`0.${digits}e${Number(exponent) - EXPONENT_OFFSET}`);
}

/** Stored whole numbers with the same exponent and number of digits. Their digits can be added in SQL, which cannot add the stored form. */
export interface SortableGroup {
  readonly exponent: string | number;
  readonly digits: number;
  /** Sum of their digits, read as whole numbers. */
  readonly total: number;
}

/** SQL terms that read {@link SortableGroup}s of a column. */
export const sortableGroups = (column: string): { readonly select: string; readonly groupBy: string } => ({
  select: `SUBSTR(${column}, 1, 5) AS exponent, LENGTH(${column}) - 6 AS digits, SUM(SUBSTR(${column}, 7)) AS total`,
  groupBy: `SUBSTR(${column}, 1, 5), LENGTH(${column})`,
});

/** Sum of whole numbers from their groups, exact up to 2^53. */
export const sumOfGroups = (groups: readonly SortableGroup[]): number =>
  groups.reduce(
    (sum, { exponent, digits, total }) =>
      sum + Number(total) * 10 ** (Number(exponent) - EXPONENT_OFFSET - Number(digits)),
    0,
  );

export const GraphQLBigNumber = new GraphQLScalarType<string, string>({
  name: 'BigNumber',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  description:
    'Non-negative number of any size, as text without loss of precision: "1750000000000", "3.8e25". Input may also be a number.',
  serialize: (value) => parseBigNumber(String(value)),
  parseValue(value) {
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new GraphQLError(`BigNumber must be a string or a number, got ${JSON.stringify(value)}`);
    return parseBigNumber(String(value));
  },
  parseLiteral(node) {
    if (node.kind !== Kind.STRING && node.kind !== Kind.INT && node.kind !== Kind.FLOAT)
      throw new GraphQLError('BigNumber must be written as a string or a number', { nodes: node });
    return parseBigNumber(node.value);
  },
});
