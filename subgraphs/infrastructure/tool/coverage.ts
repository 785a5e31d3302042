import { marks } from '#kit/database/marks';
import type { Work } from '#kit/mutation/work';
import { FederalSystem } from '../system/federal-system';
import { DeploymentSystem } from './defensive-tool';

/**
 * Writes to systems whether a deployed AI-powered tool covers them. A system keeps the first day of its coverage while it is covered.
 * @param systemIds systems whose coverage may have changed, each with the first day of new coverage
 */
export async function refreshCoverage({ database }: Work, systemIds: ReadonlyMap<string, string>): Promise<void> {
  const ids = [...systemIds.keys()];
  if (ids.length === 0) return;
  const systems = await database.lockAll(FederalSystem, ids);
  const covered = await database.query<{ id: string }>(
    `SELECT DISTINCT l.target_key AS id FROM ${database.table(DeploymentSystem)} l
     JOIN tool_deployment d ON d.id = l.owner_key JOIN defensive_tool t ON t.id = d.tool_id
     WHERE d.stage = 'DEPLOYED' AND t.ai_powered = 1 AND l.target_key IN (${marks(ids)})`,
    ids,
  );
  const isCovered = new Set(covered.map(({ id }) => id));
  const changed = systems.filter(({ id, coveredByAiTool }) => coveredByAiTool !== isCovered.has(id));
  await database.upsert(
    FederalSystem,
    changed.map((system) => {
      const coveredByAiTool = isCovered.has(system.id);
      const coveredSince = coveredByAiTool ? systemIds.get(system.id)! : null;
      return Object.assign(system, { coveredByAiTool, coveredSince, revision: system.revision + 1 });
    }),
  );
}
