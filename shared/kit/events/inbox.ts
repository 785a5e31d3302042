import { createHash } from 'node:crypto';
import { Mutex } from 'async-mutex';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import { type Clock, instant } from '#base/clock';
import { RequestError } from '#base/errors';
import type { Database } from '../database/database';
import { DatabaseError } from '../database/database-error';
import { failureOf } from '../database/driver-errors';
import { systemWork, type Work } from '../mutation/work';
import type { Checkpoint, Consumer, EventBus, ReplayAnswer, UnsignedEntry } from './bus';
import { type EventEnvelope, type EventType, eventTypes, type LogPosition, MAX_EVENT_BYTES } from './event';
import { digestAfter, isSamePosition, LOG_START } from './event-log';
import { parsedJson } from './signed-messages';
import { InboxCursor, InboxEvent, InboxPosition, OrphanedEvent, RejectedEvent } from './tables';

/** Handler of an event type. Its effects are in the transaction that records the event as handled. */
export interface EventHandler {
  readonly type: EventType;
  readonly handle: (work: Work, subject: string, data: never, event: EventEnvelope) => Promise<void>;
}

export function on<Data>(
  type: EventType<Data>,
  handle: (work: Work, subject: string, data: Data, event: EventEnvelope) => Promise<void>,
): EventHandler {
  return { type: type as EventType, handle: handle as EventHandler['handle'] };
}

/** A permanent rejection: the same event would fail again. */
class UnreadableEvent extends Error {}

/** Runs the handler of an event. @throws UnreadableEvent, ZodError or RequestError when the event is to be rejected */
export async function handle(work: Work, handlers: readonly EventHandler[], event: EventEnvelope): Promise<void> {
  const handler = handlers.find(({ type }) => type.name === event.type);
  if (!handler) throw new UnreadableEvent(unhandled(event, work.database.name));
  if (event.source !== handler.type.sender)
    throw new UnreadableEvent(
      `${event.type} comes from "${event.source}", but only "${handler.type.sender}" may send it`,
    );
  if (event.version !== handler.type.version)
    throw new UnreadableEvent(`This release does not know version ${event.version} of ${event.type}`);
  await handler.handle(work, event.subject, handler.type.data.parse(event.data) as never, event);
}

/** Why a subgraph cannot handle an event for which it has no handler. */
function unhandled({ type }: EventEnvelope, reader: string): string {
  return eventTypes.has(type)
    ? `In this release, ${reader} does not handle "${type}": dismiss the event`
    : `This release has no event type "${type}"`;
}

/** Whether an event that failed with this error would fail again: because of a rule, its format, or a constraint. */
export function isRejection(error: unknown): error is Error {
  if (error instanceof DatabaseError) return false;
  if (failureOf(error) === 'constraint') return true;
  if (error instanceof RequestError) return error.extensions.code !== 'CONFLICT';
  return error instanceof UnreadableEvent || error instanceof ZodError;
}

/** Attempts after which an event is rejected if neither the event nor the state of the database explains the failure. */
const MAX_ATTEMPTS = 5;
/** Unsigned entries to store for operators; further ones are only counted. */
const MAX_UNSIGNED_KEPT = 1_000;
/** Characters to store of an unsigned entry. */
const MAX_UNSIGNED_LENGTH = 4_000;
/** Prefix of the ids of unsigned entries among the rejected events. They can be dismissed, but never retried. */
const UNSIGNED = 'unsigned_';

/** Whether a rejected event is an unsigned entry. */
export const isUnsigned = (id: string): boolean => id.startsWith(UNSIGNED);

/** Milliseconds before the next request to a writer that did not respond. */
const ASK_AGAIN_MS = 5_000;
/** Number of past events from which checkpoints are chosen for a writer with another history. */
const CHECKPOINT_ROWS = 1_000;

/** State of a reader in the log of one source. */
interface Place {
  /** Serializes the events of a source. */
  readonly turn: Mutex;
  /** Position in the database. */
  stored: LogPosition;
  /** Ahead of `stored` by events that this subgraph does not handle. */
  position: LogPosition;
  /** Epoch of an event on the bus that the writer did not have, and time until which not to request it again. */
  past: { readonly epoch: string; readonly until: number };
  /** Whether an earlier catch-up has not finished. */
  isUnfinished: boolean;
  /** Monotonic time in milliseconds before which not to send the writer another request. */
  askAt: number;
  /** Last failed event, and its number of attempts. */
  failed: { readonly id: string; readonly attempts: number };
}

