import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
  isUnionType,
  responsePathAsArray,
} from 'graphql';
import { RequestError } from '#base/errors';
import { isCovered, type Sensitivity } from '#base/sensitivity';
import { below, type Selected, selectedBelow } from '../aggregates/selection';
import { isAggregateType } from '../aggregates/types';
import { ACCESS_LOG_TYPES } from '../audit/access-log';
import { oncePerField } from '../collection/once-per-field';
import { visibleSourcesOf } from '../model/derivation';
import { type FiscalYears, fiscalYearsOf } from '../model/figure';
import { settledFigures } from '../model/lazy-figures';
import { type ModelClass, modelOf } from '../model/model';
import { type Counted, countedOf, listsOf, SUPPRESSED } from '../model/value-object';
import type { Context } from '../subgraph/context';
import { sensitivityOf } from './field-class';
import type { Policies, Protected, Reader } from './policy';
import { everyone, government, noOne, oversight, type Rule } from './rule';
import {
  hidesNothing,
  suppressedIn,
  wholeFor,
  withheldOf,
  withheldSmall,
  withoutSmallCells,
  withoutSmallCounts,
  withoutSmallYears,
} from './suppression';
import { fieldWithheld, type Place, rowsWithheld, type Withholding } from './withholdings';

/** The caller may not read a non-null field of any object. Nullable fields are null instead. */
export class FieldForbiddenError extends RequestError {
  constructor(type: string, field: string, sensitivity: Sensitivity, path?: GraphQLResolveInfo['path']) {
    const message = `Your roles don't have access to ${type}.${field}, a field of class ${sensitivity}`;
    super('FORBIDDEN', message, [], { sensitivity }, path && responsePathAsArray(path));
  }
}

/** Access rules for fields of objects without a policy, since they are not stored: mostly figures of programs. */
const FIGURE_RULES: Partial<Record<Sensitivity, Rule>> = { GOV: government };

/**
 * Wraps the resolvers of a schema in access checks. A field that the principal may not read is null; a non-null field fails with FORBIDDEN.
 * References and lists omit invisible objects, and small counts are hidden from readers who may not see the counted objects. Notes
 * each rule that limits the principal where a request executes a field.
 * @param carriers fields without an explicit class, as `Type.field`
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
  if (entities) entities.resolve = checkRepresentations(noteTypes(byName, policies, resolverOf(entities)));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue;
    const model = byName.get(type.name);
    for (const field of Object.values(type.getFields())) {
      show(field, type, byName, type === query);
      noteRules(field, type, byName, policies);
      if (parts.has(type.name) || isAggregateType(type.name)) continue;
      const sensitivity = sensitivityOf(field);
      // the policies of the returned objects apply
      if (carriers.has(`${type.name}.${field.name}`)) continue;
      if (!sensitivity || sensitivity === 'PUBLIC') continue;
      if (type !== query && isCoveredByPolicy(field, sensitivity, byName, model)) continue;
      field.resolve =
        model && policies.has(model)
          ? guarded(model, field, policies.of(model).fields?.[field.name] !== undefined, sensitivity, resolverOf(field))
          : figured(type.name, field, sensitivity, resolverOf(field));
    }
  }
}

const namedType = (field: GraphQLField<unknown, unknown>): string => String(field.type).replace(/[[\]!]/g, '');

/** Value objects within stored objects. Guards on the fields that return them protect their fields, too. */
function partsOfModels(schema: GraphQLSchema, byName: ReadonlyMap<string, ModelClass>): Set<string> {
  const parts = new Set<string>();
  const visit = (name: string): void => {
    const type = schema.getType(name);
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      const returned = namedType(field);
      const isObject = isObjectType(schema.getType(returned));
      if (!isObject || byName.has(returned) || returned.endsWith('Connection') || parts.has(returned)) continue;
      parts.add(returned);
      visit(returned);
    }
  };
  for (const [name, model] of byName) if (modelOf(model).stored) visit(name);
  return parts;
}

type Resolve = NonNullable<GraphQLField<unknown, unknown>['resolve']>;

/**
 * Whether the policy of the returned objects suffices. A field of a stricter class than theirs needs its own check, and so does one of a class
 * that its object as a whole doesn't have: readers of the returned objects may not know which of them belong to this one.
 */
