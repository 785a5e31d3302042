import { Temporal } from 'temporal-polyfill';
import { addDays } from '#base/civil';

/** Rule for the date of a federal holiday: 5 U.S.C. 6103. */
type Rule = { name: string; month: number } & ({ day: number } | { weekday: number; nth: number });

const MONDAY = 1;
const THURSDAY = 4;
const RULES: readonly Rule[] = [
  { name: "New Year's Day", month: 1, day: 1 },
  { name: 'Birthday of Martin Luther King, Jr.', month: 1, weekday: MONDAY, nth: 3 },
  { name: "Washington's Birthday", month: 2, weekday: MONDAY, nth: 3 },
  { name: 'Memorial Day', month: 5, weekday: MONDAY, nth: -1 },
  { name: 'Juneteenth National Independence Day', month: 6, day: 19 },
  { name: 'Independence Day', month: 7, day: 4 },
  { name: 'Labor Day', month: 9, weekday: MONDAY, nth: 1 },
  { name: 'Columbus Day', month: 10, weekday: MONDAY, nth: 2 },
  { name: 'Veterans Day', month: 11, day: 11 },
  { name: 'Thanksgiving Day', month: 11, weekday: THURSDAY, nth: 4 },
  { name: 'Christmas Day', month: 12, day: 25 },
];

export interface Holiday {
  readonly name: string;
  /** Statutory date. */
  readonly date: string;
  /** The day off: the Friday before a Saturday, the Monday after a Sunday. */
  readonly observed: string;
}

function dateOf(rule: Rule, year: number): Temporal.PlainDate {
  if ('day' in rule) return Temporal.PlainDate.from({ year, month: rule.month, day: rule.day });
  const first = Temporal.PlainDate.from({ year, month: rule.month, day: 1 });
  if (rule.nth < 0) {
    const last = first.add({ months: 1 }).subtract({ days: 1 });
    return last.subtract({ days: (last.dayOfWeek - rule.weekday + 7) % 7 });
  }
  return first.add({ days: ((rule.weekday - first.dayOfWeek + 7) % 7) + 7 * (rule.nth - 1) });
}

/** Statutory federal holidays of a calendar year, without days off by executive order. */
export function federalHolidays(year: number): Holiday[] {
  return RULES.map((rule) => {
    const date = dateOf(rule, year);
    const shift = date.dayOfWeek === 6 ? -1 : date.dayOfWeek === 7 ? 1 : 0;
    return { name: rule.name, date: date.toString(), observed: date.add({ days: shift }).toString() };
  });
}

const observedDays = new Map<number, ReadonlySet<string>>();
function observedIn(year: number): ReadonlySet<string> {
  let days = observedDays.get(year);
  if (!days) {
    days = new Set([year, year + 1].flatMap((of) => federalHolidays(of).map((holiday) => holiday.observed)));
    observedDays.set(year, days);
  }
  return days;
}

/** Monday to Friday, except federal holidays. */
export function isBusinessDay(date: string): boolean {
  const day = Temporal.PlainDate.from(date);
  return day.dayOfWeek <= 5 && !observedIn(day.year).has(date);
}

/** Adds business days to a civil day. @param days at least 1 */
export function addBusinessDays(date: string, days: number): string {
  let day = date;
  for (let left = days; left > 0; ) {
    day = addDays(day, 1);
    if (isBusinessDay(day)) left -= 1;
  }
  return day;
}

/** By year: number of business days before each day of the year, indexed by day of the year. */
const businessDaysBefore = new Map<number, readonly number[]>();
function daysBeforeIn(year: number): readonly number[] {
  let counts = businessDaysBefore.get(year);
  if (!counts) {
    const daysBefore = [0];
    for (let day = `${year}-01-01`; day.startsWith(String(year)); day = addDays(day, 1))
      daysBefore.push(daysBefore.at(-1)! + (isBusinessDay(day) ? 1 : 0));
    counts = daysBefore;
    businessDaysBefore.set(year, counts);
  }
  return counts;
}

const DAY_MS = 86_400_000;

/** Business days of the year up to and including a day. */
function upTo(date: string): number {
  const year = Number(date.slice(0, 4));
  const place = (Date.parse(date) - Date.UTC(year, 0, 1)) / DAY_MS;
  return daysBeforeIn(year)[place + 1]!;
}

/** Business days after `from`, up to and including `to`; 0 when `to` is not later. */
export function businessDaysBetween(from: string, to: string): number {
  if (to <= from) return 0;
  let count = upTo(to) - upTo(from);
  for (let year = Number(from.slice(0, 4)); year < Number(to.slice(0, 4)); year += 1)
    count += daysBeforeIn(year).at(-1)!;
  return count;
}
