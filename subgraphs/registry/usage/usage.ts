import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
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
/** Operations of one statement. */
const BATCH = 100;
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
  const chosen = await withinLimit(
    database,
    totals.slice(0, MAX_OPERATIONS).map(({ id }) => id),
  );
  const clients = await clientsOf(
    database,
    chosen.map(({ id }) => id),
    since,
  );
  const requests = new Map(totals.map(({ id, n }) => [id, n]));
  const used = chosen.map(({ id, name, operation }) => ({
    client: `${clients.get(id)!.join(', ')} (${requests.get(id)} in ${USED_WITHIN_DAYS} days)`,
    ...{ name, text: operation },
  }));
  return { used, leftOut: totals.length - used.length };
}

/** Operations in this order, without those that would exceed the characters of all. */
async function withinLimit(database: Database, ids: readonly string[]): Promise<UsedOperation[]> {
  const chosen: UsedOperation[] = [];
  let characters = 0;
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const found = new Map((await database.findBy(UsedOperation, 'id', batch)).map((used) => [used.id, used]));
    for (const used of batch.flatMap((id) => found.get(id) ?? [])) {
      if (characters + used.operation.length > MAX_CHARACTERS) continue;
      characters += used.operation.length;
      chosen.push(used);
    }
  }
  return chosen;
}

/** The clients that sent each operation most, as `client@version`. */
async function clientsOf(database: Database, ids: readonly string[], since: string): Promise<Map<string, string[]>> {
  const clients = new Map<string, string[]>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const rows = await database.query<{ readonly id: string; readonly client: string; readonly version: string }>(
      `SELECT operation_id AS id, client, client_version AS version, SUM(requests) AS n
       FROM ${database.table(OperationUse)} WHERE operation_id IN (${marks(batch)}) AND day >= ?
       GROUP BY operation_id, client, client_version ORDER BY n DESC, client, client_version`,
      [...batch, since],
    );
    for (const { id, client, version } of rows) {
      const named = clients.get(id) ?? [];
      if (named.length < MAX_CLIENTS) clients.set(id, [...named, `${client}@${version}`]);
    }
  }
  return clients;
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
