import { afterWallClockSeconds, wallClockSeconds } from '#base/civil';

/** Limit of access before launch to one submission, over all agencies, in seconds: 720 hours. */
export const MAX_ACCESS_SECONDS = 720 * 3_600;

/**
 * Access before launch to one submission: the time in which at least one agency had access. It counts wall-clock time, so that
 * the 30 days of a window are 720 hours despite daylight saving.
 */
export interface AccessHours {
  /** Seconds in completed stretches. */
  readonly seconds: number;
  /** Start of the current stretch; null while no agency has access. */
  readonly since: string | null;
}

export const NO_ACCESS: AccessHours = { seconds: 0, since: null };

/** Seconds used up to an instant, 720 hours at most. */
export function accessSeconds({ seconds, since }: AccessHours, at: string): number {
  const running = since === null || at <= since ? 0 : wallClockSeconds(since, at);
  return Math.min(MAX_ACCESS_SECONDS, seconds + Math.floor(running));
}

/** Hours after access starts or stops at an instant. */
export function accessChanges(hours: AccessHours, anyActive: boolean, at: string): AccessHours {
  if (anyActive === (hours.since !== null)) return hours;
  return anyActive ? { ...hours, since: at } : { seconds: accessSeconds(hours, at), since: null };
}

/** Instant at which the 720 hours are used up if nothing changes; null while no agency has access. */
export function accessExhaustedAt({ seconds, since }: AccessHours): string | null {
  return since === null ? null : afterWallClockSeconds(since, Math.max(0, MAX_ACCESS_SECONDS - seconds));
}
