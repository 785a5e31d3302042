import { OFFICIAL_ZONE, offsetAt, offsetChanges } from '#base/civil';
import type { Dialect } from './dialect';
import { piecewiseSql } from './piecewise-sql';

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
  const periods = offsetPeriods(zone);
  if (periods.every(({ minutes }) => minutes < 0)) {
    const isSameDay = `${timeOf(instant)} >= '${latestMidnight(periods)}'`;
    return `CASE WHEN ${isSameDay} THEN ${dateOf(instant)} WHEN ${isBeforeMidnight(instant, periods)} THEN ${dayBefore(dialect, instant)} ELSE ${dateOf(instant)} END`;
  }
  const byOffset = [...Map.groupBy(periods, ({ minutes }) => minutes)].sort(([, a], [, b]) => a.length - b.length);
  const [last] = byOffset.pop()!;
  const others = byOffset.map(
    ([minutes, ofOffset]) => `WHEN ${during(instant, ofOffset)} THEN ${shifted(dialect, instant, minutes)}`,
  );
  if (others.length === 0) return shifted(dialect, instant, last);
  return `CASE ${others.join(' ')} ELSE ${shifted(dialect, instant, last)} END`;
}

/**
 * SQL of what `ofDate` computes from the civil month of a stored instant. Cheaper than computing it from the {@link civilDateSql}: west of UTC,
 * only the first hours of a month in UTC belong to another civil month, and all other instants begin with their civil month.
 * @param ofDate SQL of a value of the month at the beginning of a text
 */
export function ofCivilMonthSql(
  dialect: Dialect,
  instant: string,
  ofDate: (text: string) => string,
  zone = OFFICIAL_ZONE,
): string {
  const periods = offsetPeriods(zone);
  if (!periods.every(({ minutes }) => minutes < 0)) return ofDate(civilDateSql(dialect, instant, zone));
  const isSameMonth = `SUBSTR(${instant}, 9, 8) >= '01T${latestMidnight(periods)}'`;
  return `CASE WHEN ${isSameMonth} THEN ${ofDate(instant)} WHEN ${isBeforeMidnight(instant, periods)} THEN ${ofDate(dayBefore(dialect, instant))} ELSE ${ofDate(instant)} END`;
}

/** Time of day in UTC, HH:MM, at which the civil day begins west of UTC. */
const midnight = ({ minutes }: OffsetPeriod): string => clockTime(-minutes);

const latestMidnight = (periods: readonly OffsetPeriod[]): string => periods.map(midnight).sort().at(-1)!;

/** SQL of whether the civil day of an instant, west of UTC, is the one before its day in UTC. Searches the period only where it matters. */
function isBeforeMidnight(instant: string, periods: readonly OffsetPeriod[]): string {
  const earliest = periods.map(midnight).sort()[0]!;
  const time = timeOf(instant);
  if (earliest === latestMidnight(periods)) return `${time} < '${earliest}'`;
  const midnights = periods.map((period) => ({
    // a longer text that begins with the bound is larger
    from: period.from.replace(/(:00)+$/, ''),
    value: `'${midnight(period)}'`,
  }));
  return `(${time} < '${earliest}' OR ${time} < ${piecewiseSql(instant, midnights)})`;
}

const dateOf = (instant: string): string => `SUBSTR(${instant}, 1, 10)`;
const timeOf = (instant: string): string => `SUBSTR(${instant}, 12, 5)`;
const dayBefore = (dialect: Dialect, instant: string): string => dialect.addDays(dateOf(instant), -1);

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
