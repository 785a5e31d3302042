import { InputError } from '#base/errors';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { newId } from '#kit/ids';
import type { ModelClass } from '#kit/model/model';

/** An event to append to a timeline. */
export interface Happening<Kind extends string> {
  readonly kind: Kind;
  readonly actor: string;
  /** Time of the event; now by default. An entry is never dated before its predecessor. */
  readonly occurredAt?: string;
  readonly agencyKey?: string | null;
  /** Key of the affected object: a grant, a review, a finding. */
  readonly objectId?: string | null;
  readonly fromState?: string | null;
  readonly toState?: string | null;
  readonly detail?: string | null;
}

/** An entry of a timeline. */
export interface TimelineEntry {
  id: string;
  sequence: number;
  occurredAt: string;
  exercise: boolean;
}

/**
 * Appends entries to the timeline of a submission or another object, in the transaction of the change. The caller must hold the lock of
 * the object's row. No entry is dated before its predecessor. Takes two statements for any number of entries.
 * @param owner property of the entries with the id of the object
 */
export async function appendTimeline<Entry extends TimelineEntry>(
  database: Database,
  target: ModelClass<Entry>,
  object: { id: string; exercise: boolean },
  now: string,
  happenings: readonly Happening<string>[],
  owner = 'submissionId',
): Promise<void> {
  if (happenings.length === 0) return;
  const [last] = await database.query<{ sequence: number | null; occurredAt: string | null }>(
    `SELECT MAX(sequence) AS sequence, MAX(occurred_at) AS occurredAt FROM ${database.table(target)} WHERE ${database.column(target, owner)} = ?`,
    [object.id],
  );
  let sequence = Number(last?.sequence ?? 0);
  let latest = last?.occurredAt ?? '';
  const entries = happenings.map(({ actor, occurredAt = now, ...happening }) => {
    sequence += 1;
    latest = occurredAt > latest ? occurredAt : latest;
    return {
      ...happening,
      id: newId('evt', now),
      [owner]: object.id,
      sequence,
      occurredAt: latest,
      actor,
      exercise: object.exercise,
    };
  });
  await database.insert(target, entries as unknown as Partial<Entry>[]);
}

/** An entry of the timeline of a program, which has the events of objects of several types. */
export interface SubjectEntry {
  id: string;
  subjectType: string;
  subjectId: string;
  sequence: number;
  occurredAt: string;
  recordedAt: string;
  kind: string;
  actor: string;
  agencyKey: string | null;
  fromState: string | null;
  toState: string | null;
  detail: string | null;
  exercise: boolean;
}

/** An object with a timeline. */
interface Subject {
  readonly type: string;
  readonly id: string;
  readonly agencyKey: string | null;
  readonly exercise: boolean;
}

/** Timelines of several objects, of which the caller holds the locks. Entries are collected, then written together. */
export class SubjectTimelines {
  private readonly entries: SubjectEntry[] = [];

  private constructor(
    private readonly database: Database,
    private readonly table: ModelClass<SubjectEntry>,
    private readonly now: string,
    private readonly ends: Map<string, { sequence: number; occurredAt: string }>,
  ) {}

  /** Reads where the timelines end, in one statement. */
  static async open(
    { database, now }: { readonly database: Database; readonly now: string },
    table: ModelClass<SubjectEntry>,
    subjectIds: readonly string[],
  ): Promise<SubjectTimelines> {
    const rows =
      subjectIds.length === 0
        ? []
        : await database.query<{ subjectId: string; sequence: number; occurredAt: string }>(
            `SELECT subject_id AS subjectId, MAX(sequence) AS sequence, MAX(occurred_at) AS occurredAt
             FROM ${database.table(table)} WHERE subject_id IN (${marks(subjectIds)}) GROUP BY subject_id`,
            subjectIds,
          );
    const ends = rows.map(({ subjectId, sequence, occurredAt }) => {
      return [subjectId, { sequence: Number(sequence), occurredAt }] as const;
    });
    return new SubjectTimelines(database, table, now, new Map(ends));
  }

  /**
   * Time of the next event of a subject (T6): now by default, or the time of the last entry if that is later.
   * @param stated by the caller @param since time before which the object had no events
   * @throws InputError if the stated time is in the future, or before the last entry
   */
  timeOf(subjectId: string, stated: string | null = null, since = ''): string {
    const last = this.ends.get(subjectId)?.occurredAt ?? since;
    if (stated === null) return this.now > last ? this.now : last;
    const path = ['input', 'occurredAt'];
    if (stated > this.now) throw new InputError(`"occurredAt" is in the future: it is ${this.now} now`, path);
    if (stated < last)
      throw new InputError(`"occurredAt" is before the last event, of ${last}: choose that time or a later one`, path);
    return stated;
  }

  /** Time of an event that follows from another one: the time of that one, or of the last entry if that is later. */
  after(subjectId: string, cause: string | null = null, since = ''): string {
    const last = this.ends.get(subjectId)?.occurredAt ?? since;
    const at = cause ?? this.now;
    return at > last ? at : last;
  }

  /** Adds an entry. @param occurredAt of {@link timeOf} */
  add(subject: Subject, occurredAt: string, { kind, actor, ...entry }: Omit<Happening<string>, 'occurredAt'>): void {
    const { type: subjectType, id: subjectId, agencyKey, exercise } = subject;
    const { now, ends } = this;
    const sequence = (ends.get(subjectId)?.sequence ?? 0) + 1;
    ends.set(subjectId, { sequence, occurredAt });
    const { fromState = null, toState = null, detail = null } = entry;
    const states = { fromState, toState };
    const times = { occurredAt, recordedAt: now };
    const id = newId('evt', now);
    this.entries.push({
      ...{ id, subjectType, subjectId, sequence, ...times, kind, actor, ...states, detail, exercise },
      agencyKey: entry.agencyKey ?? agencyKey,
    });
  }

  /** Writes the entries. */
  save(): Promise<void> {
    return this.database.insert(this.table, this.entries);
  }
}

/**
 * Trigger statements for both databases that reject updates and deletions of a timeline. Only exercise data can be deleted, while the
 * table `exercise_replacement` has a row. The texts are part of migrations: do not change them.
 */
export function sealTimeline(table: string): { mysql: string[]; sqlite: string[] } {
  const refusal = `Entries of ${table} are only ever added`;
  const kept = 'OLD.exercise = 0 OR NOT EXISTS (SELECT 1 FROM exercise_replacement)';
  return {
    mysql: [
      `CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table} FOR EACH ROW
         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${refusal}'`,
      `CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table} FOR EACH ROW
         IF ${kept} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${refusal}'; END IF`,
    ],
    sqlite: [
      `CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, '${refusal}'); END`,
      `CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table} WHEN ${kept}
         BEGIN SELECT RAISE(ABORT, '${refusal}'); END`,
    ],
  };
}
