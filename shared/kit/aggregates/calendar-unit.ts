import { addDays, fiscalYear, OFFICIAL_ZONE } from '#base/civil';
import { civilDateSql, ofCivilMonthSql } from '../database/civil-sql';
import type { Dialect } from '../database/dialect';
import { enumeration, type ValueOf } from '../model/enumeration';

export const CalendarUnit = enumeration(
  'CalendarUnit',
  'Length of a calendar period. Days begin at midnight Eastern.',
  {
    DAY: 'Day.',
    WEEK: 'Week that begins on Monday (ISO 8601).',
    MONTH: 'Calendar month.',
    QUARTER: 'Calendar quarter.',
    YEAR: 'Calendar year.',
    FISCAL_QUARTER: 'Quarter of the federal fiscal year, which begins on October 1.',
    FISCAL_YEAR: 'Federal fiscal year. Begins on October 1 of the previous calendar year.',
  },
);
export type CalendarUnit = ValueOf<typeof CalendarUnit>;

/** First month of the quarter of each month, two digits each. */
const QUARTER_STARTS = '010101040404070707101010';

/**
 * SQL of a value that is the same for all civil dates of a period: its first day, month, or year, or the number of a fiscal year. Later
 * periods have larger values. NULL without a date.
 */
export function periodSql(dialect: Dialect, unit: CalendarUnit, date: string): string {
  const [year, month] = [`SUBSTR(${date}, 1, 4)`, `SUBSTR(${date}, 6, 2)`];
  switch (unit) {
    case 'DAY':
      return date;
    case 'WEEK':
      return dialect.mondayOf(date);
    case 'MONTH':
      return `SUBSTR(${date}, 1, 7)`;
    case 'QUARTER':
    case 'FISCAL_QUARTER':
      // SQLite concatenates NULL as an empty text
      return `NULLIF(CONCAT(SUBSTR(${date}, 1, 5), SUBSTR('${QUARTER_STARTS}', ${month} * 2 - 1, 2)), '')`;
    case 'YEAR':
      return year;
    case 'FISCAL_YEAR':
      return `(${year} + (${month} >= '10'))`;
  }
}

/** {@link periodSql} of a stored instant. */
export function periodOfInstantSql(
  dialect: Dialect,
  unit: CalendarUnit,
  instant: string,
  zone: string = OFFICIAL_ZONE,
): string {
  // the texts of instants begin with those of their dates, of which a period of months needs the month
  if (MONTHS[unit] !== undefined)
    return ofCivilMonthSql(dialect, instant, (date) => periodSql(dialect, unit, date), zone);
  return periodSql(dialect, unit, civilDateSql(dialect, instant, zone));
}

/** First and last day that `Date` can write. A caller can plan something for either, and others must still get their groups. */
const FIRST_DAY = '0000-01-01';
const LAST_DAY = '9999-12-31';

/** First civil day of a period. @param value of {@link periodSql}: `2026`, `2026-10`, or `2026-10-01` */
function firstDay(unit: CalendarUnit, value: string): string {
  const calendar = unit === 'FISCAL_YEAR' ? `${Number(value) - 1}-10` : value;
  const [, year, rest] = /^(\d{1,4})(.*)$/.exec(calendar) ?? [];
  return year === undefined ? FIRST_DAY : `${year.padStart(4, '0')}${rest}-01-01`.slice(0, 10);
}

const MONTHS: Partial<Record<CalendarUnit, number>> = {
  MONTH: 1,
  QUARTER: 3,
  FISCAL_QUARTER: 3,
  YEAR: 12,
  FISCAL_YEAR: 12,
};

/** A calendar period, as {@link CalendarPeriod} shows it. */
export interface Period {
  readonly label: string;
  /** First civil day. */
  readonly from: string;
  /** Civil day after the last one, at most {@link LAST_DAY}. */
  readonly until: string;
}

/** @param value of {@link periodSql} */
export function calendarPeriod(unit: CalendarUnit, value: string): Period {
  const from = firstDay(unit, value);
  const months = MONTHS[unit];
  const next = months === undefined ? addDays(from, unit === 'WEEK' ? 7 : 1) : monthsAfter(from, months);
  const until = next.length > LAST_DAY.length ? LAST_DAY : next;
  return { label: labelOf(unit, from), from, until };
}

/** Value of {@link periodSql} for a civil day. */
function periodOf(unit: CalendarUnit, day: string): string {
  const [year, month] = [day.slice(0, 4), Number(day.slice(5, 7))];
  switch (unit) {
    case 'DAY':
      return day;
    case 'WEEK':
      // 1970-01-01 was a Thursday
      return addDays(day, -((Date.parse(day) / 86_400_000 + 3) % 7));
    case 'MONTH':
      return day.slice(0, 7);
    case 'QUARTER':
    case 'FISCAL_QUARTER':
      return `${year}-${String(month - ((month - 1) % 3)).padStart(2, '0')}`;
    case 'YEAR':
      return year;
    case 'FISCAL_YEAR':
      return String(fiscalYear(day));
  }
}

/** A period and its value in {@link periodSql}. */
export interface KeyedPeriod extends Period {
  readonly key: string;
}

/**
 * Periods from the one of a day to the one of the day before another, in order.
 * @returns undefined if there are more than `max`
 */
export function periodsBetween(
  unit: CalendarUnit,
  from: string,
  until: string,
  max: number,
): KeyedPeriod[] | undefined {
  const periods: KeyedPeriod[] = [];
  for (let day = from; day < until; day = periods.at(-1)!.until) {
    if (periods.length === max) return undefined;
    const key = periodOf(unit, day);
    periods.push({ key, ...calendarPeriod(unit, key) });
    if (periods.at(-1)!.until === LAST_DAY) break;
  }
  return periods;
}

/** First day of a month, a number of months after another first day of a month. */
function monthsAfter(day: string, months: number): string {
  const [year, month] = day.split('-').map(Number) as [number, number];
  const count = year * 12 + month - 1 + months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}-01`;
}

function labelOf(unit: CalendarUnit, from: string): string {
  const [year, month] = [from.slice(0, 4), Number(from.slice(5, 7))];
  switch (unit) {
    case 'DAY':
      return from;
    case 'WEEK':
      return isoWeek(from);
    case 'MONTH':
      return from.slice(0, 7);
    case 'QUARTER':
      return `${year}-Q${Math.ceil(month / 3)}`;
    case 'YEAR':
      return year;
    case 'FISCAL_QUARTER':
      return `FY${fiscalYear(from)}-Q${(Math.ceil(month / 3) % 4) + 1}`;
    case 'FISCAL_YEAR':
      return `FY${fiscalYear(from)}`;
  }
}

/** `2026-W48`. The week belongs to the year of its Thursday. */
function isoWeek(monday: string): string {
  const thursday = addDays(monday, 3);
  const dayOfYear = (Date.parse(thursday) - Date.parse(`${thursday.slice(0, 4)}-01-01`)) / 86_400_000;
  return `${thursday.slice(0, 4)}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`;
}
