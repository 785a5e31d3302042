import { civilDate } from '#base/civil';
import type { Clock } from '#base/clock';
import { RequestError } from '#base/errors';

/** Validates an argument that names a past instant; defaults to now. @throws RequestError for a future instant */
export function pastInstant(requested: string | null | undefined, clock: Clock, argument = 'asOf'): string {
  const now = clock.now().toISOString();
  if (requested != null && requested > now)
    throw new RequestError(
      'BAD_USER_INPUT',
      `"${argument}" is ${requested}, which is in the future: use ${now} or earlier`,
      [argument],
    );
  return requested ?? now;
}

/** Whether an instant is in the current civil day: figures over rows that keep no history describe only that day. */
export const isToday = (instant: string, clock: Clock): boolean => civilDate(instant) === civilDate(clock.now());
