import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { SealBoard } from '../audit/seal-exchange';
import { type EventEnvelope, envelopeSchema, type LogPosition, logPositionSchema } from '../contracts/event';
import { OperatorError } from '../errors';
import { abortable, pause } from './abortable';
import { BusUnavailableError, type Consumer, type EventBus, type ReplayAnswer, type ReplayRequest } from './bus';
import { warnOfForgetfulRedis } from './redis-check';

export const DEFAULT_PREFIX = 'ordergraph:events';
/** The one consumer of each group: a lease in the reader's database decides which process it is. */
const CONSUMER = 'leader';
const BATCH = 100;
const BLOCK_MS = 1_000;
const PAUSE_MS = 500;
const TRIM_EVERY_MS = 60_000;
/** Longest wait for a command that does not block, and beyond the block for one that does. */
const COMMAND_MS = 3_000;
/** How long a reader waits for a writer's answer; writers look twice a second. */
const ANSWER_SECONDS = 3;
/** An answer that its reader no longer waits for goes by itself. */
const ANSWER_KEPT_SECONDS = 60;
/** Requests that wait for a writer; a reader repeats those that are dropped. */
const MAX_REQUESTS = 100;

/** Most records whose seals are on the bus: more were put there by another. */
const MAX_RECORDS = 200;

type Entries = [id: string, fields: string[]][];

const checkpoint = z.object({ offset: z.int().min(0), digest: z.string().max(64) });
const requestSchema = z.object({
  reader: z.string().min(1).max(60),
  // before its first event a reader knows no epoch
  position: checkpoint.extend({ epoch: z.string().max(40) }),
  checkpoints: z.array(checkpoint).max(100),
  answerTo: z.string().min(1).max(300),
});
const answerSchema = z.object({ from: checkpoint, events: z.array(envelopeSchema), head: logPositionSchema });

export interface RedisBusOptions {
  /** `redis://host:6379` or `rediss://…`. */
  readonly url: string;
  /** All readers: a consumer group for each. */
  readonly readers: readonly string[];
  readonly log: Logger;
  /** Beginning of the names of all keys. */
  readonly prefix?: string;
}

/**
 * Carries events over a Redis stream with a consumer group for each reader. An entry is acknowledged when the reader has acted
 * on it; what a reader that died had taken comes again. Entries that all groups have acknowledged are trimmed. No call waits
 * longer for a server that hangs than for one that is down.
 */
export class RedisBus implements EventBus, SealBoard {
  private readonly prefix: string;
  private readonly client: Redis;
  private readonly blocking = new Set<Redis>();
  /** What fails at the moment: logged when the first begins and when the last ends. A full server still answers reads. */
  private readonly failing = new Set<'connection' | 'publish'>();
  private readonly closed = new AbortController();
  private trimmedAt = 0;
  private isPrepared = false;

  constructor(private readonly options: RedisBusOptions) {
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    this.client = this.connect(COMMAND_MS);
    // every call in flight listens
    setMaxListeners(0, this.closed.signal);
    this.client.once('ready', () => void warnOfForgetfulRedis(this.client, options.log));
  }

