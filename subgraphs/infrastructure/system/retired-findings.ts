import type { Work } from '#kit/mutation/work';
import { ACTIVE_SQL } from '../vulnerability/vulnerability-finding';

/**
 * Ends the active findings of systems that are retired, suspected ones too, so that none can be opened on them later (P7). The caller holds
 * the locks of the systems.
 */
export async function retireFindings({ database }: Work, systemIds: readonly string[]): Promise<void> {
  await database.query(
    `UPDATE vulnerability_finding SET status = 'SYSTEM_RETIRED', version = version + 1
     WHERE system_id IN (${systemIds.map(() => '?').join(', ')}) AND status IN (${ACTIVE_SQL})`,
    systemIds,
  );
}
