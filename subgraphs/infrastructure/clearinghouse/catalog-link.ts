import { scheduled } from '#kit/subgraph/schedule';
import { ClearinghouseCase } from './clearinghouse-case';

/** Links cases to vulnerabilities that a catalog lists since their CVE id was assigned. */
export const linkCatalogedCases = scheduled(
  'link cases to cataloged vulnerabilities',
  async (database, _now, limit) => {
    const rows = await database.query<{ id: string }>(
      `SELECT c.id AS id FROM clearinghouse_case c JOIN vulnerability v ON v.cve_id = c.assigned_cve
       WHERE c.cve_id IS NULL ORDER BY c.id LIMIT ${limit}`,
    );
    return rows.map(({ id }) => id);
  },
  async ({ database }, id) => {
    const found = await database.lock(ClearinghouseCase, id);
    if (found!.cveId === null) await database.update(ClearinghouseCase, id, { cveId: found!.assignedCve });
  },
);