function isCoveredByPolicy(
  field: GraphQLField<unknown, unknown>,
  sensitivity: Sensitivity,
  byName: ReadonlyMap<string, ModelClass>,
  owner: ModelClass | undefined,
): boolean {
  const returned = byName.get(namedType(field).replace(/Connection$/, ''));
  if (!returned) return namedType(field).endsWith('Connection');
  if (!modelOf(returned).stored || !isCovered(sensitivity, modelOf(returned).sensitivity)) return false;
  return !owner || !modelOf(owner).stored || isCovered(sensitivity, modelOf(owner).sensitivity);
}

/** Maximum representations in one `_entities` call, above what the cost limit of the gateway lets an operation request. */
const MAX_REPRESENTATIONS = 100_000;
/** Values that one representation counts for: resolving it takes about as long. */
const VALUES_OF_REPRESENTATION = 10;

/**
 * Checks all representations before any is resolved: Apollo's resolver stops at an unknown type, and no one would await those before it.
 * @throws RequestError for too many, in one call or in all of a request, or for one that no entity has
 */
function checkRepresentations(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const representations = args.representations as readonly unknown[];
    const { length } = representations;
    if (length > MAX_REPRESENTATIONS) {
      const message = `_entities has ${length} representations; the maximum is ${MAX_REPRESENTATIONS}`;
      throw new RequestError('BAD_USER_INPUT', message, ['representations']);
    }
    (context as Context).work.showValues(length * VALUES_OF_REPRESENTATION);
    const entities = oncePerField(info, 'entities', () => namesOfEntities(info));
    const unknown = representations.findIndex(
      (representation) => !entities.has((representation as { __typename?: unknown } | null)?.__typename),
    );
    if (unknown >= 0)
      throw new RequestError('INVALID_REFERENCE', `The representation ${unknown} names no entity of this subgraph`, [
        ...['representations', unknown],
      ]);
    return resolve(source, args, context, info);
  };
}

const namesOfEntities = ({ returnType, schema }: GraphQLResolveInfo): ReadonlySet<unknown> => {
  const type = getNamedType(returnType);
  return new Set(isUnionType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : []);
};

/** Omits invisible objects from the result of a field, and hides small counts in it. */
function show(
  field: GraphQLField<unknown, unknown>,
  type: GraphQLObjectType,
  byName: ReadonlyMap<string, ModelClass>,
  isRoot: boolean,
): void {
  const model = byName.get(namedType(field));
  const isOfModel = byName.has(type.name);
  if (model && modelOf(model).stored && (isOfModel || isRoot)) field.resolve = seenOnly(model, resolverOf(field));
  if (field.name === SUPPRESSED && countedOf(type.name)) field.resolve = (source) => suppressedIn(source as object);
  // lists within figures are handled with them
  if (!model && !listsOf(type.name).has(field.name) && countedOf(namedType(field)))
    field.resolve = counting(field, resolverOf(field));
  const counted = isOfModel && countedOf(type.name)?.get(field.name);
  if (counted) field.resolve = countingOne(field.name, counted, resolverOf(field));
}

const resolverOf = (field: GraphQLField<unknown, unknown>): Resolve => field.resolve ?? defaultFieldResolver;

/** Omits objects that the reader may not see. Loaders return only visible objects; others are looked up. */
function seenOnly(model: ModelClass, resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const { loaders, reader } = context as Context;
    const resolved: unknown = resolve(source, args, context, info);
    if (reader.rows(model) === true) return resolved;
    return Promise.resolve(resolved).then(async (value) => {
      if (!Array.isArray(value)) return value && loaders.ifSeen(model, value as object);
      const visible = await Promise.all(value.map((object) => object && loaders.ifSeen(model, object)));
      return visible.filter((object, place) => object !== null || value[place] === null);
    });
  };
}

