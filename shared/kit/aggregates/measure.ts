import { InvalidAggregateError } from '#base/errors';
import type { FilterValue } from '../collection/where';
import { enumeration, type ValueOf } from '../model/enumeration';
import { type ModelClass, modelOf } from '../model/model';
import { type AggregateField, aggregateFieldsOf, isDate, isNumber } from './aggregate-fields';

export const AggregateFunction = enumeration('AggregateFunction', 'Function over the objects of a group.', {
  COUNT: 'Number of objects.',
  COUNT_DISTINCT: 'Number of different values.',
  SUM: 'Sum of the values.',
  AVERAGE: 'Average of the values.',
  MIN: 'Smallest value.',
  MAX: 'Largest value.',
  MEDIAN: 'Median of the values.',
  PERCENTILE: 'Percentile "p" of the values.',
  EARLIEST: 'Earliest date.',
  LATEST: 'Latest date.',
});
/** RATIO is not in the enum, since its filter has no place in an order. */
export type AggregateFunction = ValueOf<typeof AggregateFunction> | 'RATIO';

/** A figure over the objects of a list, as requested. */
export interface Measure {
  readonly function: AggregateFunction;
  /** Enum value of the field. */
  readonly of?: string | null;
  /** Enum value of the date from which days are counted to the date in `of`. */
  readonly since?: string | null;
  /** For PERCENTILE: from 0 to 1. */
  readonly p?: number | null;
  /** For RATIO: filter of the objects in the numerator. */
  readonly where?: FilterValue;
  /** Place in the arguments, for errors. */
  readonly path: readonly (string | number)[];
}

/** Identifies equal measures. */
export const measureKey = ({ function: name, of, since, p, where }: Omit<Measure, 'path'>): string =>
  JSON.stringify([name, of ?? null, since ?? null, p ?? null, where ?? null]);

/** Values that a measure or a dimension reads: a field, or the days between two dates. */
export interface Operand {
  readonly of: AggregateField;
  readonly since?: AggregateField;
}

const OF_NUMBERS: ReadonlySet<AggregateFunction> = new Set<AggregateFunction>([
  'SUM',
  'AVERAGE',
  'MIN',
  'MAX',
  'MEDIAN',
  'PERCENTILE',
]);
const OF_DATES: ReadonlySet<AggregateFunction> = new Set<AggregateFunction>(['EARLIEST', 'LATEST']);

/** @returns undefined for COUNT and RATIO @throws InvalidAggregateError */
export function operandOf(target: ModelClass, measure: Measure): Operand | undefined {
  const { function: name, of, since, p, path } = measure;
  requireShare(measure);
  if (name !== 'PERCENTILE' && p != null)
    throw new InvalidAggregateError(`"p" is for PERCENTILE, not for ${name}: remove it`, [...path, 'p']);
  if (name === 'COUNT' || name === 'RATIO') {
    if (of != null || since != null)
      throw new InvalidAggregateError(`${name} counts objects, not values: remove "of" and "since"`, path);
    return undefined;
  }
  if (of == null) throw new InvalidAggregateError(`${name} needs a field: add "of"`, path);
  const operand = { of: fieldOf(target, of), ...(since == null ? {} : { since: fieldOf(target, since) }) };
  requireKind(target, name, operand, path);
  return operand;
}

const fieldOf = (target: ModelClass, value: string): AggregateField => aggregateFieldsOf(target).get(value)!;

function requireShare({ function: name, p, path }: Measure): void {
  if (name === 'PERCENTILE' && !(p != null && p >= 0 && p <= 1))
    throw new InvalidAggregateError(
      p == null
        ? 'PERCENTILE needs "p", from 0 to 1: add it'
        : `"p" is ${p}: use a share from 0 to 1, for example 0.9 for the 90th percentile`,
      [...path, 'p'],
    );
}

function requireKind(
  target: ModelClass,
  name: AggregateFunction,
  { of, since }: Operand,
  path: readonly (string | number)[],
): void {
  if (of.field.comparison.kind === 'link')
    throw new InvalidAggregateError(
      `${of.value} is a list of references, and one object can be in several: group by it instead`,
      [...path, 'of'],
    );
  if (since) requireDates(target, { of, since }, path);
  else if (OF_NUMBERS.has(name) && !isNumber(of))
    throw new InvalidAggregateError(
      `${name} needs numbers, but ${of.value} is ${kindOf(of)}: ${fix(target, isNumber, isDate(of))}`,
      [...path, 'of'],
    );
  if (!OF_DATES.has(name)) return;
  if (since) throw new InvalidAggregateError(`${name} returns a date: remove "since"`, [...path, 'since']);
  if (!isDate(of))
    throw new InvalidAggregateError(
      `${name} needs dates, but ${of.value} is ${kindOf(of)}: ${fix(target, isDate, false)}`,
      [...path, 'of'],
    );
}

/** Requires that days can be counted from one field to the other. @throws InvalidAggregateError */
export function requireDates(
  target: ModelClass,
  { of, since }: Required<Operand>,
  path: readonly (string | number)[],
): void {
  for (const [argument, field] of [['of', of] as const, ['since', since] as const])
    if (!isDate(field))
      throw new InvalidAggregateError(
        `Days are counted between two dates, but ${field.value} is ${kindOf(field)}: ${fix(target, isDate, false)}`,
        [...path, argument],
      );
}

const KINDS: Readonly<Record<AggregateField['field']['comparison']['kind'], string>> = {
  text: 'a text',
  integer: 'a number',
  float: 'a number',
  boolean: 'a Boolean',
  date: 'a date',
  dateTime: 'a date',
  bigNumber: 'a number of any size',
  key: 'a reference',
  model: 'a reference',
  link: 'a list of references',
  list: 'a list',
  enum: 'an enum',
  derived: 'an enum or a Boolean',
};

export const kindOf = ({ field }: AggregateField): string => KINDS[field.comparison.kind];

function fix(target: ModelClass, fits: (field: AggregateField) => boolean, countsDays: boolean): string {
  const values = [...aggregateFieldsOf(target).values()].filter(fits).map(({ value }) => value);
  const days = countsDays ? ', or add "since" to count days from another date' : '';
  if (values.length === 0) return `${modelOf(target).name} has no such field${days}`;
  return `use ${values.slice(0, 5).join(', ')}${values.length > 5 ? ', …' : ''}${days}`;
}
