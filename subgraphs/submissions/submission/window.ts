import { Temporal } from 'temporal-polyfill';
import { OFFICIAL_ZONE } from '#base/civil';
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
