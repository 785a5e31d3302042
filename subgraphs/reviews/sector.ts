import { Int } from 'type-graphql';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { computed } from '#kit/model/fields';
import { stub, stubKey } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Finding, FindingSector } from './finding/finding';
import { FOUND } from './finding/found';

@stub('A critical-infrastructure sector.', { key: 'key', matchedBy: 'sectorKeys' })
export class Sector {
  @stubKey() key!: string;

  @hasMany(
    () => Finding,
    () => ({ links: FindingSector, from: 'targetKey' }),
    'Findings of reviews that affect the sector.',
  )
  findings!: unknown;

  @computed(() => Int, 'Number of findings that affect the sector.', {
    sensitivity: 'GOV',
    counted: { ...FOUND, of: ['Finding.sectors'] },
  })
  findingCount({ loaders, database }: Context): Promise<number> {
    return loaders
      .batched<number>(Sector, 'finding count', async (keys) => {
        const rows = await database.summarize<{ sectorKey: string; n: number }>(
          `SELECT target_key AS sectorKey, COUNT(*) AS n FROM ${database.table(FindingSector)}
           WHERE target_key IN (${marks(keys)}) GROUP BY target_key`,
          keys,
        );
        const counts = new Map(rows.map(({ sectorKey, n }) => [sectorKey, Number(n)]));
        return keys.map((key) => counts.get(key) ?? 0);
      })
      .load(this.key);
  }
}