/** Hides small counts in figures from readers who may not see the counted objects. */
function counting(field: GraphQLField<unknown, unknown>, resolve: Resolve): Resolve {
  const type = namedType(field);
  const years = requiredYears(field);
  return async (source, args, context, info) => {
    const resolved: unknown = await resolve(source, args, context, info);
    if (!resolved) return resolved;
    const { principal, database } = context as Context;
    const withheld = withheldOf(type, principal)!;
    if (hidesNothing(withheld)) return resolved;
    if (Array.isArray(resolved)) return withoutSmallCells(resolved, withheld);
    // a small count can hide figures that the operation does not request, and be derived from them
    const value = await settledFigures(resolved as object);
    if (!years || withheld.figures.size === 0) return withoutSmallCounts(value, withheld);
    const of = async (fiscalYear: number | null) =>
      settledFigures((await resolve(source, { ...args, fiscalYear }, context, info)) as object);
    const requestedYear = (args.fiscalYear ?? null) as number | null;
    const figures = new Map<number | null, object>([[requestedYear, value]]);
    for (const year of [null, ...(await years(database))]) if (!figures.has(year)) figures.set(year, await of(year));
    const ofYears = [...figures].flatMap(([year, object]) => (year === null ? [] : [object]));
    return withoutSmallYears(ofYears, figures.get(null)!, value, withheld);
  };
}

/**
 * Fiscal years of a figure that is available for each year and for all time; undefined for other figures.
 * @throws Error if @figure does not declare the years, since the figures of other years and of all time would reveal a hidden one
 */
function requiredYears(field: GraphQLField<unknown, unknown>): FiscalYears | undefined {
  const fiscalYears = fiscalYearsOf(field.name);
  const type = getNamedType(field.type);
  const year = isObjectType(type) ? type.getFields().fiscalYear : undefined;
  const isOfAllTime = field.args.some(({ name }) => name === 'fiscalYear') && year && !isNonNullType(year.type);
  if (isOfAllTime && !fiscalYears) throw new Error(`${field.name} takes a fiscal year: declare its years in @figure`);
  return fiscalYears;
}

/** Same as {@link counting}, for a single figure of a stored object. */
function countingOne(name: string, of: Counted, resolve: Resolve): Resolve {
  const counted = new Map([[name, of]]);
  return async (source, args, context, info) => {
    const value: unknown = await resolve(source, args, context, info);
    const figures = withheldSmall(counted, (context as Context).principal);
    return (withoutSmallCounts({ [name]: value }, { figures }) as Record<string, unknown>)[name];
  };
}

/** Fields of pages, whose objects the list has noted. */
const PAGES = /(Connection|Edge)$/;

/** Notes the rules for the objects that a field returns, and for small counts in it. */
function noteRules(
  field: GraphQLField<unknown, unknown>,
  type: GraphQLObjectType,
  byName: ReadonlyMap<string, ModelClass>,
  policies: Policies,
): void {
  const coordinate = `${type.name}.${field.name}`;
  const returned = byName.get(namedType(field).replace(/Connection$/, ''));
  const shown = returned && !PAGES.test(type.name) ? [returned] : [];
  const limited = [...shown, ...visibleSourcesOf(coordinate)].filter(
    (model) => policies.has(model) && policies.of(model).rows !== everyone,
  );
  if (limited.length > 0) {
    const withholdings = (reader: Reader) => limited.flatMap((model) => rowsWithheld(reader, model, coordinate));
    field.resolve = noting({ withholdings }, resolverOf(field));
  }
  const counted = byName.has(type.name) && countedOf(type.name)?.get(field.name);
  if (counted) {
    const withheld = countWithheld(coordinate, field, wholeFor(counted, new Map()));
    const withholdings = ({ principal }: Reader) => (withheld.rule(principal) === true ? [] : [withheld]);
    field.resolve = noting({ withholdings }, resolverOf(field));
  }
  const figures = byName.has(namedType(field)) ? new Map() : countsBelow(getNamedType(field.type));
  if (figures.size > 0) field.resolve = notingCounts(figures, resolverOf(field));
}

const countWithheld = (coordinate: string, field: GraphQLField<unknown, unknown>, rule: Rule): Withholding => ({
  coordinate,
  kind: 'SMALL_COUNTS',
  class: sensitivityOf(field) ?? 'PUBLIC',
  readable: 'SOME',
  rule,
});

