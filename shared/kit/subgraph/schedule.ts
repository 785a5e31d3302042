import type { Clock } from '#base/clock';
import type { Database } from '../database/database';
import { bulkTables } from '../events/tables';
import type { ContentStore } from '../files/content-store';
import { systemWork, type Work } from '../mutation/work';

/** A task that runs at intervals. */
export interface ScheduledTask {
  readonly name: string;
  /** Processes what is due. @returns the number of processed objects */
  readonly run: (database: Database, clock: Clock, store?: ContentStore) => Promise<number>;
}

const BATCH = 500;

/**
 * A task that finds due objects and processes each in a separate transaction. `process` must check again, under the object's lock, that it
 * is still due, so that replicas never process it twice. A failed object does not stop the others; the first failure is thrown at the end.
 * @param due returns keys of due objects, oldest first, at most `limit`
 * @param process gets the store of files, where the subgraph has one
 */
export function scheduled(
  name: string,
  due: (database: Database, now: string, limit: number) => Promise<string[]>,
  process: (work: Work, key: string, store?: ContentStore) => Promise<void>,
): ScheduledTask {
  return {
    name,
    async run(database, clock, store) {
      const failures: unknown[] = [];
      let processed = 0;
      let before = '';
      for (;;) {
        const keys = await due(database, clock.now().toISOString(), BATCH);
        for (const key of keys)
          await systemWork(database, clock, (work) => process(work, key, store)).catch((error: unknown) =>
            failures.push(error),
          );
        processed += keys.length;
        // the same keys again mean that they keep failing; stop instead of looping on them
        const batch = keys.join();
        if (keys.length < BATCH || batch === before) break;
        before = batch;
      }
      if (failures.length > 0) throw failures[0];
      return processed;
    },
  };
}

/** Days for which an idempotency key is valid. */
const KEY_DAYS = 30;

/** Deletes expired idempotency keys, with the results of bulk mutations. For every subgraph with mutations. */
export const forgetIdempotencyKeys: ScheduledTask = {
  name: 'forget idempotency keys',
  async run(database, clock) {
    const before = new Date(clock.now().getTime() - KEY_DAYS * 86_400_000).toISOString();
    const hasBulk = bulkTables.every((table) => database.source.hasMetadata(table));
    await database.transaction(async (inside) => {
      await inside.query('DELETE FROM idempotency_key WHERE created_at < ?', [before]);
      if (hasBulk) await inside.query('DELETE FROM bulk_item WHERE created_at < ?', [before]);
    });
    return 0;
  },
};
