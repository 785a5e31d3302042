import { PrimaryGeneratedColumn } from 'typeorm';
import type { ModelClass } from '../model/model';
import { kept, record } from '../model/record';

/** Events that were written with what they tell of, and are on their way to the bus. Also the log of what was told. */
@record('outbox', { key: 'position', unique: [['subject', 'sequence']], index: [['publishedAt', 'position']] })
export class OutboxEvent {
  @PrimaryGeneratedColumn({ name: 'position' }) position!: number;
  @kept({ length: 40 }) id!: string;
  @kept({ length: 100 }) type!: string;
  @kept({ type: 'int' }) version!: number;
  @kept({ length: 60 }) subject!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) occurredAt!: string;
  @kept({ type: 'text' }) data!: string;
  @kept({ length: 24, nullable: true }) publishedAt!: string | null;
}

/** How far the events of a source about a subject have been acted on: an event at or before it is not acted on again. */
@record('inbox_cursor')
export class InboxCursor {
  /** Source and subject. */
  @kept({ primary: true, length: 125 }) id!: string;
  @kept({ type: 'int' }) sequence!: number;
  @kept({ length: 24 }) receivedAt!: string;
}

/** Events that could not be acted on and never will: for people to look at. */
@record('inbox_rejected')
export class RejectedEvent {
  @kept({ primary: true, length: 40 }) id!: string;
  @kept({ length: 24 }) receivedAt!: string;
  @kept({ type: 'text' }) reason!: string;
  @kept({ type: 'text' }) event!: string;
}

/** Which process does the work that only one of several replicas does at a time. */
@record('lease', { key: 'name' })
export class Lease {
  @kept({ primary: true, length: 60 }) name!: string;
  @kept({ length: 60 }) holder!: string;
  /** Milliseconds since 1970 by the wall clock, never by a clock that tests set. */
  @kept({ type: 'bigint' }) until!: string;
}

/** Which life of the bus has had the published events: a bus that lost its memory gets them again. */
@record('event_bus', { key: 'name' })
export class KnownBus {
  @kept({ primary: true, length: 60 }) name!: string;
  @kept({ length: 60 }) life!: string;
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

/** The tables that every subgraph has which changes anything or is told anything. */
export const workTables: readonly ModelClass[] = [
  OutboxEvent,
  InboxCursor,
  RejectedEvent,
  Lease,
  KnownBus,
  IdempotencyKey,
];
