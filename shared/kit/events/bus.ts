import type { EventEnvelope, LogPosition } from './event';
import type { MessageFlaw, MessageKind } from './signed-messages';

/** A place in a log, without its epoch: equal digests mean equal logs up to there. */
export type Checkpoint = Pick<LogPosition, 'offset' | 'digest'>;

/** A reader asks a writer for the events after its position. */
export interface ReplayRequest {
  readonly reader: string;
  readonly position: LogPosition;
  /** Earlier positions, latest first: the writer continues from the first of all these that its log contains. */
  readonly checkpoints: readonly Checkpoint[];
}

export interface ReplayAnswer {
  /** Where the events begin; before the requested position when the writer's log does not contain that one. */
  readonly from: Checkpoint;
  /** The next events, oldest first, at most {@link REPLAY_BATCH}. */
  readonly events: readonly EventEnvelope[];
  /** The end of the writer's log. */
  readonly head: LogPosition;
}

export const REPLAY_BATCH = 500;

/** An entry on the bus that is not an event of the subgraph it claims to come from. */
export interface UnsignedEntry {
  /** The subgraph whose event it would be. */
  readonly source: string;
  readonly flaw: MessageFlaw;
  /** As it came. */
  readonly text: string;
}

/** The part of a reader that the bus calls. */
export interface Consumer {
  /** Acts on one event. Returns when its effects are durable; throws when the event must come again. */
  act(event: EventEnvelope): Promise<void>;
  /** Keeps an entry that no subgraph signed for an operator to see, without acting on it. */
  setAside(entry: UnsignedEntry): Promise<void>;
  /**
   * Compares the ends of the writers' logs with what the reader has acted on. The bus calls it with heads that it read before
   * it found that it holds nothing more for the reader: what is still missing then is lost from the bus.
   */
  compare(heads: ReadonlyMap<string, LogPosition>): Promise<void>;
}

/**
 * Carries events from each subgraph to the others, fast but forgetful: it may lose, repeat and reorder. The writer's log is the
 * truth; the bus also carries where it ends, and requests for what a reader misses.
 */
export interface EventBus {
  /** Messages that it refused because no subgraph signed them, by what they claimed to be. */
  readonly refused?: ReadonlyMap<MessageKind, number>;
  /** The end of a source's log as the bus knows it; undefined when it knows none. */
  head(source: string): Promise<LogPosition | undefined>;
  /** Returns when the bus has the events and the end of the log. */
  publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void>;
  /** Hands events to a reader, one after the other, until the signal. One process a reader name calls it at a time. */
  read(reader: string, consumer: Consumer, until: AbortSignal): Promise<void>;
  /** Asks the writer for events; undefined when it does not answer. */
  replay(source: string, request: ReplayRequest): Promise<ReplayAnswer | undefined>;
  /** Answers the requests that wait for a source. @returns how many */
  serve(source: string, answer: (request: ReplayRequest) => Promise<ReplayAnswer>): Promise<number>;
  close(): Promise<void>;
}

/** The bus does not answer. It has logged that already; the caller tries again later. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError';
}
