import { registerEnumType } from 'type-graphql';

const names = new WeakMap<object, string>();

/**
 * Declares a GraphQL enum from its values and their descriptions. The result maps every value to itself, so that code can use
 * `ReviewStatus.OPENED`.
 */
export function enumeration<const Values extends Record<string, string>>(
  name: string,
  description: string,
  values: Values,
): { readonly [Value in keyof Values & string]: Value } {
  const enumObject = Object.fromEntries(Object.keys(values).map((value) => [value, value])) as {
    [Value in keyof Values & string]: Value;
  };
  registerEnumType(enumObject, {
    name,
    description,
    valuesConfig: Object.fromEntries(
      Object.entries(values).map(([value, text]) => [value, { description: text }]),
    ) as never,
  });
  names.set(enumObject, name);
  return enumObject;
}

/** GraphQL name of an {@link enumeration}. */
export function enumerationName(enumObject: object): string {
  const name = names.get(enumObject);
  if (name === undefined) throw new Error('Not an enumeration: declare it with enumeration()');
  return name;
}

/** Union of an enumeration's values. */
export type ValueOf<Enumeration> = Enumeration[keyof Enumeration];
