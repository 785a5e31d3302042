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
import { MAX_CHARACTERS, type MessageFlaw, type MessageKind, parsedJson, SignedMessages } from './signed-messages';

export const DEFAULT_PREFIX = 'ordergraph:events';
/** The only consumer of each group: the process that holds the lease in the reader's database. */
const CONSUMER = 'leader';
const BATCH = 100;
const BLOCK_MS = 1_000;
const PAUSE_MS = 500;
/** Time for which a reader leaves its streams alone after one of them had more than it receives. */
const AVOID_MS = 30_000;
const TRIM_EVERY_MS = 60_000;
/** Maximum entries of a stream, about 120 MB. Readers further behind ask the writer again: correctness does not need the stream. */
const MAX_ENTRIES = 100_000;
/** Maximum groups whose progress is asked for. Whoever may read a stream may create any number. */
const MAX_GROUPS = 100;
/** Timeout of a command, in addition to the time that it blocks. */
const COMMAND_MS = 3_000;
/** Timeout for a writer's answer; writers poll twice a second. */
const ANSWER_SECONDS = 3;
/** Expiration of an answer that its reader does not fetch. */
const ANSWER_KEPT_SECONDS = 60;
/** Maximum waiting requests per writer; older ones are dropped, and their readers repeat them. */
const MAX_REQUESTS = 100;
/** Minimum milliseconds between log lines about rejected messages of one kind, since anyone on the bus can send any number. */
const REPORT_EVERY_MS = 60_000;

/** Maximum records of one subgraph with seals on the bus, and bytes of these seals in Redis. No subgraph needs more. */
const MAX_RECORDS = 200;
const MAX_SEAL_BYTES = 1_000_000;

type Entries = [id: string, fields: string[] | null][];

