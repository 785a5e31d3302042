import type { Database } from '#kit/database/database';

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
