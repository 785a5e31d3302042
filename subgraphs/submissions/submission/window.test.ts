import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { calendarSettings } from '#base/calendar-settings';
import { offsetChanges } from '#base/civil';
import { readSettings } from '#base/settings';
import { frameworkSettings } from '#domain/settings';
import { irregularWindows, reviewWindow, WINDOW_MS } from './window';

const instant = (text: string) => new Date(text).toISOString();
const wallClock = (text: string) =>
  Temporal.Instant.from(text).toZonedDateTimeISO('America/New_York').toPlainDateTime();

test.each([
  ['across the end of daylight saving', { at: '2026-11-15T09:00:00-05:00' }, '2026-10-16T09:00:00-04:00'],
  ['across the start of daylight saving', { at: '2026-03-20T09:00:00-04:00' }, '2026-02-18T09:00:00-05:00'],
  ['a launch in Tokyo', { at: '2026-09-01T00:30:00+09:00' }, '2026-08-01T11:30:00-04:00'],
  ['a launch by day, from its first instant', { date: '2027-03-01' }, '2027-01-30T00:00:00-05:00'],
  ['to a time that clocks skip, moved forward', { at: '2026-04-07T02:30:00-04:00' }, '2026-03-08T03:30:00-04:00'],
  ['to the first of a time that occurs twice', { at: '2026-12-01T01:30:00-05:00' }, '2026-11-01T01:30:00-04:00'],
])('opens the window 30 days back: %s', (_what, launch, opens) => {
  expect(reviewWindow(launch).opens).toBe(instant(opens));
});

test('leaves a minute of the window to a submission filed a minute before launch', () => {
  const { opens, closes } = reviewWindow({ at: '2026-11-15T09:00:00-05:00' });
  const filed = instant('2026-11-15T08:59:00-05:00');
  expect(opens < filed && filed < closes).toBe(true);
});

// T1
test('opens the window 30 civil days before launch at the same wall-clock time, except at skipped times', () => {
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

test('moves the window with a later plan, and keeps it 30 civil days long', () => {
  const launches = fc.date({ min: new Date('2024-01-01'), max: new Date('2033-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(launches, fc.integer({ min: 1, max: 400 * 24 * 60 }), (launch, minutes) => {
      const before = reviewWindow({ at: launch.toISOString() });
      const after = reviewWindow({ at: new Date(launch.getTime() + minutes * 60_000).toISOString() });
      expect(after.closes > before.closes).toBe(true);
      // in the hour that occurs twice, a later launch may share the opening of an earlier one, or precede it by that hour
      const sooner = (Date.parse(before.opens) - Date.parse(after.opens)) / 3_600_000;
      expect(sooner).toBeLessThanOrEqual(1);
      if (sooner > 0) expect(minutes).toBeLessThanOrEqual(60);
    }),
    { numRuns: 1000 },
  );
});

test.each(['Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'])(
  'opens the window 30 civil days before launch in %s',
  (zone) => {
    const launches = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
    const wallTime = (at: string) => Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDateTime();
    fc.assert(
      fc.property(launches, (launch) => {
        const { opens, closes } = reviewWindow({ at: launch.toISOString() }, zone);
        const skipped = wallTime(opens)
          .since(wallTime(closes).subtract({ days: 30 }))
          .total('minutes');
        expect([0, 30, 60]).toContain(skipped);
      }),
    );
  },
);

test.each([
  ['from a leap day', { date: '2028-02-29' }, '2028-01-30T00:00:00-05:00'],
  ['to a leap day', { date: '2028-03-30' }, '2028-02-29T00:00:00-05:00'],
  ['without a leap day', { date: '2027-03-30' }, '2027-02-28T00:00:00-05:00'],
])('opens the window 30 days back: %s', (_what, launch, opens) => {
  expect(reviewWindow(launch).opens).toBe(instant(opens));
});

test.each([
  ['ORDERGRAPH_ZONE', 'Mars/Olympus', /not a time zone; use a name such as America/],
  ['ORDERGRAPH_LAUNCH_REFERENCE', 'SOME_DAY', /PUBLIC_LAUNCH or TRUSTED_PARTNER_RELEASE/],
])('rejects an invalid %s with a message that names it', (name, value, message) => {
  const read = () => readSettings({ ...calendarSettings, ...frameworkSettings }, {}, { [name]: value });
  expect(read).toThrow(`${name} is "${value}"`);
  expect(read).toThrow(message);
});

test('accepts both reference events as the default of a plan', () => {
  const read = (environment: Record<string, string>) =>
    readSettings(frameworkSettings, {}, environment).launchReference;
  expect([read({}), read({ ORDERGRAPH_LAUNCH_REFERENCE: 'TRUSTED_PARTNER_RELEASE' })]).toEqual([
    'PUBLIC_LAUNCH',
    'TRUSTED_PARTNER_RELEASE',
  ]);
  expect(readSettings(calendarSettings, {}, {}).zone).toBe('America/New_York');
});

describe('windows of irregular length', () => {
  const DAY = 86_400_000;

  /** Each half hour of a year around the days on which windows begin, or cease, to span a change of the clock. */
  function closings(year: number, zone: string): string[] {
    const changes = offsetChanges(`${year - 1}-11-25`, `${year}-12-31`, zone).flatMap(({ at }) => [at, at + 30 * DAY]);
    const moments: number[] = [];
    for (let time = Date.UTC(year, 0, 1); time < Date.UTC(year + 1, 0, 1); time += DAY / 48)
      if (changes.some((change) => Math.abs(time - change) < 2 * DAY)) moments.push(time - 1, time);
      else if (time % DAY === 0) moments.push(time);
    return moments.filter((time) => time >= Date.UTC(year, 0, 1)).map((time) => new Date(time).toISOString());
  }

  // with changes of one hour, of half an hour, and none; Apia skipped a whole day at the end of 2011
  test.each([
    ['America/New_York', 2026, 3],
    ['America/New_York', 2027, 3],
    ['Australia/Lord_Howe', 2026, 3],
    ['Asia/Tokyo', 2026, 1],
    ['Pacific/Apia', 2012, 4],
  ])('lists all of them in %s that close in %i', (zone, year, numberOfLengths) => {
    const irregular = irregularWindows([year], zone);
    const lengths = new Set<number>();
    for (const at of closings(year, zone)) {
      const { opens, closes } = reviewWindow({ at }, zone);
      const listed = irregular.filter(({ from, until }) => from <= at && at < until).map(({ lengthMs }) => lengthMs);
      const length = Date.parse(closes) - Date.parse(opens);
      expect([at, listed]).toEqual([at, length === WINDOW_MS ? [] : [length]]);
      lengths.add(length);
    }
    expect(lengths.size).toBe(numberOfLengths);
  });

  test('are none without years', () => {
    expect(irregularWindows([])).toEqual([]);
  });
});
