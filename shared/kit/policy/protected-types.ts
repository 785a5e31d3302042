import { type GraphQLSchema, isObjectType } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { type ModelClass, modelOf } from '../model/model';
import { sensitivityOf } from './field-class';
import type { Policies, Protected } from './policy';

/** Sensitivity classes whose reads are recorded. */
export const RECORDED: ReadonlySet<Sensitivity> = new Set(['PROPIN', 'PII', 'ISVI']);

/**
 * Types with restricted objects and a recorded class, whose mere existence is as sensitive as their fields. Maps each to the class under
 * which reads are recorded: that of the type, or else of its first field with a recorded class.
 */
export type ProtectedTypes = ReadonlyMap<ModelClass, Protected>;

/** Computed once, when the schema is built, so that other types cost nothing at request time. */
export function protectedTypesOf(
  schema: GraphQLSchema,
  models: readonly ModelClass[],
  policies: Policies,
): ProtectedTypes {
  const types = new Map<ModelClass, Protected>();
  for (const model of models) {
    const sensitivity = policies.has(model) && policies.of(model).rows(null) !== true && recordedClass(schema, model);
    if (sensitivity) types.set(model, sensitivity);
  }
  return types;
}

function recordedClass(schema: GraphQLSchema, model: ModelClass): Protected | undefined {
  const { name, sensitivity, stored } = modelOf(model);
  const type = schema.getType(name);
  if (!stored || !isObjectType(type)) return undefined;
  const classes = [sensitivity, ...Object.values(type.getFields()).map(sensitivityOf)];
  return classes.find((candidate) => candidate !== undefined && RECORDED.has(candidate)) as Protected | undefined;
}
