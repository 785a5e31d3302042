import type { Clock } from '#base/clock';
import type { Database } from '../database/database';
import type { ContentStore } from '../files/content-store';
import { systemWork, type Work } from '../mutation/work';

/** Something that time brings about. */
export interface ScheduledTask {
  readonly name: string;
  /** Does what has fallen due. */
  readonly run: (database: Database, clock: Clock, store?: ContentStore) => Promise<number>;
}

const BATCH = 500;

/**
 * A task that looks for objects for which something is due, and sees to each in a transaction of its own. `see` looks again,
 * under the object's lock, whether it is still due: so nothing is done twice, however many replicas look. An object that fails
 * keeps no other from being seen to; the first failure is thrown when all have been.
 * @param due the keys of such objects, oldest first, at most `limit`.
 */
export function scheduled(
  name: string,
  due: (database: Database, now: string, limit: number) => Promise<string[]>,
  see: (work: Work, key: string) => Promise<void>,
): ScheduledTask {
  return {
    name,
    async run(database, clock) {
      const failures: unknown[] = [];
      let seen = 0;
      let before = '';
      for (;;) {
        const keys = await due(database, clock.now().toISOString(), BATCH);
        for (const key of keys)
          await systemWork(database, clock, (work) => see(work, key)).catch((error: unknown) => failures.push(error));
        seen += keys.length;
        // the same keys again: what is due of them cannot be done, and must not keep the process busy
        const found = keys.join();
        if (keys.length < BATCH || found === before) break;
        before = found;
      }
      if (failures.length > 0) throw failures[0];
      return seen;
    },
  };
}

/** Days for which the same idempotency key gives the same object. */
const KEY_DAYS = 30;

/** What every subgraph with mutations does: it forgets idempotency keys that nobody will send again. */
export const forgetIdempotencyKeys: ScheduledTask = {
  name: 'forget idempotency keys',
  async run(database, clock) {
    const before = new Date(clock.now().getTime() - KEY_DAYS * 86_400_000).toISOString();
    await database.transaction((inside) => inside.query('DELETE FROM idempotency_key WHERE created_at < ?', [before]));
    return 0;
  },
};
