/** Zone of the order's days and fiscal years. */
const ZONE = 'America/New_York';

const dayFormat = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});
const hourFormat = new Intl.DateTimeFormat('en-US', { timeZone: ZONE, hour: 'numeric', hourCycle: 'h23' });

export const DAY_MS = 86_400_000;

/** Day in New York, as `2026-11-26`. */
export const dayOf = (time: number): string => dayFormat.format(time);

/** When a day begins in New York. */
export function startOf(day: string): Date {
  const inSummer = new Date(`${day}T04:00:00Z`);
  return Number(hourFormat.format(inSummer)) === 0 ? inSummer : new Date(`${day}T05:00:00Z`);
}

/** The day that is some days later. */
export const shift = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** Days from one day to another. */
export const daysBetween = (from: string, until: string): number =>
  Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);

/** Fiscal years begin on October 1 of the year before. */
export const fiscalYearOf = (day: string): number => Number(day.slice(0, 4)) + (Number(day.slice(5, 7)) >= 10 ? 1 : 0);

export const fiscalYearStart = (year: number): string => `${year - 1}-10-01`;

/** The same time of the year before; February 29 becomes February 28. */
export function yearBefore(time: number): Date {
  const date = new Date(time);
  const before = new Date(time);
  before.setUTCFullYear(date.getUTCFullYear() - 1);
  if (before.getUTCMonth() !== date.getUTCMonth()) before.setUTCDate(0);
  return before;
}

/** The times that operations ask about, all relative to now. */
export interface Moments {
  readonly now: number;
  readonly today: string;
  readonly year: number;
  /** Days of the fiscal year so far, with today. */
  readonly dayOfYear: number;
  readonly yearAgo: Date;
}

export function momentsAt(now: number): Moments {
  const today = dayOf(now);
  const year = fiscalYearOf(today);
  const dayOfYear = daysBetween(fiscalYearStart(year), today) + 1;
  return { now, today, year, dayOfYear, yearAgo: yearBefore(now) };
}
