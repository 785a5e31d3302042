import { Temporal } from 'temporal-polyfill';
import { addDays } from './civil';

/** The weekday rule of a federal holiday: 5 U.S.C. 6103. */
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
  /** The day the rule names. */
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

/** The federal holidays of a calendar year, by statute; days granted by executive order are not among them. */
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

/** Monday to Friday, and no federal holiday. */
export function isBusinessDay(date: string): boolean {
  const day = Temporal.PlainDate.from(date);
  return day.dayOfWeek <= 5 && !observedIn(day.year).has(date);
}

/** The civil day so many business days later (at least one). */
export function addBusinessDays(date: string, days: number): string {
  let day = date;
  for (let left = days; left > 0; ) {
    day = addDays(day, 1);
    if (isBusinessDay(day)) left -= 1;
  }
  return day;
}

/** Business days after `from`, up to and including `to`. */
export function businessDaysBetween(from: string, to: string): number {
  let count = 0;
  for (let day = from; day < to; ) {
    day = addDays(day, 1);
    if (isBusinessDay(day)) count += 1;
  }
  return count;
}
