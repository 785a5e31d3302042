import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { RequestError } from '#base/errors';
import { oncePerField } from '../collection/once-per-field';
import { type ModelClass, modelOf } from '../model/model';
import type { Context } from './context';

/** Maximum values of one request, periods of all its series, and characters of its long texts. */
const MAX_VALUES = 1_000_000;
const MAX_PERIODS = 20_000;
const MAX_TEXT = 16 * 1024 * 1024;

/** Work of one request, in the unit of `@cost`. */
export class Work {
  units = 0;
  private values = 0;
  private periods = 0;
  private characters = 0;

  /** Counts objects, and the values that they show, before any is resolved: that cannot be interrupted. @throws RequestError if they are too many */
  showValues(count: number): void {
    this.values += count;
    if (this.values > MAX_VALUES) throw tooLarge('values', MAX_VALUES, 'use smaller pages, or select fewer fields');
  }

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
 * Makes a schema count the work of each request: the weight of each field, once for each object or list of leaves, the values that objects
 * show, and the characters of long texts. Call it last.
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
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const isMutation = type === schema.getMutationType();
    for (const field of Object.values(type.getFields())) {
      const weight = isMutation ? 0 : weightOf(field);
      if (isCompositeType(getNamedType(field.type))) field.resolve = countedObjects(field, weight);
      else if (weight > 0) field.resolve = counted(field, weight);
    }
  }
}

/** Of any realm. */
const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as Promise<unknown> | null | undefined)?.then === 'function';

function counting(field: GraphQLField<unknown, unknown>): GraphQLField<unknown, unknown>['resolve'] {
  const { resolve = defaultFieldResolver } = field;
  const count = (text: unknown, { work }: Context) => {
    if (typeof text === 'string') work.showText(text);
    return text;
  };
  return (source, args, context, info) => {
    const text: unknown = resolve(source, args, context, info);
    return isPromise(text)
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

type Resolve = GraphQLField<unknown, unknown>['resolve'];

/** Counts the weight of a field with a value. */
function counted({ resolve = defaultFieldResolver }: GraphQLField<unknown, unknown>, weight: number): Resolve {
  return (source, args, context, info) => {
    (context as Context).work.units += weight;
    return resolve(source, args, context, info);
  };
}

/** Counts the weight of each object that a field resolves to, and the values that it shows. */
function countedObjects(field: GraphQLField<unknown, unknown>, weight: number): Resolve {
  const { resolve = defaultFieldResolver } = field;
  const isList = isListType(getNullableType(field.type));
  const count = (value: unknown, { work }: Context, info: GraphQLResolveInfo) => {
    const objects = Array.isArray(value) ? value.length : value === null || value === undefined ? 0 : 1;
    if (isList) work.units += weight * objects;
    if (objects > 0) work.showValues(objects * (1 + oncePerField(info, 'leaves', () => leavesOf(info))));
    return value;
  };
  return (source, args, context, info) => {
    // one that is null costs as much
    if (!isList) (context as Context).work.units += weight;
    const value: unknown = resolve(source, args, context, info);
    return isPromise(value)
      ? value.then((settled) => count(settled, context as Context, info))
      : count(value, context as Context, info);
  };
}

/** Number of fields without selections of their own that a field selects of each object, whatever its type. */
function leavesOf({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  const seen = new Set<string>();
  const within = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => sum + of(selection), 0);
  const of = (selection: SelectionNode): number => {
    if (selection.kind === Kind.FIELD) return selection.selectionSet ? 0 : 1;
    if (selection.kind === Kind.INLINE_FRAGMENT) return within(selection.selectionSet);
    // executors visit a fragment once, too
    const name = selection.name.value;
    if (seen.has(name)) return 0;
    seen.add(name);
    return within(fragments[name]!.selectionSet);
  };
  return fieldNodes.reduce((sum, { selectionSet }) => sum + (selectionSet ? within(selectionSet) : 0), 0);
}
