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
import { RequestError } from '#base/errors';
import { type ModelClass, modelOf } from '../model/model';
import type { Context } from './context';

/** Maximum periods of all series of one request, and characters of its long texts. */
const MAX_PERIODS = 20_000;
const MAX_TEXT = 16 * 1024 * 1024;

/** Work of one request, in the unit of `@cost`. */
export class Work {
  units = 0;
  private periods = 0;
  private characters = 0;

  /** Counts periods that a series shows, whether or not they have objects. @throws RequestError if they are too many */
  showPeriods(count: number): void {
    this.periods += count;
    if (this.periods > MAX_PERIODS)
      throw tooLarge('periods', MAX_PERIODS, 'use longer periods, or list fewer objects with a series');
  }

  /** Counts a long text, each time that the answer has it. @throws RequestError if they are too long in all */
  showText(text: string): void {
    this.characters += text.length;
    if (this.characters > MAX_TEXT) throw tooLarge('characters of long texts', MAX_TEXT, 'select them less often');
  }
}

const tooLarge = (limit: string, most: number, fix: string): RequestError =>
  new RequestError('OPERATION_TOO_LARGE', `The answer would have more than ${most} ${limit}: ${fix}`, [], {
    limit,
    most,
  });

/** Weight of an object without `@cost`, by the cost specification. Leaves without it are free. */
const COMPOSITE = 1;

/**
 * Makes a schema count the work of each request: the weight of each field, once for each object or list of leaves, and the characters of
 * long texts. Call it last.
 */
export function measure(schema: GraphQLSchema, models: readonly ModelClass[]): void {
  for (const model of models.map(modelOf)) {
    const type = schema.getType(model.name);
    if (!isObjectType(type)) continue;
    for (const name of model.longTexts) {
      const field = type.getFields()[name];
      if (field) field.resolve = counting(field);
    }
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__') || type === schema.getMutationType()) continue;
    for (const field of Object.values(type.getFields())) {
      const weight = weightOf(field);
      if (weight > 0) field.resolve = counted(field, weight);
    }
  }
}

function counting(field: GraphQLField<unknown, unknown>): GraphQLField<unknown, unknown>['resolve'] {
  const { resolve = defaultFieldResolver } = field;
  const count = (text: unknown, { work }: Context) => {
    if (typeof text === 'string') work.showText(text);
    return text;
  };
  return (source, args, context, info) => {
    const text: unknown = resolve(source, args, context, info);
    return text instanceof Promise
      ? text.then((settled) => count(settled, context as Context))
      : count(text, context as Context);
  };
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
