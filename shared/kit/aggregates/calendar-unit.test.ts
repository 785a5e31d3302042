import { addDays } from '#base/civil';
import { GraphQLCivilDate } from '../model/scalars';
import { CalendarUnit, calendarPeriod } from './calendar-unit';

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
