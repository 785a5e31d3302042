import type { Clock } from '../clock';
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
 * under the object's lock, whether it is still due: so nothing is done twice, however many replicas look.
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
      let seen = 0;
      let before = '';
      for (;;) {
        const keys = await due(database, clock.now().toISOString(), BATCH);
        for (const key of keys) await systemWork(database, clock, (work) => see(work, key));
        seen += keys.length;
        // the same keys again: what is due of them cannot be done, and must not keep the process busy
        const found = keys.join();
        if (keys.length < BATCH || found === before) return seen;
        before = found;
      }
    },
  };
}
