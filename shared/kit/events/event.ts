import { z } from 'zod';

/** What one subgraph tells the others: a fact, under a name and a version, whose data a schema checks at both ends. */
export interface EventType<Data = unknown> {
  /** `source.fact`, such as `submissions.filed`. */
  readonly name: string;
  /** Rises when the meaning of the data changes; fields that are only added do not raise it. */
  readonly version: number;
  /** The one subgraph that may send it: readers reject it from any other. */
  readonly sender: string;
  readonly description: string;
  /** The subgraphs that act on it. */
  readonly readers: readonly string[];
  readonly data: z.ZodType<Data>;
}

const declared = new Map<string, EventType>();
/** All event types that this process knows, by name. */
export const eventTypes: ReadonlyMap<string, EventType> = declared;

/** Declares an event; its name begins with its sender. */
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

/** A place in the event log of one subgraph, and what the log holds up to there. */
export interface LogPosition {
  /** Which history of the log; a new one begins when the log's database is restored from a backup. */
  readonly epoch: string;
  /** Number of events up to here: the first event has 1. */
  readonly offset: number;
  /** Hash over the ids of all events up to here; empty at offset 0. Equal digests mean equal logs up to here. */
  readonly digest: string;
}

/** An event as the bus carries it. */
export interface EventEnvelope {
  /** `evt_` and a ULID. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** The subgraph that published it. */
  readonly source: string;
  /** Key of the object it is about; events about one object keep their order. */
  readonly subject: string;
  /** Its place among the events of the source about the subject, from 1. */
  readonly sequence: number;
  /** When it happened: RFC 3339 in UTC. */
  readonly occurredAt: string;
  readonly data: unknown;
  /** Its place in the log of the source. Missing from events of releases that had no log. */
  readonly log?: LogPosition;
}

/** What the integer columns of the databases hold. */
const MAX_INTEGER = 2 ** 31 - 1;
/** Bytes of an event as JSON: what the text columns of readers hold, and some space. */
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
