import type { Database } from '#kit/database/database';
import { eventTypes } from '#kit/events/event';
import { EVENT_READERS } from '../../../gateway/cli/programs';
import { type Acknowledgments, countOf, type Databases } from './writer';

/** Reading the remaining events takes seconds on an idle machine. */
const MAX_MS = 180_000;

/** Waits until each program has read every event of the others. */
export async function everythingRead(databases: Databases): Promise<void> {
  const begun = Date.now();
  for (;;) {
    const remaining: unknown[] = [];
    for (const source of EVENT_READERS) {
      const sent = await countOf(databases.get(source)!, 'SELECT COUNT(*) AS n FROM outbox');
      for (const reader of EVENT_READERS.filter((name) => name !== source)) {
        const [row] = await databases
          .get(reader)!
          .query<{ at: number }>('SELECT log_offset AS at FROM inbox_position WHERE source = ?', [source]);
        if (sent !== Number(row?.at ?? 0)) remaining.push({ source, reader, sent, read: row?.at });
      }
    }
    if (remaining.length === 0) return;
    if (Date.now() - begun > MAX_MS) throw new Error(`Events were not delivered: ${JSON.stringify(remaining)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Checks that each reader has acted on exactly the events that it handles, in their order, and rejected none. */
export async function eachEventActedOnOnce(databases: Databases): Promise<void> {
  for (const source of EVENT_READERS) {
    const log = await databases
      .get(source)!
      .query<{ id: string; type: string; at: number }>(
        'SELECT id, type, log_offset AS at FROM outbox ORDER BY log_offset',
      );
    expect(log.map(({ at }) => Number(at))).toEqual(log.map((_event, index) => index + 1));
    for (const reader of EVENT_READERS.filter((name) => name !== source)) {
      const database = databases.get(reader)!;
      const handled = log.filter(({ type }) => eventTypes.get(type)!.readers.includes(reader));
      const acted = await database.query<{ id: string }>(
        'SELECT id FROM inbox_event WHERE source = ? ORDER BY log_offset',
        [source],
      );
      expect(acted.map(({ id }) => id)).toEqual(handled.map(({ id }) => id));
      for (const table of ['inbox_rejected', 'inbox_orphan'])
        expect({ reader, table, rows: await countOf(database, `SELECT COUNT(*) AS n FROM ${table}`) }).toEqual({
          ...{ reader, table, rows: 0 },
        });
    }
  }
}

/** Data of the events of a type that a program has sent, oldest first. */
export async function sentBy<Data = Record<string, unknown>>(database: Database, type: string): Promise<Data[]> {
  const rows = await database.query<{ data: string }>('SELECT data FROM outbox WHERE type = ? ORDER BY log_offset', [
    type,
  ]);
  return rows.map(({ data }) => JSON.parse(data) as Data);
}

/** Checks that a program has sent as many events of each type as calls of the mutations that send it were acknowledged, and at least one. */
export async function eachCallSent(
  database: Database,
  done: Acknowledgments,
  mutationsByType: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [type, mutations] of Object.entries(mutationsByType)) {
    const sent = (await sentBy(database, type)).length;
    expect({ type, sent }).toEqual({ type, sent: done.count(...mutations) });
    expect({ type, isSent: sent > 0 }).toEqual({ type, isSent: true });
  }
}

/** Checks that the timelines of a program have as many entries of a kind as calls of its mutation were acknowledged. */
export async function eachCallHappened(
  database: Database,
  table: string,
  done: Acknowledgments,
  kindByMutation: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = await database.query<{ kind: string; n: number }>(
    `SELECT kind, COUNT(*) AS n FROM ${table} GROUP BY kind`,
  );
  const happened = new Map(rows.map(({ kind, n }) => [kind, Number(n)]));
  const mutations = Object.entries(kindByMutation);
  expect(mutations.map(([mutation, kind]) => [mutation, happened.get(kind) ?? 0])).toEqual(
    mutations.map(([mutation]) => [mutation, done.count(mutation)]),
  );
}
