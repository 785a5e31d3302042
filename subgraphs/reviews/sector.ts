import { Int } from 'type-graphql';
import { computed } from '../../shared/model/fields';
import { stub, stubKey } from '../../shared/model/model';
import type { Context } from '../../shared/subgraph/context';
import { Finding, FindingSector } from './finding/finding';

/** A critical-infrastructure sector, as the reviews programme extends it. */
@stub('A critical-infrastructure sector.', { key: 'key' })
export class Sector {
  @stubKey() key!: string;

  @computed(
    () => [Finding],
    'Findings of reviews that touch the sector, of those you may see, the latest first; at most 100.',
    {
      sensitivity: 'GOV',
    },
  )
  async findings({ loaders, database }: Context): Promise<Finding[]> {
    return loaders
      .batched<Finding[]>(Sector, 'findings', async (keys) => {
        const seen = loaders.seen(Finding);
        const rows = await database.query<Record<string, unknown> & { sectorKey: string }>(
          `SELECT * FROM (
             SELECT ${database.selection(Finding, 't')}, l.target_key AS sectorKey,
                    ROW_NUMBER() OVER (PARTITION BY l.target_key ORDER BY t.created_at DESC, t.id) AS row_rank
             FROM ${database.table(FindingSector)} l JOIN ${database.table(Finding)} t ON t.id = l.owner_key
             WHERE l.target_key IN (${keys.map(() => '?').join(', ')}) AND ${seen.sql}
           ) ranked WHERE row_rank <= 100 ORDER BY row_rank`,
          [...keys, ...seen.parameters],
        );
        return keys.map((key) => rows.filter((row) => row.sectorKey === key).map((row) => loaders.admit(Finding, row)));
      })
      .load(this.key);
  }

  @computed(() => Int, 'How many findings of reviews touch the sector.', { sensitivity: 'GOV', counted: {} })
  findingCount({ loaders, database }: Context): Promise<number> {
    return loaders
      .batched<number>(Sector, 'finding count', async (keys) => {
        const rows = await database.query<{ sectorKey: string; n: number }>(
          `SELECT target_key AS sectorKey, COUNT(*) AS n FROM ${database.table(FindingSector)}
           WHERE target_key IN (${keys.map(() => '?').join(', ')}) GROUP BY target_key`,
          keys,
        );
        const counts = new Map(rows.map(({ sectorKey, n }) => [sectorKey, Number(n)]));
        return keys.map((key) => counts.get(key) ?? 0);
      })
      .load(this.key);
  }
}
