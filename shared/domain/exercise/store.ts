import type { Database } from '#kit/database/database';
import { type ModelClass, modelOf } from '#kit/model/model';
import { ExerciseReplacement } from './replacement';
import type { ExerciseRows } from './story';

/** Tables with the flag hold exercise data, as do link tables whose owner has it. */
const hasFlag = (database: Database, target: ModelClass) =>
  database.metadata(target).findColumnWithPropertyName('exercise') !== undefined;

/** Whether the database holds any exercise data. */
export async function hasExercise(database: Database, entities: readonly ModelClass[]): Promise<boolean> {
  for (const target of entities) {
    if (!hasFlag(database, target)) continue;
    const rows = await database.query(
      `SELECT 1 FROM ${database.table(target)} WHERE ${database.column(target, 'exercise')} = 1 LIMIT 1`,
    );
    if (rows.length > 0) return true;
  }
  return false;
}

/**
 * Replaces all exercise data of a database in one transaction. Other data stay.
 * @param entities tables, parents first
 * @returns the number of added rows
 */
export function replaceExerciseRows(
  database: Database,
  entities: readonly ModelClass[],
  tables: readonly ExerciseRows[],
): Promise<number> {
  return database.transaction(async (inside) => {
    const seals = entities.includes(ExerciseReplacement);
    if (seals) await inside.insert(ExerciseReplacement, [{ id: 'now' }]);
    for (const target of [...entities].reverse())
      if (target !== ExerciseReplacement) await removeExercise(inside, target);
    if (seals) await inside.query('DELETE FROM exercise_replacement');
    const byTarget = new Map(tables.map((table) => [table.target, table.rows]));
    const stray = tables.find(({ target }) => !entities.includes(target));
    if (stray) throw new Error(`${stray.target.name} is not a table of the ${database.name} subgraph`);
    let added = 0;
    for (const target of entities) {
      const rows = byTarget.get(target) ?? [];
      // tables without the flag may already have the row
      if (hasFlag(inside, target)) await inside.insert(target, rows);
      else await inside.upsert(target, rows);
      added += rows.length;
    }
    return added;
  });
}

async function removeExercise(database: Database, target: ModelClass): Promise<void> {
  const { linkOwner } = modelOf(target);
  const table = database.table(target);
  if (hasFlag(database, target)) {
    await detachSelfReferences(database, target);
    await database.query(`DELETE FROM ${table} WHERE ${database.column(target, 'exercise')} = 1`);
  } else if (linkOwner && hasFlag(database, linkOwner)) {
    const owners = `SELECT ${database.column(linkOwner, modelOf(linkOwner).key)} FROM ${database.table(linkOwner)} WHERE exercise = 1`;
    await database.query(`DELETE FROM ${table} WHERE ${database.column(target, 'ownerKey')} IN (${owners})`);
  }
}

/** MySQL checks foreign keys row by row, so references within a table are cleared first. */
async function detachSelfReferences(database: Database, target: ModelClass): Promise<void> {
  for (const relation of database.metadata(target).relations) {
    if (relation.type !== target || relation.joinColumns.length === 0) continue;
    const column = database.dialect.quote(relation.joinColumns[0]!.databaseName);
    await database.query(
      `UPDATE ${database.table(target)} SET ${column} = NULL WHERE ${column} IS NOT NULL AND exercise = 1`,
    );
  }
}
