import { PrimaryGeneratedColumn } from 'typeorm';
import type { ModelClass } from '../model/model';
import { kept, record } from '../model/record';

/**
 * Event log of a subgraph. The transaction of a change adds its events; the relay then assigns offsets and publishes them. Rows are never
 * removed, since readers can request any of them again.
 */
@record('outbox', {
  key: 'position',
  unique: [['subject', 'sequence'], ['logOffset']],
  index: [['publishedAt', 'position']],
})
export class OutboxEvent {
  @PrimaryGeneratedColumn({ name: 'position' }) position!: number;
  @kept({ length: 40 }) id!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ type: 'int' }) version!: number;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) occurredAt!: string;
  @kept({ type: 'text' }) data!: string;
  /** Time of the first publication; null before it. */
  @kept({ length: 24, nullable: true }) publishedAt!: string | null;
  /** Offset in the log, from 1 without gaps; null until the relay assigns it. */
  @kept({ type: 'int', nullable: true }) logOffset!: number | null;
  /** Digest of the log up to and including this event. */
  @kept({ length: 32, nullable: true }) digest!: string | null;
}

/** Histories of this subgraph's log. The last one is current; a new one begins after the log was restored from a backup. */
@record('event_epoch', { key: 'number' })
export class EventEpoch {
  @kept({ primary: true, type: 'int' }) number!: number;
  @kept({ length: 40 }) epoch!: string;
  @kept({ length: 24 }) startedAt!: string;
  /** Number of events in the log when the epoch began. */
  @kept({ type: 'int' }) startOffset!: number;
  /** Epoch of the position that the log did not contain; null for the first epoch. */
  @kept({ length: 40, nullable: true }) replaced!: string | null;
  @kept({ length: 255 }) reason!: string;
}

/** Position up to which a subgraph has handled the log of another. */
@record('inbox_position', { key: 'source' })
export class InboxPosition {
  @kept({ primary: true, length: 60 }) source!: string;
  @kept({ length: 40 }) epoch!: string;
  @kept({ type: 'int' }) logOffset!: number;
  @kept({ length: 32 }) digest!: string;
  @kept({ length: 24 }) movedAt!: string;
  /** Time since which events are known to be missing; null if none are. */
  @kept({ length: 24, nullable: true }) gapSince!: string | null;
  /** Offset from which the log is reread because the writer's history changed; null otherwise. */
  @kept({ type: 'int', nullable: true }) rereadFrom!: number | null;
}

/** Events that this subgraph has handled or rejected, and does not handle again. */
@record('inbox_event', { index: [['source', 'logOffset']] })
export class InboxEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 60 }) source!: string;
  /** Last known position in the log of its source. */
  @kept({ length: 40 }) epoch!: string;
  @kept({ type: 'int' }) logOffset!: number;
  @kept({ length: 32 }) digest!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) receivedAt!: string;
}

/** Events that their source lost when its database was restored from a backup. For operators. */
@record('inbox_orphan')
export class OrphanedEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 60 }) source!: string;
  @kept({ length: 40 }) epoch!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) noticedAt!: string;
  /** Whether this subgraph had handled it before its source lost it. */
  @kept({ type: 'boolean' }) acted!: boolean;
  /** The event as received from the bus; null if it was handled. */
  @kept({ type: 'text', nullable: true }) event!: string | null;
}

/**
 * Last sequence of each source and subject that the release before the event log handled. Rows are removed once the log was read past
 * them.
 */
@record('inbox_cursor')
export class InboxCursor {
  /** `source/subject`. */
  @kept({ primary: true, length: 125 }) id!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) receivedAt!: string;
}

/** Events that a rule rejected or that are invalid. An operator retries or dismisses them. */
@record('inbox_rejected')
export class RejectedEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 24 }) receivedAt!: string;
  @kept({ type: 'text' }) reason!: string;
  @kept({ type: 'text' }) event!: string;
  /** Time at which an operator dismissed it; null while it is open. */
  @kept({ length: 24, nullable: true }) dismissedAt!: string | null;
}

/** Determines which replica does the background work. */
@record('lease', { key: 'name' })
export class Lease {
  @kept({ primary: true, length: 60 }) name!: string;
  /** Host, process id, and a random part. */
  @kept({ length: 60 }) holder!: string;
  /** Milliseconds since 1970, by the database's clock. */
  @kept({ type: 'bigint' }) until!: string;
}

/** Completed mutations by idempotency key: repeating one with the same key changes nothing. */
@record('idempotency_key', { index: [['createdAt']] })
export class IdempotencyKey {
  /** Person or party of the caller, and the client's key. */
  @kept({ primary: true, length: 220 }) id!: string;
  @kept({ length: 64 }) digest!: string;
  @kept({ length: 60 }) resultKey!: string;
  @kept({ length: 24 }) createdAt!: string;
}

/** Result of each item of a bulk mutation, for replays of its idempotency key. Removed with the key. */
@record('bulk_item', { key: 'callId', index: [['createdAt']] })
export class BulkItem {
  /** Id of the idempotency key. */
  @kept({ primary: true, length: 220 }) callId!: string;
  /** Index of the item in the input. */
  @kept({ primary: true, type: 'int' }) place!: number;
  @kept({ length: 10 }) status!: string;
  /** Key of the changed object; null if the item was refused. */
  @kept({ length: 60, nullable: true }) objectKey!: string | null;
  /** Error of a refused item, as JSON. */
  @kept({ type: 'text', nullable: true }) error!: string | null;
  @kept({ length: 24 }) createdAt!: string;
}

/** Tables of every subgraph that publishes or handles events. */
export const workTables: readonly ModelClass[] = [
  OutboxEvent,
  EventEpoch,
  InboxPosition,
  InboxEvent,
  OrphanedEvent,
  InboxCursor,
  RejectedEvent,
  Lease,
  IdempotencyKey,
];

/** Tables of every subgraph with bulk mutations, besides {@link workTables}. */
export const bulkTables: readonly ModelClass[] = [BulkItem];
