import { createHash } from 'node:crypto';
import type { Principal } from '#base/identity/principal';
import type { Database } from '../database/database';
import { IdempotencyKey } from '../events/tables';
import type { AuditLog } from './audit-log';

const BATCH = 500;

/** What stands for an idempotency key in the record: the key itself is the caller's text. */
export const keyDigest = (id: string): string => createHash('sha256').update(id).digest('hex');

/**
 * Records the changes that a process before committed and had no time to record.
 * @returns how many. @throws RecordUnavailableError
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
