import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import type { ScheduledTask } from '#kit/subgraph/schedule';
import type { ReleasedDocument } from '../schema/schema-composer';
import { OperationCoordinate } from './operation-coordinate';
import { OperationUse } from './operation-use';
import { UsedOperation } from './used-operation';

/** Days whose use of the graph protects it from changes. */
export const USED_WITHIN_DAYS = 30;
/** Days for which counts are kept. */
const KEPT_DAYS = 120;
/** Maximum operations of checks, and characters of all of them. */
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

/** An operation that callers of a party sent. */
interface SentOperation {
  readonly id: string;
  readonly party: string;
  readonly requests: number;
  readonly characters: number;
}

/** What clients sent lately, each operation once, without what the exercise invents. */
export async function usedLately(database: Database, now: string): Promise<UsedLately> {
  const [operations, uses] = [database.table(UsedOperation), database.table(OperationUse)];
  const since = daysBefore(new Date(now), USED_WITHIN_DAYS);
  const rows = await database.query<{ id: string; party: string; n: number | string; characters: number | string }>(
    `SELECT o.id AS id, u.party AS party, SUM(u.requests) AS n, COUNT(DISTINCT u.day) AS days,
     LENGTH(o.operation) AS characters FROM ${uses} u JOIN ${operations} o ON o.id = u.operation_id
     WHERE u.day >= ? AND u.exercise = 0 GROUP BY o.id, u.party, LENGTH(o.operation) ORDER BY days DESC, n DESC, o.id`,
    [since],
  );
  const sent = rows.map(({ id, party, n, characters }) => ({
    ...{ id, party, requests: Number(n), characters: Number(characters) },
  }));
  const chosen = await findAll(database, fairly(sent));
  const clients = await clientsOf(
    database,
    chosen.map(({ id }) => id),
    since,
  );
  const requests = new Map<string, number>();
  for (const { id, requests: n } of sent) requests.set(id, (requests.get(id) ?? 0) + n);
  const used = chosen.map(({ id, name, operation }) => ({
    client: `${clients.get(id)!.join(', ')} (${requests.get(id)} in ${USED_WITHIN_DAYS} days)`,
    ...{ name, text: operation },
  }));
  return { used, leftOut: requests.size - used.length };
}

/**
 * Ids of the operations that fit into the limits. The party with the fewest characters is next, with what it sent on most days: a party that makes up
 * operations takes no room from others.
 * @param sent in this order
 */
export function fairly(sent: readonly SentOperation[]): string[] {
  const parties = [...Map.groupBy(sent, ({ party }) => party).values()].map((queue) => ({ queue, next: 0, taken: 0 }));
  const chosen = new Set<string>();
  let characters = 0;
  while (chosen.size < MAX_OPERATIONS) {
    const open = parties.filter(({ queue, next }) => next < queue.length);
    if (open.length === 0) break;
    const party = open.reduce((least, other) => (other.taken < least.taken ? other : least));
    const operation = party.queue[party.next]!;
    party.next += 1;
    party.taken += operation.characters;
    if (chosen.has(operation.id) || characters + operation.characters > MAX_CHARACTERS) continue;
    characters += operation.characters;
    chosen.add(operation.id);
  }
  return [...chosen];
}

async function findAll(database: Database, ids: readonly string[]): Promise<UsedOperation[]> {
  const found: UsedOperation[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const byId = new Map((await database.findBy(UsedOperation, 'id', batch)).map((used) => [used.id, used]));
    found.push(...batch.flatMap((id) => byId.get(id) ?? []));
  }
  return found;
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

/** Deletes operations, with their counts and coordinates. */
export async function forget(database: Database, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    for (const [target, column] of [
      [OperationCoordinate, 'operation_id'],
      [OperationUse, 'operation_id'],
      [UsedOperation, 'id'],
    ] as const)
      await database.query(`DELETE FROM ${database.table(target)} WHERE ${column} IN (${marks(batch)})`, batch);
  }
}

/** Deletes old counts, and operations that no client has sent since. */
export const sweepUsage: ScheduledTask = {
  name: 'sweep usage',
  async run(database, clock) {
    const before = daysBefore(clock.now(), KEPT_DAYS);
    await database.query(`DELETE FROM ${database.table(OperationUse)} WHERE day < ?`, [before]);
    const unused = await database.query<{ id: string }>(
      `SELECT id FROM ${database.table(UsedOperation)} WHERE last_used_on < ?`,
      [before],
    );
    await forget(
      database,
      unused.map(({ id }) => id),
    );
    return unused.length;
  },
};
