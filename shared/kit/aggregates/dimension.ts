import { InvalidAggregateError } from '#base/errors';
import { MAX_PAGE_SIZE } from '../collection/page';
import type { Database } from '../database/database';
import { type ModelClass, modelOf } from '../model/model';
import { type AggregateField, aggregateFieldsOf, isDate, isNumber } from './aggregate-fields';
import {
  type CalendarUnit,
  calendarPeriod,
  type KeyedPeriod,
  periodOfInstantSql,
  periodSql,
  periodsBetween,
} from './calendar-unit';
import { kindOf, type Operand, requireDates } from './measure';

/** What a list is grouped by, as requested. */
export interface DimensionInput {
  readonly field: string;
  readonly every?: CalendarUnit | null;
  readonly from?: string | null;
  readonly until?: string | null;
  readonly since?: string | null;
  readonly width?: number | null;
  readonly bounds?: readonly number[] | null;
}

/** Groups consist of objects with the same value of each dimension. */
export interface Dimension extends Operand {
  readonly grouping:
    | { readonly kind: 'value' }
    | {
        readonly kind: 'period';
        readonly unit: CalendarUnit;
        /** The periods to show, with and without objects; undefined for those with objects. */
        readonly series?: readonly KeyedPeriod[];
      }
    | { readonly kind: 'width'; readonly width: number }
    | { readonly kind: 'bounds'; readonly bounds: readonly number[] };
}

export const MAX_DIMENSIONS = 3;
const MAX_BOUNDS = 50;
/** Two dates are at most this many days apart, and numbers that users count are smaller. */
const MAX_NUMBER = 1e15;
/** Narrower ranges have numbers beyond those of doubles, at which MySQL rejects the statement. */
const MIN_WIDTH = 1e-6;

/** @throws InvalidAggregateError */
export function dimensionsOf(target: ModelClass, inputs: readonly DimensionInput[]): Dimension[] {
  if (inputs.length === 0 || inputs.length > MAX_DIMENSIONS)
    throw new InvalidAggregateError(
      `"by" lists ${inputs.length} dimensions: use 1 to ${MAX_DIMENSIONS}${inputs.length === 0 ? ', or "aggregates" for the whole list' : ''}`,
      ['by'],
    );
  const dimensions = inputs.map((input, index) => dimensionOf(target, input, ['by', index]));
  const series = dimensions.findIndex(({ grouping }) => grouping.kind === 'period' && grouping.series);
  if (series >= 0 && dimensions.length > 1)
    throw new InvalidAggregateError(
      '"from" and "until" show periods without objects, and so are for the only dimension: remove them, and use "filter"',
      ['by', series],
    );
  const names = dimensions.map(groupFieldOf);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index)
      throw new InvalidAggregateError(`"by" has two dimensions with the group field "${name}": remove one`, [
        'by',
        index,
      ]);
  });
  return dimensions;
}

/** Field of a group that shows a dimension's value. Days between dates are none of the model's fields. */
export const groupFieldOf = ({ of, since }: Operand): string => (since ? 'days' : of.name);

function dimensionOf(target: ModelClass, input: DimensionInput, path: readonly (string | number)[]): Dimension {
  const { field, since, every, width, bounds } = input;
  const fields = aggregateFieldsOf(target);
  const of = fields.get(field)!;
  const operand: Operand = { of, ...(since == null ? {} : { since: fields.get(since)! }) };
  if (operand.since) requireDates(target, operand as Required<Operand>, path);
  const isNumeric = operand.since !== undefined || isNumber(of);
  if (!isNumeric && (width != null || bounds != null))
    throw new InvalidAggregateError(
      `"width" and "bounds" are for numbers and days, but ${field} is ${kindOf(of)}: remove them`,
      [...path, width != null ? 'width' : 'bounds'],
    );
  const isPeriodic = isDate(of) && !operand.since;
  if (!isPeriodic && every != null)
    throw new InvalidAggregateError(
      operand.since ? '"every" does not apply to days between dates: remove it' : notADate(target, of),
      [...path, 'every'],
    );
  if (isPeriodic) {
    const unit = requiredUnit(field, every, path);
    return { ...operand, grouping: { kind: 'period', unit, series: seriesOf(unit, input, path) } };
  }
  if (input.from != null || input.until != null)
    throw new InvalidAggregateError('"from" and "until" are for periods of dates: remove them', path);
  if (isNumeric) return { ...operand, grouping: rangesOf(field, input, path) };
  return { ...operand, grouping: { kind: 'value' } };
}

const notADate = (target: ModelClass, of: AggregateField): string =>
  `"every" is for dates, but ${modelOf(target).name} field ${of.value} is ${kindOf(of)}: remove it`;

function requiredUnit(
  field: string,
  every: CalendarUnit | null | undefined,
  path: readonly (string | number)[],
): CalendarUnit {
  if (every == null) throw new InvalidAggregateError(`${field} is a date: add "every", for example every: MONTH`, path);
  return every;
}

