import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { reviewWindow } from './window';

const instant = (text: string) => new Date(text).toISOString();
const wallClock = (text: string) =>
  Temporal.Instant.from(text).toZonedDateTimeISO('America/New_York').toPlainDateTime();

test.each([
  ['crosses the end of daylight saving', { at: '2026-11-15T09:00:00-05:00' }, '2026-10-16T09:00:00-04:00'],
  ['crosses the beginning of daylight saving', { at: '2026-03-20T09:00:00-04:00' }, '2026-02-18T09:00:00-05:00'],
  ['launch in Tokyo', { at: '2026-09-01T00:30:00+09:00' }, '2026-08-01T11:30:00-04:00'],
  ['date only: its earliest instant', { date: '2027-03-01' }, '2027-01-30T00:00:00-05:00'],
  ['opens at a time that clocks skip: moved forward', { at: '2026-04-07T02:30:00-04:00' }, '2026-03-08T03:30:00-04:00'],
  ['opens at a time that comes twice: the first', { at: '2026-12-01T01:30:00-05:00' }, '2026-11-01T01:30:00-04:00'],
])('%s', (_what, launch, opens) => {
  expect(reviewWindow(launch).opens).toBe(instant(opens));
});

test('filed a minute before launch, the window is a minute long', () => {
  const { opens, closes } = reviewWindow({ at: '2026-11-15T09:00:00-05:00' });
  const filed = instant('2026-11-15T08:59:00-05:00');
  expect(opens < filed && filed < closes).toBe(true);
});

test('the window opens 30 civil days before launch at the same wall-clock time, skipped times aside', () => {
  const launches = fc.date({ min: new Date('2000-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(launches, (launch) => {
      const { opens, closes } = reviewWindow({ at: launch.toISOString() });
      expect(opens < closes).toBe(true);
      const hours = (Date.parse(closes) - Date.parse(opens)) / 3_600_000;
      expect([719, 720, 721]).toContain(hours);
      const expected = wallClock(closes).subtract({ days: 30 });
      const skipped = wallClock(opens).since(expected).total('hours');
      expect([0, 1]).toContain(skipped);
    }),
    { numRuns: 1000 },
  );
});
