import type { GraphQLField } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';

/** Sensitivity class that a field declares; undefined without one. */
export function sensitivityOf(field: GraphQLField<unknown, unknown>): Sensitivity | undefined {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'sensitivity');
  const value = directive?.arguments?.[0]?.value;
  return value && 'value' in value ? (String(value.value) as Sensitivity) : undefined;
}
