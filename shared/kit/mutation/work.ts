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

/** One change: its transaction, caller, instant, and events for other subgraphs. */
export class Work {
  /** Instant of the change, used for everything in it. */
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

  /** Emits an event about a subject. Callers must hold the lock of the subject's row, which keeps events in order. */
  emit<Data>(type: EventType<Data>, subject: string, data: Data): void {
    this.emitted.push({ type: type as EventType, subject, data: type.data.parse(data) });
  }

  /** Writes the events to the outbox in the transaction of the change. Two statements per subject. */
  async flush(): Promise<number> {
    const { database, now } = this;
    for (const subject of new Set(this.emitted.map((event) => event.subject))) {
      const [last] = await database.query<{ sequence: number | null }>(
        'SELECT MAX(sequence) AS sequence FROM outbox WHERE subject = ?',
        [subject],
      );
      const first = Number(last?.sequence ?? 0) + 1;
      const events = this.emitted.filter((event) => event.subject === subject);
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

/** Makes a change on behalf of the system, in one transaction. Retries on conflicts with other transactions. */
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
