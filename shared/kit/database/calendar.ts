import { civilDate, midnights } from '#base/civil';

/**
 * Civil days and quarters of the official time zone in GROUP BY. Databases do not know the zone, so they group by a key that is the start of
 * an instant, and the code turns keys into days. A year has at most a few keys per day.
 */

/** UTC times of day at which a civil day can begin, latest first. */
const STARTS = midnights().toReversed();

/** SQL of a key that is the same only for instants of the same civil day. @param column instant, not NULL */
export function dayKeySql(column: string): string {
  const times = STARTS.map((time) => `WHEN SUBSTR(${column}, 12, 5) >= '${time}' THEN '${time}'`).join(' ');
  return `CONCAT(SUBSTR(${column}, 1, 11), CASE ${times} ELSE '00:00' END)`;
}

/** Civil day of a key of {@link dayKeySql}. */
export const dayOfKey = (key: string): string => civilDate(`${key}:00.000Z`);

/** Days (UTC) on which a quarter can begin or end in any zone. */
const EDGES = ['01-01', '03-31', '04-01', '06-30', '07-01', '09-30', '10-01', '12-31'];

/** SQL of a key that is the same only for instants of the same calendar quarter. @param column instant, not NULL */
export function quarterKeySql(column: string): string {
  const edges = EDGES.map((day) => `'${day}'`).join(', ');
  return `CASE WHEN SUBSTR(${column}, 6, 5) IN (${edges}) THEN ${dayKeySql(column)} ELSE SUBSTR(${column}, 1, 7) END`;
}

/** Calendar quarter of a key of {@link quarterKeySql}, such as 2026-Q3. */
export function quarterOfKey(key: string): string {
  // a month's other days are within its quarter in any zone
  const day = key.length === 'YYYY-MM'.length ? `${key}-15` : dayOfKey(key);
  return `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
}