  private connect(commandTimeout: number): Redis {
    if (!/^rediss?:\/\//.test(this.options.url))
      throw new OperatorError('EVENTS_URL is not the address of a Redis server', 'Write redis://host:6379');
    const client = new Redis(this.options.url, {
      // a command fails when the server is away; the caller tries again, nothing waits in memory
      maxRetriesPerRequest: 1,
      connectTimeout: COMMAND_MS,
      commandTimeout,
      // a server that hangs keeps the connection open: give it up
      socketTimeout: commandTimeout + 1_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    client.on('error', (error: Error) => this.failed('connection', error));
    client.on('ready', () => {
      this.isPrepared = false;
      this.worked('connection');
    });
    return client;
  }

  private failed(what: 'connection' | 'publish', { message }: Error): void {
    if (this.failing.size === 0 && !this.closed.signal.aborted)
      this.options.log.warn({ reason: message }, 'event bus unavailable; events wait in the outbox');
    this.failing.add(what);
  }

  private worked(what: 'connection' | 'publish'): void {
    if (this.failing.delete(what) && this.failing.size === 0) this.options.log.info('event bus available again');
  }

  /** Runs commands; their failure is logged once. @throws BusUnavailableError */
  private async call<Result>(
    commands: () => Promise<Result>,
    what: 'connection' | 'publish' = 'connection',
  ): Promise<Result> {
    try {
      const result = await abortable(commands(), this.closed.signal);
      this.worked(what);
      return result;
    } catch (error) {
      this.failed(what, error as Error);
      throw new BusUnavailableError((error as Error).message, { cause: error });
    }
  }

  private get heads(): string {
    return `${this.prefix}:heads`;
  }

  private get seals(): string {
    return `${this.prefix}:seals`;
  }

  private requests(source: string): string {
    return `${this.prefix}:replay:${source}`;
  }

  /** A group exists before the first event, so that none is missed. */
  private async prepare(): Promise<void> {
    if (this.isPrepared) return;
    for (const reader of this.options.readers) await this.ensureGroup(reader);
    this.isPrepared = true;
  }

  private async ensureGroup(group: string): Promise<void> {
    try {
      await this.client.xgroup('CREATE', this.prefix, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
    }
  }

  head(source: string): Promise<LogPosition | undefined> {
    return this.call(async () => parsed(logPositionSchema, await this.client.hget(this.heads, source)));
  }

  publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void> {
    return this.call(async () => {
      await this.prepare();
      // at once: whoever reads the head finds the events
      const transaction = this.client.multi();
      for (const event of events) transaction.xadd(this.prefix, '*', 'event', JSON.stringify(event));
      transaction.hset(this.heads, source, JSON.stringify(head));
      const results = await transaction.exec();
      const failure = results?.find(([error]) => error)?.[0];
      if (failure || !results) throw failure ?? new Error('the event bus did not answer');
      await this.trim();
    }, 'publish');
  }

  async read(reader: string, consumer: Consumer, until: AbortSignal): Promise<void> {
    const client = this.connect(BLOCK_MS + COMMAND_MS);
    this.blocking.add(client);
    const signal = AbortSignal.any([until, this.closed.signal]);
    // first what was taken before and not acknowledged, then what is new
    let isTaken = true;
    let hasFailed = false;
    while (!signal.aborted) {
      try {
        isTaken = await abortable(this.readOnce(client, reader, consumer, isTaken, signal), signal);
        if (hasFailed) this.options.log.info({ reader }, 'acting on events again');
        hasFailed = false;
      } catch (error) {
        if (signal.aborted) break;
        // the bus has logged its own failures
        if (!hasFailed && !(error instanceof BusUnavailableError)) {
          this.options.log.warn({ err: error, reader }, 'acting on events failed; retrying');
          hasFailed = true;
        }
        isTaken = true;
        await pause(PAUSE_MS, signal);
      }
    }
    this.blocking.delete(client);
    client.disconnect();
  }

  /** Reads one batch, and acts on it. @returns whether entries that were taken before may be left */
  private async readOnce(
    client: Redis,
    reader: string,
    consumer: Consumer,
    isTaken: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (isTaken) await this.call(() => this.ensureGroup(reader));
    // before the entries: what the heads count and the stream then does not have is lost
    const heads = await this.call(() => this.client.hgetall(this.heads));
    const entries = await this.call(() => this.next(client, reader, isTaken));
    for (const [id, fields] of entries) {
      if (signal.aborted) return true;
      const event = parsed(envelopeSchema, fields[fields.indexOf('event') + 1] ?? null);
      if (event && event.source !== reader) await consumer.act(event);
      else if (!event) this.options.log.error({ id, fields }, 'ignored an entry of the event stream that is no event');
      await this.call(() => client.xack(this.prefix, reader, id));
    }
    if (entries.length > 0) return isTaken;
    if (isTaken) return false;
    const parsedHeads = Object.entries(heads).map(
      ([source, text]) => [source, parsed(logPositionSchema, text)] as const,
    );
    await consumer.compare(new Map(parsedHeads.flatMap(([source, head]) => (head ? [[source, head]] : []))));
    return false;
  }

  private async next(client: Redis, reader: string, isTaken: boolean): Promise<Entries> {
    const group = ['GROUP', reader, CONSUMER] as const;
    const answer = (
      isTaken
        ? await client.xreadgroup(...group, 'COUNT', BATCH, 'STREAMS', this.prefix, '0')
        : await client.xreadgroup(...group, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', this.prefix, '>')
    ) as [stream: string, entries: Entries][] | null;
    return answer?.[0]?.[1] ?? [];
  }

  async replay(source: string, request: ReplayRequest): Promise<ReplayAnswer | undefined> {
    const answerTo = `${this.prefix}:answer:${request.reader}:${randomUUID()}`;
    const waiting = this.connect((ANSWER_SECONDS + 1) * 1_000 + COMMAND_MS);
    this.blocking.add(waiting);
    try {
      await this.call(() =>
        this.client
          .multi()
          .rpush(this.requests(source), JSON.stringify({ ...request, answerTo }))
          .ltrim(this.requests(source), -MAX_REQUESTS, -1)
          .exec(),
      );
      const answer = await this.call(() => waiting.blpop(answerTo, ANSWER_SECONDS));
      return parsed(answerSchema, answer?.[1] ?? null);
    } finally {
      this.blocking.delete(waiting);
      waiting.disconnect();
    }
  }

  async serve(source: string, answer: (request: ReplayRequest) => Promise<ReplayAnswer>): Promise<number> {
    for (let served = 0; ; served += 1) {
      const text = await this.call(() => this.client.lpop(this.requests(source)));
      if (text === null) return served;
      const request = parsed(requestSchema, text);
      if (!request) continue;
      const { answerTo, ...asked } = request;
      const reply = JSON.stringify(await answer(asked));
      await this.call(() => this.client.multi().rpush(answerTo, reply).expire(answerTo, ANSWER_KEPT_SECONDS).exec());
    }
  }

  async show(record: string, seal: string): Promise<void> {
    await this.call(() => this.client.hset(this.seals, record, seal));
  }

  shown(): Promise<readonly string[]> {
    return this.call(async () => {
      const records = await this.client.hlen(this.seals);
      if (records > MAX_RECORDS)
        throw new Error(`the event bus has seals of ${records} records; the limit is ${MAX_RECORDS}`);
      return Object.values(await this.client.hgetall(this.seals));
    });
  }

  /** How many entries the stream holds. */
  length(): Promise<number> {
    return this.client.xlen(this.prefix);
  }

  /** Removes what every group has acknowledged; once a minute. */
  private async trim(): Promise<void> {
    if (performance.now() - this.trimmedAt < TRIM_EVERY_MS && this.trimmedAt > 0) return;
    this.trimmedAt = performance.now();
    const oldest: string[] = [];
    for (const group of (await this.client.xinfo('GROUPS', this.prefix)) as unknown[][]) {
      const facts = new Map<string, unknown>();
      for (let place = 0; place < group.length; place += 2) facts.set(String(group[place]), group[place + 1]);
      const [pending, first] = (await this.client.xpending(this.prefix, String(facts.get('name')))) as [number, string];
      oldest.push(pending > 0 ? first : String(facts.get('last-delivered-id')));
    }
    const least = oldest.reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
    await this.client.xtrim(this.prefix, 'MINID', '~', least);
  }

  /** Does not wait for the server. */
  async close(): Promise<void> {
    this.closed.abort();
    for (const client of [this.client, ...this.blocking]) client.disconnect();
  }
}

function compareIds(a: string, b: string): number {
  const [aTime, aPlace] = a.split('-').map(Number) as [number, number];
  const [bTime, bPlace] = b.split('-').map(Number) as [number, number];
  return aTime - bTime || aPlace - bPlace;
}

function parsed<Value>(schema: z.ZodType<Value>, text: string | null): Value | undefined {
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
