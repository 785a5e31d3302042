/** Tells the time. Everything that depends on "now" takes one, so that tests and replays can set it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still. @throws RangeError when the text is no instant. */
export function fixedClock(instant: string): Clock {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) throw new RangeError(`"${instant}" is not an instant such as 2026-06-02T12:00:00Z`);
  return { now: () => new Date(time) };
}

/** An instant as it is stored and served: RFC 3339, UTC, milliseconds (24 characters; sorts as text). */
export function instant(time: Date): string {
  return time.toISOString();
}