export interface InboxParts {
  /** Name of the reading subgraph. */
  readonly name: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handlers: readonly EventHandler[];
  readonly bus: Pick<EventBus, 'replay'>;
  /** Called after an event was handled, which may have written new events. */
  readonly changed?: () => void;
}

/**
 * Handles the events of other subgraphs, each once, in the order of the log of its source, even if the bus loses, repeats, or reorders
 * events. Accepts only the next event of a log from the bus, and requests missing events from the writer.
 */
export class Inbox implements Consumer {
  /** Requests to writers for missing events. */
  replaysRequested = 0;
  private readonly places = new Map<string, Promise<Place>>();
  private readonly gaps = new Set<string>();
  private readonly withoutLog = new Set<string>();

  constructor(private readonly parts: InboxParts) {}

  /** Number of sources with known missing events. */
  get gapsOpen(): number {
    return this.gaps.size;
  }

  async act(event: EventEnvelope): Promise<void> {
    const { source, log } = event;
    if (!log) return this.ignoreWithoutLog(source);
    const place = await this.place(source);
    await place.turn.runExclusive(() => this.take(place, event, log));
  }

  async setAside({ source, flaw, text }: UnsignedEntry): Promise<void> {
    const { database, clock } = this.parts;
    const id = `${UNSIGNED}${createHash('sha256').update(`${source}\n${text}`).digest('hex').slice(0, 31)}`;
    const [existing] = await database.findBy(RejectedEvent, 'id', [id]);
    if (existing || (await this.unsignedKept()) >= MAX_UNSIGNED_KEPT) return;
    const row = {
      id,
      receivedAt: instant(clock.now()),
      reason: `It has no valid signature of ${source} (${flaw})`,
      event: JSON.stringify(summaryOf(source, text)),
      dismissedAt: null,
    };
    await database.atomically((inside) => inside.upsert(RejectedEvent, [row]));
  }

