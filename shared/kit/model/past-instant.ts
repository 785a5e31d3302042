import type { Clock } from '#base/clock';
import { RequestError } from '#base/errors';

/** The instant that a question about the past is about: now, when it names none. @throws RequestError for one in the future */
export function pastInstant(given: string | null | undefined, clock: Clock, argument = 'asOf'): string {
  const now = clock.now().toISOString();
  if (given != null && given > now)
    throw new RequestError('BAD_USER_INPUT', `"${argument}" is ${given}, which lies in the future: it is ${now}`, [
      argument,
    ]);
  return given ?? now;
}
