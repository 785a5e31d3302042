import { createHash } from 'node:crypto';
import type { Principal } from '#base/identity/principal';
import type { Database } from '../database/database';
import { BulkItem, IdempotencyKey } from '../events/tables';
import type { AuditLog } from './audit-log';
import { changesOf } from './entry';

const BATCH = 500;

/** Digest of an idempotency key for the record, since the key is text of the caller. */
export const keyDigest = (id: string): string => createHash('sha256').update(id).digest('hex');

/** Value of `resultKey` for a bulk mutation, whose objects are in {@link BulkItem}. */
export const BULK_RESULT = '(bulk)';

/** Keys of the objects that completed mutations changed, by id of their idempotency key. One statement, or two with bulk mutations. */
export async function changedObjects(
  database: Database,
  completed: readonly IdempotencyKey[],
): Promise<Map<string, readonly string[]>> {
  const bulk = completed.filter(({ resultKey }) => resultKey === BULK_RESULT).map(({ id }) => id);
  const items = await database.findBy(BulkItem, 'callId', bulk);
  items.sort((a, b) => a.place - b.place);
  const byCall = Map.groupBy(items, ({ callId }) => callId);
  const objectsOf = ({ id, resultKey }: IdempotencyKey) =>
    resultKey === BULK_RESULT ? (byCall.get(id) ?? []).flatMap(({ objectKey }) => objectKey ?? []) : [resultKey];
  return new Map(completed.map((key) => [key.id, objectsOf(key)]));
}

/**
 * Records changes that an earlier process committed without recording.
 * @returns their number @throws RecordUnavailableError
 */
export async function settleRecord(database: Database, audit: AuditLog): Promise<number> {
  let recorded = 0;
  for (let start = 0; start < audit.unsettled.length; start += BATCH) {
    const attempts = audit.unsettled.slice(start, start + BATCH);
    const digests = [...new Set(attempts.map(({ inputDigest }) => inputDigest))];
    const committed = await database.findBy(IdempotencyKey, 'digest', digests);
    const changed = await changedObjects(database, committed);
    const objectsByKey = new Map([...changed].map(([id, objects]) => [keyDigest(id), objects]));
    for (const { key, mutation, who, origin } of attempts) {
      const objects = objectsByKey.get(key);
      if (objects === undefined) continue;
      for (const what of changesOf({ mutation, replayed: false, key, recovered: true }, objects))
        await audit.append(who as Principal | null, origin, what);
      recorded += 1;
    }
  }
  return recorded;
}
