import { z } from 'zod';

/** What one subgraph tells the others: a fact, under a name and a version, whose data a schema checks at both ends. */
export interface EventType<Data = unknown> {
  /** `source.fact`, such as `submissions.filed`. */
  readonly name: string;
  /** Rises when the meaning of the data changes; fields that are only added do not raise it. */
  readonly version: number;
  readonly description: string;
  /** The subgraphs that act on it. */
  readonly readers: readonly string[];
  readonly data: z.ZodType<Data>;
}

/** Declares an event: the source is the first part of its name. */
export function eventType<Schema extends z.ZodType>(
  name: `${string}.${string}`,
  description: string,
  readers: readonly string[],
  data: Schema,
  version = 1,
): EventType<z.output<Schema>> {
  return { name, version, description, readers, data: data as z.ZodType<z.output<Schema>> };
}

/** An event on its way. */
export interface EventEnvelope {
  /** `evt_` and a ULID. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** The subgraph that tells it. */
  readonly source: string;
  /** Key of the object it is about; events about one object keep their order. */
  readonly subject: string;
  /** Its place among the events of the source about the subject, from 1 without gaps. */
  readonly sequence: number;
  /** When it happened: RFC 3339 in UTC. */
  readonly occurredAt: string;
  readonly data: unknown;
}

export const envelopeSchema: z.ZodType<EventEnvelope> = z.object({
  id: z.string().min(1).max(40),
  type: z.string().min(1).max(100),
  version: z.int().min(1),
  source: z.string().min(1).max(60),
  subject: z.string().min(1).max(60),
  sequence: z.int().min(1),
  occurredAt: z.iso.datetime(),
  data: z.unknown(),
});
