import { Temporal } from 'temporal-polyfill';
import { calendarSettings } from './calendar-settings';
import { RequestError } from './errors';
import { readSettings } from './settings';

/** Time zone of official days. */
export const OFFICIAL_ZONE = readSettings(calendarSettings).zone;

/** Seconds between two instants by local time in the zone; 0 if negative. */
export function wallClockSeconds(from: string, to: string, zone = OFFICIAL_ZONE): number {
  const localTime = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
  return Math.max(0, localTime(from).until(localTime(to)).total('seconds'));
}

/** Instant at which local time is a number of seconds later; the earlier one if there are two. */
export function afterWallClockSeconds(from: string, seconds: number, zone = OFFICIAL_ZONE): string {
  const later = Temporal.Instant.from(from).toZonedDateTimeISO(zone).toPlainDateTime().add({ seconds });
  return new Date(later.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds).toISOString();
}

/** Cached days by quarter of an hour, in which no zone changes its day. Figures use the same ones repeatedly. */
const dayOfQuarter = new Map<string, string>();
const MAX_QUARTERS = 50_000;

/** Civil day of an instant. */
export function civilDate(instant: Date | string, zone = OFFICIAL_ZONE): string {
  const text = typeof instant === 'string' ? instant : instant.toISOString();
  if (zone !== OFFICIAL_ZONE || !text.endsWith('Z')) return civilDateOf(text, zone);
  const quarter = text.slice(0, 14) + Math.floor(Number(text.slice(14, 16)) / 15);
  let day = dayOfQuarter.get(quarter);
  if (day === undefined) {
    day = civilDateOf(text, zone);
    if (dayOfQuarter.size >= MAX_QUARTERS) dayOfQuarter.clear();
    dayOfQuarter.set(quarter, day);
  }
  return day;
}

function civilDateOf(instant: string, zone: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** Instant at which a civil day begins, in UTC. */
export function startOfDay(date: string, zone = OFFICIAL_ZONE): string {
  const start = Temporal.PlainDate.from(date).toZonedDateTime(zone);
  return new Date(start.epochMilliseconds).toISOString();
}

/** Last millisecond of a civil day, in UTC. */
export function endOfDay(date: string, zone = OFFICIAL_ZONE): string {
  return new Date(Date.parse(startOfDay(addDays(date, 1), zone)) - 1).toISOString();
}

/** A change of a zone's offset from UTC. */
export interface OffsetChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Offset before and after, in milliseconds; negative west of Greenwich. */
  readonly before: number;
  readonly after: number;
}

/** Changes of the offset in a period of civil days, both inclusive, oldest first. */
export function offsetChanges(from: string, to: string, zone = OFFICIAL_ZONE): OffsetChange[] {
  const end = Temporal.PlainDate.from(to).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
  const changes: OffsetChange[] = [];
  for (let last = Temporal.PlainDate.from(from).toZonedDateTime(zone); ; ) {
    const next = last.getTimeZoneTransition('next');
    if (!next || next.epochMilliseconds >= end) return changes;
    changes.push({ at: next.epochMilliseconds, before: offsetOf(last), after: offsetOf(next) });
    last = next;
  }
}

const offsetOf = (moment: Temporal.ZonedDateTime): number => moment.offsetNanoseconds / 1_000_000;

/** Offset of the zone from UTC, in milliseconds, when a civil day begins. */
export const offsetAt = (date: string, zone = OFFICIAL_ZONE): number =>
  offsetOf(Temporal.PlainDate.from(date).toZonedDateTime(zone));

/** Civil day a number of days later, or earlier if negative. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** Civil days from one day to another; negative if the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;
}

/** Federal fiscal year of a civil day. Begins on October 1 of the previous calendar year. */
export function fiscalYear(date: string): number {
  const [year, month] = date.split('-').map(Number) as [number, number];
  return month >= 10 ? year + 1 : year;
}

/** A period of time: `from` is inclusive, `until` exclusive. */
export interface Period {
  readonly from: string;
  readonly until: string;
}

/** Period of a fiscal year. @throws RequestError for an invalid year */
export function fiscalYearPeriod(year: number): Period {
  if (year < 1900 || year > 9000)
    throw new RequestError('BAD_USER_INPUT', `"fiscalYear" is ${year}: use a year from 1900 to 9000`, ['fiscalYear']);
  return { from: startOfDay(`${year - 1}-10-01`), until: startOfDay(`${year}-10-01`) };
}
