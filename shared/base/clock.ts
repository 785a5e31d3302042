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

/** A clock that stands where it is set. */
export class SettableClock implements Clock {
  private time: Date;

  constructor(instant: string) {
    this.time = fixedClock(instant).now();
  }

  now(): Date {
    return new Date(this.time);
  }

  /** @throws RangeError when the text is no instant. */
  set(instant: string): void {
    this.time = fixedClock(instant).now();
  }

  /** Goes on by so many days, hours and minutes. */
  advance({ days = 0, hours = 0, minutes = 0 }: { days?: number; hours?: number; minutes?: number }): void {
    this.time = new Date(this.time.getTime() + ((days * 24 + hours) * 60 + minutes) * 60_000);
  }
}

/** An instant as it is stored and served: RFC 3339, UTC, milliseconds (24 characters; sorts as text). */
export function instant(time: Date): string {
  return time.toISOString();
}
