import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { type Clock, instant } from '#base/clock';
import type { Database } from '../database/database';
import { type Checkpoint, REPLAY_BATCH, type ReplayAnswer, type ReplayRequest } from './bus';
import type { EventEnvelope, LogPosition } from './event';
import { EventEpoch, OutboxEvent } from './tables';

const APPEND_BATCH = 500;
const DIGEST_LENGTH = 32;

/** Before the first event. */
export const LOG_START: Checkpoint = { offset: 0, digest: '' };

/** The digest of a log after one more event. Not a secret: it tells histories apart, it does not protect them. */
export function digestAfter(digest: string, eventId: string): string {
  return createHash('sha256').update(`${digest}\n${eventId}`).digest('hex').slice(0, DIGEST_LENGTH);
}

export const isSamePosition = (a: Checkpoint, b: Checkpoint): boolean => a.offset === b.offset && a.digest === b.digest;

interface Head {
  epoch: string;
  logOffset: number | null;
  digest: string | null;
  unpublished: number;
}

/**
 * The events of one subgraph in one order, without gaps: the outbox, once the leading replica has given its rows their offsets.
 * Each event carries a digest of the log up to it, so any reader can tell whether its own history is a part of this one, whatever
 * was restored from which backup.
 */
export class EventLog {
  /** Epochs that this process began because the log had been restored. */
  epochChanges = 0;
  /** Requests of readers that this process answered. */
  replaysServed = 0;

