import type { Database } from '#kit/database/database';
import type { ScheduledTask } from '#kit/subgraph/schedule';
import type { ReleasedDocument } from '../schema/schema-composer';
import { OperationUse } from './operation-use';
import { UsedOperation } from './used-operation';

/** Days whose use of the graph protects it from changes. */
export const USED_WITHIN_DAYS = 30;
/** Days for which counts are kept. */
const KEPT_DAYS = 120;
/** Maximum operations of checks: those that were sent most. */
const MAX_OPERATIONS = 2_000;
const DAY_MS = 86_400_000;

const daysBefore = (now: Date, days: number): string =>
  new Date(now.getTime() - days * DAY_MS).toISOString().slice(0, 10);

/** What clients sent lately, without what the exercise invents. */
export async function usedLately(database: Database, now: string): Promise<ReleasedDocument[]> {
  const rows = await database.query<{
    readonly name: string;
    readonly operation: string;
    readonly client: string;
    readonly version: string;
    readonly n: number | string;
  }>(
    `SELECT o.name, o.operation, u.client, u.client_version AS version, SUM(u.requests) AS n
     FROM ${database.table(OperationUse)} u JOIN ${database.table(UsedOperation)} o ON o.id = u.operation_id
     WHERE u.day >= ? AND u.exercise = 0 GROUP BY o.id, o.name, o.operation, u.client, u.client_version
     ORDER BY n DESC, o.id LIMIT ${MAX_OPERATIONS}`,
    [daysBefore(new Date(now), USED_WITHIN_DAYS)],
  );
  return rows.map(({ name, operation, client, version, n }) => ({
    client: `${client}@${version} (${n} in ${USED_WITHIN_DAYS} days)`,
    ...{ name, text: operation },
  }));
}

/** Deletes old counts, and operations that no client has sent since. */
export const sweepUsage: ScheduledTask = {
  name: 'sweep usage',
  async run(database, clock) {
    const before = daysBefore(clock.now(), KEPT_DAYS);
    await database.query(`DELETE FROM ${database.table(OperationUse)} WHERE day < ?`, [before]);
    await database.query(
      `DELETE FROM ${database.table(UsedOperation)} WHERE last_used_on < ? AND NOT EXISTS
       (SELECT 1 FROM ${database.table(OperationUse)} u WHERE u.operation_id = ${database.table(UsedOperation)}.id)`,
      [before],
    );
    return 0;
  },
};
