import type { Row } from './rows';
import type { ColumnInfo } from './tables';

export const MARKS = ['line', 'bar', 'stacked'] as const;
export type Mark = (typeof MARKS)[number];

/** What a chart shows of a table: columns by their place. */
export interface ChartShape {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  /** A second column of numbers. Each then is a series. */
  readonly second?: number;
  /** Column that divides the values into series; ignored with a second column of numbers. */
  readonly series: number | undefined;
}

/** Rows up to which a chart can be read. */
export const MAX_ROWS = 5_000;
/** Maximum series that a reader can distinguish. */
const MAX_SERIES = 12;

/** Ratio of the largest values from which two measures have axes of their own: on one, the smaller could not be read. */
const MAX_RATIO = 10;

/** Whether two measures can be read on one axis. */
export function fitOneAxis(one: readonly number[], other: readonly number[]): boolean {
  const [a, b] = [one, other].map((values) => Math.max(0, ...values.map(Math.abs)));
  return a === 0 || b === 0 || Math.max(a!, b!) / Math.min(a!, b!) <= MAX_RATIO;
}

const isNumber = ({ kind }: ColumnInfo): boolean => kind === 'number';
const isTime = ({ kind, name }: ColumnInfo): boolean =>
  kind === 'time' || kind === 'date' || /\bfrom$|period|month|week|day$/i.test(name);

/** The chart that suits a table: lines over time, else bars by category. Undefined if the table has no number. */
export function suggestedShape(columns: readonly ColumnInfo[], rows: readonly Row[]): ChartShape | undefined {
  const numbers = columns.flatMap((column, place) => (isNumber(column) ? [place] : []));
  const y = numbers.find((place) => rows.some(({ cells }) => typeof cells[place] === 'number'));
  if (y === undefined) return undefined;
  const distinct = (place: number) => new Set(rows.map(({ cells }) => cells[place])).size;
  const labels = columns.flatMap((column, place) => (!isNumber(column) && distinct(place) > 1 ? [place] : []));
  const time = labels.find((place) => isTime(columns[place]!) && rows.every(({ cells }) => isDate(cells[place])));
  const categories = labels.filter((place) => place !== time);
  const few = categories.filter((place) => distinct(place) <= MAX_SERIES);
  if (time !== undefined) return { mark: 'line', x: time, y, series: few[0] };
  const [x] = categories.toSorted((one, other) => distinct(other) - distinct(one));
  if (x === undefined) return undefined;
  const series = few.find((place) => place !== x && distinct(place) * distinct(x) <= 2 * rows.length);
  const isOneEach = distinct(x) === rows.length;
  return { mark: series === undefined || isOneEach ? 'bar' : 'stacked', x, y, series: isOneEach ? undefined : series };
}

export const isDate = (cell: unknown): boolean => typeof cell === 'string' && /^\d{4}-\d\d(-\d\d|$)/.test(cell);
