import type { EventEnvelope, LogPosition } from './event';
import type { MessageFlaw, MessageKind } from './signed-messages';

/** A position without its epoch. Equal digests mean equal logs up to there. */
export type Checkpoint = Pick<LogPosition, 'offset' | 'digest'>;

/** Request of a reader to a writer for the events after its position. */
export interface ReplayRequest {
  readonly reader: string;
  readonly position: LogPosition;
  /** Earlier positions, latest first. The writer continues from the first position that its log contains. */
  readonly checkpoints: readonly Checkpoint[];
}

export interface ReplayAnswer {
  /** Start of the events; before the requested position if the writer's log does not contain that one. */
  readonly from: Checkpoint;
  /** Next events, oldest first, at most {@link REPLAY_BATCH}. */
  readonly events: readonly EventEnvelope[];
  /** End of the writer's log. */
  readonly head: LogPosition;
}

export const REPLAY_BATCH = 500;

/** An entry on the bus without a valid signature of the subgraph it claims to come from. */
export interface UnsignedEntry {
  /** Claimed subgraph. */
  readonly source: string;
  readonly flaw: MessageFlaw;
  /** Text as received. */
  readonly text: string;
}

/** Interface of a reader for the bus. */
export interface Consumer {
  /** Handles one event. Resolves when its effects are durable; rejects if the event must be delivered again. */
  act(event: EventEnvelope): Promise<void>;
  /** Stores an unsigned entry for operators, without handling it. */
  setAside(entry: UnsignedEntry): Promise<void>;
  /**
   * Compares the ends of the writers' logs with the reader's positions. The bus reads the heads before it finds that it has no more events
   * for the reader, so events that are missing then are lost from the bus.
   */
  compare(heads: ReadonlyMap<string, LogPosition>): Promise<void>;
}

/**
 * Carries events between subgraphs. It may lose, repeat, and reorder them: the writer's log is authoritative. It also carries the end of
 * each log, and replay requests of readers.
 */
export interface EventBus {
  /** Number of messages rejected without a valid signature, by claimed kind. */
  readonly refused?: ReadonlyMap<MessageKind, number>;
  /** Last published end of a source's log; undefined if the bus has none. */
  head(source: string): Promise<LogPosition | undefined>;
  /** Resolves when the bus has the events and the end of the log. */
  publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void>;
  /** Delivers events to a reader, one at a time, until the signal aborts. Only one process per reader may call it at a time. */
  read(reader: string, consumer: Consumer, until: AbortSignal): Promise<void>;
  /** Requests events from the writer; undefined if it does not respond. */
  replay(source: string, request: ReplayRequest): Promise<ReplayAnswer | undefined>;
  /** Answers waiting requests to a source. @returns their number */
  serve(source: string, answer: (request: ReplayRequest) => Promise<ReplayAnswer>): Promise<number>;
  close(): Promise<void>;
}

/** The bus does not respond, which it already logged. Try again later. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError';
}
