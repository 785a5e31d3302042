import fc from 'fast-check';
import { addDays, civilDate, daysBetween, fiscalYear, fiscalYearPeriod, startOfDay } from '#base/civil';
import { addBusinessDays, businessDaysBetween, federalHolidays, isBusinessDay } from './business-days';

const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2035-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

test('starts and ends a civil day at midnight in New York, even when clocks change', () => {
  expect(startOfDay('2026-03-08')).toBe('2026-03-08T05:00:00.000Z');
  expect(startOfDay('2026-03-09')).toBe('2026-03-09T04:00:00.000Z');
  fc.assert(
    fc.property(day, (date) => {
      expect(civilDate(startOfDay(date))).toBe(date);
      const last = new Date(Date.parse(startOfDay(addDays(date, 1))) - 1);
      expect(civilDate(last)).toBe(date);
    }),
  );
});

test('counts days consistently with adding them', () => {
  fc.assert(
    fc.property(
      day,
      fc.integer({ min: -4000, max: 4000 }),
      (date, count) => daysBetween(date, addDays(date, count)) === count,
    ),
  );
});

test('starts a fiscal year on October 1', () => {
  expect([fiscalYear('2026-09-30'), fiscalYear('2026-10-01')]).toEqual([2026, 2027]);
  fc.assert(
    fc.property(day, (date) => {
      const { from, until } = fiscalYearPeriod(fiscalYear(date));
      expect(from <= startOfDay(date) && startOfDay(date) < until).toBe(true);
    }),
  );
});

test('observes holidays on a weekday, by the rule of the statute', () => {
  expect(federalHolidays(2026).map(({ observed }) => observed)).toEqual([
    '2026-01-01',
    '2026-01-19',
    '2026-02-16',
    '2026-05-25',
    '2026-06-19',
    '2026-07-03',
    '2026-09-07',
    '2026-10-12',
    '2026-11-11',
    '2026-11-26',
    '2026-12-25',
  ]);
  expect(isBusinessDay('2026-07-03')).toBe(false);
  // New Year's Day 2028 is a Saturday: the day off is in 2027
  expect(isBusinessDay('2027-12-31')).toBe(false);
});

test('counts business days consistently with adding them', () => {
  expect(addBusinessDays('2026-11-25', 1)).toBe('2026-11-27');
  fc.assert(
    fc.property(day, fc.integer({ min: 1, max: 60 }), (date, count) => {
      const later = addBusinessDays(date, count);
      expect(businessDaysBetween(date, later)).toBe(count);
      expect(isBusinessDay(later)).toBe(true);
    }),
  );
});
