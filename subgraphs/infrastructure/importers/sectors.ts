import { agencyByKey } from '#domain/agency/directory';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { Sector, SectorCoAgency } from '../sector/sector';

function requireAgency(column: string, key: string): string {
  if (!agencyByKey(key)) throw new RowError(column, `is "${key}", which is not an agency of the graph`);
  return key;
}

export const sectorList: Importer = {
  source: 'sectors',
  description: 'Critical-infrastructure sectors and their risk management agencies, JSON',
  files: ['sectors.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const key = row.text('key', 60);
    const performedBy = row.optional('performedBy');
    return [
      write(Sector, {
        key,
        name: row.text('name'),
        leadAgencyKey: requireAgency('leadSrma', row.text('leadSrma')),
        performedByKey: performedBy === null ? null : requireAgency('performedBy', performedBy),
      }),
      ...row
        .list('coSrmas')
        .map((agency) => write(SectorCoAgency, { ownerKey: key, targetKey: requireAgency('coSrmas', agency) })),
    ];
  },
};
