import type { Clock } from '#base/clock';
import { instant } from '#base/clock';
import { type Principal, SYSTEM } from '#base/identity/principal';
import type { Database } from '../database/database';
import type { EventType } from '../events/event';
import { OutboxEvent } from '../events/tables';
import { newId } from '../ids';

interface Emitted {
  readonly type: EventType;
  readonly subject: string;
  readonly data: unknown;
}

/** One change: a transaction, who makes it, when, and what it tells the other subgraphs. */
export class Work {
  /** The instant of the change; the same for all that belongs to it. */
  readonly now: string;
  private readonly emitted: Emitted[] = [];

  constructor(
    readonly database: Database,
    clock: Clock,
    readonly principal: Principal,
    readonly actor: string,
  ) {
    this.now = instant(clock.now());
  }

  newId(prefix: string): string {
    return newId(prefix, this.now);
  }

  /** Tells an event about a subject. Whoever emits holds the lock of the subject's row: that keeps the events in order. */
  emit<Data>(type: EventType<Data>, subject: string, data: Data): void {
    this.emitted.push({ type: type as EventType, subject, data: type.data.parse(data) });
  }

  /** Writes the events into the outbox, in the transaction of what they tell of. Two statements for each subject. */
  async flush(): Promise<number> {
    const { database, now } = this;
    for (const subject of new Set(this.emitted.map((one) => one.subject))) {
      const [last] = await database.query<{ sequence: number | null }>(
        'SELECT MAX(sequence) AS sequence FROM outbox WHERE subject = ?',
        [subject],
      );
      const first = Number(last?.sequence ?? 0) + 1;
      const events = this.emitted.filter((one) => one.subject === subject);
      await database.insert(
        OutboxEvent,
        events.map(({ type, data }, place) => ({
          id: newId('evt', now),
          type: type.name,
          version: type.version,
          subject,
          sequence: first + place,
          occurredAt: now,
          data: JSON.stringify(data),
        })),
      );
    }
    return this.emitted.length;
  }
}

/** Does one change of the system's own: all or nothing, tried again when others come between. */
export function systemWork<Result>(
  database: Database,
  clock: Clock,
  run: (work: Work) => Promise<Result>,
): Promise<Result> {
  return database.atomically(async (inside) => {
    const work = new Work(inside, clock, SYSTEM, 'SYSTEM');
    const result = await run(work);
    await work.flush();
    return result;
  });
}
