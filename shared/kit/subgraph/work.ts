import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql';
import type { Context } from './context';

/** Work of one request, in the unit of `@cost`. */
export class Work {
  units = 0;
}

/** Weight of an object without `@cost`, by the cost specification. Leaves without it are free. */
const COMPOSITE = 1;

/** Makes a schema count the work of each request: the weight of each field, once for each object or list of leaves. Call it last. */
export function measure(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__') || type === schema.getMutationType()) continue;
    for (const field of Object.values(type.getFields())) {
      const weight = weightOf(field);
      if (weight > 0) field.resolve = counted(field, weight);
    }
  }
}

function weightOf(field: GraphQLField<unknown, unknown>): number {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'cost');
  const stated = directive?.arguments?.find(({ name }) => name.value === 'weight')?.value;
  if (stated && 'value' in stated) return Number(stated.value);
  return isCompositeType(getNamedType(field.type)) ? COMPOSITE : 0;
}

function counted(field: GraphQLField<unknown, unknown>, weight: number): GraphQLField<unknown, unknown>['resolve'] {
  const { resolve = defaultFieldResolver } = field;
  if (!isListOfObjects(field.type))
    return (source, args, context, info) => {
      (context as Context).work.units += weight;
      return resolve(source, args, context, info);
    };
  const count = (values: unknown, { work }: Context) => {
    if (Array.isArray(values)) work.units += weight * values.length;
    return values;
  };
  return (source, args, context, info) => {
    const values: unknown = resolve(source, args, context, info);
    return values instanceof Promise
      ? values.then((settled) => count(settled, context as Context))
      : count(values, context as Context);
  };
}

const isListOfObjects = (type: GraphQLOutputType): boolean =>
  isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