/** The periods of a series; undefined where the dimension has no `from` and `until`. */
function seriesOf(
  unit: CalendarUnit,
  { from, until }: DimensionInput,
  path: readonly (string | number)[],
): readonly KeyedPeriod[] | undefined {
  if (from == null && until == null) return undefined;
  if (from == null || until == null)
    throw new InvalidAggregateError(
      `A series needs "from" and "until": add "${from == null ? 'from' : 'until'}"`,
      path,
    );
  if (from >= until)
    throw new InvalidAggregateError(`"from" is ${from}, which is not before "until", ${until}`, [...path, 'from']);
  const periods = periodsBetween(unit, from, until, MAX_PAGE_SIZE);
  if (periods) return periods;
  throw new InvalidAggregateError(
    `From ${from} to ${until} there are more than ${MAX_PAGE_SIZE} periods: use a longer unit in "every", or fewer days`,
    path,
  );
}

function rangesOf(
  field: string,
  { width, bounds, since }: DimensionInput,
  path: readonly (string | number)[],
): Dimension['grouping'] {
  if (width != null && bounds != null)
    throw new InvalidAggregateError('"width" and "bounds" cannot be combined: send only one of them', path);
  if (bounds != null) return { kind: 'bounds', bounds: requiredBounds(bounds, [...path, 'bounds']) };
  if (width != null && !(width >= MIN_WIDTH && width <= MAX_NUMBER))
    throw new InvalidAggregateError(`"width" is ${width}: use a number from ${MIN_WIDTH} to ${MAX_NUMBER}`, [
      ...path,
      'width',
    ]);
  if (width == null && since != null)
    throw new InvalidAggregateError(
      `Days from ${since} to ${field} need ranges: add "width", for example width: 7, or "bounds"`,
      path,
    );
  return { kind: 'width', width: width ?? 1 };
}

function requiredBounds(bounds: readonly number[], path: readonly (string | number)[]): readonly number[] {
  if (bounds.length === 0 || bounds.length > MAX_BOUNDS)
    throw new InvalidAggregateError(`"bounds" lists ${bounds.length} numbers: use 1 to ${MAX_BOUNDS}`, path);
  bounds.forEach((bound, index) => {
    if (Math.abs(bound) > MAX_NUMBER)
      throw new InvalidAggregateError(`${bound} is out of range: use numbers up to ${MAX_NUMBER}`, [...path, index]);
    if (index > 0 && bound <= bounds[index - 1]!)
      throw new InvalidAggregateError(
        `"bounds" must rise, but ${bound} follows ${bounds[index - 1]}: sort it, without repetitions`,
        [...path, index],
      );
  });
  return bounds;
}

/** A number as an SQL literal of type double. */
const sqlNumber = (value: number): string => value.toExponential();

/** SQL of the value of an operand. */
export interface OperandSql {
  readonly sql: string;
  /** SQL of the two dates between which the value counts the days, in order; both comparable as text. Undefined for a field. */
  readonly dates?: readonly [from: string, until: string];
}

/** SQL of the value that identifies an object's group in one dimension. */
export function groupSql({ dialect }: Database, { grouping, of }: Dimension, operand: OperandSql): string {
  const { sql } = operand;
  switch (grouping.kind) {
    case 'value':
      return sql;
    case 'period':
      return (of.field.comparison.kind === 'dateTime' ? periodOfInstantSql : periodSql)(dialect, grouping.unit, sql);
    case 'width':
      return `FLOOR(${sql} / ${sqlNumber(grouping.width)})`;
    case 'bounds':
      return rangeSql(operand, grouping.bounds);
  }
}

/** SQL of the number of bounds up to the value. Databases compute the value again for each bound. */
function rangeSql({ sql, dates }: OperandSql, bounds: readonly number[]): string {
  const isMissing = (dates ?? [sql]).map((part) => `${part} IS NULL`).join(' OR ');
  // much cheaper than counting days
  const isBelow = (bound: number) =>
    dates && bound === 0 ? `${dates[1]} < ${dates[0]}` : `${sql} < ${sqlNumber(bound)}`;
  const ranges = bounds.map((bound, index) => `WHEN ${isBelow(bound)} THEN ${index}`);
  return `CASE WHEN ${isMissing} THEN NULL ${ranges.join(' ')} ELSE ${bounds.length} END`;
}

/** Range of numbers, as {@link NumberRange} shows it. */
interface Range {
  readonly from: number | null;
  readonly until: number | null;
}

/** Value of a group's field. @param key value of {@link groupSql} */
export function groupValue({ grouping, of }: Dimension, key: unknown): unknown {
  if (key === null || key === undefined) return null;
  switch (grouping.kind) {
    case 'value':
      return plainValue(of, key);
    case 'period':
      return calendarPeriod(grouping.unit, String(key));
    case 'width':
      return { from: Number(key) * grouping.width, until: (Number(key) + 1) * grouping.width } satisfies Range;
    case 'bounds':
      return {
        from: grouping.bounds[Number(key) - 1] ?? null,
        until: grouping.bounds[Number(key)] ?? null,
      } satisfies Range;
  }
}

function plainValue({ field: { comparison } }: AggregateField, key: unknown): unknown {
  switch (comparison.kind) {
    case 'enum':
      return comparison.fromStored ? comparison.fromStored(String(key)) : key;
    case 'boolean':
      return Number(key) !== 0;
    case 'derived':
      return comparison.values ? key : key === 'true';
    default:
      return key;
  }
}
