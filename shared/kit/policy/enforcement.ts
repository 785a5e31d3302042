import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';
import { RequestError } from '#base/errors';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { ACCESS_LOG_TYPES } from '../audit/access-log';
import { type FiscalYears, fiscalYearsOf } from '../model/figure';
import { type ModelClass, modelOf } from '../model/model';
import { type Counted, countedOf, listsOf } from '../model/value-object';
import type { Context } from '../subgraph/context';
import { sensitivityOf } from './field-class';
import type { Policies, Protected } from './policy';
import { government, oversight, type Rule } from './rule';
import { withheldOf, withheldSmall, withoutSmallCells, withoutSmallCounts, withoutSmallYears } from './suppression';

/** Somebody asked for a field that is of a class they see of no object. */
export class FieldForbiddenError extends RequestError {
  constructor(type: string, field: string, sensitivity: Sensitivity, path?: GraphQLResolveInfo['path']) {
    const message = `${type}.${field} is of class ${sensitivity}, which your roles do not read`;
    super('FORBIDDEN', message, [], { sensitivity }, path && responsePathAsArray(path));
  }
}

/** Who may read fields of objects that are not stored, and so have no policy: figures of programs, above all. */
const OF_FIGURES: Partial<Record<Sensitivity, Rule>> = { GOV: government };

/**
 * Puts every field of a protected class behind its rule. What a principal may read of no object is refused in words; what it may
 * not read of one object is null there, as if it were not known. Objects that a field leads to are shown to those who see them,
 * however the field has come by them, and counts of fewer than five to those who see what is counted.
 * @param carriers fields that have no class of their own, as `Type.field`
 */
export function enforce(
  schema: GraphQLSchema,
  models: readonly ModelClass[],
  policies: Policies,
  carriers: ReadonlySet<string>,
): void {
  const byName = new Map(models.map((model) => [modelOf(model).name, model]));
  const parts = partsOfModels(schema, byName);
  const query = schema.getQueryType();
  const entities = query?.getFields()._entities;
  if (entities) entities.resolve = withinReason(resolverOf(entities));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue;
    const model = byName.get(type.name);
    for (const field of Object.values(type.getFields())) {
      show(field, type, byName, type === query);
      if (parts.has(type.name)) continue;
      const sensitivity = sensitivityOf(field);
      // what it carries is let through or not by its own policy
      if (carriers.has(`${type.name}.${field.name}`)) continue;
      if (!sensitivity || sensitivity === 'PUBLIC' || (type !== query && isLedToBy(field, sensitivity, byName)))
        continue;
      field.resolve =
        model && policies.has(model)
          ? guarded(
              model,
              field.name,
              policies.of(model).fields?.[field.name] !== undefined,
              sensitivity,
              resolverOf(field),
            )
          : figured(type.name, field, sensitivity, resolverOf(field));
    }
  }
}

const namedType = (field: GraphQLField<unknown, unknown>): string => String(field.type).replace(/[[\]!]/g, '');

/** Types without identity that stand in stored objects: the fields that lead to them are guarded, and so are they. */
function partsOfModels(schema: GraphQLSchema, byName: ReadonlyMap<string, ModelClass>): Set<string> {
  const parts = new Set<string>();
  const visit = (name: string): void => {
    const type = schema.getType(name);
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      const led = namedType(field);
      if (byName.has(led) || led.endsWith('Connection') || parts.has(led) || !isObjectType(schema.getType(led)))
        continue;
      parts.add(led);
      visit(led);
    }
  };
  for (const [name, model] of byName) if (modelOf(model).stored) visit(name);
  return parts;
}

type Resolve = NonNullable<GraphQLField<unknown, unknown>['resolve']>;

/**
 * Whether the policy of the objects that a field returns decides alone. A field of a stricter class needs its own check: many may see
 * the objects, and few may know which of them belong to this one.
 */
function isLedToBy(
  field: GraphQLField<unknown, unknown>,
  sensitivity: Sensitivity,
  byName: ReadonlyMap<string, ModelClass>,
): boolean {
  const model = byName.get(namedType(field).replace(/Connection$/, ''));
  if (!model) return namedType(field).endsWith('Connection');
  return modelOf(model).stored && isCovered(sensitivity, modelOf(model).sensitivity);
}

/** Most entities that one field is asked for: more than any operation of the gateway may cost in one place. */
const MOST_REPRESENTATIONS = 100_000;

/** Entities, unless they are more than anybody needs at once. */
function withinReason(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const { length } = args.representations as readonly unknown[];
    if (length <= MOST_REPRESENTATIONS) return resolve(source, args, context, info);
    const told = `_entities is asked for ${length} entities at once; ask for ${MOST_REPRESENTATIONS} at most`;
    throw new RequestError('BAD_USER_INPUT', told, ['representations']);
  };
}

