import { Temporal } from 'temporal-polyfill';
import { OFFICIAL_ZONE } from '#base/civil';
import { OperatorError } from '#base/errors';

/** How long before launch access may begin. */
export const WINDOW_DAYS = 30;

/** When a launch is planned: an instant, or a day when the hour is not known. */
export type PlannedLaunch = { at: string } | { date: string };

/** Which event the 30 days lead up to when a developer does not say: ORDERGRAPH_LAUNCH_REFERENCE, else the public launch. */
export const defaultReference = readReference(process.env.ORDERGRAPH_LAUNCH_REFERENCE);

/** @throws OperatorError when the setting names no event. */
export function readReference(name = 'PUBLIC_LAUNCH'): 'PUBLIC_LAUNCH' | 'TRUSTED_PARTNER_RELEASE' {
  if (name === 'PUBLIC_LAUNCH' || name === 'TRUSTED_PARTNER_RELEASE') return name;
  throw new OperatorError(
    `ORDERGRAPH_LAUNCH_REFERENCE is "${name}"`,
    'Write PUBLIC_LAUNCH or TRUSTED_PARTNER_RELEASE, or leave it out for PUBLIC_LAUNCH',
  );
}

/** The time in which agencies may have access: `opens` included, `closes` not. Instants in UTC. */
export interface ReviewWindow {
  readonly opens: string;
  readonly closes: string;
}

/** The instant a plan means: a day means its first instant in the zone, the earlier and so the cautious reading. */
export function launchInstant(launch: PlannedLaunch, zone = OFFICIAL_ZONE): string {
  const epoch =
    'at' in launch
      ? Temporal.Instant.from(launch.at).epochMilliseconds
      : Temporal.PlainDate.from(launch.date).toZonedDateTime(zone).epochMilliseconds;
  return new Date(epoch).toISOString();
}

/**
 * Exactly 30 civil days before the launch, at the same wall-clock time in the zone. A time that a clock change skips moves
 * forward, one that comes twice is taken the first time; elapsed time so varies between 29 d 23 h and 30 d 1 h.
 */
export function reviewWindow(launch: PlannedLaunch, zone = OFFICIAL_ZONE): ReviewWindow {
  const closes = launchInstant(launch, zone);
  const wallClock = Temporal.Instant.from(closes).toZonedDateTimeISO(zone).toPlainDateTime();
  const opens = wallClock.subtract({ days: WINDOW_DAYS }).toZonedDateTime(zone, { disambiguation: 'compatible' });
  return { opens: new Date(opens.epochMilliseconds).toISOString(), closes };
}
