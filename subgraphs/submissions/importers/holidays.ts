import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { FederalHoliday } from '../order/federal-holiday';

export const holidays: Importer = {
  source: 'federal-holidays',
  description: 'Federal holidays with observed dates, JSON',
  files: ['federal-holidays-2024-2028.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert: (row) => [
    write(FederalHoliday, {
      observedOn: row.date('observed'),
      name: row.text('name', 100),
      year: row.optionalInteger('year') ?? Number(row.date('observed').slice(0, 4)),
    }),
  ],
};
