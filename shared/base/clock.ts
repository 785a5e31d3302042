/** Source of the current time. Code that depends on it takes a clock, so that tests and replays can set the time. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock with a fixed time. @throws RangeError for an invalid instant */
export function fixedClock(instant: string): Clock {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime()))
    throw new RangeError(`"${instant}" is not an instant: use a form such as 2026-06-02T12:00:00Z`);
  return { now: () => new Date(time) };
}

/** A clock that only moves when set. */
export class SettableClock implements Clock {
  private time: Date;

  constructor(instant: string) {
    this.time = fixedClock(instant).now();
  }

  now(): Date {
    return new Date(this.time);
  }

  /** @throws RangeError for an invalid instant */
  set(instant: string): void {
    this.time = fixedClock(instant).now();
  }

  /** Moves forward. */
  advance({ days = 0, hours = 0, minutes = 0 }: { days?: number; hours?: number; minutes?: number }): void {
    this.time = new Date(this.time.getTime() + ((days * 24 + hours) * 60 + minutes) * 60_000);
  }
}

/** Stored and returned form of an instant: RFC 3339, UTC, milliseconds (24 characters; sorts as text). */
export function instant(time: Date): string {
  return time.toISOString();
}
