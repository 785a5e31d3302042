import { OperatorError } from '#base/errors';
import { findAgency } from '#domain/agency/directory';
import { type Importer, write } from '#kit/import/importer';
import { readJson } from '#kit/import/readers';
import { Row } from '#kit/import/row';
import { OccupationalSeries } from '../role/occupational-series';
import { AppointmentType, OpmAgency } from '../role/opm-code';

/** @throws OperatorError unless the document is an object that maps codes to names */
async function codeRows(file: string): Promise<Row[]> {
  const document = await readJson(file);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new OperatorError(
      `"${file}" is not an object that maps codes to names`,
      'Check that the file belongs to this source (`import -- --help` lists them)',
    );
  return Object.entries(document).map(([code, name], index) => new Row(index + 1, { code, name }));
}

export const occupationalSeries: Importer = {
  source: 'occupational-series',
  description: 'OPM occupational series, JSON',
  files: ['occupational-series.json'],
  // the source lists some series both with and without leading zeros
  merges: true,
  read: codeRows,
  convert: (row) => [
    write(OccupationalSeries, { code: row.text('code', 10).padStart(4, '0') }, { title: row.text('name') }),
  ],
};

export const appointmentTypes: Importer = {
  source: 'appointment-types',
  description: 'USAJOBS appointment types, JSON',
  files: ['appointment-types.json'],
  read: codeRows,
  convert: (row) => [write(AppointmentType, { code: row.text('code', 10), name: row.text('name', 80) })],
};

export const opmAgencies: Importer = {
  source: 'opm-agency-codes',
  description: 'OPM codes of agencies and components, JSON',
  files: ['opm-agency-codes.json'],
  read: codeRows,
  convert(row) {
    const name = row.text('name');
    return [write(OpmAgency, { code: row.text('code', 100), name, agencyKey: findAgency(name)?.agency.key ?? null })];
  },
};
