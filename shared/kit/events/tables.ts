import { PrimaryGeneratedColumn } from 'typeorm';
import type { ModelClass } from '../model/model';
import { kept, record } from '../model/record';

/**
 * The event log of a subgraph. Events are added in the transaction of the change that they describe; the relay then gives them
 * their offsets and publishes them. Rows are never removed: readers can ask for any of them again.
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
  /** When the bus first had it. */
  @kept({ length: 24, nullable: true }) publishedAt!: string | null;
  /** Place in the log, from 1 without gaps; null until the relay has seen the event. */
  @kept({ type: 'int', nullable: true }) logOffset!: number | null;
  /** Digest of the log up to this event. */
  @kept({ length: 32, nullable: true }) digest!: string | null;
}

/** The histories of this subgraph's log. The last one is current; a new one begins when the log was restored from a backup. */
@record('event_epoch', { key: 'number' })
export class EventEpoch {
  @kept({ primary: true, type: 'int' }) number!: number;
  @kept({ length: 40 }) epoch!: string;
  @kept({ length: 24 }) startedAt!: string;
  /** Number of events in the log when it began. */
  @kept({ type: 'int' }) startOffset!: number;
  /** The epoch of the position that the log turned out not to contain; null for the first. */
  @kept({ length: 40, nullable: true }) replaced!: string | null;
  @kept({ length: 255 }) reason!: string;
}

/** How far a subgraph has acted on the log of another: on every event up to here. */
@record('inbox_position', { key: 'source' })
export class InboxPosition {
  @kept({ primary: true, length: 60 }) source!: string;
  @kept({ length: 40 }) epoch!: string;
  @kept({ type: 'int' }) logOffset!: number;
  @kept({ length: 32 }) digest!: string;
  @kept({ length: 24 }) movedAt!: string;
  /** Since when events are known to be missing; null when none are. */
  @kept({ length: 24, nullable: true }) gapSince!: string | null;
  /** The offset from which the log is read again because the writer's history changed; null when it is not. */
  @kept({ type: 'int', nullable: true }) rereadFrom!: number | null;
}

/** The events that this subgraph has acted on or rejected: none of them is acted on again. */
@record('inbox_event', { index: [['source', 'logOffset']] })
export class InboxEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 60 }) source!: string;
  /** Where it last was in the log of its source. */
  @kept({ length: 40 }) epoch!: string;
  @kept({ type: 'int' }) logOffset!: number;
  @kept({ length: 32 }) digest!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) receivedAt!: string;
}

/** Events that the log of their source no longer has, because its database was restored from a backup. For operators. */
@record('inbox_orphan')
export class OrphanedEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 60 }) source!: string;
  @kept({ length: 40 }) epoch!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) noticedAt!: string;
  /** Whether this subgraph had acted on it before its source lost it. */
  @kept({ type: 'boolean' }) acted!: boolean;
  /** The event as it came from the bus; null when it had been acted on. */
  @kept({ type: 'text', nullable: true }) event!: string | null;
}

/**
 * The last sequence of each source and subject that the release before the event log acted on. Rows are removed when the log
 * has been read past them.
 */
@record('inbox_cursor')
export class InboxCursor {
  /** Source and subject, joined by a slash. */
  @kept({ primary: true, length: 125 }) id!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) receivedAt!: string;
}

/** Events that the rules refused or that could not be read. An operator retries or dismisses them. */
@record('inbox_rejected')
export class RejectedEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 24 }) receivedAt!: string;
  @kept({ type: 'text' }) reason!: string;
  @kept({ type: 'text' }) event!: string;
  /** When an operator decided that nothing is to be done; null while it is open. */
  @kept({ length: 24, nullable: true }) dismissedAt!: string | null;
}

/** Which replica does the background work. */
@record('lease', { key: 'name' })
export class Lease {
  @kept({ primary: true, length: 60 }) name!: string;
  /** Host, process id and a random part. */
  @kept({ length: 60 }) holder!: string;
  /** Milliseconds since 1970 by the database's clock. */
  @kept({ type: 'bigint' }) until!: string;
}

/** Mutations that were done, by the key that the client gave: the same key again changes nothing. */
@record('idempotency_key', { index: [['createdAt']] })
export class IdempotencyKey {
  /** Whose key, and the key. */
  @kept({ primary: true, length: 220 }) id!: string;
  @kept({ length: 64 }) digest!: string;
  @kept({ length: 60 }) resultKey!: string;
  @kept({ length: 24 }) createdAt!: string;
}

/** The tables of every subgraph that publishes events or acts on them. */
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
