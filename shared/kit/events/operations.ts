import { type Clock, instant } from '#base/clock';
import type { Database } from '../database/database';
import { systemWork } from '../mutation/work';
import { type EventEnvelope, envelopeSchema } from './event';
import { LOG_START } from './event-log';
import { type EventHandler, handle, isRejection, isUnsigned } from './inbox';
import { EventEpoch, InboxPosition, Lease, OrphanedEvent, RejectedEvent } from './tables';

/** Event status of one subgraph for operators, from its database alone. */
export interface EventsStatus {
  readonly name: string;
  /** Current epoch of its log; null before its first background work. */
  readonly epoch: EventEpoch | null;
  /** Events in its log. */
  readonly lastPosition: number;
  /** Events not yet published to the bus. */
  readonly backlog: number;
  readonly oldestUnpublishedSeconds: number;
  readonly lease: { readonly holder: string; readonly secondsLeft: number } | null;
  /** Its positions in the logs of other subgraphs. */
  readonly reads: readonly InboxPosition[];
  /** Rejected events that are not dismissed. */
  readonly rejected: readonly RejectedEvent[];
  readonly orphaned: readonly OrphanedEvent[];
}

export async function eventsStatus(database: Database, clock: Clock): Promise<EventsStatus> {
  const [epoch] = await all(database, EventEpoch, 'ORDER BY t.number DESC LIMIT 1');
  const [outbox] = await database.query<{ last: number | null; backlog: number | null; oldest: string | null }>(
    `SELECT MAX(log_offset) AS last, SUM(published_at IS NULL) AS backlog,
       MIN(CASE WHEN published_at IS NULL THEN occurred_at END) AS oldest FROM outbox`,
  );
  const age = outbox?.oldest ? (clock.now().getTime() - Date.parse(outbox.oldest)) / 1_000 : 0;
  return {
    name: database.name,
    epoch: epoch ?? null,
    lastPosition: Number(outbox?.last ?? 0),
    backlog: Number(outbox?.backlog ?? 0),
    oldestUnpublishedSeconds: Math.max(0, Math.round(age)),
    lease: await leaseOf(database),
    reads: await all(database, InboxPosition, 'ORDER BY t.source'),
    rejected: await rejectedEvents(database),
    orphaned: await all(database, OrphanedEvent, 'ORDER BY t.id'),
  };
}

async function all<T extends object>(database: Database, target: new () => T, tail: string): Promise<T[]> {
  const rows = await database.query(
    `SELECT ${database.selection(target, 't')} FROM ${database.table(target)} t ${tail}`,
  );
  return rows.map((row) => ({ ...database.hydrate(target, row) }));
}

async function leaseOf(database: Database): Promise<EventsStatus['lease']> {
  const [lease] = await database.findBy(Lease, 'name', ['background']);
  const [row] = await database.query<{ now: number }>(`SELECT ${database.dialect.nowMs} AS now`);
  const secondsLeft = Math.round((Number(lease?.until ?? 0) - Number(row!.now)) / 1_000);
  return lease && secondsLeft >= 0 ? { holder: lease.holder, secondsLeft } : null;
}

/** Rejected events, oldest first. */
export function rejectedEvents(database: Database, withDismissed = false): Promise<RejectedEvent[]> {
  return all(
    database,
    RejectedEvent,
    `${withDismissed ? '' : 'WHERE t.dismissed_at IS NULL'} ORDER BY t.received_at, t.id`,
  );
}

export type Retried = { readonly id: string } & (
  | { readonly outcome: 'acted on' | 'unknown' }
  | { readonly outcome: 'rejected again'; readonly reason: string }
);

/** Retries a rejected event, regardless of later changes to its subject. @throws the database's errors */
export async function retryRejected(
  database: Database,
  clock: Clock,
  handlers: readonly EventHandler[],
  id: string,
): Promise<Retried> {
  if (isUnsigned(id))
    return { id, outcome: 'rejected again', reason: 'It has no valid signature of a subgraph: dismiss it' };
  try {
    return await systemWork(database, clock, async (work) => {
      const row = await work.database.lock(RejectedEvent, id);
      if (!row) return { id, outcome: 'unknown' };
      const event: EventEnvelope = envelopeSchema.parse(JSON.parse(row.event));
      await handle(work, handlers, event);
      await work.database.query('DELETE FROM inbox_rejected WHERE id = ?', [id]);
      return { id, outcome: 'acted on' };
    });
  } catch (error) {
    if (!isRejection(error)) throw error;
    await database.transaction((inside) =>
      inside.update(RejectedEvent, id, { reason: error.message, dismissedAt: null }),
    );
    return { id, outcome: 'rejected again', reason: error.message };
  }
}

/** Dismisses a rejected event. @returns whether it was open */
export function dismissRejected(database: Database, clock: Clock, id: string): Promise<boolean> {
  return database.transaction(async (inside) => {
    const row = await inside.lock(RejectedEvent, id);
    if (!row || row.dismissedAt !== null) return false;
    await inside.update(RejectedEvent, id, { dismissedAt: instant(clock.now()) });
    return true;
  });
}

/** Start for a reader to reread a log: a position, or the instant at which it received the events. */
export type Since = { readonly position: number } | { readonly receivedAt: string };

/**
 * Moves a reader back in the log of a source, to the last known event before `since` or to the start. The leading replica then requests the
 * events after that, and handles those that it has not handled yet.
 * @returns the new position; undefined if it has not read any events of the source
 */
export function rewindReader(
  database: Database,
  clock: Clock,
  source: string,
  since: Since,
): Promise<number | undefined> {
  return database.atomically(async (inside) => {
    const position = await inside.lock(InboxPosition, source);
    if (!position) return undefined;
    const [column, value] = 'position' in since ? ['log_offset', since.position] : ['received_at', since.receivedAt];
    const [last] = await inside.query<{ epoch: string; logOffset: number; digest: string }>(
      `SELECT epoch, log_offset AS logOffset, digest FROM inbox_event
       WHERE source = ? AND ${column} < ? AND log_offset <= ? AND id NOT IN (SELECT id FROM inbox_orphan)
       ORDER BY log_offset DESC LIMIT 1`,
      [source, value, position.logOffset],
    );
    const target = last ?? { epoch: position.epoch, logOffset: LOG_START.offset, digest: LOG_START.digest };
    await inside.update(InboxPosition, source, { ...target, movedAt: instant(clock.now()) });
    return Number(target.logOffset);
  });
}
