import { civilDate } from '../../../shared/calendar/civil';
import { kept, record } from '../../../shared/model/record';
import type { Work } from '../../../shared/mutation/work';

/** The last number given to a file in a calendar year. */
@record('number_series', { key: 'year' })
export class NumberSeries {
  @kept({ primary: true, type: 'int' }) year!: number;
  @kept({ type: 'int' }) last!: number;
}

/** The number of a new file, such as AIS-2026-000123. Given once; a change that fails leaves no gap, but none is promised. */
export async function nextNumber({ database, now }: Work): Promise<string> {
  const year = Number(civilDate(now).slice(0, 4));
  const series = await database.lock(NumberSeries, String(year));
  const number = (series?.last ?? 0) + 1;
  if (series) await database.update(NumberSeries, String(year), { last: number });
  else await database.insert(NumberSeries, [{ year, last: number }]);
  return `AIS-${year}-${String(number).padStart(6, '0')}`;
}
