import { OperatorError } from '#base/errors';
import { agencyKeyOf } from '#domain/agency/import';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { Row } from '#kit/import/row';
import { AnnouncementStatistic } from '../announcement/announcement';
import { WorkforceFlow } from '../flow/workforce-flow';

function count(row: Row, column: string): number {
  const value = row.optionalInteger(column);
  if (value === null || value < 0)
    throw new RowError(column, value === null ? 'is missing' : `is ${value}; it must be 0 or more`);
  return value;
}

export const announcementStatistics: Importer = {
  source: 'usajobs-statistics',
  description: 'USAJOBS announcement counts for 2025 by status, agency, and month, JSON',
  files: ['agency-status-stats-2025.json'],
  async read(file) {
    const document = await readJson(file);
    const agencies = rowsAt(file, document, 'agencies');
    return [...agencies, ...rowsAt(file, document, 'monthly').map((row) => row.renumbered(agencies.length + row.line))];
  },
  convert(row, session) {
    const agencyName = row.optional('agency');
    if (agencyName !== null)
      return [
        write(AnnouncementStatistic, {
          id: `agency ${agencyName}`,
          agencyKey: agencyKeyOf(session, agencyName),
          agencyName,
          month: null,
          total: count(row, 'total_jobs'),
          accepting: count(row, 'accepting'),
          underReview: count(row, 'under_review'),
          selected: count(row, 'selected'),
          closed: count(row, 'closed'),
          canceled: count(row, 'cancelled'),
        }),
      ];
    const month = row.date('month_start');
    return [
      write(AnnouncementStatistic, {
        id: `month ${month}`,
        agencyKey: null,
        agencyName: null,
        month,
        total: count(row, 'total_jobs'),
        accepting: count(row, 'Accepting applications'),
        underReview: count(row, 'Applications under review'),
        selected: count(row, 'Candidate selected'),
        closed: count(row, 'Job closed'),
        canceled: count(row, 'Job canceled'),
      }),
    ];
  },
};

interface FlowDocument {
  months?: string[];
  accessions?: Record<string, number[]>;
  separations?: Record<string, number[]>;
}

/** The source has one array per agency; the import writes one row per agency and month. */
export const workforceFlows: Importer = {
  source: 'workforce-flows',
  description: 'Monthly accessions and separations by agency (OPM EHRI), JSON',
  files: ['ehri-accessions-separations-monthly.json'],
  async read(file) {
    const { months, accessions = {}, separations = {} } = (await readJson(file)) as FlowDocument;
    if (!Array.isArray(months) || months.length === 0)
      throw new OperatorError(
        `"${file}" has no list at "months"`,
        'Check that the file belongs to this source (`import -- --help` lists them)',
      );
    const names = [...new Set([...Object.keys(accessions), ...Object.keys(separations)])].sort();
    let line = 0;
    return names.flatMap((agency) =>
      months.map((month, place) => {
        line += 1;
        return new Row(line, {
          agency,
          month,
          accessions: accessions[agency]?.[place] ?? 0,
          separations: separations[agency]?.[place] ?? 0,
        });
      }),
    );
  },
  convert(row, session) {
    const agencyName = row.text('agency', 100);
    const compact = row.text('month', 6);
    if (!/^\d{4}(0[1-9]|1[0-2])$/.test(compact)) throw new RowError('month', `is "${compact}"; expected YYYYMM`);
    const month = `${compact.slice(0, 4)}-${compact.slice(4)}-01`;
    return [
      write(WorkforceFlow, {
        id: `${agencyName} ${month}`,
        agencyKey: agencyKeyOf(session, agencyName),
        agencyName,
        month,
        accessions: count(row, 'accessions'),
        separations: count(row, 'separations'),
      }),
    ];
  },
};
