import type { Database } from '#kit/database/database';
import type { ScheduledTask } from '#kit/subgraph/schedule';
import type { ReleasedDocument } from '../schema/schema-composer';
import { OperationUse } from './operation-use';
import { UsedOperation } from './used-operation';

/** Days whose use of the graph protects it from changes. */
export const USED_WITHIN_DAYS = 30;
/** Days for which counts are kept. */
const KEPT_DAYS = 120;
/** Maximum operations of checks, and characters of all of them: those that callers with a token sent, and then those sent most. */
const MAX_OPERATIONS = 2_000;
const MAX_CHARACTERS = 2_000_000;
/** Maximum clients that a report names for an operation. */
const MAX_CLIENTS = 3;
const DAY_MS = 86_400_000;

const daysBefore = (now: Date, days: number): string =>
  new Date(now.getTime() - days * DAY_MS).toISOString().slice(0, 10);

/** What clients sent lately. */
export interface UsedLately {
  readonly used: readonly ReleasedDocument[];
  /** Number of operations that are too many, or too long, to be examined. */
  readonly leftOut: number;
}

/** What clients sent lately, each operation once, without what the exercise invents. */
export async function usedLately(database: Database, now: string): Promise<UsedLately> {
  const [operations, uses] = [database.table(UsedOperation), database.table(OperationUse)];
  const since = daysBefore(new Date(now), USED_WITHIN_DAYS);
  const totals = await database.query<{ readonly id: string; readonly n: number | string }>(
    `SELECT o.id AS id, SUM(u.requests) AS n FROM ${uses} u JOIN ${operations} o ON o.id = u.operation_id
     WHERE u.day >= ? AND u.exercise = 0 GROUP BY o.id, o.known ORDER BY o.known DESC, n DESC, o.id`,
    [since],
  );
  const used: ReleasedDocument[] = [];
  let characters = 0;
  for (const { id, n } of totals.slice(0, MAX_OPERATIONS)) {
    const [operation] = await database.findBy(UsedOperation, 'id', [id]);
    if (!operation) continue;
    if (characters + operation.operation.length > MAX_CHARACTERS) continue;
    characters += operation.operation.length;
    const clients = await database.query<{ readonly client: string; readonly version: string }>(
      `SELECT client, client_version AS version, SUM(requests) AS n FROM ${uses} WHERE operation_id = ? AND day >= ?
       GROUP BY client, client_version ORDER BY n DESC, client, client_version LIMIT ${MAX_CLIENTS}`,
      [id, since],
    );
    used.push({
      client: `${clients.map(({ client, version }) => `${client}@${version}`).join(', ')} (${n} in ${USED_WITHIN_DAYS} days)`,
      ...{ name: operation.name, text: operation.operation },
    });
  }
  return { used, leftOut: totals.length - used.length };
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
