import { Directive, Field, Float, ID, InputType, Int } from 'type-graphql';
import { enumerationName } from '../model/enumeration';
import { type Comparison, type GraphQLTypeReference, type ModelClass, modelOf, type Selectable } from '../model/model';
import { GraphQLBigNumber, GraphQLCivilDate, GraphQLInstant } from '../model/scalars';
import { searchedFields } from '../search/word-table';
import { childListOf } from './children';
import { SEARCH } from './search';

/** Operators of each kind of comparison, with their descriptions. */
const EQUALITY = { eq: 'Equal to this value.', in: 'Equal to one of these values. An empty list matches nothing.' };
const RANGE = {
  lt: 'Less than this value.',
  lte: 'Less than or equal to this value.',
  gt: 'Greater than this value.',
  gte: 'Greater than or equal to this value.',
};
const TEXT = {
  contains: 'Contains this text. Ignores the case of ASCII letters.',
  startsWith: 'Starts with this text. Case-sensitive.',
};

type InputClass = new () => object;

function inputType(name: string, description: string): InputClass {
  class Input {}
  Object.defineProperty(Input, 'name', { value: name });
  InputType(name, { description })(Input);
  return Input;
}

function operators(
  name: string,
  value: () => GraphQLTypeReference,
  described: Record<string, string>,
  what: string,
): InputClass {
  const input = inputType(name, `Conditions on ${what}. An object must meet all of them.`);
  for (const [operator, description] of Object.entries(described))
    Field((operator === 'in' ? () => [value()] : value) as never, { nullable: true, description })(
      input.prototype,
      operator,
    );
  Field(() => Boolean, {
    nullable: true,
    description: 'True matches objects without a value; false matches objects with one.',
  })(input.prototype, 'isNull');
  return input;
}

const scalarFilters = {
  key: operators('IdFilter', () => ID, EQUALITY, 'a key'),
  text: operators('StringFilter', () => String, { ...EQUALITY, ...TEXT }, 'a text value'),
  integer: operators('IntFilter', () => Int, { ...EQUALITY, ...RANGE }, 'an integer'),
  float: operators('FloatFilter', () => Float, { ...EQUALITY, ...RANGE }, 'a number'),
  date: operators('DateFilter', () => GraphQLCivilDate, { ...EQUALITY, ...RANGE }, 'a date'),
  dateTime: operators('DateTimeFilter', () => GraphQLInstant, { ...EQUALITY, ...RANGE }, 'a date and time'),
  bigNumber: operators('BigNumberFilter', () => GraphQLBigNumber, { ...EQUALITY, ...RANGE }, 'a number of any size'),
  boolean: operators('BooleanFilter', () => Boolean, { eq: EQUALITY.eq }, 'a Boolean'),
};

const derivedFlagFilter = inputType('DerivedFlagFilter', 'Condition on a Boolean that is computed at query time.');
Field(() => Boolean, { nullable: true, description: EQUALITY.eq })(derivedFlagFilter.prototype, 'eq');

function withKeys(filter: InputClass): InputClass {
  Field(() => [ID], { nullable: true, description: 'Linked to at least one of these keys.' })(filter.prototype, 'any');
  Field(() => [ID], { nullable: true, description: 'Linked to none of these keys.' })(filter.prototype, 'none');
  return filter;
}

const linkFilter = withKeys(
  inputType('LinkFilter', 'Conditions on the keys of linked objects. An object must meet all of them.'),
);

/**
 * Filters of references to entities that other subgraphs store, by entity. The directive lets a gateway add `matches`, with the filter of
 * the entity: see docs/decisions/0032-filters-across-subgraphs.md.
 */
const referenceFilters = new Map<string, InputClass>();

function matched(name: string, declare: () => InputClass, keysField: string): InputClass {
  let filter = referenceFilters.get(name);
  if (!filter) {
    filter = declare();
    Directive(`@matchedBy(field: "${keysField}")`)(filter);
    referenceFilters.set(name, filter);
  }
  return filter;
}

/** Conditions on a reference: `<Entity>ReferenceFilter` if its own fields can be matched. */
function referenceFilterOf(target: ModelClass): InputClass {
  const { name, stored, keysField } = modelOf(target);
  if (stored || keysField === undefined) return scalarFilters.key;
  const filterName = `${name}ReferenceFilter`;
  return matched(filterName, () => operators(filterName, () => ID, EQUALITY, `a reference to ${name}`), keysField);
}

/** Conditions on a list of references: `<Entity>ReferenceListFilter` if their fields can be matched. */
function referenceListFilterOf(target: ModelClass): InputClass {
  const { name, stored, keysField } = modelOf(target);
  if (stored || keysField === undefined) return linkFilter;
  const filterName = `${name}ReferenceListFilter`;
  const description = `Conditions on a list of references to ${name}. An object must meet all of them.`;
  return matched(filterName, () => withKeys(inputType(filterName, description)), keysField);
}

const listFilters = new Map<ModelClass, InputClass>();
const linkFilters = new Map<ModelClass, InputClass>();

