import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import {
  type AccessHours,
  accessChanges,
  accessExhaustedAt,
  accessSeconds,
  MAX_ACCESS_SECONDS,
  NO_ACCESS,
} from './access-hours';
import { reviewWindow } from './window';

const instant = fc
  .date({ min: new Date('2025-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const later = (from: string, minutes: number) => new Date(Date.parse(from) + minutes * 60_000).toISOString();
const wall = (at: string) => Temporal.Instant.from(at).toZonedDateTimeISO('America/New_York').toPlainDateTime();

test('counts 720 hours over a whole window, whatever daylight saving does', () => {
  fc.assert(
    fc.property(instant, (launch) => {
      const { opens, closes } = reviewWindow({ at: launch });
      const skipped = wall(opens)
        .since(wall(closes).subtract({ days: 30 }))
        .total('seconds');
      const seconds = accessSeconds({ seconds: 0, since: opens }, closes);
      // a clock change that skips the first hour shortens the window by wall-clock time
      expect(seconds).toBe(MAX_ACCESS_SECONDS - skipped);
    }),
    { numRuns: 500 },
  );
});

/** Alternating starts and stops, in minutes after the previous one. */
const stretches = fc.array(fc.integer({ min: 0, max: 60 * 24 * 9 }), { minLength: 1, maxLength: 30 });

function play(from: string, gaps: readonly number[]): { hours: AccessHours; at: string }[] {
  let hours = NO_ACCESS;
  let at = from;
  return gaps.map((gap, place) => {
    at = later(at, gap);
    hours = accessChanges(hours, place % 2 === 0, at);
    return { hours, at };
  });
}

test('T4: never counts more than 720 hours, and never decreases, whatever starts and stops', () => {
  fc.assert(
    fc.property(instant, stretches, (from, gaps) => {
      let before = 0;
      for (const { hours, at } of play(from, gaps)) {
        const seconds = accessSeconds(hours, at);
        expect(seconds).toBeGreaterThanOrEqual(before);
        expect(seconds).toBeLessThanOrEqual(MAX_ACCESS_SECONDS);
        before = seconds;
      }
    }),
  );
});

test('predicts the instant at which the hours are used up', () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: 0, max: MAX_ACCESS_SECONDS }), (since, seconds) => {
      const hours = { seconds, since };
      const exhausted = accessExhaustedAt(hours)!;
      const short = MAX_ACCESS_SECONDS - accessSeconds(hours, exhausted);
      // of an hour that occurs twice, the first counts, so at most an hour may remain
      expect(short).toBeLessThanOrEqual(3_600);
      expect(short === 0 || wall(exhausted).hour <= 2).toBe(true);
      if (MAX_ACCESS_SECONDS - seconds > 7_200)
        expect(accessSeconds(hours, later(exhausted, -121))).toBeLessThan(MAX_ACCESS_SECONDS);
    }),
  );
});

test('uses no hours without access', () => {
  expect(accessExhaustedAt(NO_ACCESS)).toBeNull();
  expect(accessSeconds(NO_ACCESS, '2026-01-01T00:00:00.000Z')).toBe(0);
});
