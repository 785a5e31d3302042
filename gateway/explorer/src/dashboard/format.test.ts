import { change, count, date, dateTime, figureOf, percent, shareOf, time, words } from './format';

test('zero and no value differ', () => {
  expect(count(0)).toBe('0');
  expect(count(null)).toBe('—');
  expect(count(undefined)).toBe('—');
  expect(count(1465)).toBe('1,465');
  expect(percent({ numerator: 0, denominator: 7 })).toBe('0%');
  expect(percent({ numerator: 0, denominator: 0 })).toBe('—');
  expect(percent(null)).toBe('—');
});

test('a part is never rounded to nothing or to all', () => {
  expect(percent({ numerator: 1, denominator: 900 })).toBe('<1%');
  expect(percent({ numerator: 899, denominator: 900 })).toBe('>99%');
  expect(percent({ numerator: 900, denominator: 900 })).toBe('100%');
  expect(percent({ numerator: 616, denominator: 765 })).toBe('81%');
});

test('a figure that is left out is in words', () => {
  const metrics = { suppressed: ['inWindow', 'onTime'], inWindow: null, filed: 0, onTime: null };
  expect(figureOf(metrics, 'inWindow')).toBe('suppressed');
  expect(figureOf(metrics, 'filed')).toBe('0');
  expect(shareOf(metrics, 'onTime')).toBe('suppressed');
  expect(figureOf({ ...metrics, suppressed: [] }, 'inWindow')).toBe('—');
  expect(figureOf(null as typeof metrics | null, 'inWindow')).toBe('—');
});

test('a change has its direction, and none from nothing', () => {
  expect(change(1465, 503)).toBe('▲ 191%');
  expect(change(50, 100)).toBe('▼ 50%');
  expect(change(100, 100)).toBe('no change');
  expect(change(100, 0)).toBeUndefined();
  expect(change(null, 100)).toBeUndefined();
});

test('dates have the year unless it is the current one, and times are those of New York', () => {
  expect(date('2026-11-26', '2026-11-28')).toBe('Nov 26');
  expect(date('2027-01-02', '2026-11-28')).toBe('Jan 2, 2027');
  expect(time(Date.parse('2026-11-26T19:45:00Z'))).toBe('2:45 p.m.');
  expect(time(Date.parse('2026-07-26T04:05:00Z'))).toBe('12:05 a.m.');
  expect(dateTime(Date.parse('2026-11-26T19:45:00Z'))).toBe('Nov 26, 2026, 2:45 p.m. ET');
});

test('names of values are words', () => {
  expect(words('REVIEW_NECESSARY')).toBe('review necessary');
});
