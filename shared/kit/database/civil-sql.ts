import { OFFICIAL_ZONE, offsetAt, offsetChanges } from '#base/civil';
import type { Dialect } from './dialect';

/** Time during which a zone has one offset from UTC. */
interface OffsetPeriod {
  /** First instant, as a prefix of its stored text: comparing them as text compares the instants. */
  readonly from: string;
  /** First instant of the next period. */
  readonly until: string;
  /** Minutes east of UTC. */
  readonly minutes: number;
}

/** Instants outside these days get the offset of the nearest of them. */
const FIRST_DAY = '2000-01-01';
const LAST_DAY = '2060-12-31';
const MINUTE_MS = 60_000;

const periodsByZone = new Map<string, readonly OffsetPeriod[]>();

function offsetPeriods(zone: string): readonly OffsetPeriod[] {
  let periods = periodsByZone.get(zone);
  if (!periods) {
    const changes = offsetChanges(FIRST_DAY, LAST_DAY, zone);
    const starts = ['', ...changes.map(({ at }) => new Date(at).toISOString().slice(0, 19))];
    const offsets = [changes[0]?.before ?? offsetAt(FIRST_DAY, zone), ...changes.map(({ after }) => after)];
    periods = starts.map((from, place) => ({
      from,
      until: starts[place + 1] ?? '9999',
      minutes: offsets[place]! / MINUTE_MS,
    }));
    periodsByZone.set(zone, periods);
  }
  return periods;
}

/**
 * SQL of the civil date (YYYY-MM-DD) of a stored instant, with the rules of the zone for daylight saving time. Uses text functions only,
 * since databases may lack time zones.
 */
export function civilDateSql(dialect: Dialect, instant: string, zone = OFFICIAL_ZONE): string {
  const byOffset = [...Map.groupBy(offsetPeriods(zone), ({ minutes }) => minutes)].sort(
    ([, a], [, b]) => a.length - b.length,
  );
  const [last] = byOffset.pop()!;
  const others = byOffset.map(
    ([minutes, periods]) => `WHEN ${during(instant, periods)} THEN ${shifted(dialect, instant, minutes)}`,
  );
  if (others.length === 0) return shifted(dialect, instant, last);
  const certain = sameForAll(dialect, instant, [last, ...byOffset.map(([minutes]) => minutes)]);
  return `CASE ${certain} ${others.join(' ')} ELSE ${shifted(dialect, instant, last)} END`;
}

/**
 * SQL of a date in the civil month of a stored instant. Cheaper than its {@link civilDateSql}: west of UTC, only the first hours of a month in
 * UTC belong to another civil month.
 */
export function civilMonthSql(dialect: Dialect, instant: string, zone = OFFICIAL_ZONE): string {
  const date = civilDateSql(dialect, instant, zone);
  const hours = offsetPeriods(zone).map(({ minutes }) => -minutes);
  if (Math.min(...hours) < 0) return date;
  const isLater = `SUBSTR(${instant}, 9, 8) >= '01T${clockTime(Math.max(...hours))}'`;
  return `CASE WHEN ${isLater} THEN ${dateOf(instant)} ELSE ${date} END`;
}

/** West of UTC, most times of day are on the same civil day whatever the offset, so that few instants are compared with its changes. */
function sameForAll(dialect: Dialect, instant: string, offsets: readonly number[]): string {
  const hours = offsets.map((minutes) => -minutes);
  if (Math.min(...hours) <= 0) return '';
  const [date, time] = [dateOf(instant), timeOf(instant)];
  return `WHEN ${time} >= '${clockTime(Math.max(...hours))}' THEN ${date} WHEN ${time} < '${clockTime(Math.min(...hours))}' THEN ${dialect.addDays(date, -1)}`;
}

const dateOf = (instant: string): string => `SUBSTR(${instant}, 1, 10)`;
const timeOf = (instant: string): string => `SUBSTR(${instant}, 12, 5)`;

const clockTime = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');

const during = (instant: string, periods: readonly OffsetPeriod[]): string =>
  periods.map(({ from, until }) => `${instant} >= '${from}' AND ${instant} < '${until}'`).join(' OR ');

/** Civil date of an instant, at an offset. */
function shifted(dialect: Dialect, instant: string, minutes: number): string {
  const date = dateOf(instant);
  if (minutes === 0) return date;
  if (minutes < 0)
    return `CASE WHEN ${timeOf(instant)} >= '${clockTime(-minutes)}' THEN ${date} ELSE ${dialect.addDays(date, -1)} END`;
  return `CASE WHEN ${timeOf(instant)} < '${clockTime(24 * 60 - minutes)}' THEN ${date} ELSE ${dialect.addDays(date, 1)} END`;
}
