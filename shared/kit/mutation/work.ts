import type { Clock } from '#base/clock';
import { instant } from '#base/clock';
import { type Principal, SYSTEM } from '#base/identity/principal';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
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

  /** Writes the events to the outbox in the transaction of the change. Two statements for any number of subjects. */
  async flush(): Promise<number> {
    const { database, now, emitted } = this;
    if (emitted.length === 0) return 0;
    const subjects = [...new Set(emitted.map(({ subject }) => subject))];
    const rows = await database.query<{ subject: string; sequence: number }>(
      `SELECT subject, MAX(sequence) AS sequence FROM outbox WHERE subject IN (${marks(subjects)}) GROUP BY subject`,
      subjects,
    );
    const last = new Map(rows.map(({ subject, sequence }) => [subject, Number(sequence)]));
    await database.insert(
      OutboxEvent,
      emitted.map(({ type, subject, data }) => {
        const sequence = (last.get(subject) ?? 0) + 1;
        last.set(subject, sequence);
        return {
          id: newId('evt', now),
          type: type.name,
          version: type.version,
          subject,
          sequence,
          occurredAt: now,
          data: JSON.stringify(data),
        };
      }),
    );
    return emitted.length;
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
