import type { Logger } from 'pino';
import type { Origin } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import type { Database } from '../database/database';
import { DatabaseError } from '../database/database-error';
import { IdempotencyKey } from '../events/tables';
import { type AuditLog, RecordUnavailableError } from './audit-log';
import { changesOf } from './entry';
import { changedObjects } from './settle';

/** Milliseconds between database checks while there are undecided changes. */
const LOOK_EVERY_MS = 2_000;
/** Milliseconds after which a missing transaction will not be committed anymore, since the server has closed its connection. */
const DECIDED_AFTER_MS = 600_000;

/** A change with an unknown commit. */
export interface Undecided {
  /** Of its idempotency key, in the database. */
  readonly id: string;
  readonly inputDigest: string;
  /** Of its attempt, in the record. */
  readonly key: string;
  readonly mutation: string;
  readonly who: Principal | null;
  readonly origin: Origin | null;
}

/** Changes whose connection was lost during the commit. Records those that the database turns out to contain. */
export class UndecidedChanges {
  private readonly changes = new Map<string, Undecided & { readonly since: number }>();
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly log: Logger,
  ) {}

  add(change: Undecided): void {
    this.changes.set(change.key, { ...change, since: performance.now() });
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** Removes a change once it is recorded. @returns whether it was undecided */
  remove(key: string): boolean {
    return this.changes.delete(key);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.settle([...this.changes.values()]);
    } catch (error) {
      // database and record log their failures themselves; the next check retries
      if (!(error instanceof DatabaseError || error instanceof RecordUnavailableError))
        this.log.error({ err: error }, 'could not check for changes with an unknown commit');
    } finally {
      this.isLooking = false;
      if (this.changes.size === 0) this.close();
    }
  }

  private async settle(changes: readonly (Undecided & { readonly since: number })[]): Promise<void> {
    const rows = await this.database.findBy(
      IdempotencyKey,
      'id',
      changes.map(({ id }) => id),
    );
    const committed = new Map(rows.map((row) => [row.id, row]));
    const changed = await changedObjects(this.database, rows);
    for (const { id, inputDigest, key, mutation, who, origin, since } of changes) {
      // already recorded, since the caller sent it again
      if (!this.changes.has(key)) continue;
      const row = committed.get(id);
      if (row?.digest === inputDigest) {
        this.changes.delete(key);
        const objects = changed.get(id)!;
        for (const what of changesOf({ mutation, replayed: false, key, recovered: true }, objects))
          await this.audit.append(who, origin, what);
        this.log.warn({ mutation, objects }, 'recorded a change whose commit was unknown');
      } else if (row || performance.now() - since > DECIDED_AFTER_MS) this.changes.delete(key);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
