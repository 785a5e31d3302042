import { addDays } from '#base/civil';
import { GraphQLCivilDate } from '../model/scalars';
import { CalendarUnit, calendarPeriod, periodsBetween } from './calendar-unit';

const UNITS = Object.keys(CalendarUnit) as CalendarUnit[];

test.each<[CalendarUnit, string]>([
  ['YEAR', '9999'],
  ['FISCAL_YEAR', '10000'],
  ['QUARTER', '9999-10'],
  ['MONTH', '9999-12'],
  ['WEEK', '9999-12-27'],
  ['DAY', '9999-12-31'],
  ['DAY', '0000-01-01'],
  ['WEEK', '-0001-12-27'],
  ['FISCAL_YEAR', '1'],
  ['FISCAL_YEAR', '0'],
])('shows the %s of %s with valid days', (unit, value) => {
  const { from, until } = calendarPeriod(unit, value);
  for (const day of [from, until]) expect(GraphQLCivilDate.serialize(day)).toBe(day);
  expect(from <= until).toBe(true);
});

test('shows the fiscal year before that of October of the year 1', () => {
  expect(calendarPeriod('FISCAL_YEAR', '1')).toEqual({ label: 'FY1', from: '0000-10-01', until: '0001-10-01' });
});

test('covers each unit', () => {
  expect(UNITS.length).toBeGreaterThanOrEqual(7);
  for (const unit of UNITS) {
    const { from, until } = calendarPeriod(unit, unit === 'FISCAL_YEAR' ? '2027' : '2026-10-01');
    expect(until > from && addDays(until, -1) >= from).toBe(true);
  }
});

test.each(UNITS)('the periods of a series follow each other without a gap: %s', (unit) => {
  const [from, until] = unit === 'DAY' ? ['2024-02-27', '2024-03-02'] : ['1999-12-30', '2004-03-02'];
  const periods = periodsBetween(unit, from, until, 500)!;
  expect(periods.length).toBeGreaterThan(1);
  expect(periods[0]!.from <= from && from < periods[0]!.until).toBe(true);
  expect(periods.at(-1)!.from < until && until <= periods.at(-1)!.until).toBe(true);
  for (const [index, period] of periods.slice(1).entries()) expect(period.from).toBe(periods[index]!.until);
  for (const { key, ...period } of periods) expect(period).toEqual(calendarPeriod(unit, key));
});

test('limits the periods of a series, up to the end of the calendar', () => {
  expect(periodsBetween('DAY', '2026-01-01', '2026-01-11', 10)).toHaveLength(10);
  expect(periodsBetween('DAY', '2026-01-01', '2026-01-12', 10)).toBeUndefined();
  expect(periodsBetween('YEAR', '9990-01-01', '9999-12-31', 500)).toHaveLength(10);
  expect(periodsBetween('MONTH', '9999-11-05', '9999-12-31', 500)!.map(({ label }) => label)).toEqual([
    '9999-11',
    '9999-12',
  ]);
});
