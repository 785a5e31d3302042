import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { z } from 'zod';
import { OperatorError } from '#base/errors';
import { boundReplies } from '#base/redis';
import type { SealBoard } from '../audit/seal-exchange';
import { abortable, pause } from './abortable';
import { BusUnavailableError, type Consumer, type EventBus, type ReplayAnswer, type ReplayRequest } from './bus';
import { type EventEnvelope, envelopeSchema, type LogPosition, logPositionSchema } from './event';
import type { EventKeys } from './event-keys';
import { warnOfForgetfulRedis } from './redis-check';
import { type MessageFlaw, type MessageKind, parsedJson, SignedMessages } from './signed-messages';

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
/** Requests that wait for a writer, and that it looks at in one round; a reader repeats those that are dropped. */
const MAX_REQUESTS = 100;
/** Milliseconds between two lines of the log about refused messages of one kind: whoever reaches the bus can send any number. */
const REPORT_EVERY_MS = 60_000;

/** Records of one subgraph whose seals are on the bus, and bytes of all of them in Redis: more is no work of that subgraph. */
const MAX_RECORDS = 200;
const MAX_SEAL_BYTES = 1_000_000;

type Entries = [id: string, fields: string[] | null][];

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
  /** All subgraphs with events: each has a stream, and a consumer group on the streams of the others. */
  readonly readers: readonly string[];
  /** All subgraphs with records: each shows seals under a key of its own. */
  readonly sealers: readonly string[];
  readonly keys: EventKeys;
  readonly log: Logger;
  /** Beginning of the names of all keys. */
  readonly prefix?: string;
}

/**
 * Carries events over Redis: a stream for each writer, with a consumer group for each reader. An entry is acknowledged when the reader
 * has acted on it or set it aside; what a reader that died had taken comes again. Entries that all groups have acknowledged are trimmed.
 * No call waits longer for a server that hangs than for one that is down. Redis is not trusted: everything is signed by the subgraph
 * that it comes from, and what is not is refused and counted.
 */
export class RedisBus implements EventBus, SealBoard {
  private readonly prefix: string;
  private readonly client: Redis;
  private readonly blocking = new Set<Redis>();
  /** What fails at the moment: logged when the first begins and when the last ends. A full server still answers reads. */
  private readonly failing = new Set<'connection' | 'publish'>();
  private readonly closed = new AbortController();
  /** Messages that no subgraph signed, by what they claim to be. */
  readonly refused = new Map<MessageKind, number>();
  private readonly reportedAt = new Map<MessageKind, number>();
  private readonly messages: SignedMessages;
  private readonly trimmedAt = new Map<string, number>();
  private readonly prepared = new Set<string>();

  constructor(private readonly options: RedisBusOptions) {
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    this.messages = new SignedMessages(this.prefix, options.keys);
    this.client = this.connect(COMMAND_MS);
    // every call in flight listens
    setMaxListeners(0, this.closed.signal);
    this.client.on('ready', () => void warnOfForgetfulRedis(this.client, options.log));
  }

