import { createHash } from 'node:crypto';
import type { Database } from '../database/database';
import { type ModelClass, modelOf } from '../model/model';

/** A small table of facts that the program depends on, defined in code and written to the database at startup. */
export interface ReferenceTable<T extends object = object> {
  readonly target: ModelClass<T>;
  readonly rows: readonly Partial<T>[];
  /** Properties that mutations change, too: a value in the database stays, unless it is null. */
  readonly keeps?: readonly string[];
}

/** Table with the digest of each reference table as last written. Not an entity, since every database has it. */
const EDITIONS = 'reference_edition';

/** Writes reference tables whose content has changed since the last start. */
export async function seedReferences(database: Database, tables: readonly ReferenceTable[]): Promise<void> {
  await database.query(
    `CREATE TABLE IF NOT EXISTS ${EDITIONS} (name varchar(100) NOT NULL PRIMARY KEY, digest varchar(64) NOT NULL)`,
  );
  const editions = await database.query<{ name: string; digest: string }>(`SELECT name, digest FROM ${EDITIONS}`);
  const digests = new Map(editions.map(({ name, digest }) => [name, digest]));
  for (const { target, rows, keeps } of tables) {
    const name = database.metadata(target).tableName;
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
    if (digests.get(name) === digest) continue;
    await database.transaction(async (inside) => {
      await inside.upsert(target, keeps ? await merged(inside, target, rows, keeps) : rows);
      const tail = inside.dialect.onConflictUpdate(['name'], ['digest']);
      await inside.query(`INSERT INTO ${EDITIONS} (name, digest) VALUES (?, ?) ${tail}`, [name, digest]);
    });
  }
}

/** Rows with the values that the database has of some properties. */
async function merged(
  database: Database,
  target: ModelClass,
  rows: readonly object[],
  keeps: readonly string[],
): Promise<object[]> {
  const { key } = modelOf(target);
  const read = (row: object, property: string) => (row as Record<string, unknown>)[property];
  const keys = rows.map((row) => read(row, key));
  const stored = new Map((await database.findBy(target, key, keys)).map((row) => [read(row, key), row]));
  return rows.map((row) => {
    const before = stored.get(read(row, key));
    const kept = before ? keeps.map((name) => [name, read(before, name) ?? read(row, name)]) : [];
    return { ...row, ...Object.fromEntries(kept) };
  });
}
