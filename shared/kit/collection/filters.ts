import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { enumerationName } from '../model/enumeration';
import { type Comparison, type GraphQLTypeReference, type ModelClass, modelOf, type Selectable } from '../model/model';
import { GraphQLBigNumber, GraphQLCivilDate, GraphQLInstant } from '../model/scalars';

/** The operators of a comparison and what each promises. */
const EQUALITY = { eq: 'Equals.', in: 'Is one of these; an empty list matches nothing.' };
const RANGE = { lt: 'Is less than.', lte: 'Is at most.', gt: 'Is greater than.', gte: 'Is at least.' };
const TEXT = {
  contains: 'Contains this text, whatever the case of its ASCII letters.',
  startsWith: 'Starts with this text, case as written.',
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
  const input = inputType(name, `Narrows a list by ${what}. All operators given must hold.`);
  for (const [operator, description] of Object.entries(described))
    Field((operator === 'in' ? () => [value()] : value) as never, { nullable: true, description })(
      input.prototype,
      operator,
    );
  Field(() => Boolean, { nullable: true, description: 'True: has no value. False: has one.' })(
    input.prototype,
    'isNull',
  );
  return input;
}

const scalarFilters = {
  key: operators('IdFilter', () => ID, EQUALITY, 'a key'),
  text: operators('StringFilter', () => String, { ...EQUALITY, ...TEXT }, 'a text'),
  integer: operators('IntFilter', () => Int, { ...EQUALITY, ...RANGE }, 'a whole number'),
  float: operators('FloatFilter', () => Float, { ...EQUALITY, ...RANGE }, 'a number'),
  date: operators('DateFilter', () => GraphQLCivilDate, { ...EQUALITY, ...RANGE }, 'a civil day'),
  dateTime: operators('DateTimeFilter', () => GraphQLInstant, { ...EQUALITY, ...RANGE }, 'an instant'),
  bigNumber: operators('BigNumberFilter', () => GraphQLBigNumber, { ...EQUALITY, ...RANGE }, 'a number of any size'),
  boolean: operators('BooleanFilter', () => Boolean, { eq: EQUALITY.eq }, 'a yes or no'),
};

const derivedFlagFilter = inputType(
  'DerivedFlagFilter',
  'Narrows a list by a yes or no that is worked out at the time of asking.',
);
Field(() => Boolean, { nullable: true, description: EQUALITY.eq })(derivedFlagFilter.prototype, 'eq');

const linkFilter = inputType('LinkFilter', 'Narrows a list by the entities an object names.');
Field(() => [ID], { nullable: true, description: 'Names at least one of these keys.' })(linkFilter.prototype, 'any');
Field(() => [ID], { nullable: true, description: 'Names none of these keys.' })(linkFilter.prototype, 'none');

const enumFilters = new Map<object, InputClass>();
function enumFilter(values: object): InputClass {
  let filter = enumFilters.get(values);
  if (!filter) {
    const name = enumerationName(values);
    filter = operators(`${name}Filter`, () => values as GraphQLTypeReference, EQUALITY, `a ${name}`);
    Field(() => [values] as never, { nullable: true, description: 'Is not in this list.' })(filter.prototype, 'notIn');
    enumFilters.set(values, filter);
  }
  return filter;
}

const derivedEnumFilters = new Map<object, InputClass>();
function derivedEnumFilter(values: object): InputClass {
  let filter = derivedEnumFilters.get(values);
  if (!filter) {
    const name = enumerationName(values);
    filter = inputType(`${name}Filter`, `Narrows a list by a ${name}, which is worked out at the time of asking.`);
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
    case 'link':
      return linkFilter;
    case 'derived':
      return comparison.values ? derivedEnumFilter(comparison.values()) : derivedFlagFilter;
    default:
      return scalarFilters[comparison.kind];
  }
}

function describe({ name, comparison }: Selectable): string {
  switch (comparison.kind) {
    case 'model':
      return `By the ${modelOf(comparison.target()).name} in "${name}".`;
    case 'link':
      return `By the keys listed in "${name}".`;
    case 'key':
      return `By the key of "${name}".`;
    default:
      return `By "${name}".`;
  }
}

const filters = new Map<ModelClass, InputClass>();

/** The filter input of a model's lists, `<Model>Filter`: one field for each thing it may be narrowed by, and/or/not. */
export function filterOf(target: ModelClass): InputClass {
  const made = filters.get(target);
  if (made) return made;
  const { name, selectable } = modelOf(target);
  const filter = inputType(`${name}Filter`, `Narrows a list of ${name}. All fields given must hold.`);
  filters.set(target, filter);
  for (const field of selectable.values()) {
    if (!field.filter) continue;
    const type = filterTypeOf(field.comparison);
    Field(() => type, { nullable: true, description: describe(field) })(filter.prototype, field.name);
  }
  Field(() => [filter], { nullable: true, description: 'All of these hold.' })(filter.prototype, 'and');
  Field(() => [filter], { nullable: true, description: 'At least one of these holds.' })(filter.prototype, 'or');
  Field(() => filter, { nullable: true, description: 'This does not hold.' })(filter.prototype, 'not');
  return filter;
}