/** Figures of a type of figures and of the types within it, by coordinate. */
function countsBelow(type: GraphQLNamedType, seen = new Set<string>()): Map<string, Withholding> {
  const counts = new Map<string, Withholding>();
  if (!isObjectType(type) || seen.has(type.name) || (!countedOf(type.name) && listsOf(type.name).size === 0))
    return counts;
  seen.add(type.name);
  const figures = countedOf(type.name) ?? new Map<string, Counted>();
  for (const field of Object.values(type.getFields())) {
    const counted = figures.get(field.name);
    const coordinate = `${type.name}.${field.name}`;
    if (counted) counts.set(coordinate, countWithheld(coordinate, field, wholeFor(counted, figures)));
    for (const [below, withheld] of countsBelow(getNamedType(field.type), seen)) counts.set(below, withheld);
  }
  return counts;
}

/**
 * Notes the rules for small counts where an operation selects them, even if there are no figures: lists of figures have a cell for each
 * group of objects, which the caller may not see.
 */
function notingCounts(figures: ReadonlyMap<string, Withholding>, resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const { withheld, principal } = context as Context;
    oncePerField(info, 'counts', () => {
      const visit = (parent: string, fields: readonly Selected[]): void => {
        for (const field of fields) {
          const figure = figures.get(`${parent}.${field.name}`);
          if (figure && figure.rule(principal) !== true) withheld.note(figure);
          if (isObjectType(field.type)) visit(field.type.name, below(info, field));
        }
      };
      visit(getNamedType(info.returnType).name, selectedBelow(info));
    });
    return resolve(source, args, context, info);
  };
}

const noting =
  (place: Place, resolve: Resolve): Resolve =>
  (source, args, context, info) => {
    (context as Context).withheld.visit(place);
    return resolve(source, args, context, info);
  };

/** Notes the rules for the types of entities that a gateway requests by key, which it learned from objects of other subgraphs. */
function noteTypes(byName: ReadonlyMap<string, ModelClass>, policies: Policies, resolve: Resolve): Resolve {
  const places = new Map<unknown, Place>();
  for (const [name, model] of byName)
    if (modelOf(model).stored && policies.has(model) && policies.of(model).rows !== everyone)
      places.set(name, { withholdings: (reader) => rowsWithheld(reader, model, name) });
  return (source, args, context, info) => {
    const { withheld } = context as Context;
    let last: unknown;
    for (const { __typename: name } of args.representations as readonly { readonly __typename?: unknown }[]) {
      if (name === last) continue;
      last = name;
      const place = places.get(name);
      if (place) withheld.visit(place);
    }
    return resolve(source, args, context, info);
  };
}

/** Null, or an error for a field that cannot be null. */
function refused(
  type: string,
  field: GraphQLField<unknown, unknown>,
  sensitivity: Sensitivity,
  info: GraphQLResolveInfo,
) {
  if (isNonNullType(field.type)) throw new FieldForbiddenError(type, field.name, sensitivity, info.path);
  return null;
}

/** @param hasRule whether the policy has a rule for this field; fields without one share a lookup per class */
function guarded(
  model: ModelClass,
  field: GraphQLField<unknown, unknown>,
  hasRule: boolean,
  sensitivity: Protected,
  resolve: Resolve,
): Resolve {
  const { name: type, key: keyProperty } = modelOf(model);
  const { name } = field;
  const place: Place = { withholdings: (reader) => fieldWithheld(reader, model, { name, sensitivity }) };
  return (source, args, context, info) => {
    const { loaders, reader, reads, withheld } = context as Context;
    const reach = reader.fields(model, sensitivity, name);
    if (reach !== true) withheld.visit(place);
    if (reach === false) return refused(type, field, sensitivity, info);
    const key = (source as Record<string, string>)[keyProperty]!;
    const read = () => {
      reads.note(type, sensitivity, key);
      return resolve(source, args, context, info);
    };
    if (reach === true) return read();
    return loaders
      .mayRead(model, sensitivity, hasRule ? name : undefined)
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
  const rule = (isOfRecord ? oversight : FIGURE_RULES[sensitivity]) ?? noOne;
  const withheld = [
    { coordinate: `${type}.${field.name}`, kind: 'FIELD', class: sensitivity, readable: 'NONE', rule } as const,
  ];
  const place: Place = { withholdings: () => withheld };
  return (source, args, context, info) => {
    if (rule((context as Context).principal) === true) return resolve(source, args, context, info);
    (context as Context).withheld.visit(place);
    return refused(type, field, sensitivity, info);
  };
}