/** Conditions on the children in a list: `<Model>ListFilter`, or `<Model>LinkFilter` with conditions on their keys. */
function listFilterOf(child: ModelClass, isLink: boolean): InputClass {
  const filtersOfKind = isLink ? linkFilters : listFilters;
  const declared = filtersOfKind.get(child);
  if (declared) return declared;
  const { name } = modelOf(child);
  const filter = inputType(
    `${name}${isLink ? 'Link' : 'List'}Filter`,
    `Conditions on a list of ${name}. An object must meet all of them.`,
  );
  filtersOfKind.set(child, filter);
  const ofChildren = filterOf(child);
  const condition = (operator: string, type: InputClass, description: string) =>
    Field(() => type, { nullable: true, description })(filter.prototype, operator);
  condition('some', ofChildren, 'At least one listed object meets these conditions.');
  if (isLink) withKeys(filter);
  else condition('none', ofChildren, 'No listed object meets these conditions.');
  condition('every', ofChildren, 'Every listed object meets these conditions; so does an empty list.');
  condition('count', scalarFilters.integer, 'Conditions on the number of listed objects.');
  condition('where', ofChildren, 'Conditions on the objects to count.');
  return filter;
}

const enumFilters = new Map<object, InputClass>();
function enumFilter(values: object): InputClass {
  let filter = enumFilters.get(values);
  if (!filter) {
    const name = enumerationName(values);
    filter = operators(`${name}Filter`, () => values as GraphQLTypeReference, EQUALITY, `${name} values`);
    Field(() => [values] as never, { nullable: true, description: 'Not equal to any of these values.' })(
      filter.prototype,
      'notIn',
    );
    enumFilters.set(values, filter);
  }
  return filter;
}

const derivedEnumFilters = new Map<object, InputClass>();
function derivedEnumFilter(values: object): InputClass {
  let filter = derivedEnumFilters.get(values);
  if (!filter) {
    const name = enumerationName(values);
    filter = inputType(
      `${name}Filter`,
      `Conditions on ${name} values that are computed at query time. An object must meet all of them.`,
    );
    Field(() => values as never, { nullable: true, description: EQUALITY.eq })(filter.prototype, 'eq');
    Field(() => [values] as never, { nullable: true, description: EQUALITY.in })(filter.prototype, 'in');
    derivedEnumFilters.set(values, filter);
  }
  return filter;
}

function filterTypeOf(comparison: Comparison): InputClass {
  switch (comparison.kind) {
    case 'enum':
      return enumFilter(comparison.values());
    case 'model':
      return filterOf(comparison.target());
    case 'list':
      return listFilterOf(comparison.child(), false);
    case 'link':
      return childListOf(comparison)
        ? listFilterOf(comparison.target(), true)
        : referenceListFilterOf(comparison.target());
    case 'derived':
      return comparison.values ? derivedEnumFilter(comparison.values()) : derivedFlagFilter;
    case 'key':
      return comparison.target ? referenceFilterOf(comparison.target()) : scalarFilters.key;
    default:
      return scalarFilters[comparison.kind];
  }
}

/** Without the name of the field, which clients show beside it: hundreds of different texts would make the schema 3% larger. */
function describe({ comparison }: Selectable): string {
  switch (comparison.kind) {
    case 'model':
      return 'Conditions on this object.';
    case 'list':
      return 'Conditions on this list.';
    case 'link':
      return childListOf(comparison) ? 'Conditions on this list.' : 'Conditions on the keys in this list.';
    case 'key':
      return 'Conditions on the key.';
    default:
      return 'Conditions on this field.';
  }
}

function declareSearch(target: ModelClass, filter: InputClass): void {
  const fields = searchedFields(target).map(({ name }) => name);
  if (fields.length === 0) return;
  const { name, selectable } = modelOf(target);
  if (selectable.has(SEARCH)) throw new Error(`${name}.${SEARCH} has the name of the search of its filter: rename it`);
  Field(() => String, {
    nullable: true,
    description: `Every word of this text begins a word of ${fields.join(' or ')}. Ignores case.`,
  })(filter.prototype, SEARCH);
}

const filters = new Map<ModelClass, InputClass>();

/** Filter fields of lists, whose models may be declared later. */
const unsettled: (() => void)[] = [];

/** Declares the filter fields of lists. Call it before building a schema, once all classes are declared. */
export function settleFilters(): void {
  // filters of children add their own lists at the end
  for (const settle of unsettled) settle();
  unsettled.length = 0;
}

/** Filter input of a model's lists, `<Model>Filter`: one field for each filterable field, and `and`, `or`, `not`. */
export function filterOf(target: ModelClass): InputClass {
  const declared = filters.get(target);
  if (declared) return declared;
  const { name, selectable } = modelOf(target);
  const filter = inputType(`${name}Filter`, `Filter for lists of ${name}. An object must meet all conditions.`);
  filters.set(target, filter);
  for (const field of selectable.values()) {
    if (!field.filter) continue;
    const declareField = () => {
      const type = filterTypeOf(field.comparison);
      Field(() => type, { nullable: true, description: describe(field) })(filter.prototype, field.name);
    };
    if (field.comparison.kind === 'list' || field.comparison.kind === 'link') unsettled.push(declareField);
    else declareField();
  }
  declareSearch(target, filter);
  Field(() => [filter], { nullable: true, description: 'Conditions that must all hold.' })(filter.prototype, 'and');
  Field(() => [filter], { nullable: true, description: 'Conditions of which at least one must hold.' })(
    filter.prototype,
    'or',
  );
  Field(() => filter, { nullable: true, description: 'Conditions that must not hold together.' })(
    filter.prototype,
    'not',
  );
  return filter;
}