/** Puts what a field leads to, and what it counts, behind whether the reader sees it. */
function show(
  field: GraphQLField<unknown, unknown>,
  type: GraphQLObjectType,
  byName: ReadonlyMap<string, ModelClass>,
  isRoot: boolean,
): void {
  const led = byName.get(namedType(field));
  const isOfModel = byName.has(type.name);
  if (led && modelOf(led).stored && (isOfModel || isRoot)) field.resolve = seenOnly(led, resolverOf(field));
  // lists in an object of figures are counted with it
  if (!led && !listsOf(type.name).has(field.name) && countedOf(namedType(field)))
    field.resolve = counting(field, resolverOf(field));
  const own = isOfModel && countedOf(type.name)?.get(field.name);
  if (own) field.resolve = countingOne(field.name, own, resolverOf(field));
}

const resolverOf = (field: GraphQLField<unknown, unknown>): Resolve => field.resolve ?? defaultFieldResolver;

/** Of the objects that a field leads to, those that the reader sees. Those of the loaders are known to be; others are asked after. */
function seenOnly(model: ModelClass, resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const { loaders, reader } = context as Context;
    const resolved: unknown = resolve(source, args, context, info);
    if (reader.rows(model) === true) return resolved;
    return Promise.resolve(resolved).then(async (value) => {
      if (!Array.isArray(value)) return value && loaders.ifSeen(model, value as object);
      const seen = await Promise.all(value.map((one) => one && loaders.ifSeen(model, one)));
      return seen.filter((one, place) => one !== null || value[place] === null);
    });
  };
}

/** Figures, to those who do not see what they count, without counts of fewer than five. */
function counting(field: GraphQLField<unknown, unknown>, resolve: Resolve): Resolve {
  const type = namedType(field);
  const years = requiredYears(field);
  return async (source, args, context, info) => {
    const value: unknown = await resolve(source, args, context, info);
    if (!value) return value;
    const { principal, database } = context as Context;
    const withheld = withheldOf(type, principal)!;
    if (Array.isArray(value)) return withoutSmallCells(value, withheld);
    if (!years || withheld.figures.size === 0) return withoutSmallCounts(value as object, withheld);
    const of = (fiscalYear: number | null) =>
      Promise.resolve(resolve(source, { ...args, fiscalYear }, context, info)) as Promise<object>;
    const asked = (args.fiscalYear ?? null) as number | null;
    const all = new Set([...(await years(database)), ...(asked === null ? [] : [asked])]);
    const figures = new Map([[null, await of(null)] as [number | null, object]]);
    for (const year of all) figures.set(year, await of(year));
    const [total, ...single] = [...figures.values()];
    return withoutSmallYears(single, total!, figures.get(asked)!, withheld);
  };
}

/**
 * The fiscal years of a figure that is shown of each and of all time.
 * @throws Error for a figure that does not say them: the figure of all time and those of other years would give away a hidden one
 */
function requiredYears(field: GraphQLField<unknown, unknown>): FiscalYears | undefined {
  const fiscalYears = fiscalYearsOf(field.name);
  const type = getNamedType(field.type);
  const year = isObjectType(type) ? type.getFields().fiscalYear : undefined;
  const isOfAllTime = field.args.some(({ name }) => name === 'fiscalYear') && year && !isNonNullType(year.type);
  if (isOfAllTime && !fiscalYears) throw new Error(`${field.name} takes a fiscal year: name its years in @figure`);
  return fiscalYears;
}

/** The same of a figure that stands among the fields of an object. */
function countingOne(name: string, of: Counted, resolve: Resolve): Resolve {
  const counted = new Map([[name, of]]);
  return async (source, args, context, info) => {
    const value: unknown = await resolve(source, args, context, info);
    const figures = withheldSmall(counted, (context as Context).principal);
    return (withoutSmallCounts({ [name]: value }, { figures }) as Record<string, unknown>)[name];
  };
}

/** @param hasRule whether the policy has a rule for this field; fields without one share a lookup per class */
function guarded(
  model: ModelClass,
  field: string,
  hasRule: boolean,
  sensitivity: Protected,
  resolve: Resolve,
): Resolve {
  const { name, key: keyProperty } = modelOf(model);
  return (source, args, context, info) => {
    const { loaders, reader, reads } = context as Context;
    const reach = reader.fields(model, sensitivity, field);
    if (reach === false) throw new FieldForbiddenError(name, field, sensitivity, info.path);
    const key = (source as Record<string, string>)[keyProperty]!;
    const read = () => {
      reads.note(name, sensitivity, key);
      return resolve(source, args, context, info);
    };
    if (reach === true) return read();
    return loaders
      .mayRead(model, sensitivity, hasRule ? field : undefined)
      .load(key)
      .then((may) => (may ? read() : null));
  };
}

function figured(
  type: string,
  field: GraphQLField<unknown, unknown>,
  sensitivity: Sensitivity,
  resolve: Resolve,
): Resolve {
  const isOfRecord = ACCESS_LOG_TYPES.has(type) || ACCESS_LOG_TYPES.has(namedType(field));
  const rule = isOfRecord ? oversight : OF_FIGURES[sensitivity];
  return (source, args, context, info) => {
    if (rule?.((context as Context).principal) !== true)
      throw new FieldForbiddenError(type, field.name, sensitivity, info.path);
    return resolve(source, args, context, info);
  };
}
