import { Temporal } from 'temporal-polyfill';
import { OFFICIAL_ZONE, offsetChanges, type Period } from '#base/civil';
import { readSettings } from '#base/settings';
import { frameworkSettings } from '#domain/settings';

export const WINDOW_DAYS = 30;

/** Planned launch: an instant, or a day if the time is unknown. */
export type PlannedLaunch = { at: string } | { date: string };

/** Default event at the end of the 30 days. */
export const defaultReference = readSettings(frameworkSettings).launchReference;

/** Time in which agencies may have access: from `opens` to just before `closes`. Instants in UTC. */
export interface ReviewWindow {
  readonly opens: string;
  readonly closes: string;
}

/** Instant of a planned launch. A day means its first instant in the zone: the earliest, and so the cautious, reading. */
export function launchInstant(launch: PlannedLaunch, zone = OFFICIAL_ZONE): string {
  const epoch =
    'at' in launch
      ? Temporal.Instant.from(launch.at).epochMilliseconds
      : Temporal.PlainDate.from(launch.date).toZonedDateTime(zone).epochMilliseconds;
  return new Date(epoch).toISOString();
}

/**
 * Exactly 30 civil days before the launch, at the same wall-clock time in the zone. A time that a clock change skips moves
 * forward; of a time that occurs twice, the first counts. Elapsed time thus varies between 29 d 23 h and 30 d 1 h.
 */
export function reviewWindow(launch: PlannedLaunch, zone = OFFICIAL_ZONE): ReviewWindow {
  const closes = launchInstant(launch, zone);
  const wallClock = Temporal.Instant.from(closes).toZonedDateTimeISO(zone).toPlainDateTime();
  const opens = wallClock.subtract({ days: WINDOW_DAYS }).toZonedDateTime(zone, { disambiguation: 'compatible' });
  return { opens: new Date(opens.epochMilliseconds).toISOString(), closes };
}

const DAY_MS = 86_400_000;

/** Length of most windows, in milliseconds. */
export const WINDOW_MS = WINDOW_DAYS * DAY_MS;

/** Planned launches whose windows have a length other than {@link WINDOW_MS}. */
export interface IrregularWindows extends Period {
  /** Length of the windows that close in the period, in milliseconds. */
  readonly lengthMs: number;
}

/**
 * Periods in which windows close that are shorter or longer than others, since a change of the zone's offset lies between opening and closing.
 * @param years calendar years in which the windows close
 */
export function irregularWindows(years: readonly number[], zone = OFFICIAL_ZONE): IrregularWindows[] {
  const bounds = new Set(years.flatMap((year) => lengthChanges(year, zone)));
  const sorted = [...bounds].sort((a, b) => a - b).map((bound) => new Date(bound).toISOString());
  return sorted.slice(0, -1).flatMap((from, place) => {
    const { opens } = reviewWindow({ at: from }, zone);
    const lengthMs = Date.parse(from) - Date.parse(opens);
    return lengthMs === WINDOW_MS ? [] : [{ from, until: sorted[place + 1]!, lengthMs }];
  });
}

/** Closing instants, in milliseconds since 1970, from which windows of a year have another length: after each change of the offset. */
function lengthChanges(year: number, zone: string): number[] {
  const changes = offsetChanges(`${year - 1}-11-01`, `${year + 1}-01-02`, zone);
  const offsets = new Set(changes.flatMap(({ before, after }) => [before, after]));
  return changes.flatMap(({ at, before, after }) => {
    const opensAfter = at + Math.max(before, after) + WINDOW_MS;
    return [at, ...[...offsets].map((offset) => opensAfter - offset)];
  });
}
