import type { FieldNode, GraphQLResolveInfo } from 'graphql';

/** Values by the variables of an execution, and by the merged nodes of a field, which the execution collects once for all its objects. */
const executions = new WeakMap<object, WeakMap<readonly FieldNode[], Map<string, unknown>>>();

/**
 * A value that depends on the arguments and selections of a field only, computed once for all objects that have the field. Arguments can be
 * long: a text of a megabyte as part of a key for each of 500 objects would take seconds.
 */
export function oncePerField<Value>(
  { variableValues, fieldNodes }: GraphQLResolveInfo,
  name: string,
  compute: () => Value,
): Value {
  const byField = executions.get(variableValues) ?? new WeakMap<readonly FieldNode[], Map<string, unknown>>();
  executions.set(variableValues, byField);
  const values = byField.get(fieldNodes) ?? new Map<string, unknown>();
  byField.set(fieldNodes, values);
  if (!values.has(name)) values.set(name, compute());
  return values.get(name) as Value;
}
