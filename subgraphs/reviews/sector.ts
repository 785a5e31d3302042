import { Int } from 'type-graphql';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { computed } from '#kit/model/fields';
import { stub, stubKey } from '#kit/model/model';
import type { Counted } from '#kit/model/value-object';
import { figuresEnd } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { Finding, FindingSector } from './finding/finding';
import { FOUND } from './finding/found';

/** What the number of findings counts. */
const AFFECTING: Counted = { ...FOUND, of: ['Finding.sectors'] };

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
    counted: AFFECTING,
  })
  findingCount({ loaders, database, principal, clock }: Context): Promise<number> {
    return loaders
      .batched<number>(Sector, 'finding count', async (keys) => {
        const rows = await database.summarize<{ sectorKey: string; n: number }>(
          `SELECT l.target_key AS sectorKey, COUNT(*) AS n
           FROM ${database.table(FindingSector)} l JOIN finding f ON f.id = l.owner_key
           WHERE l.target_key IN (${marks(keys)}) AND f.created_at < ? GROUP BY l.target_key`,
          [...keys, figuresEnd(AFFECTING, principal, clock)],
        );
        const counts = new Map(rows.map(({ sectorKey, n }) => [sectorKey, Number(n)]));
        return keys.map((key) => counts.get(key) ?? 0);
      })
      .load(this.key);
  }
}
