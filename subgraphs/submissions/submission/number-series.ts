import { civilDate } from '#base/civil';
import type { Database } from '#kit/database/database';
import { kept, record } from '#kit/model/record';
import type { Work } from '#kit/mutation/work';

/** Last file number used in a calendar year. */
@record('number_series', { key: 'year' })
export class NumberSeries {
  @kept({ primary: true, type: 'int' }) year!: number;
  @kept({ type: 'int' }) last!: number;
}

/** Number of a new file, such as AIS-2026-000123. Never reused. A failed change leaves no gap, but nothing guarantees it. */
export async function nextNumber({ database, now }: Work): Promise<string> {
  const year = Number(civilDate(now).slice(0, 4));
  const series = await database.lock(NumberSeries, String(year));
  const number = (series?.last ?? (await lastOf(database, year))) + 1;
  if (series) await database.update(NumberSeries, String(year), { last: number });
  else await database.insert(NumberSeries, [{ year, last: number }]);
  return numberOf(year, number);
}

/** Numbers of exercise data start here, so that the two series never collide. */
export const FIRST_EXERCISE_NUMBER = 900_001;

export function numberOf(year: number | string, number: number): string {
  return `AIS-${year}-${String(number).padStart(6, '0')}`;
}

/** Highest number used in a year before the series existed; 0 without any. */
async function lastOf(database: Database, year: number): Promise<number> {
  const [row] = await database.query<{ last: string | null }>(
    'SELECT MAX(number) AS last FROM submission WHERE number >= ? AND number < ?',
    [numberOf(year, 0), numberOf(year, FIRST_EXERCISE_NUMBER)],
  );
  return row?.last ? Number(row.last.slice(-6)) : 0;
}