const checkpoint = z.object({ offset: z.int().min(0), digest: z.string().max(64) });
const requestSchema = z.object({
  reader: z.string().min(1).max(60),
  // empty before the reader's first event
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
  /** All subgraphs with records: each publishes seals under a separate key. */
  readonly sealers: readonly string[];
  readonly keys: EventKeys;
  readonly log: Logger;
  /** Prefix of all Redis keys. */
  readonly prefix?: string;
  /** Maximum entries of a stream. */
  readonly maxEntries?: number;
}

/**
 * Carries events over Redis: a stream for each writer, with a consumer group for each reader. A reader acknowledges an entry once it is
 * handled or set aside; unacknowledged entries of a dead reader are delivered again. Entries that all groups acknowledged are trimmed. All
 * calls time out, even if the server hangs. Redis is not trusted: subgraphs sign all messages, and others are rejected and counted.
 */
export class RedisBus implements EventBus, SealBoard {
  private readonly prefix: string;
  private readonly client: Redis;
  private readonly blocking = new Set<Redis>();
  /** Current failures; logs the first and the recovery from the last. A full server may still answer reads. */
  private readonly failing = new Set<'connection' | 'publish'>();
  private readonly closed = new AbortController();
  /** Number of messages rejected without a valid signature, by claimed kind. */
  readonly refused = new Map<MessageKind, number>();
  private readonly reportedAt = new Map<MessageKind, number>();
  private readonly messages: SignedMessages;
  private readonly trimmedAt = new Map<string, number>();
  private readonly prepared = new Set<string>();
  /** By reader, the monotonic time in milliseconds before which it does not read its streams. */
  private readonly avoidedUntil = new Map<string, number>();

  constructor(private readonly options: RedisBusOptions) {
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    this.messages = new SignedMessages(this.prefix, options.keys);
    this.client = this.connect(COMMAND_MS);
    // each pending call adds a listener
    setMaxListeners(0, this.closed.signal);
    this.client.on('ready', () => void warnOfForgetfulRedis(this.client, options.log));
  }

  /** @param exceeded called when the server sends too much */
  private connect(commandTimeout: number, exceeded?: () => void): Redis {
    if (!/^rediss?:\/\//.test(this.options.url))
      throw new OperatorError('ORDERGRAPH_EVENTS_URL is not the URL of a Redis server', 'Set it to redis://host:6379');
    const client = new Redis(this.options.url, {
      // commands fail while the server is down, instead of waiting in memory; callers retry. None is sent again, since its reply may be too long
      maxRetriesPerRequest: 0,
      connectTimeout: COMMAND_MS,
      commandTimeout,
      // closes the connection to a server that hangs
      socketTimeout: commandTimeout + 1_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    boundReplies(client, exceeded);
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

  /** Runs commands; logs the first failure. @throws BusUnavailableError */
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

  /** Sources of a reader: all other subgraphs. */
  private sourcesOf(reader: string): readonly string[] {
    return this.options.readers.filter((name) => name !== reader);
  }

  /** Counts a rejected message. */
  private reject(kind: MessageKind, flaw: MessageFlaw): void {
    const count = (this.refused.get(kind) ?? 0) + 1;
    this.refused.set(kind, count);
    const now = performance.now();
    if (now - (this.reportedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    this.reportedAt.set(kind, now);
    this.options.log.error({ kind, flaw, refused: count }, 'rejected an event bus message without a valid signature');
  }

  /** Verifies that a source signed a message. */
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
    this.reject('head', signed.flaw);
    return undefined;
  }

  /** Creates the groups before the first event, so that readers miss none. */
  private async prepare(source: string): Promise<void> {
    if (this.prepared.has(source)) return;
    for (const reader of this.sourcesOf(source)) await this.ensureGroup(source, reader);
    this.prepared.add(source);
  }

  private async ensureGroup(source: string, group: string): Promise<void> {
    try {
      await this.client.xgroup('CREATE', this.stream(source), group, '0', 'MKSTREAM');
    } catch (error) {
      // a foreign value at a stream's key must not block publishing the head, nor a full server reading
      if (!/^(BUSYGROUP|WRONGTYPE|OOM)/.test((error as Error).message)) throw error;
    }
  }

  async head(source: string): Promise<LogPosition | undefined> {
    const [text] = await this.call(() => this.headTexts([source]));
    return this.headOf(source, text!);
  }

  /** Texts of heads; null for one that is missing, or a value of another type. Of a foreign text, which may have any length, only the beginning. */
  private async headTexts(sources: readonly string[]): Promise<(string | null)[]> {
    const commands = this.client.pipeline();
    for (const source of sources) commands.getrange(this.headKey(source), 0, MAX_CHARACTERS.head);
    const results = (await commands.exec()) ?? [];
    return results.map(([error, text]) => {
      if (error && !error.message.startsWith('WRONGTYPE')) throw error;
      return (error ? '' : String(text)) || null;
    });
  }

  publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void> {
    const entries = events.map((event) => this.messages.sign('event', source, JSON.stringify(event)));
    const signedHead = this.messages.sign('head', source, JSON.stringify(head));
    return this.call(async () => {
      await this.prepare(source);
      // atomic, so that a reader of the head finds the events
      const transaction = this.client.multi();
      for (const entry of entries) transaction.xadd(this.stream(source), '*', 'event', entry);
      transaction.set(this.headKey(source), signedHead);
      const results = await transaction.exec();
      const failure = results?.find(([error]) => error)?.[0];
      if (failure || !results) throw failure ?? new Error('the event bus did not respond');
      await this.trim(source);
    }, 'publish');
  }

  async read(reader: string, consumer: Consumer, until: AbortSignal): Promise<void> {
    const client = this.connect(BLOCK_MS + COMMAND_MS, () => this.avoidStreams(reader));
    this.blocking.add(client);
    const signal = AbortSignal.any([until, this.closed.signal]);
    // first entries that were delivered but not acknowledged, then new ones
    let isPending = true;
    let hasFailed = false;
    while (!signal.aborted) {
      try {
        const wasPending: boolean = isPending;
        isPending = await abortable(this.readOnce(client, reader, consumer, isPending, signal), signal);
        // an empty list of pending entries does not show recovery
        if (hasFailed && !wasPending) {
          this.options.log.info({ reader }, 'handling events again');
          hasFailed = false;
        }
      } catch (error) {
        if (signal.aborted) break;
        // the bus has logged its own failures
        if (!hasFailed && !(error instanceof BusUnavailableError)) {
          this.options.log.warn({ err: error, reader }, 'handling events failed; retrying');
          hasFailed = true;
        }
        isPending = true;
        await pause(PAUSE_MS, signal);
      }
    }
    this.blocking.delete(client);
    client.disconnect();
  }

  /** Reads and handles one batch. @returns whether there may be more pending entries */
  private async readOnce(
    client: Redis,
    reader: string,
    consumer: Consumer,
    isPending: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const sources = this.sourcesOf(reader);
    if (isPending) for (const source of sources) await this.call(() => this.ensureGroup(source, reader));
    // before the entries: events that the heads count and the streams do not have are lost
    const heads = await this.call(() => this.headTexts(sources));
    const requestedAt = performance.now();
    const streams = await this.entries(client, reader, sources, isPending);
    if (!streams) {
      // without streams, the reader requests events from the writers
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
    if (streams.some(([, entries]) => entries.length > 0)) return isPending;
    if (isPending) return false;
    // avoids a busy loop if the server does not block
    await pause(Math.max(0, BLOCK_MS - (performance.now() - requestedAt)), signal);
    await this.compare(sources, heads, consumer);
    return false;
  }

  private async compare(
    sources: readonly string[],
    heads: readonly (string | null)[],
    consumer: Consumer,
  ): Promise<void> {
    const positions = sources.map((source, place) => [source, this.headOf(source, heads[place] ?? null)] as const);
    await consumer.compare(new Map(positions.flatMap(([source, head]) => (head ? [[source, head]] : []))));
  }

  private async actOn(source: string, fields: string[] | null, consumer: Consumer): Promise<void> {
    // deleted since delivery; comparing heads finds the missing event
    if (!fields) return;
    const text = fields[fields.indexOf('event') + 1] ?? '';
    const signed = this.signedBy(source, 'event', envelopeSchema, text);
    if ('value' in signed && signed.value.source === source) return consumer.act(signed.value);
    const flaw = 'flaw' in signed ? signed.flaw : 'misattributed';
    this.reject('event', flaw);
    await consumer.setAside({ source, flaw, text });
  }

  /**
   * Whoever can write to one stream can fill it with more than a reader receives, which must not keep the reader from the events of the
   * others.
   */
  private avoidStreams(reader: string): void {
    this.avoidedUntil.set(reader, performance.now() + AVOID_MS);
  }

  /** Next entries of a reader's streams; null if it cannot read the streams. */
  private async entries(...[client, reader, ...rest]: Parameters<RedisBus['next']>) {
    if (performance.now() < (this.avoidedUntil.get(reader) ?? 0)) return null;
    return this.call(() => this.next(client, reader, ...rest)).catch((error: Error) => {
      // more than arrives in time
      if (error.message === 'Command timed out') this.avoidStreams(reader);
      return unlessForeign(null)(error);
    });
  }

  private async next(
    client: Redis,
    reader: string,
    sources: readonly string[],
    isPending: boolean,
  ): Promise<[source: string, entries: Entries][]> {
    const group = ['GROUP', reader, CONSUMER] as const;
    const streams = sources.map((source) => this.stream(source));
    const from = (position: string) => [...streams, ...streams.map(() => position)];
    const answer = (
      isPending
        ? await client.xreadgroup(...group, 'COUNT', BATCH, 'STREAMS', ...from('0'))
        : await client.xreadgroup(...group, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', ...from('>'))
    ) as [stream: string, entries: Entries][] | null;
    return (answer ?? []).map(([stream, entries]) => [sources[streams.indexOf(stream)]!, entries]);
  }

  async replay(source: string, request: ReplayRequest): Promise<ReplayAnswer | undefined> {
    const { reader } = request;
    const answerTo = `${this.prefix}:answer:${reader}:${randomUUID()}`;
    const signedRequest = this.messages.sign('request', reader, JSON.stringify({ ...request, answerTo }), source);
    const waiting = this.connect((ANSWER_SECONDS + 1) * 1_000 + COMMAND_MS);
    this.blocking.add(waiting);
    try {
      await this.call(() =>
        this.client
          .multi()
          .rpush(this.requests(source), signedRequest)
          .ltrim(this.requests(source), -MAX_REQUESTS, -1)
          .exec(),
      );
      const answer = await this.call(() => waiting.blpop(answerTo, ANSWER_SECONDS));
      return answer ? this.answerOf(source, answer[1], answerTo) : undefined;
    } finally {
      this.blocking.delete(waiting);
      waiting.disconnect();
    }
  }

  /** Verifies an answer to this request; all its events must be of the source. */
  private answerOf(source: string, text: string, answerTo: string): ReplayAnswer | undefined {
    const signed = this.signedBy(source, 'answer', answerSchema, text, answerTo);
    if ('value' in signed && signed.value.events.every((event) => event.source === source)) return signed.value;
    this.reject('answer', 'flaw' in signed ? signed.flaw : 'misattributed');
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
    for (let count = 0; count < MAX_REQUESTS; count += 1) {
      const text = await this.call(() => this.client.lpop(this.requests(source))).catch(unlessForeign(null));
      if (text === null) break;
      const request = this.requestOf(source, text);
      if (!request) continue;
      const { answerTo, ...replayRequest } = request;
      const reply = this.messages.sign('answer', source, JSON.stringify(await answer(replayRequest)), answerTo);
      await this.call(() => this.client.multi().rpush(answerTo, reply).expire(answerTo, ANSWER_KEPT_SECONDS).exec());
      served += 1;
    }
    return served;
  }

  /** Verifies a request. The answer must go to a key of the reader that signed it. */
  private requestOf(source: string, text: string): z.output<typeof requestSchema> | undefined {
    const opened = this.messages.open('request', text, source);
    const parsed = 'flaw' in opened ? undefined : requestSchema.safeParse(parsedJson(opened.body));
    if (parsed?.success && 'from' in opened) {
      const { reader, answerTo } = parsed.data;
      if (reader === opened.from && answerTo.startsWith(`${this.prefix}:answer:${reader}:`)) return parsed.data;
    }
    this.reject('request', 'flaw' in opened ? opened.flaw : 'malformed');
    return undefined;
  }

  /** Number of entries in the stream of a source. */
  length(source: string): Promise<number> {
    return this.client.xlen(this.stream(source));
  }

  /** Removes entries that all groups acknowledged, and those beyond the maximum, once a minute. */
  private async trim(source: string): Promise<void> {
    const stream = this.stream(source);
    const trimmedAt = this.trimmedAt.get(source);
    if (trimmedAt !== undefined && performance.now() - trimmedAt < TRIM_EVERY_MS) return;
    this.trimmedAt.set(source, performance.now());
    // first, since a group that no reader has acknowledges nothing, and its name may be too long to be read
    await this.client.xtrim(stream, 'MAXLEN', '~', this.options.maxEntries ?? MAX_ENTRIES);
    const least = await this.leastAcknowledged(stream);
    if (least !== undefined) await this.client.xtrim(stream, 'MINID', '~', least);
  }

  /** The first entry that a group has not acknowledged; undefined with too many groups. */
  private async leastAcknowledged(stream: string): Promise<string | undefined> {
    const groups = (await this.client.xinfo('GROUPS', stream)) as unknown[][];
    if (groups.length > MAX_GROUPS) return undefined;
    const oldest: string[] = [];
    for (const group of groups) {
      const info = new Map<string, unknown>();
      for (let place = 0; place < group.length; place += 2) info.set(String(group[place]), group[place + 1]);
      const [pending, first] = (await this.client.xpending(stream, String(info.get('name')))) as [number, string];
      oldest.push(pending > 0 ? first : String(info.get('last-delivered-id')));
    }
    return oldest.reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
  }

  /** Does not wait for the server. */
  async close(): Promise<void> {
    this.closed.abort();
    for (const client of [this.client, ...this.blocking]) client.disconnect();
  }
}

/** Returns a fallback if a foreign value of another type is at the key, so that the other keys keep working. */
function unlessForeign<Value>(fallback: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof BusUnavailableError && error.message.startsWith('WRONGTYPE')) return fallback;
    throw error;
  };
}

function compareIds(a: string, b: string): number {
  const [aTime, aPlace] = a.split('-').map(Number) as [number, number];
  const [bTime, bPlace] = b.split('-').map(Number) as [number, number];
  return aTime - bTime || aPlace - bPlace;
}
