import { z } from 'zod';

/** A type of event that a subgraph sends to others: a named, versioned fact, whose data a schema validates at both ends. */
export interface EventType<Data = unknown> {
  /** `source.fact`, such as `submissions.filed`. */
  readonly name: string;
  /** Incremented when the meaning of the data changes, not when fields are added. */
  readonly version: number;
  /** The only subgraph that may send it. */
  readonly sender: string;
  readonly description: string;
  /** Subgraphs that handle it. */
  readonly readers: readonly string[];
  readonly data: z.ZodType<Data>;
}

const declared = new Map<string, EventType>();
/** All declared event types, by name. */
export const eventTypes: ReadonlyMap<string, EventType> = declared;

/** Declares an event type. */
export function eventType<Sender extends string, Schema extends z.ZodType>(
  name: `${Sender}.${string}`,
  sender: Sender,
  description: string,
  readers: readonly string[],
  data: Schema,
  version = 1,
): EventType<z.output<Schema>> {
  const type = { name, sender, version, description, readers, data: data as z.ZodType<z.output<Schema>> };
  declared.set(name, type);
  return type;
}

/** A position in the event log of one subgraph, with a digest of the log up to it. */
export interface LogPosition {
  /** History of the log; a new one begins when its database is restored from a backup. */
  readonly epoch: string;
  /** Number of events up to here; 1 for the first event. */
  readonly offset: number;
  /** Hash of the ids of all events up to here; empty at offset 0. Equal digests mean equal logs. */
  readonly digest: string;
}

/** An event on the bus. */
export interface EventEnvelope {
  /** `evt_` and a ULID. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** The subgraph that published it. */
  readonly source: string;
  /** Key of the object it is about. Events about one object keep their order. */
  readonly subject: string;
  /** Number among the events of the source about the subject, from 1. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly data: unknown;
  /** Position in the log of the source. Missing in events of releases without a log. */
  readonly log?: LogPosition;
}

/** Maximum of the databases' integer columns. */
const MAX_INTEGER = 2 ** 31 - 1;
/** Maximum bytes of an event as JSON, slightly below the limit of the readers' text columns. */
export const MAX_EVENT_BYTES = 60_000;

export const logPositionSchema: z.ZodType<LogPosition> = z.object({
  epoch: z.string().min(1).max(40),
  offset: z.int().min(0).max(MAX_INTEGER),
  digest: z.string().max(32),
});

export const envelopeSchema: z.ZodType<EventEnvelope> = z.object({
  id: z.string().min(1).max(40),
  type: z.string().min(1).max(100),
  version: z.int().min(1).max(MAX_INTEGER),
  source: z.string().min(1).max(60),
  subject: z.string().min(1).max(60),
  sequence: z.int().min(1).max(MAX_INTEGER),
  occurredAt: z.iso.datetime(),
  data: z.unknown(),
  log: logPositionSchema.optional(),
});
