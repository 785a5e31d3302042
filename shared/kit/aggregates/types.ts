import { type GraphQLResolveInfo, getArgumentValues } from 'graphql';
import {
  Args,
  ArgsType,
  Ctx,
  Directive,
  Field,
  Float,
  Info,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from 'type-graphql';
import { CLASSES, type Sensitivity } from '#base/sensitivity';
import { filterOf } from '../collection/filters';
import { oncePerField } from '../collection/once-per-field';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../collection/page';
import { OrderDirection, PageInfo } from '../collection/page-info';
import { method } from '../model/fields';
import { type GraphQLTypeReference, type ModelClass, modelOf, stubOf } from '../model/model';
import { takesPlainArguments } from '../model/plain-arguments';
import { GraphQLCivilDate } from '../model/scalars';
import { part, Ratio, valueObject } from '../model/value-object';
import type { Context } from '../subgraph/context';
import { type AggregateField, aggregateFieldsOf, classesOf, isDate, isNumber } from './aggregate-fields';
import { FUNCTION_OF_FIELD, type GroupPage } from './aggregates';
import { CalendarUnit } from './calendar-unit';
import { MAX_DIMENSIONS } from './dimension';
import { AggregateFunction, measureKey } from './measure';
import { COUNT, type Figures, type GroupRow } from './statement';

const open = { sensitivity: 'PUBLIC' } as const;

@Directive('@shareable')
@valueObject('Calendar period.')
export class CalendarPeriod {
  @part(() => String, 'Name of the period: 2026-11-27, 2026-W48, 2026-11, 2026-Q4, 2026, FY2027-Q1, or FY2027.', open)
  label!: string;
  @part(() => GraphQLCivilDate, 'First day.', open) from!: string;
  @part(() => GraphQLCivilDate, 'Day after the last one. 9999-12-31 at most.', open) until!: string;
}

@Directive('@shareable')
@valueObject('Range of numbers.')
export class NumberRange {
  @part(() => Float, 'Smallest number of the range. Null if it has none.', { ...open, nullable: true })
  from!: number | null;
  @part(() => Float, 'Number at which the next range begins. Null if none follows.', { ...open, nullable: true })
  until!: number | null;
}

/** GraphQL types of a model's figures and groups. */
export interface AggregateTypes {
  readonly aggregates: ModelClass;
  /** Undefined for a model without fields to group by. */
  readonly groups?: { readonly page: ModelClass; readonly args: ModelClass };
}

const typesByModel = new Map<ModelClass, AggregateTypes>();

/** Types whose fields limit their values to what the reader may read, so that they need no other check. */
export const isAggregateType = (name: string): boolean => names.has(name);
const names = new Set<string>();

/** Enums of the fields that lists can be grouped by, or whose values can be aggregated. */
export const isFieldEnum = (name: string): boolean => fieldEnums.has(name);
const fieldEnums = new Set<string>();

/** Inputs that say what groups have in common. */
export const isDimension = (name: string): boolean => dimensions.has(name);
const dimensions = new Set<string>();

/** Declares a type of a model's figures. */
function declare(target: ModelClass, suffix: string, description: string): ModelClass {
  const name = `${modelOf(target).name}${suffix}`;
  const type = class {};
  Object.defineProperty(type, 'name', { value: name });
  ObjectType(name, { description })(type);
  names.add(name);
  return type;
}

function declareInput(target: ModelClass, suffix: string, description: string): ModelClass {
  const name = `${modelOf(target).name}${suffix}`;
  const type = class {};
  Object.defineProperty(type, 'name', { value: name });
  InputType(name, { description })(type);
  return type;
}

/** Adds an input field or an argument. */
function input(
  type: ModelClass,
  name: string,
  of: () => GraphQLTypeReference,
  description: string,
  options: { nullable?: boolean; defaultValue?: unknown } = { nullable: true },
): void {
  Field(of as never, { ...options, description } as never)(type.prototype as object, name);
}

/** Objects of these types carry what their fields show. */
const figuresOf = (object: object): Figures => (object as { figures: Figures }).figures;
const rowOf = (object: object): GroupRow => (object as { row: GroupRow }).row;

/** Figures as an object of their GraphQL type. */
export const withFigures = (type: ModelClass, figures: Figures): object => Object.assign(new type(), { figures });

/** Types of the figures and groups of a model's lists. */
export function aggregateTypesOf(target: ModelClass): AggregateTypes {
  const known = typesByModel.get(target);
  if (known) return known;
  const fields = [...aggregateFieldsOf(target).values()];
  const fieldEnum = fields.length > 0 ? fieldEnumOf(target, fields) : undefined;
  const aggregates = figuresType(target, fields, fieldEnum);
  const types = { aggregates, ...(fieldEnum ? { groups: groupTypes(target, fields, fieldEnum, aggregates) } : {}) };
  typesByModel.set(target, types);
  return types;
}

function fieldEnumOf(target: ModelClass, fields: readonly AggregateField[]): object {
  const { name } = modelOf(target);
  const values = Object.fromEntries(fields.map(({ value }) => [value, value]));
  fieldEnums.add(`${name}AggregateField`);
  registerEnumType(values, {
    name: `${name}AggregateField`,
    description: `Fields that lists of ${name} can be grouped by, or whose values can be aggregated.`,
    valuesConfig: Object.fromEntries(
      fields.map((field) => [field.value, { description: `"${pathOf(field)}", ${WHAT[whatOf(field)]}.` }]),
    ),
  });
  return values;
}

const pathOf = ({ via, field }: AggregateField): string => (via ? `${via.name}.${field.name}` : field.name);

const WHAT = {
  number: 'a number',
  date: 'a date',
  value: 'to group by',
} as const;

const whatOf = (field: AggregateField): keyof typeof WHAT =>
  isNumber(field) ? 'number' : isDate(field) ? 'date' : 'value';

/** The strictest class of a model and of some of its fields. */
function strictest(target: ModelClass, fields: readonly AggregateField[]): Sensitivity {
  const classes = [modelOf(target).sensitivity, ...fields.flatMap((field) => classesOf(target, field))];
  return CLASSES[Math.max(...classes.map((name) => CLASSES.indexOf(name)))]!;
}

/** Cost of a figure in a statement that reads all objects of the list anyway, and of one that also sorts them. */
const FIGURE_WEIGHT = 2;
const SORTED_WEIGHT = 10;

interface FigureField {
  readonly name: keyof typeof FUNCTION_OF_FIELD;
  readonly type: () => GraphQLTypeReference;
  readonly description: string;
  readonly takesDays?: boolean;
  readonly isSorted?: boolean;
  readonly fits: (field: AggregateField) => boolean;
}

const isAny = (): boolean => true;
const isNumeric = (field: AggregateField): boolean => isNumber(field) || isDate(field);
const NO_VALUES = 'Null if there are no values.';

const FIGURES: readonly FigureField[] = [
  { name: 'countDistinct', type: () => Int, description: 'Number of different values of a field.', fits: isAny },
  { name: 'sum', type: () => Float, description: `Sum of a field. ${NO_VALUES}`, takesDays: true, fits: isNumeric },
  {
    name: 'average',
    type: () => Float,
    description: `Average of a field. ${NO_VALUES}`,
    takesDays: true,
    fits: isNumeric,
  },
  { name: 'min', type: () => Float, description: `Smallest value. ${NO_VALUES}`, takesDays: true, fits: isNumeric },
  { name: 'max', type: () => Float, description: `Largest value. ${NO_VALUES}`, takesDays: true, fits: isNumeric },
  {
    name: 'median',
    type: () => Float,
    description: `Median of a field. ${NO_VALUES}`,
    takesDays: true,
    isSorted: true,
    fits: isNumeric,
  },
  {
    name: 'percentile',
    type: () => Float,
    description: `Percentile of a field, interpolated between neighbors. ${NO_VALUES}`,
    takesDays: true,
    isSorted: true,
    fits: isNumeric,
  },
  { name: 'earliest', type: () => String, description: `Earliest date. ${NO_VALUES}`, fits: isDate },
  { name: 'latest', type: () => String, description: `Latest date. ${NO_VALUES}`, fits: isDate },
];

const SINCE = 'Counts days, with fractions, from this date to the date in "of".';
const SHARE = 'Share from 0 to 1: 0.9 for the 90th percentile.';

function figuresType(target: ModelClass, fields: readonly AggregateField[], fieldEnum: object | undefined): ModelClass {
  const { name } = modelOf(target);
  const type = declare(target, 'Aggregates', `Figures over ${name} objects that you may see.`);
  const { prototype } = type as { prototype: object };
  method(
    prototype,
    'count',
    () => Int,
    { description: 'Number of objects.' },
    (of) => figuresOf(of).get(COUNT),
  );
  for (const figure of FIGURES) {
    const fitting = fields.filter(({ field }) => field.comparison.kind !== 'link').filter(figure.fits);
    if (!fieldEnum || fitting.length === 0) continue;
    const args = class {};
    ArgsType()(args);
    input(args, 'of', () => fieldEnum, 'Field with the values.', { nullable: false });
    if (figure.takesDays && fitting.some(isDate)) input(args, 'since', () => fieldEnum, SINCE);
    if (figure.name === 'percentile') input(args, 'p', () => Float, SHARE, { nullable: false });
    const none = figure.name === 'countDistinct' ? 0 : null;
    figureField(prototype, figure.name, figure.type, figure.description, args, (found) => found ?? none);
    const weight = figure.isSorted ? SORTED_WEIGHT : FIGURE_WEIGHT;
    for (const directive of [`@sensitivity(class: ${strictest(target, fitting)})`, `@cost(weight: ${weight})`])
      Directive(directive)(prototype, figure.name);
  }
  const args = class {};
  ArgsType()(args);
  const filter = filterOf(target);
  input(args, 'where', () => filter, 'Filter for the objects of the numerator.', { nullable: false });
  const text = 'Share of the objects that match a filter.';
  figureField(
    prototype,
    'ratio',
    () => Ratio,
    text,
    args,
    (matching, count) => Ratio.of(Number(matching), count),
  );
  Directive(`@cost(weight: ${FIGURE_WEIGHT})`)(prototype, 'ratio');
  return type;
}

/** Adds a field that shows a figure. Its arguments identify the figure, as {@link selectedBelow} finds them. */
function figureField(
  prototype: object,
  name: string,
  type: () => GraphQLTypeReference,
  description: string,
  args: ModelClass,
  show: (found: number | string | null, count: number) => unknown,
): void {
  const resolve = function (this: object, _args: unknown, _context: unknown, info: GraphQLResolveInfo): unknown {
    const figures = figuresOf(this);
    const key = oncePerField(info, 'figure', () => {
      const field = info.parentType.getFields()[info.fieldName]!;
      const figureArgs = getArgumentValues(field, info.fieldNodes[0]!, info.variableValues);
      return measureKey({ ...figureArgs, function: FUNCTION_OF_FIELD[name]! });
    });
    const found = figures.get(key);
    return show(found ?? null, Number(figures.get(COUNT)));
  };
  takesPlainArguments(prototype, name, resolve);
  Object.defineProperty(prototype, name, { value: resolve, configurable: true, writable: true });
  Args((() => args) as never)(prototype, name, 0);
  Ctx()(prototype, name, 1);
  Info()(prototype, name, 2);
  const isNullable = name !== 'countDistinct' && name !== 'ratio';
  Field(type as never, { nullable: isNullable, description })(prototype, name, { value: resolve });
}

function groupTypes(
  target: ModelClass,
  fields: readonly AggregateField[],
  fieldEnum: object,
  aggregates: ModelClass,
): NonNullable<AggregateTypes['groups']> {
  const group = groupType(target, fields, aggregates);
  const page = declare(target, 'GroupPage', `Page of groups of ${modelOf(target).name}.`);
  const { prototype } = page as { prototype: object };
  const field = (
    name: keyof GroupPage,
    type: () => GraphQLTypeReference,
    description: string,
    show: (of: GroupPage) => unknown = (of) => of[name],
  ) =>
    method(prototype, name, type, { nullable: name === 'others', description }, (of) =>
      show((of as { page: GroupPage }).page),
    );
  field(
    'nodes',
    () => [group],
    'Groups on this page.',
    ({ nodes }) => nodes.map((row) => Object.assign(new group(), { row })),
  );
  field('pageInfo', () => PageInfo, 'Position of this page among the groups.');
  field('totalCount', () => Int, 'Number of groups on all pages.');
  const text = 'Figures over the objects outside the groups of this page. Null without such objects.';
  field(
    'others',
    () => aggregates,
    text,
    ({ others }) => others && withFigures(aggregates, others),
  );
  return { page, args: groupArguments(target, fieldEnum) };
}

function groupType(target: ModelClass, fields: readonly AggregateField[], aggregates: ModelClass): ModelClass {
  const { name } = modelOf(target);
  const type = declare(
    target,
    'Group',
    `${name} objects that share the values of the fields in "by". Other fields are null, and so are values that the objects lack.`,
  );
  const { prototype } = type as { prototype: object };
  method(
    prototype,
    'isWithheld',
    () => Boolean,
    { description: 'Whether these are the objects whose values you may not read. The fields in "by" are then null.' },
    (group) => rowOf(group).isWithheld,
  );
  method(
    prototype,
    'aggregates',
    () => aggregates,
    { description: 'Figures over the group.' },
    (group) => withFigures(aggregates, rowOf(group).figures),
  );
  for (const field of fields) {
    const reference = referenceOf(field);
    const description = `"${pathOf(field)}" that the objects share.`;
    method(
      prototype,
      field.name,
      () => typeOf(field),
      { nullable: true, description },
      (group, context) => {
        const value = rowOf(group).values[field.name];
        return reference && value != null ? referenced(reference(), String(value), context) : (value ?? null);
      },
    );
    Directive(`@sensitivity(class: ${strictest(target, [field])})`)(prototype, field.name);
  }
  if (fields.some(isDate)) {
    const description = 'Days between the dates of the dimension with "since".';
    method(
      prototype,
      'days',
      () => NumberRange,
      { nullable: true, description },
      (group) => rowOf(group).values.days,
    );
    Directive(`@sensitivity(class: ${strictest(target, fields.filter(isDate))})`)(prototype, 'days');
  }
  return type;
}

/** The model that a field references; undefined for other fields. */
function referenceOf({ field: { comparison } }: AggregateField): (() => ModelClass) | undefined {
  return comparison.kind === 'key' || comparison.kind === 'model' || comparison.kind === 'link'
    ? comparison.target
    : undefined;
}

const referenced = (target: ModelClass, key: string, { loaders }: Context): unknown =>
  modelOf(target).stored ? loaders.byKey(target).load(key) : stubOf(target, key);

/** Type of a group's field. */
function typeOf(field: AggregateField): GraphQLTypeReference {
  const { comparison } = field.field;
  if (isDate(field)) return CalendarPeriod;
  if (isNumber(field)) return NumberRange;
  switch (comparison.kind) {
    case 'enum':
      return comparison.values();
    case 'derived':
      return comparison.values ? comparison.values() : Boolean;
    case 'boolean':
      return Boolean;
    case 'text':
      return String;
    default:
      return referenceOf(field)!();
  }
}

function groupArguments(target: ModelClass, fieldEnum: object): ModelClass {
  const { name } = modelOf(target);
  dimensions.add(`${name}Dimension`);
  const dimension = declareInput(target, 'Dimension', `What groups of ${name} have in common.`);
  input(dimension, 'field', () => fieldEnum, 'Field whose values the objects of a group share.', { nullable: false });
  input(dimension, 'every', () => CalendarUnit, 'For a date: length of the periods.');
  input(
    dimension,
    'from',
    () => GraphQLCivilDate,
    'For a date: a day of the first period to show, with or without objects.',
  );
  input(dimension, 'until', () => GraphQLCivilDate, 'For a date: the day after the last period to show.');
  input(dimension, 'since', () => fieldEnum, 'Groups by the days from this date to the date in "field".');
  input(dimension, 'width', () => Float, 'For numbers and days: width of the ranges. 1 by default for numbers.');
  input(dimension, 'bounds', () => [Float], 'For numbers and days: bounds between the ranges, in rising order.');

  const figure = (type: ModelClass, isRequired: boolean): void => {
    input(type, 'figure', () => AggregateFunction, 'Figure to compare.', { nullable: !isRequired });
    input(type, 'of', () => fieldEnum, 'Field with the values. Not for COUNT.');
    input(type, 'since', () => fieldEnum, SINCE);
    input(type, 'p', () => Float, SHARE);
  };
  const having = declareInput(target, 'Having', `Condition on a figure of groups of ${name}.`);
  figure(having, true);
  const operators = { eq: 'Equal to', lt: 'Less than', lte: 'At most', gt: 'More than', gte: 'At least' };
  for (const [operator, text] of Object.entries(operators))
    input(having, operator, () => Float, `${text} this number.`);

  const order = declareInput(target, 'GroupOrder', `Sort term for groups of ${name}: a field in "by", or a figure.`);
  input(order, 'field', () => fieldEnum, 'Field in "by" to order by.');
  figure(order, false);
  input(order, 'direction', () => OrderDirection, 'Sort direction.', { defaultValue: OrderDirection.ASC });

  const args = class {};
  ArgsType()(args);
  input(args, 'by', () => [dimension], `What the groups have in common: 1 to ${MAX_DIMENSIONS} dimensions.`, {
    nullable: false,
  });
  input(args, 'having', () => [having], 'Conditions that the figures of a group must all meet.');
  input(args, 'orderBy', () => [order], 'Sort terms. The values of "by" break remaining ties.');
  input(
    args,
    'first',
    () => Int,
    `Number of groups on a page: 0 to ${MAX_PAGE_SIZE}. Defaults to ${DEFAULT_PAGE_SIZE}.`,
  );
  input(args, 'after', () => String, 'Returns groups after this cursor.');
  return args;
}
