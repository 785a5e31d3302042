import { Temporal } from 'temporal-polyfill';
import { OFFICIAL_ZONE } from '#base/civil';
import type { Dialect } from './dialect';

/** Time during which a zone has one offset from UTC. */
interface OffsetPeriod {
  /** Instant of the first second. */
  readonly from: string;
  /** Instant of the second after the last one. */
  readonly until: string;
  /** Minutes east of UTC. */
  readonly minutes: number;
}

/** Instants outside these years get the offset of the nearest of them. */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2060;
const MINUTE_NS = 60_000_000_000;

const periodsByZone = new Map<string, readonly OffsetPeriod[]>();

function offsetPeriods(zone: string): readonly OffsetPeriod[] {
  let periods = periodsByZone.get(zone);
  if (!periods) {
    periods = readOffsetPeriods(zone);
    periodsByZone.set(zone, periods);
  }
  return periods;
}

function readOffsetPeriods(zone: string): OffsetPeriod[] {
  const periods: OffsetPeriod[] = [];
  let from = Temporal.PlainDate.from(`${FIRST_YEAR}-01-01`).toZonedDateTime(zone);
  const end = Temporal.PlainDate.from(`${LAST_YEAR}-01-01`).toZonedDateTime(zone);
  while (Temporal.ZonedDateTime.compare(from, end) < 0) {
    const next = from.getTimeZoneTransition('next') ?? end;
    periods.push({
      from: periods.length === 0 ? '' : instantText(from),
      until: instantText(next),
      minutes: from.offsetNanoseconds / MINUTE_NS,
    });
    from = next;
  }
  return periods;
}

/** As stored, without milliseconds: a prefix of the stored text, so that comparing them as text compares the instants. */
const instantText = ({ epochMilliseconds }: Temporal.ZonedDateTime): string =>
  new Date(epochMilliseconds).toISOString().slice(0, 19);

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
  const offsets = [last, ...byOffset.map(([minutes]) => minutes)];
  // west of UTC, most of the day is the same day in UTC, whatever the offset
  const latest = Math.max(...offsets.map((minutes) => -minutes));
  const sameDay = offsets.every((minutes) => minutes <= 0)
    ? `WHEN ${timeOf(instant)} >= '${clockTime(latest)}' THEN ${dateOf(instant)}`
    : '';
  if (others.length === 0) return shifted(dialect, instant, last);
  return `CASE ${sameDay} ${others.join(' ')} ELSE ${shifted(dialect, instant, last)} END`;
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
