import { DataUnreadableError } from '#base/errors';
import type { Database } from '../database/database';
import { PersonKey, rewrapped } from './person-key';

/** Data keys in one transaction. */
const BATCH = 500;

/** Number of data keys that one wrapping key wraps. */
export interface KeyUse {
  readonly keyId: string;
  readonly persons: number;
}

/** How many data keys each wrapping key wraps. */
export async function keyUses(database: Database): Promise<KeyUse[]> {
  const rows = await database.query<{ keyId: string; n: number }>(
    'SELECT key_id AS keyId, COUNT(*) AS n FROM person_key GROUP BY key_id ORDER BY key_id',
  );
  return rows.map(({ keyId, n }) => ({ keyId, persons: Number(n) }));
}

/** Progress of a rotation. */
export interface RotationProgress {
  /** Data keys that this run wrapped again. */
  readonly done: number;
  /** Data keys that it skipped, since the wrapping key is missing or does not open them. */
  readonly unreadable: number;
}

/**
 * Wraps the data keys of all persons by the current wrapping key. In batches, each in one transaction, while other processes read and write;
 * an interrupted run continues where it stopped. What the data keys encrypted stays as it is.
 */
export async function rewrapAll(
  database: Database,
  report: (progress: RotationProgress) => void = () => {},
): Promise<RotationProgress> {
  let progress: RotationProgress = { done: 0, unreadable: 0 };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    const batch = await database.atomically((inside) => rewrapBatch(inside, from));
    progress = { done: progress.done + batch.done, unreadable: progress.unreadable + batch.unreadable };
    after = batch.last;
    report(progress);
  }
  return progress;
}

/** @returns the last person of the batch; undefined if none remain */
async function rewrapBatch(
  database: Database,
  after: string,
): Promise<RotationProgress & { last: string | undefined }> {
  const keys = database.wrappingKeys;
  // the lock keeps an erasure from being undone
  const rows = await database.query<Record<string, unknown>>(
    `SELECT ${database.selection(PersonKey, 'k')} FROM person_key k
     WHERE k.person_id > ? AND k.key_id <> ? ORDER BY k.person_id LIMIT ${BATCH} ${database.dialect.forUpdate}`,
    [after, keys.current.id],
  );
  const stored = rows.map((row) => database.hydrate(PersonKey, row));
  const wrapped = stored.flatMap((row) => readable(() => rewrapped(row, keys)) ?? []);
  await database.upsert(PersonKey, wrapped);
  return { done: wrapped.length, unreadable: stored.length - wrapped.length, last: stored.at(-1)?.personId };
}

function readable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataUnreadableError) return undefined;
    throw error;
  }
}
