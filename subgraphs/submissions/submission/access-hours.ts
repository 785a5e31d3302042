import { afterWallClockSeconds, wallClockSeconds } from '#base/civil';

/** The most access before launch that all agencies together may have to one submission, in seconds: 720 hours. */
export const MOST_ACCESS_SECONDS = 720 * 3_600;

/**
 * The access before launch that a submission has seen: the time in which at least one agency had access, as a clock on the wall
 * shows it, so that the 30 days of a window are 720 hours whatever daylight saving does.
 */
export interface AccessHours {
  /** Seconds of stretches that are over. */
  readonly seconds: number;
  /** Since when at least one agency has had access; null when none has. */
  readonly since: string | null;
}

export const NO_ACCESS: AccessHours = { seconds: 0, since: null };

/** Seconds up to an instant, 720 hours at most. */
export function accessSeconds({ seconds, since }: AccessHours, at: string): number {
  const running = since === null || at <= since ? 0 : wallClockSeconds(since, at);
  return Math.min(MOST_ACCESS_SECONDS, seconds + Math.floor(running));
}

/** What it is once, at an instant, some agency has access or none has. */
export function accessChanges(hours: AccessHours, anyActive: boolean, at: string): AccessHours {
  if (anyActive === (hours.since !== null)) return hours;
  return anyActive ? { ...hours, since: at } : { seconds: accessSeconds(hours, at), since: null };
}

/** When the 720 hours are used up if nothing changes; null while no agency has access. */
export function accessExhaustedAt({ seconds, since }: AccessHours): string | null {
  return since === null ? null : afterWallClockSeconds(since, Math.max(0, MOST_ACCESS_SECONDS - seconds));
}
