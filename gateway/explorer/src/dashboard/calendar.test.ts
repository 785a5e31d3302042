import { dayOf, fiscalYearOf, momentsAt, shift, startOf, yearBefore } from './calendar';

test('a day begins at midnight in New York, in summer and in winter', () => {
  expect(startOf('2026-07-01').toISOString()).toBe('2026-07-01T04:00:00.000Z');
  expect(startOf('2026-12-01').toISOString()).toBe('2026-12-01T05:00:00.000Z');
  // clocks change at 2 a.m. of these days
  expect(startOf('2026-03-08').toISOString()).toBe('2026-03-08T05:00:00.000Z');
  expect(startOf('2026-11-01').toISOString()).toBe('2026-11-01T04:00:00.000Z');
});

test('the day of a time is that of New York', () => {
  expect(dayOf(Date.parse('2026-11-26T04:59:59Z'))).toBe('2026-11-25');
  expect(dayOf(Date.parse('2026-11-26T05:00:00Z'))).toBe('2026-11-26');
});

test('days shift over the ends of months and years', () => {
  expect(shift('2026-12-31', 1)).toBe('2027-01-01');
  expect(shift('2028-03-01', -1)).toBe('2028-02-29');
});

test('a fiscal year begins on October 1 of the year before', () => {
  expect(fiscalYearOf('2026-09-30')).toBe(2026);
  expect(fiscalYearOf('2026-10-01')).toBe(2027);
  expect(momentsAt(Date.parse('2026-10-01T12:00:00Z'))).toMatchObject({ year: 2027, dayOfYear: 1 });
  expect(momentsAt(Date.parse('2026-11-26T19:45:00Z'))).toMatchObject({ today: '2026-11-26', dayOfYear: 57 });
});

test('the year before of a leap day is February 28', () => {
  expect(yearBefore(Date.parse('2028-02-29T12:00:00Z')).toISOString()).toBe('2027-02-28T12:00:00.000Z');
  expect(yearBefore(Date.parse('2026-11-26T12:00:00Z')).toISOString()).toBe('2025-11-26T12:00:00.000Z');
});