  constructor(
    readonly source: string,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** Gives offsets to events that have none, in the order in which they were written. */
  async append(): Promise<void> {
    for (;;) {
      const [waiting] = await this.database.query(`SELECT 1 FROM outbox WHERE log_offset IS NULL LIMIT 1`);
      if (!waiting) return;
      await this.database.atomically((inside) => this.appendBatch(inside));
    }
  }

  private async appendBatch(inside: Database): Promise<void> {
    // its lock keeps two replicas, of which one does not know yet that it no longer leads, from appending at once
    await this.currentEpoch(inside);
    const rows = await inside.query<{ position: number; id: string }>(
      `SELECT position, id FROM outbox WHERE log_offset IS NULL ORDER BY position LIMIT ${APPEND_BATCH}`,
    );
    if (rows.length === 0) return;
    let { offset, digest } = await this.end(inside);
    const offsets: (number | string)[] = [];
    const digests: (number | string)[] = [];
    for (const { position, id } of rows) {
      offset += 1;
      digest = digestAfter(digest, id);
      offsets.push(position, offset);
      digests.push(position, digest);
    }
    const cases = rows.map(() => 'WHEN ? THEN ?').join(' ');
    await inside.query(
      `UPDATE outbox SET log_offset = CASE position ${cases} END, digest = CASE position ${cases} END
       WHERE position IN (${rows.map(() => '?').join(', ')})`,
      [...offsets, ...digests, ...rows.map(({ position }) => position)],
    );
  }

  private async end(database: Database): Promise<Checkpoint> {
    const [last] = await database.query<{ logOffset: number | null; digest: string | null }>(
      'SELECT log_offset AS logOffset, digest FROM outbox ORDER BY log_offset DESC LIMIT 1',
    );
    return last?.logOffset ? { offset: Number(last.logOffset), digest: last.digest ?? '' } : LOG_START;
  }

  /** The last epoch, under its lock; begins the first one. */
  private async currentEpoch(inside: Database): Promise<EventEpoch> {
    const [row] = await inside.query(
      `SELECT ${inside.selection(EventEpoch, 't')} FROM event_epoch t ORDER BY t.number DESC LIMIT 1 ${inside.dialect.forUpdate}`,
    );
    return row ? inside.hydrate(EventEpoch, row) : this.insertEpoch(inside, 1, null, 'The log began');
  }

  private async insertEpoch(
    inside: Database,
    number: number,
    replaced: string | null,
    reason: string,
  ): Promise<EventEpoch> {
    const row = Object.assign(new EventEpoch(), {
      number,
      // the number alone would come again after another restore
      epoch: `${number}-${randomBytes(6).toString('hex')}`,
      startedAt: instant(this.clock.now()),
      startOffset: (await this.end(inside)).offset,
      replaced,
      reason: reason.slice(0, 255),
    });
    await inside.insert(EventEpoch, [row]);
    return row;
  }

  /** Where the log ends, and how many events the bus has not had yet. One statement. */
  async head(): Promise<LogPosition & { unpublished: number }> {
    const [row] = await this.database.query<Head>(
      `SELECT e.epoch AS epoch, o.log_offset AS logOffset, o.digest AS digest,
         (SELECT COUNT(*) FROM outbox WHERE published_at IS NULL) AS unpublished
       FROM event_epoch e LEFT JOIN outbox o ON o.log_offset = (SELECT MAX(log_offset) FROM outbox)
       ORDER BY e.number DESC LIMIT 1`,
    );
    if (!row) {
      await this.database.atomically((inside) => this.currentEpoch(inside));
      return this.head();
    }
    const { epoch, logOffset, digest, unpublished } = row;
    return { epoch, offset: Number(logOffset ?? 0), digest: digest ?? '', unpublished: Number(unpublished) };
  }

  /** The events after an offset, oldest first. */
  async after(offset: number, epoch: string, limit: number): Promise<EventEnvelope[]> {
    const rows = await this.database.query(
      `SELECT ${this.database.selection(OutboxEvent, 't')} FROM outbox t
       WHERE t.log_offset > ? ORDER BY t.log_offset LIMIT ${limit}`,
      [offset],
    );
    return rows.map((row) => this.envelope(this.database.hydrate(OutboxEvent, row), epoch));
  }

  private envelope(event: OutboxEvent, epoch: string): EventEnvelope {
    const { id, type, version, subject, sequence, occurredAt, data } = event;
    const log = { epoch, offset: event.logOffset ?? 0, digest: event.digest ?? '' };
    return { id, type, version, source: this.source, subject, sequence, occurredAt, data: JSON.parse(data), log };
  }

  /** The offset before the first event that the bus has not had. */
  async publishedOffset(): Promise<number> {
    const [row] = await this.database.query<{ first: number | null; last: number | null }>(
      `SELECT MIN(log_offset) AS first, (SELECT MAX(log_offset) FROM outbox) AS last
       FROM outbox WHERE published_at IS NULL AND log_offset IS NOT NULL`,
    );
    return row?.first ? Number(row.first) - 1 : Number(row?.last ?? 0);
  }

  /** Notes that the bus has had all events up to an offset. */
  async markPublished(offset: number): Promise<void> {
    await this.database.transaction((inside) =>
      inside.updateWhere(
        OutboxEvent,
        { publishedAt: instant(this.clock.now()) },
        'published_at IS NULL AND log_offset <= ?',
        [offset],
      ),
    );
  }

  /** The first of these positions that this log contains; the start of the log contains nothing else. */
  private async firstKnown(positions: readonly Checkpoint[]): Promise<Checkpoint> {
    if (positions.length === 0) return LOG_START;
    const rows = await this.database.query<{ logOffset: number; digest: string }>(
      `SELECT log_offset AS logOffset, digest FROM outbox WHERE log_offset IN (${positions.map(() => '?').join(', ')})`,
      positions.map(({ offset }) => offset),
    );
    const digests = new Map(rows.map((row) => [Number(row.logOffset), row.digest]));
    return positions.find(({ offset, digest }) => digests.get(offset) === digest) ?? LOG_START;
  }

  /**
   * Makes sure of this log's epoch, given a position that a reader or the bus has from it. A position that the log does not contain,
   * of an epoch that is not over, means that the database was restored from a backup: then a new epoch begins.
   * @param holder what has the position, for the log and the epoch's reason
   * @returns whether the log contains the position
   */
  async recognize(position: LogPosition, holder: string): Promise<boolean> {
    if (isSamePosition(position, LOG_START)) return true;
    if (isSamePosition(await this.firstKnown([position]), position)) return true;
    await this.database.atomically(async (inside) => {
      const current = await this.currentEpoch(inside);
      if (await isOver(inside, position.epoch, current)) return;
      const { offset } = await this.end(inside);
      const reason = `${holder} had event ${position.offset} of epoch ${position.epoch}, which this log of ${offset} events does not contain`;
      const next = await this.insertEpoch(inside, current.number + 1, position.epoch, reason);
      this.epochChanges += 1;
      this.log.error(
        { subgraph: this.source, epoch: next.epoch, formerEpoch: current.epoch, startOffset: next.startOffset, reason },
        'event log was restored from a backup; began a new epoch, readers reconcile',
      );
    });
    return false;
  }

  /** Answers a reader. */
  async answer({ reader, position, checkpoints }: ReplayRequest): Promise<ReplayAnswer> {
    // an event that has no offset yet is missing too
    await this.append();
    const isKnown = await this.recognize(position, `reader ${reader}`);
    const from = isKnown ? position : await this.firstKnown(checkpoints);
    const { unpublished: _, ...head } = await this.head();
    const events = await this.after(from.offset, head.epoch, REPLAY_BATCH);
    this.replaysServed += 1;
    if (events.length > 0)
      this.log.info(
        { subgraph: this.source, reader, from: from.offset, events: events.length, head: head.offset },
        'replayed events to a reader that missed them',
      );
    return { from: { offset: from.offset, digest: from.digest }, events, head };
  }
}

/** Whether the log is known to have left an epoch: another position of it then says nothing new. */
async function isOver(inside: Database, epoch: string, current: EventEpoch): Promise<boolean> {
  const [former] = await inside.findBy(EventEpoch, 'epoch', [epoch]);
  const [replacement] = await inside.findBy(EventEpoch, 'replaced', [epoch]);
  return replacement !== undefined || (former !== undefined && former.number < current.number);
}
