import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { type Clock, instant } from '#base/clock';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
import { type Checkpoint, REPLAY_BATCH, type ReplayAnswer, type ReplayRequest } from './bus';
import type { EventEnvelope, LogPosition } from './event';
import { EventEpoch, OutboxEvent } from './tables';

const APPEND_BATCH = 500;
const DIGEST_LENGTH = 32;

/** Before the first event. */
export const LOG_START: Checkpoint = { offset: 0, digest: '' };

/** Digest of a log after one more event. Distinguishes histories, but does not authenticate them. */
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
 * The events of one subgraph in order and without gaps: the outbox, once the leading replica has assigned offsets. Each event carries a
 * digest of the log up to it, so that a reader can tell whether its history is part of this one after a restore from a backup.
 */
export class EventLog {
  /** Epochs that this process began because the log was restored. */
  epochChanges = 0;
  /** Replay requests that this process answered. */
  replaysServed = 0;

  constructor(
    readonly source: string,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** Assigns offsets to new events, in the order in which they were written. */
  async append(): Promise<void> {
    for (;;) {
      const [waiting] = await this.database.query(`SELECT 1 FROM outbox WHERE log_offset IS NULL LIMIT 1`);
      if (!waiting) return;
      await this.database.atomically((inside) => this.appendBatch(inside));
    }
  }

  private async appendBatch(inside: Database): Promise<void> {
    // its lock prevents concurrent appends by two replicas, if one does not know yet that it lost the lease
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
       WHERE position IN (${marks(rows)})`,
      [...offsets, ...digests, ...rows.map(({ position }) => position)],
    );
  }

  private async end(database: Database): Promise<Checkpoint> {
    const [last] = await database.query<{ logOffset: number | null; digest: string | null }>(
      'SELECT log_offset AS logOffset, digest FROM outbox ORDER BY log_offset DESC LIMIT 1',
    );
    return last?.logOffset ? { offset: Number(last.logOffset), digest: last.digest ?? '' } : LOG_START;
  }

  /** Locks and returns the current epoch; begins the first one. */
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
      // the number alone would repeat after another restore
      epoch: `${number}-${randomBytes(6).toString('hex')}`,
      startedAt: instant(this.clock.now()),
      startOffset: (await this.end(inside)).offset,
      replaced,
      reason: reason.slice(0, 255),
    });
    await inside.insert(EventEpoch, [row]);
    return row;
  }

  /** End of the log, and number of unpublished events. One statement. */
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

  /** Events after an offset, oldest first. */
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

  /** Offset before the first unpublished event. */
  async publishedOffset(): Promise<number> {
    const [row] = await this.database.query<{ first: number | null; last: number | null }>(
      `SELECT MIN(log_offset) AS first, (SELECT MAX(log_offset) FROM outbox) AS last
       FROM outbox WHERE published_at IS NULL AND log_offset IS NOT NULL`,
    );
    return row?.first ? Number(row.first) - 1 : Number(row?.last ?? 0);
  }

  /** Marks all events up to an offset as published. */
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

  /** First of the positions that this log contains, or the start of the log. */
  private async firstContained(positions: readonly Checkpoint[]): Promise<Checkpoint> {
    if (positions.length === 0) return LOG_START;
    const rows = await this.database.query<{ logOffset: number; digest: string }>(
      `SELECT log_offset AS logOffset, digest FROM outbox WHERE log_offset IN (${marks(positions)})`,
      positions.map(({ offset }) => offset),
    );
    const digests = new Map(rows.map((row) => [Number(row.logOffset), row.digest]));
    return positions.find(({ offset, digest }) => digests.get(offset) === digest) ?? LOG_START;
  }

  /**
   * Checks a position that a reader or the bus has. If the log does not contain it, and its epoch is not over, the database was restored
   * from a backup, so a new epoch begins.
   * @param holder of the position, for the log and the epoch's reason
   * @returns whether the log contains the position
   */
  async recognize(position: LogPosition, holder: string): Promise<boolean> {
    if (isSamePosition(position, LOG_START)) return true;
    if (isSamePosition(await this.firstContained([position]), position)) return true;
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

  /** Answers a replay request. */
  async answer({ reader, position, checkpoints }: ReplayRequest): Promise<ReplayAnswer> {
    // includes events without an offset
    await this.append();
    const isInLog = await this.recognize(position, `reader ${reader}`);
    const from = isInLog ? position : await this.firstContained(checkpoints);
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

/** Whether an epoch is over, so that an unknown position of it does not indicate another restore. */
async function isOver(inside: Database, epoch: string, current: EventEpoch): Promise<boolean> {
  const [former] = await inside.findBy(EventEpoch, 'epoch', [epoch]);
  const [replacement] = await inside.findBy(EventEpoch, 'replaced', [epoch]);
  return replacement !== undefined || (former !== undefined && former.number < current.number);
}
