import type { Migration } from '#kit/database/migrations';

/** The oldest of the findings on the same assets that have not ended: earlier releases did not refuse a second one. */
const oldest = `SELECT MIN(id) AS id FROM vulnerability_finding
  WHERE status IN ('SUSPECTED', 'OPEN', 'IN_REMEDIATION', 'MITIGATED', 'REMEDIATED') GROUP BY system_id, item_id, cve_id`;

export const migration: Migration = {
  name: '0013-open-findings',
  mysql: [
    `UPDATE vulnerability_finding SET open_key = CONCAT(system_id, ' ', COALESCE(item_id, '-'), ' ', cve_id)
     WHERE id IN (SELECT id FROM (${oldest}) o)`,
  ],
  sqlite: [
    `UPDATE vulnerability_finding SET open_key = system_id || ' ' || COALESCE(item_id, '-') || ' ' || cve_id
     WHERE id IN (${oldest})`,
  ],
};