  private async unsignedKept(): Promise<number> {
    const [row] = await this.parts.database.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM inbox_rejected WHERE id LIKE '${UNSIGNED}%'`,
    );
    return Number(row?.n ?? 0);
  }

  async compare(heads: ReadonlyMap<string, LogPosition>): Promise<void> {
    for (const [source, head] of heads) {
      if (source === this.parts.name) continue;
      const place = await this.place(source);
      await place.turn.runExclusive(async () => {
        const { position } = place;
        const isCaughtUp = isSamePosition(position, head) && position.epoch === head.epoch;
        // another process or an operator may have moved the position
        const isDone = isCaughtUp && !place.isUnfinished && !(await this.hasMoved(place, source));
        if (isDone) return this.storePosition(place, source);
        await this.catchUp(place, source);
      });
    }
  }

  /** Ignores an event of an earlier release; after its upgrade, the source publishes it again with a log position. */
  private ignoreWithoutLog(source: string): void {
    if (this.withoutLog.has(source)) return;
    this.withoutLog.add(source);
    const { log, name } = this.parts;
    log.warn(
      { subgraph: name, source },
      'ignored events without a log position, from an earlier release; their source publishes them again after its upgrade',
    );
  }

  private place(source: string): Promise<Place> {
    let place = this.places.get(source);
    if (!place) {
      place = this.load(source).then(({ isUnfinished, ...stored }) => ({
        turn: new Mutex(),
        stored,
        position: stored,
        isUnfinished,
        past: { epoch: '', until: 0 },
        askAt: 0,
        failed: { id: '', attempts: 0 },
      }));
      this.places.set(source, place);
      place.catch(() => this.places.delete(source));
    }
    return place;
  }

  private async load(source: string): Promise<LogPosition & { isUnfinished: boolean }> {
    const [row] = await this.parts.database.findBy(InboxPosition, 'source', [source]);
    if (!row) return { epoch: '', ...LOG_START, isUnfinished: false };
    const isUnfinished = row.gapSince !== null || row.rereadFrom !== null;
    return { epoch: row.epoch, offset: row.logOffset, digest: row.digest, isUnfinished };
  }

  /** Reloads the position from the database. @returns whether it has moved */
  private async hasMoved(place: Place, source: string): Promise<boolean> {
    const { isUnfinished, ...stored } = await this.load(source);
    if (isSamePosition(stored, place.stored)) return false;
    place.stored = stored;
    place.position = stored;
    place.isUnfinished ||= isUnfinished;
    return true;
  }

  private isRelevant({ type }: EventEnvelope): boolean {
    // an undeclared type is rejected, so that an operator sees it
    return this.parts.handlers.some((handler) => handler.type.name === type) || !eventTypes.has(type);
  }

  private async isHandled({ id }: EventEnvelope): Promise<boolean> {
    const [row] = await this.parts.database.query('SELECT 1 FROM inbox_event WHERE id = ?', [id]);
    return row !== undefined;
  }

  private async take(place: Place, event: EventEnvelope, log: LogPosition): Promise<void> {
    if (isNext(place, event, log)) return this.advance(place, event, log);
    // comparing heads finds a gap before an event that is not handled
    if (!this.isRelevant(event) || (await this.isHandled(event))) return;
    // first the database, since another replica may have moved the position; then the writer, whose log is authoritative
    if (await this.hasMoved(place, event.source)) return this.take(place, event, log);
    const isPast = place.past.epoch === log.epoch && performance.now() < place.past.until;
    if (!isPast && !(await this.catchUp(place, event.source))) return;
    if (await this.isHandled(event)) return;
    place.past = { epoch: log.epoch, until: performance.now() + ASK_AGAIN_MS };
    await this.keepOrphan(event, log);
  }

  /** Handles the next event of the log. */
  private async advance(place: Place, event: EventEnvelope, log: LogPosition): Promise<void> {
    if (this.isRelevant(event)) {
      const isDone = await this.handle(place, event, log);
      if (!isDone && (await this.hasMoved(place, event.source))) return this.take(place, event, log);
      place.stored = log;
      this.parts.changed?.();
    }
    place.position = log;
  }

  /** @returns false, without any effect, if the position in the database has moved */
  private async handle(place: Place, event: EventEnvelope, log: LogPosition): Promise<boolean> {
    const { database, clock, handlers, name } = this.parts;
    const commit = (effects: (work: Work) => Promise<void>) =>
      systemWork(database, clock, async (work) => {
        const { database: inside } = work;
        const row = await inside.lock(InboxPosition, event.source);
        if (!isSamePosition(row ? { offset: row.logOffset, digest: row.digest } : LOG_START, place.stored))
          return false;
        const [existing] = await inside.findBy(InboxEvent, 'id', [event.id]);
        if (!existing && !(await isCovered(inside, event))) await effects(work);
        await inside.upsert(InboxEvent, [inboxEvent(event, log, existing?.receivedAt ?? work.now)]);
        await movePosition(inside, event.source, row, log, work.now);
        return true;
      });
    try {
      requireSize(event);
      return await commit((work) => handle(work, handlers, event));
    } catch (error) {
      if (!isRejection(error) && !isExhausted(place, event, error)) throw error;
      this.parts.log.error(
        { err: error, subgraph: name, event: event.id, type: event.type, subject: event.subject },
        'rejected an event; see `ordergraph events rejected`',
      );
      return commit(async ({ database: inside, now }) => {
        const rejected = { id: event.id, receivedAt: now, reason: reasonOf(error), event: keptText(event) };
        await inside.upsert(RejectedEvent, [{ ...rejected, dismissedAt: null }]);
      });
    }
  }

  /** Requests all events after the position from the writer. @returns whether that succeeded */
  private async catchUp(place: Place, source: string): Promise<boolean> {
    if (performance.now() < place.askAt) return false;
    for (;;) {
      const answer = await this.ask(place, source);
      if (!answer) {
        place.askAt = performance.now() + ASK_AGAIN_MS;
        await this.openGap(source, place);
        return false;
      }
      if (!isSamePosition(answer.from, place.position)) await this.rewind(place, source, answer);
      if (answer.head.offset > place.position.offset) await this.openGap(source, place);
      await this.takeAll(place, answer.events);
      if (place.position.offset < answer.head.offset) {
        if (answer.events.length > 0) continue;
        throw new Error(`${source} has ${answer.head.offset} events, but replayed none after ${place.position.offset}`);
      }
      await this.finish(place, source, answer.head);
      return true;
    }
  }

  private async ask(place: Place, source: string): Promise<ReplayAnswer | undefined> {
    const { bus, name, database } = this.parts;
    await this.storePosition(place, source);
    await this.hasMoved(place, source);
    this.replaysRequested += 1;
    const checkpoints = await checkpointsOf(database, source, place.position.offset);
    return bus.replay(source, { reader: name, position: place.position, checkpoints });
  }

  private async takeAll(place: Place, events: readonly EventEnvelope[]): Promise<void> {
    const { database, clock } = this.parts;
    const receivedAt = await receptionsOf(
      database,
      events.filter((event) => this.isRelevant(event)),
    );
    const confirmed: InboxEvent[] = [];
    const confirm = async () => {
      const rows = confirmed.splice(0);
      if (rows.length > 0) await database.atomically((inside) => inside.upsert(InboxEvent, rows));
    };
    for (const event of events) {
      const { log } = event;
      const follows = log?.offset === place.position.offset + 1;
      if (!log || !follows || log.digest !== digestAfter(place.position.digest, event.id))
        throw new Error(`${event.source} replayed ${event.id}, which does not follow event ${place.position.offset}`);
      const at = receivedAt.get(event.id);
      if (at !== undefined) {
        confirmed.push(inboxEvent(event, log, at));
        place.position = log;
        continue;
      }
      if (this.isRelevant(event)) {
        await confirm();
        await this.storePosition(place, event.source);
      }
      await this.advance(place, event, log);
    }
    await confirm();
    const last = events.at(-1);
    if (last) await this.storePosition(place, last.source, instant(clock.now()));
  }

  /** Stores a position that is ahead because of events that this subgraph does not handle. */
  private async storePosition(place: Place, source: string, now = instant(this.parts.clock.now())): Promise<void> {
    const { stored, position } = place;
    if (isSamePosition(stored, position) && stored.epoch === position.epoch) return;
    const isDone = await this.parts.database.atomically(async (inside) => {
      const row = await inside.lock(InboxPosition, source);
      if (!isSamePosition(row ? { offset: row.logOffset, digest: row.digest } : LOG_START, stored)) return false;
      await movePosition(inside, source, row, position, now);
      return true;
    });
    if (isDone) place.stored = position;
    else await this.hasMoved(place, source);
  }

  /** Moves back to the last position that the writer's log contains. */
  private async rewind(place: Place, source: string, { from, head }: ReplayAnswer): Promise<void> {
    const { database, clock, log, name } = this.parts;
    log.error(
      { subgraph: name, source, position: place.position, from: from.offset, epoch: head.epoch },
      'event log of another subgraph was restored from a backup; reconciling with its new epoch',
    );
    const position = { epoch: head.epoch, ...from };
    await database.atomically(async (inside) => {
      const row = await inside.lock(InboxPosition, source);
      await movePosition(inside, source, row, position, instant(clock.now()));
      const rereadFrom = Math.min(row?.rereadFrom ?? from.offset, from.offset);
      await inside.update(InboxPosition, source, { rereadFrom });
    });
    place.stored = position;
    place.position = position;
  }

  /** Called when all events of the writer are handled: other events in the inbox are ones that the writer lost. */
  private async finish(place: Place, source: string, head: LogPosition): Promise<void> {
    const { database, clock, log, name } = this.parts;
    if (isSamePosition(place.position, head)) place.position = head;
    const now = instant(clock.now());
    const { orphans, hadGap } = await database.atomically(async (inside) => {
      const row = await inside.lock(InboxPosition, source);
      await movePosition(inside, source, row, place.position, now);
      await removeRecovered(inside, source);
      const lost = row && row.rereadFrom !== null ? await orphansOf(inside, source, row.rereadFrom, head.epoch) : [];
      await inside.upsert(
        OrphanedEvent,
        lost.map(({ id, epoch, type, subject, sequence }) => ({
          ...{ id, source, epoch, type, subject, sequence },
          ...{ noticedAt: now, acted: true, event: null },
        })),
      );
      await inside.update(InboxPosition, source, { rereadFrom: null, gapSince: null });
      // the inbox now contains the events that the previous release handled
      await inside.query('DELETE FROM inbox_cursor WHERE id LIKE ?', [`${source}/%`]);
      return { orphans: lost.length, hadGap: row?.gapSince != null };
    });
    place.stored = place.position;
    place.isUnfinished = false;
    this.gaps.delete(source);
    if (orphans > 0)
      log.error(
        { subgraph: name, source, events: orphans },
        'handled events that their source lost when it was restored from a backup; see `ordergraph events status`',
      );
    if (hadGap) log.info({ subgraph: name, source, offset: place.position.offset }, 'received all missing events');
  }

  private async openGap(source: string, { position }: Place): Promise<void> {
    if (this.gaps.has(source)) return;
    this.gaps.add(source);
    const { database, clock, log, name } = this.parts;
    log.warn(
      { subgraph: name, source, offset: position.offset },
      'events are missing; requesting them from their source',
    );
    await database.atomically(async (inside) => {
      const row = await inside.lock(InboxPosition, source);
      if (!row) await movePosition(inside, source, row, position, instant(clock.now()));
      if (!row?.gapSince) await inside.update(InboxPosition, source, { gapSince: instant(clock.now()) });
    });
  }

  /** Stores an unhandled event from the bus that is not in the log of its source. */
  private async keepOrphan(event: EventEnvelope, { epoch }: LogPosition): Promise<void> {
    const { database, clock, log, name } = this.parts;
    const { id, source, type, subject, sequence } = event;
    log.error({ subgraph: name, source, event: id, type, subject }, 'ignored an event that its source lost');
    const noticedAt = instant(clock.now());
    await database.atomically((inside) =>
      inside.upsert(OrphanedEvent, [
        { id, source, epoch, type, subject, sequence, noticedAt, acted: false, event: JSON.stringify(event) },
      ]),
    );
  }
}

/** Summary of an unsigned entry for operators. */
function summaryOf(source: string, text: string): object {
  const { body } = (parsedJson(text) ?? {}) as { body?: unknown };
  const { type, subject } = ((typeof body === 'string' ? parsedJson(body) : null) ?? {}) as Record<string, unknown>;
  const short = (value: unknown) => (typeof value === 'string' ? value.slice(0, 100) : 'unknown');
  return { type: short(type), source, subject: short(subject), unsigned: text.slice(0, MAX_UNSIGNED_LENGTH) };
}

/** @throws UnreadableEvent for an event that is too long to store if it were rejected */
function requireSize(event: EventEnvelope): void {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > MAX_EVENT_BYTES)
    throw new UnreadableEvent(`The event has ${bytes} bytes; the maximum is ${MAX_EVENT_BYTES}`);
}

/** A rejected event as stored; without data that is too long, which its source still has. */
function keptText(event: EventEnvelope): string {
  const text = JSON.stringify(event);
  return Buffer.byteLength(text) > MAX_EVENT_BYTES ? JSON.stringify({ ...event, data: null }) : text;
}

const MAX_REASON_LENGTH = 2_000;
const reasonOf = (error: unknown): string => String((error as Error)?.message ?? error).slice(0, MAX_REASON_LENGTH);

/** Counts attempts at an event. Failures of an unavailable, busy, or full database do not count. */
function isExhausted(place: Place, { id }: EventEnvelope, error: unknown): boolean {
  if (error instanceof DatabaseError) return false;
  const failure = failureOf(error);
  if (failure !== undefined && failure !== 'duplicate') return false;
  const attempts = place.failed.id === id ? place.failed.attempts + 1 : 1;
  place.failed = { id, attempts };
  return attempts >= MAX_ATTEMPTS;
}

function isNext({ position }: Place, event: EventEnvelope, log: LogPosition): boolean {
  return (
    (position.offset === 0 || position.epoch === log.epoch) &&
    log.offset === position.offset + 1 &&
    log.digest === digestAfter(position.digest, event.id)
  );
}

function inboxEvent(event: EventEnvelope, log: LogPosition, receivedAt: string): InboxEvent {
  const { id, source, type, subject, sequence } = event;
  const { epoch, offset: logOffset, digest } = log;
  return { id, source, epoch, logOffset, digest, type, subject, sequence, receivedAt };
}

/** Times at which handled or rejected events were received, by id. */
async function receptionsOf(database: Database, events: readonly EventEnvelope[]): Promise<Map<string, string>> {
  const handled = await database.findBy(
    InboxEvent,
    'id',
    events.map(({ id }) => id),
  );
  const receivedAt = new Map(handled.map((row) => [row.id, row.receivedAt]));
  const unknown = events.filter(({ id }) => !receivedAt.has(id));
  const cursors = await database.findBy(InboxCursor, 'id', [...new Set(unknown.map(cursorId))]);
  const cursorOf = new Map(cursors.map((cursor) => [cursor.id, cursor]));
  for (const event of unknown) {
    const cursor = cursorOf.get(cursorId(event));
    if (cursor && event.sequence <= cursor.sequence) receivedAt.set(event.id, cursor.receivedAt);
  }
  return receivedAt;
}

const cursorId = ({ source, subject }: EventEnvelope): string => `${source}/${subject}`;

/** Whether the release before the event log handled an event. It stored one number per source and subject. */
async function isCovered(inside: Database, event: EventEnvelope): Promise<boolean> {
  const { sequence } = event;
  const id = cursorId(event);
  const [cursor] = await inside.findBy(InboxCursor, 'id', [id]);
  if (!cursor) return false;
  if (sequence >= cursor.sequence) await inside.query('DELETE FROM inbox_cursor WHERE id = ?', [id]);
  return sequence <= cursor.sequence;
}

async function movePosition(
  inside: Database,
  source: string,
  row: InboxPosition | null,
  { epoch, offset, digest }: LogPosition,
  movedAt: string,
): Promise<void> {
  const moved = { epoch, logOffset: offset, digest, movedAt };
  if (row) await inside.update(InboxPosition, source, moved);
  else await inside.insert(InboxPosition, [{ source, ...moved, gapSince: null, rereadFrom: null }]);
}

/** Earlier positions, latest first, with growing distances. */
async function checkpointsOf(database: Database, source: string, before: number): Promise<Checkpoint[]> {
  const rows = await database.query<{ logOffset: number; digest: string }>(
    `SELECT log_offset AS logOffset, digest FROM inbox_event WHERE source = ? AND log_offset < ?
     ORDER BY log_offset DESC LIMIT ${CHECKPOINT_ROWS}`,
    [source, before],
  );
  const checkpoints: Checkpoint[] = [];
  for (let place = 0; place < rows.length; place += place < 8 ? 1 : place) {
    const { logOffset, digest } = rows[place]!;
    checkpoints.push({ offset: Number(logOffset), digest });
  }
  return checkpoints;
}

/**
 * Removes events from the lost ones that the log contains after all: an event may arrive before its log does, and a newer backup may
 * restore what an older one lost.
 */
async function removeRecovered(inside: Database, source: string): Promise<void> {
  await inside.query(
    `DELETE FROM inbox_orphan WHERE source = ? AND EXISTS (
       SELECT 1 FROM inbox_event e
       WHERE e.id = inbox_orphan.id AND (inbox_orphan.acted = 0 OR e.epoch <> inbox_orphan.epoch))`,
    [source],
  );
}

/** Events after an offset that are not in an epoch. */
async function orphansOf(inside: Database, source: string, offset: number, epoch: string): Promise<InboxEvent[]> {
  const rows = await inside.query(
    `SELECT ${inside.selection(InboxEvent, 't')} FROM inbox_event t
     WHERE t.source = ? AND t.log_offset > ? AND t.epoch <> ? AND t.id NOT IN (SELECT id FROM inbox_orphan)`,
    [source, offset, epoch],
  );
  return rows.map((row) => inside.hydrate(InboxEvent, row));
}
