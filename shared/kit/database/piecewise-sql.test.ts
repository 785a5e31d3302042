import { DatabaseSync } from 'node:sqlite';
import { piecewiseSql } from './piecewise-sql';

const valueAt = (sql: string, text: string | null): unknown => {
  const database = new DatabaseSync(':memory:');
  const row = database.prepare(`SELECT ${sql} AS v FROM (SELECT ? AS t)`).get(text);
  database.close();
  return row!.v;
};

test.each([1, 2, 3, 7, 30])('finds the piece of each text among %d', (count) => {
  const pieces = Array.from({ length: count }, (_, place) => ({
    from: place === 0 ? '' : `2026-${String(place).padStart(2, '0')}`,
    value: String(place % 4),
  }));
  const sql = piecewiseSql('t', pieces);
  const texts = ['', '2025', ...pieces.flatMap(({ from }) => [from, `${from}-15T00:00`]), '9999'];
  for (const text of texts) {
    const piece = pieces.findLast(({ from }) => from <= text)!;
    expect([text, valueAt(sql, text)]).toEqual([text, Number(piece.value)]);
  }
});

test('takes the first piece for NULL', () => {
  const sql = piecewiseSql('t', [
    { from: '', value: '1' },
    { from: 'a', value: '2' },
  ]);
  expect(valueAt(sql, null)).toBe(1);
});

test('compares nothing where all pieces have the same value', () => {
  expect(
    piecewiseSql('t', [
      { from: '', value: '1' },
      { from: 'a', value: '1' },
    ]),
  ).toBe('1');
});
