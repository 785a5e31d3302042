import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type EventEnvelope, envelopeSchema } from '../contracts/event';
import { OperatorError } from '../errors';
import type { EventBus, EventReader } from './bus';

const STREAM = 'ordergraph:events';
const LIFE = 'ordergraph:events:life';
/** The one consumer of each group: which process it is, a lease in the reader's database decides. */
const CONSUMER = 'leader';
const BATCH = 100;
const BLOCK_MS = 1_000;
const PAUSE_MS = 500;
const TRIM_EVERY_MS = 60_000;

type Entries = [id: string, fields: string[]][];

/**
 * Carries events over a Redis stream with a consumer group for each reader. An entry is acknowledged when the reader has acted
 * on it; what a reader that died had taken comes again. Entries that all groups have acknowledged are trimmed.
 */
export class RedisBus implements EventBus {
  private readonly client: Redis;
  private readonly readers = new Set<Redis>();
  private trimmedAt = 0;
  private prepared = false;

  /** @param groups the readers there are. */
  constructor(
    private readonly url: string,
    private readonly groups: readonly string[],
    private readonly log: Logger,
  ) {
    this.client = this.connect();
  }

  private connect(): Redis {
    if (!/^rediss?:\/\//.test(this.url))
      throw new OperatorError('EVENTS_URL is not the address of a Redis server', 'Write redis://host:6379');
    const client = new Redis(this.url, {
      // a command fails when the server is away; whoever sent it tries again, nothing waits in memory
      maxRetriesPerRequest: 1,
      connectTimeout: 5_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    // said once, however often it is tried
    let away = false;
    client.on('error', (error: Error) => {
      if (!away) this.log.warn({ reason: error.message }, 'the event bus is away; events wait in the database');
      away = true;
    });
    client.on('ready', () => {
      if (away) this.log.info('the event bus is back');
      away = false;
    });
    return client;
  }

  async life(): Promise<string> {
    const known = this.prepared ? await this.client.get(LIFE) : null;
    if (known !== null) return known;
    // a group exists before the first event, so that none is missed
    for (const group of this.groups) await this.ensureGroup(group);
    await this.client.set(LIFE, randomUUID(), 'NX');
    this.prepared = true;
    return (await this.client.get(LIFE)) ?? '';
  }

  private async ensureGroup(group: string): Promise<void> {
    try {
      await this.client.xgroup('CREATE', STREAM, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
    }
  }

  async publish(events: readonly EventEnvelope[]): Promise<void> {
    const pipeline = this.client.pipeline();
    for (const event of events) pipeline.xadd(STREAM, '*', 'event', JSON.stringify(event));
    const results = await pipeline.exec();
    const failed = results?.find(([error]) => error)?.[0];
    if (failed || !results) throw failed ?? new Error('The event bus did not answer');
    await this.trim();
  }

  async read(reader: string, act: EventReader, until: AbortSignal): Promise<void> {
    const client = this.connect();
    this.readers.add(client);
    // a blocked read ends when its connection does
    const stop = () => client.disconnect();
    until.addEventListener('abort', stop);
    // first what was taken before and not acknowledged, then what is new
    let taken = true;
    while (!until.aborted) {
      try {
        if (taken) await this.ensureGroup(reader);
        const entries = await this.next(client, reader, taken);
        if (taken && entries.length === 0) taken = false;
        for (const [id, fields] of entries) {
          if (until.aborted) return;
          const event = parseEvent(fields);
          if (event && event.source !== reader) await act(event);
          else if (!event) this.log.error({ id, fields }, 'an entry of the event stream is no event; left out');
          await client.xack(STREAM, reader, id);
        }
      } catch (error) {
        if (until.aborted) break;
        this.log.debug({ reason: (error as Error).message, reader }, 'events cannot be read now; trying again');
        taken = true;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    until.removeEventListener('abort', stop);
    this.readers.delete(client);
    client.disconnect();
  }

  private async next(client: Redis, reader: string, taken: boolean): Promise<Entries> {
    const group = ['GROUP', reader, CONSUMER] as const;
    const answer = (
      taken
        ? await client.xreadgroup(...group, 'COUNT', BATCH, 'STREAMS', STREAM, '0')
        : await client.xreadgroup(...group, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', STREAM, '>')
    ) as [stream: string, entries: Entries][] | null;
    return answer?.[0]?.[1] ?? [];
  }

  /** How many entries the stream holds. */
  length(): Promise<number> {
    return this.client.xlen(STREAM);
  }

  /** Removes what every group has acknowledged; now and then. */
  private async trim(): Promise<void> {
    if (Date.now() - this.trimmedAt < TRIM_EVERY_MS) return;
    this.trimmedAt = Date.now();
    const oldest: string[] = [];
    for (const group of (await this.client.xinfo('GROUPS', STREAM)) as unknown[][]) {
      const facts = new Map<string, unknown>();
      for (let place = 0; place < group.length; place += 2) facts.set(String(group[place]), group[place + 1]);
      const [pending, first] = (await this.client.xpending(STREAM, String(facts.get('name')))) as [number, string];
      oldest.push(pending > 0 ? first : String(facts.get('last-delivered-id')));
    }
    const least = oldest.reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
    await this.client.xtrim(STREAM, 'MINID', '~', least);
  }

  async close(): Promise<void> {
    for (const reader of this.readers) reader.disconnect();
    this.client.disconnect();
  }
}

function compareIds(a: string, b: string): number {
  const [aTime, aPlace] = a.split('-').map(Number) as [number, number];
  const [bTime, bPlace] = b.split('-').map(Number) as [number, number];
  return aTime - bTime || aPlace - bPlace;
}

function parseEvent(fields: readonly string[]): EventEnvelope | undefined {
  try {
    return envelopeSchema.parse(JSON.parse(fields[fields.indexOf('event') + 1] ?? ''));
  } catch {
    return undefined;
  }
}
