import { type GraphQLSchema, isObjectType } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { type ModelClass, modelOf } from '../model/model';
import { sensitivityOf } from './field-class';
import type { Policies, Protected } from './policy';

/** Classes whose reading is recorded. */
export const RECORDED: ReadonlySet<Sensitivity> = new Set(['PROPIN', 'PII', 'ISVI']);

/**
 * Types whose objects not everyone sees, and which have a class whose reading is recorded: that an object of them exists is as protected
 * as its fields. With each, the class under which the record has it: the type's own, or else that of its first such field.
 */
export type ProtectedTypes = ReadonlyMap<ModelClass, Protected>;

/** Decided once, when a schema is built: lists of other types cost a request nothing. */
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
  return classes.find((one) => one !== undefined && RECORDED.has(one)) as Protected | undefined;
}
