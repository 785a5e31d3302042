import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredInputField,
} from 'graphql';

/** Names from an argument to a value in it, such as `['filter', 'lifecycle', 'eq']`. */
export type ValuePath = readonly string[];

/** The type of a value within an argument; undefined where the schema has no such value. */
export function typeAt(args: readonly GraphQLArgument[], [name, ...rest]: ValuePath): GraphQLInputType | undefined {
  let type: GraphQLInputType | undefined = args.find((one) => one.name === name)?.type;
  for (const below of rest) {
    const named = type && getNullableType(type);
    type = isInputObjectType(named) ? named.getFields()[below]?.type : undefined;
  }
  return type;
}

/** Kinds of input that the tree offers: one value, an object of further inputs, or a list of objects with single values. */
export type InputKind = 'value' | 'object' | 'rows' | 'text';

export function kindOf(type: GraphQLInputType): InputKind {
  const nullable = getNullableType(type);
  if (isInputObjectType(nullable)) return 'object';
  const named = getNamedType(nullable);
  if (isLeafType(named)) return 'value';
  const isRows =
    isListType(nullable) &&
    isInputObjectType(named) &&
    Object.values(named.getFields()).every((field) => isLeafType(getNamedType(field.type)));
  return isRows ? 'rows' : 'text';
}

/** The first choice of a list that an operation needs, such as the dimension of groups; undefined if it has none. */
export function firstRowOf(type: GraphQLInputType): Record<string, unknown> | undefined {
  const named = getNamedType(type);
  if (kindOf(type) !== 'rows' || !isInputObjectType(named)) return undefined;
  const values = Object.values(named.getFields())
    .filter(isRequiredInputField)
    .map((field): [string, unknown] => [field.name, firstValueOf(field)]);
  return values.length > 0 && values.every(([, value]) => value !== undefined) ? Object.fromEntries(values) : undefined;
}

function firstValueOf({ type }: GraphQLInputField): string | undefined {
  const named = getNamedType(type);
  return isEnumType(named) ? named.getValues()[0]?.name : undefined;
}
