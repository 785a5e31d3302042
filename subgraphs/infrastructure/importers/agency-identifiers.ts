import { agencyByKey } from '#domain/agency/directory';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { AgencyIdentifier, type IdentifierScheme } from '../agency-identifier';

/** Crosswalk columns and the scheme of the identifiers in each. */
const SCHEMES: readonly [string, keyof typeof IdentifierScheme][] = [
  ['opmCode', 'OPM'],
  ['fedrampIds', 'FEDRAMP'],
  ['ombInventoryCode', 'OMB'],
  ['ehriName', 'EHRI'],
  ['usajobsStatusName', 'USAJOBS'],
  ['primaryDomain', 'DOMAIN'],
];

/** Imports only identifiers: the agencies themselves come from the table in shared/domain. */
export const agencyIdentifiers: Importer = {
  source: 'agency-identifiers',
  description: 'Agency names and codes in other catalogs (derived), JSON',
  files: ['agency-crosswalk.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const agencyKey = row.text('key', 60);
    if (!agencyByKey(agencyKey)) throw new RowError('key', `is "${agencyKey}", which is not an agency of the graph`);
    const identifiers = SCHEMES.flatMap(([column, scheme]) => {
      const raw = row.raw(column);
      const values = Array.isArray(raw) ? raw.map(String) : [row.optional(column, 120)];
      return values
        .filter((value) => value !== null)
        .map((value) => ({ id: `${scheme} ${value}`, agencyKey, scheme, value }));
    });
    if (identifiers.length === 0) throw new RowError('key', `"${agencyKey}" has no name or code in any other catalog`);
    return identifiers.map((identifier) => write(AgencyIdentifier, identifier));
  },
};