  private connect(commandTimeout: number): Redis {
    if (!/^rediss?:\/\//.test(this.options.url))
      throw new OperatorError('ORDERGRAPH_EVENTS_URL is not the address of a Redis server', 'Write redis://host:6379');
    const client = new Redis(this.options.url, {
      // a command fails when the server is away; the caller tries again, nothing waits in memory
      maxRetriesPerRequest: 1,
      connectTimeout: COMMAND_MS,
      commandTimeout,
      // a server that hangs keeps the connection open: give it up
      socketTimeout: commandTimeout + 1_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    boundReplies(client);
    client.on('error', (error: Error) => this.failed('connection', error));
    client.on('ready', () => {
      this.prepared.clear();
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

  private stream(source: string): string {
    return `${this.prefix}:stream:${source}`;
  }

  private headKey(source: string): string {
    return `${this.prefix}:head:${source}`;
  }

  private sealsKey(subgraph: string): string {
    return `${this.prefix}:seals:${subgraph}`;
  }

  private requests(source: string): string {
    return `${this.prefix}:replay:${source}`;
  }

  /** What is read by a reader: everything but its own. */
  private sourcesOf(reader: string): readonly string[] {
    return this.options.readers.filter((name) => name !== reader);
  }

  /** Counts a message that is not acted on. */
  private refuse(kind: MessageKind, flaw: MessageFlaw): void {
    const count = (this.refused.get(kind) ?? 0) + 1;
    this.refused.set(kind, count);
    const now = performance.now();
    if (now - (this.reportedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    this.reportedAt.set(kind, now);
    this.options.log.error(
      { kind, flaw, refused: count },
      'refused a message on the event bus that no subgraph signed',
    );
  }

  /** What a subgraph signed, or why it is not to be acted on. */
  private signedBy<Value>(
    source: string,
    kind: MessageKind,
    schema: z.ZodType<Value>,
    text: string,
    about = '',
  ): { readonly value: Value } | { readonly flaw: MessageFlaw } {
    const opened = this.messages.open(kind, text, about);
    if ('flaw' in opened) return opened;
    if (opened.from !== source) return { flaw: 'misattributed' };
    const parsed = schema.safeParse(parsedJson(opened.body));
    return parsed.success ? { value: parsed.data } : { flaw: 'malformed' };
  }

  private headOf(source: string, text: string | null): LogPosition | undefined {
    if (text === null) return undefined;
    const signed = this.signedBy(source, 'head', logPositionSchema, text);
    if ('value' in signed) return signed.value;
    this.refuse('head', signed.flaw);
    return undefined;
  }

  /** A group exists before the first event, so that none is missed. */
  private async prepare(source: string): Promise<void> {
    if (this.prepared.has(source)) return;
    for (const reader of this.sourcesOf(source)) await this.ensureGroup(source, reader);
    this.prepared.add(source);
  }

  private async ensureGroup(source: string, group: string): Promise<void> {
    try {
      await this.client.xgroup('CREATE', this.stream(source), group, '0', 'MKSTREAM');
    } catch (error) {
      // what others wrote under the name of a stream keeps no head from being published
      if (!/^(BUSYGROUP|WRONGTYPE)/.test((error as Error).message)) throw error;
    }
  }

  head(source: string): Promise<LogPosition | undefined> {
    const read = this.call(async () => this.headOf(source, await this.client.get(this.headKey(source))));
    return read.catch(unlessForeign(undefined));
  }

  publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void> {
    const entries = events.map((event) => this.messages.sign('event', source, JSON.stringify(event)));
    const signedHead = this.messages.sign('head', source, JSON.stringify(head));
    return this.call(async () => {
      await this.prepare(source);
      // at once: whoever reads the head finds the events
      const transaction = this.client.multi();
      for (const entry of entries) transaction.xadd(this.stream(source), '*', 'event', entry);
      transaction.set(this.headKey(source), signedHead);
      const results = await transaction.exec();
      const failure = results?.find(([error]) => error)?.[0];
      if (failure || !results) throw failure ?? new Error('the event bus did not answer');
      await this.trim(source);
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
        const wasTaken: boolean = isTaken;
        isTaken = await abortable(this.readOnce(client, reader, consumer, isTaken, signal), signal);
        // that nothing taken is left says nothing of whatever failed
        if (hasFailed && !wasTaken) {
          this.options.log.info({ reader }, 'acting on events again');
          hasFailed = false;
        }
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
    const sources = this.sourcesOf(reader);
    if (isTaken) for (const source of sources) await this.call(() => this.ensureGroup(source, reader));
    // before the entries: what the heads count and the streams then do not have is lost
    const heads = await this.call(() => this.client.mget(sources.map((source) => this.headKey(source))));
    const askedAt = performance.now();
    const streams = await this.call(() => this.next(client, reader, sources, isTaken)).catch(unlessForeign(null));
    if (!streams) {
      // without its streams a reader asks the writers
      await pause(PAUSE_MS, signal);
      await this.compare(sources, heads, consumer);
      return true;
    }
    for (const [source, entries] of streams)
      for (const [id, fields] of entries) {
        if (signal.aborted) return true;
        await this.actOn(source, fields, consumer);
        await this.call(() => client.xack(this.stream(source), reader, id));
      }
    if (streams.some(([, entries]) => entries.length > 0)) return isTaken;
    if (isTaken) return false;
    // a server that does not wait as it was asked to must not keep the reader busy
    await pause(Math.max(0, BLOCK_MS - (performance.now() - askedAt)), signal);
    await this.compare(sources, heads, consumer);
    return false;
  }

  private async compare(
    sources: readonly string[],
    heads: readonly (string | null)[],
    consumer: Consumer,
  ): Promise<void> {
    const known = sources.map((source, place) => [source, this.headOf(source, heads[place] ?? null)] as const);
    await consumer.compare(new Map(known.flatMap(([source, head]) => (head ? [[source, head]] : []))));
  }

  private async actOn(source: string, fields: string[] | null, consumer: Consumer): Promise<void> {
    // deleted since it was taken; the head of the log shows what is missing
    if (!fields) return;
    const text = fields[fields.indexOf('event') + 1] ?? '';
    const signed = this.signedBy(source, 'event', envelopeSchema, text);
    const isOwn = 'value' in signed && signed.value.source === source;
    if (isOwn) return consumer.act(signed.value);
    const flaw = 'flaw' in signed ? signed.flaw : 'misattributed';
    this.refuse('event', flaw);
    await consumer.setAside({ source, flaw, text });
  }

  private async next(
    client: Redis,
    reader: string,
    sources: readonly string[],
    isTaken: boolean,
  ): Promise<[source: string, entries: Entries][]> {
    const group = ['GROUP', reader, CONSUMER] as const;
    const streams = sources.map((source) => this.stream(source));
    const from = (position: string) => [...streams, ...streams.map(() => position)];
    const answer = (
      isTaken
        ? await client.xreadgroup(...group, 'COUNT', BATCH, 'STREAMS', ...from('0'))
        : await client.xreadgroup(...group, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', ...from('>'))
    ) as [stream: string, entries: Entries][] | null;
    return (answer ?? []).map(([stream, entries]) => [sources[streams.indexOf(stream)]!, entries]);
  }

  async replay(source: string, request: ReplayRequest): Promise<ReplayAnswer | undefined> {
    const { reader } = request;
    const answerTo = `${this.prefix}:answer:${reader}:${randomUUID()}`;
    const asked = this.messages.sign('request', reader, JSON.stringify({ ...request, answerTo }), source);
    const waiting = this.connect((ANSWER_SECONDS + 1) * 1_000 + COMMAND_MS);
    this.blocking.add(waiting);
    try {
      await this.call(() =>
        this.client.multi().rpush(this.requests(source), asked).ltrim(this.requests(source), -MAX_REQUESTS, -1).exec(),
      );
      const answer = await this.call(() => waiting.blpop(answerTo, ANSWER_SECONDS));
      return answer ? this.answerOf(source, answer[1], answerTo) : undefined;
    } finally {
      this.blocking.delete(waiting);
      waiting.disconnect();
    }
  }

  /** A signed answer to this request and no other; all its events are of the source. */
  private answerOf(source: string, text: string, answerTo: string): ReplayAnswer | undefined {
    const signed = this.signedBy(source, 'answer', answerSchema, text, answerTo);
    if ('value' in signed && signed.value.events.every((event) => event.source === source)) return signed.value;
    this.refuse('answer', 'flaw' in signed ? signed.flaw : 'misattributed');
    return undefined;
  }

  get sealers(): readonly string[] {
    return this.options.sealers;
  }

  async show(subgraph: string, record: string, seal: string): Promise<void> {
    await this.call(() => this.client.hset(this.sealsKey(subgraph), record, seal));
  }

  async shown(subgraph: string): Promise<readonly string[]> {
    const key = this.sealsKey(subgraph);
    const records = await this.call(() => this.client.hlen(key));
    const bytes = await this.call(() => this.client.memory('USAGE', key, 'SAMPLES', 0));
    if (records > MAX_RECORDS)
      throw new Error(`the event bus has seals of ${records} records of ${subgraph}; the limit is ${MAX_RECORDS}`);
    if (Number(bytes ?? 0) > MAX_SEAL_BYTES)
      throw new Error(`the event bus has ${bytes} bytes of seals of ${subgraph}; the limit is ${MAX_SEAL_BYTES}`);
    return this.call(async () => Object.values(await this.client.hgetall(key)));
  }

  async serve(source: string, answer: (request: ReplayRequest) => Promise<ReplayAnswer>): Promise<number> {
    let served = 0;
    for (let looked = 0; looked < MAX_REQUESTS; looked += 1) {
      const text = await this.call(() => this.client.lpop(this.requests(source))).catch(unlessForeign(null));
      if (text === null) break;
      const request = this.requestOf(source, text);
      if (!request) continue;
      const { answerTo, ...asked } = request;
      const reply = this.messages.sign('answer', source, JSON.stringify(await answer(asked)), answerTo);
      await this.call(() => this.client.multi().rpush(answerTo, reply).expire(answerTo, ANSWER_KEPT_SECONDS).exec());
      served += 1;
    }
    return served;
  }

  /** A request that its reader signed; the answer goes to one of that reader's keys. */
  private requestOf(source: string, text: string): z.output<typeof requestSchema> | undefined {
    const opened = this.messages.open('request', text, source);
    const parsed = 'flaw' in opened ? undefined : requestSchema.safeParse(parsedJson(opened.body));
    if (parsed?.success && 'from' in opened) {
      const { reader, answerTo } = parsed.data;
      if (reader === opened.from && answerTo.startsWith(`${this.prefix}:answer:${reader}:`)) return parsed.data;
    }
    this.refuse('request', 'flaw' in opened ? opened.flaw : 'malformed');
    return undefined;
  }

  /** How many entries the stream of a source holds. */
  length(source: string): Promise<number> {
    return this.client.xlen(this.stream(source));
  }

  /** Removes what every group has acknowledged; once a minute. */
  private async trim(source: string): Promise<void> {
    const stream = this.stream(source);
    const trimmedAt = this.trimmedAt.get(source);
    if (trimmedAt !== undefined && performance.now() - trimmedAt < TRIM_EVERY_MS) return;
    this.trimmedAt.set(source, performance.now());
    const oldest: string[] = [];
    for (const group of (await this.client.xinfo('GROUPS', stream)) as unknown[][]) {
      const facts = new Map<string, unknown>();
      for (let place = 0; place < group.length; place += 2) facts.set(String(group[place]), group[place + 1]);
      const [pending, first] = (await this.client.xpending(stream, String(facts.get('name')))) as [number, string];
      oldest.push(pending > 0 ? first : String(facts.get('last-delivered-id')));
    }
    const least = oldest.reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
    await this.client.xtrim(stream, 'MINID', '~', least);
  }

  /** Does not wait for the server. */
  async close(): Promise<void> {
    this.closed.abort();
    for (const client of [this.client, ...this.blocking]) client.disconnect();
  }
}

/** A value in place of a key that others wrote, of a type that subgraphs do not write: what Redis keeps elsewhere still works. */
function unlessForeign<Value>(instead: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof BusUnavailableError && error.message.startsWith('WRONGTYPE')) return instead;
    throw error;
  };
}

function compareIds(a: string, b: string): number {
  const [aTime, aPlace] = a.split('-').map(Number) as [number, number];
  const [bTime, bPlace] = b.split('-').map(Number) as [number, number];
  return aTime - bTime || aPlace - bPlace;
}
