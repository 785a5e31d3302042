import { addDays, fiscalYear } from '#base/civil';
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

/** SQL of the first day of the period that contains a civil date, shortened to what its unit needs: see {@link firstDay}. */
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
      return `CASE ${['10', '07', '04'].map((first) => `WHEN ${month} >= '${first}' THEN CONCAT(${year}, '-${first}')`).join(' ')} WHEN ${date} IS NOT NULL THEN CONCAT(${year}, '-01') END`;
    case 'YEAR':
      return year;
    case 'FISCAL_YEAR':
      return `CASE WHEN ${month} >= '10' THEN CONCAT(${year}, '-10') WHEN ${date} IS NOT NULL THEN CONCAT(${year} - 1, '-10') END`;
  }
}

/** First and last day that `Date` can write. A caller can plan something for either, and others must still get their groups. */
const FIRST_DAY = '0000-01-01';
const LAST_DAY = '9999-12-31';

/** First civil day of a period, from its SQL value: `2026`, `2026-10`, and `2026-10-01` are the same day. */
function firstDay(value: string): string {
  // SQL computes 0 from the year 0001
  const [, year, rest] = /^(\d{1,4})(.*)$/.exec(value) ?? [];
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
interface Period {
  readonly label: string;
  /** First civil day. */
  readonly from: string;
  /** Civil day after the last one, at most {@link LAST_DAY}. */
  readonly until: string;
}

/** @param value of {@link periodSql} */
export function calendarPeriod(unit: CalendarUnit, value: string): Period {
  const from = firstDay(value);
  const months = MONTHS[unit];
  const next = months === undefined ? addDays(from, unit === 'WEEK' ? 7 : 1) : monthsAfter(from, months);
  const until = next.length > LAST_DAY.length ? LAST_DAY : next;
  return { label: labelOf(unit, from), from, until };
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
