import { type GraphQLLeafType, isEnumType } from 'graphql';
import { ExactNumber } from '../../transport/exact-json';

/** Writes a leaf value as JSON text; undefined if it is not valid for the type. */
export type LeafText = (value: unknown) => string | undefined;

const MAX_INT = 2 ** 31;
const boolean: LeafText = (value) => (value === true ? 'true' : value === false ? 'false' : undefined);
const float: LeafText = (value) => {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : undefined;
  return value instanceof ExactNumber ? float(Number(value.text)) : undefined;
};
const int: LeafText = (value) => {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= -MAX_INT && value < MAX_INT ? `${value}` : undefined;
  return value instanceof ExactNumber ? int(Number(value.text)) : undefined;
};
const string: LeafText = (value) => (typeof value === 'string' ? stringText(value) : undefined);
const id: LeafText = (value) => {
  if (typeof value === 'string') return stringText(value);
  if (typeof value !== 'number' && !(value instanceof ExactNumber)) return undefined;
  // "serialized in the same way as a String", by all its digits
  const digits = typeof value === 'number' ? `${value}` : value.text;
  return /^-?\d+$/.test(digits) ? `"${digits}"` : undefined;
};

/** The writer of a leaf type, by "Result Coercion" of the GraphQL specification. It throws RangeError for values nested too deeply. */
export function leafText(type: GraphQLLeafType): LeafText {
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.getValues().map(({ name }) => [name, `"${name}"`]));
    return (value) => texts.get(value);
  }
  switch (type.name) {
    case 'String':
      return string;
    case 'Int':
      return int;
    case 'Float':
      return float;
    case 'Boolean':
      return boolean;
    case 'ID':
      return id;
    default:
      return (value) => JSON.stringify(value);
  }
}

// characters that JSON escapes: quotes, backslashes, control characters, and lone surrogates
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern searches for them
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A string as JSON. Most strings need no escape, and checking is cheaper than `JSON.stringify`. */
export const stringText = (value: string): string => (ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`);
