import { Temporal } from 'temporal-polyfill';
import { calendarSettings } from './calendar-settings';
import { RequestError } from './errors';
import { readSettings } from './settings';

/** The time zone of official days. */
export const OFFICIAL_ZONE = readSettings(calendarSettings).zone;

/** Seconds between two instants as a clock on the wall of the zone shows them; never less than none. */
export function wallClockSeconds(from: string, to: string, zone = OFFICIAL_ZONE): number {
  const shown = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
  return Math.max(0, shown(from).until(shown(to)).total('seconds'));
}

/** The instant at which a clock on the wall has gone on by so many seconds; of two such instants the first. */
export function afterWallClockSeconds(from: string, seconds: number, zone = OFFICIAL_ZONE): string {
  const shown = Temporal.Instant.from(from).toZonedDateTimeISO(zone).toPlainDateTime().add({ seconds });
  return new Date(shown.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds).toISOString();
}

/** Days by the hour of an instant: zones change their offset on the hour, and figures ask for the same hours again and again. */
const dayOfHour = new Map<string, string>();
const MOST_HOURS = 50_000;

/** The civil day an instant falls on. */
export function civilDate(instant: Date | string, zone = OFFICIAL_ZONE): string {
  const text = typeof instant === 'string' ? instant : instant.toISOString();
  if (zone !== OFFICIAL_ZONE || !text.endsWith('Z')) return civilDateOf(text, zone);
  const hour = text.slice(0, 13);
  let day = dayOfHour.get(hour);
  if (day === undefined) {
    day = civilDateOf(`${hour}:00:00Z`, zone);
    if (dayOfHour.size >= MOST_HOURS) dayOfHour.clear();
    dayOfHour.set(hour, day);
  }
  return day;
}

function civilDateOf(instant: string, zone: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** The instant a civil day begins, in UTC. */
export function startOfDay(date: string, zone = OFFICIAL_ZONE): string {
  const start = Temporal.PlainDate.from(date).toZonedDateTime(zone);
  return new Date(start.epochMilliseconds).toISOString();
}

/** The civil day that lies so many days later; earlier when negative. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** Whole civil days from one to the other; negative when the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;
}

/** The federal fiscal year of a civil day: 1 October begins the next. */
export function fiscalYear(date: string): number {
  const [year, month] = date.split('-').map(Number) as [number, number];
  return month >= 10 ? year + 1 : year;
}

/** A stretch of time: `from` included, `until` not. */
export interface Period {
  readonly from: string;
  readonly until: string;
}

/** The instants between which a fiscal year lies. @throws RequestError for a year that is none */
export function fiscalYearPeriod(year: number): Period {
  if (year < 1900 || year > 9000)
    throw new RequestError('BAD_USER_INPUT', `"fiscalYear" is ${year}: pass a year from 1900 to 9000`, ['fiscalYear']);
  return { from: startOfDay(`${year - 1}-10-01`), until: startOfDay(`${year}-10-01`) };
}
