import { type GraphQLLeafType, isEnumType } from 'graphql';

/** A leaf value as JSON text; undefined when the type has no such value. */
export type LeafText = (value: unknown) => string | undefined;

const MAX_INT = 2 ** 31;
const boolean: LeafText = (value) => (value === true ? 'true' : value === false ? 'false' : undefined);
const float: LeafText = (value) => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : undefined);
const int: LeafText = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= -MAX_INT && value < MAX_INT ? `${value}` : undefined;
const string: LeafText = (value) => (typeof value === 'string' ? stringText(value) : undefined);
const id: LeafText = (value) =>
  typeof value === 'string'
    ? stringText(value)
    : typeof value === 'number' && Number.isInteger(value)
      ? `${value}`
      : undefined;
const any: LeafText = (value) => JSON.stringify(value);

/** How values of a leaf type are written, by "Result Coercion" of the GraphQL specification; values come from JSON. */
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
      return any;
  }
}

// what JSON writes as an escape: quotes, backslashes, control characters, and halves of surrogate pairs
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A string as JSON. Most need no escape, and looking is cheaper than letting JSON write a copy. */
export const stringText = (value: string): string => (ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`);
