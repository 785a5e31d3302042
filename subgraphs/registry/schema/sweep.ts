import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import type { ScheduledTask } from '#kit/subgraph/schedule';
import { GatewayReport } from './gateway-report';
import { SchemaCheck } from './schema-check';
import { SchemaTextPart } from './schema-text';
import { ServedSchema } from './served-schema';
import { SubgraphVersion } from './subgraph-version';
import { SupergraphVersion } from './supergraph-version';

/** Days for which checks are kept. What was published refers to its own texts, and so needs no check. */
export const CHECK_DAYS = 7;
/** Days after which a replica of the gateway that no longer asks is forgotten. */
const REPLICA_DAYS = 7;
const DAY_MS = 86_400_000;
/** Columns with digests of texts. */
const DIGESTS: readonly (readonly [new () => object, readonly string[]])[] = [
  [SubgraphVersion, ['digest']],
  [SupergraphVersion, ['digest', 'agreement_digest', 'documents_digest', 'used_digest', 'report_digest']],
  [SchemaCheck, ['agreement_digest', 'documents_digest', 'used_digest', 'report_digest', 'supergraph_digest']],
];

/** Deletes old checks, texts that nothing needs any longer, and replicas that have ended. */
export const sweepSchemas: ScheduledTask = {
  name: 'sweep schemas',
  async run(database, clock) {
    const before = (days: number) => new Date(clock.now().getTime() - days * DAY_MS).toISOString();
    await database.query(`DELETE FROM ${database.table(GatewayReport)} WHERE seen_at < ?`, [before(REPLICA_DAYS)]);
    await database.query(`DELETE FROM ${database.table(ServedSchema)} WHERE seen_at < ?`, [before(REPLICA_DAYS)]);
    await database.query(`DELETE FROM ${database.table(SchemaCheck)} WHERE checked_at < ?`, [before(CHECK_DAYS)]);
    const unused = await unusedTexts(database);
    // a change that stores the same text meanwhile makes it new, and it stays
    if (unused.length > 0)
      await database.query(
        `DELETE FROM ${database.table(SchemaTextPart)} WHERE digest IN (${marks(unused)}) AND stored_at < ?`,
        [...unused, before(1)],
      );
    return unused.length;
  },
};

/** Digests of at most 500 texts that nothing refers to. */
async function unusedTexts(database: Database): Promise<string[]> {
  const used = new Set<string>();
  for (const [target, columns] of DIGESTS)
    for (const column of columns)
      for (const { digest } of await database.query<{ digest: string | null }>(
        `SELECT DISTINCT ${column} AS digest FROM ${database.table(target)}`,
      ))
        if (digest !== null) used.add(digest);
  const checks = await database.query<{ proposed: string }>(`SELECT proposed FROM ${database.table(SchemaCheck)}`);
  for (const { proposed } of checks)
    for (const { digest } of JSON.parse(proposed) as readonly { readonly digest: string }[]) used.add(digest);
  const stored = await database.query<{ digest: string }>(
    `SELECT DISTINCT digest FROM ${database.table(SchemaTextPart)}`,
  );
  return stored
    .map(({ digest }) => digest)
    .filter((digest) => !used.has(digest))
    .slice(0, 500);
}
