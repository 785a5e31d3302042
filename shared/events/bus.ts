import type { EventEnvelope } from '../contracts/event';

/** Acts on one event. It returns when the event's effects are durable, and throws when the event is to come again. */
export type EventReader = (event: EventEnvelope) => Promise<void>;

/** What carries events from one subgraph to the others: each reader gets each event at least once, in the order of its subject. */
export interface EventBus {
  /** Names the life of the bus's memory: another answer means that what was published before may be gone. */
  life(): Promise<string>;
  /** Returns when the bus has the events. */
  publish(events: readonly EventEnvelope[]): Promise<void>;
  /** Hands events to a reader, one after the other, until the signal. One process a reader name calls it at a time. */
  read(reader: string, act: EventReader, until: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
