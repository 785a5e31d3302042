import { createHash } from 'node:crypto';
import type { Principal } from '#base/identity/principal';
import type { Database } from '../database/database';
import { IdempotencyKey } from '../events/tables';
import type { AuditLog } from './audit-log';

const BATCH = 500;

/** Digest of an idempotency key for the record, since the key is text of the caller. */
export const keyDigest = (id: string): string => createHash('sha256').update(id).digest('hex');

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
    const objects = new Map(committed.map(({ id, resultKey }) => [keyDigest(id), resultKey]));
    for (const { key, mutation, who, origin } of attempts) {
      const object = objects.get(key);
      if (object === undefined) continue;
      const what = { kind: 'change', mutation, object, replayed: false, key, recovered: true } as const;
      await audit.append(who as Principal | null, origin, what);
      recorded += 1;
    }
  }
  return recorded;
}
