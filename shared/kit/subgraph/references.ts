import { createHash } from 'node:crypto';
import type { Database } from '../database/database';
import type { ModelClass } from '../model/model';

/** A small table of facts that the program needs to exist, kept in the code and written to the database at start. */
export interface ReferenceTable<T extends object = object> {
  readonly target: ModelClass<T>;
  readonly rows: readonly Partial<T>[];
}

/** Where a database keeps which edition of its reference tables it has had. Not an entity: every database has it. */
const EDITIONS = 'reference_edition';

/** Writes the reference tables whose content differs from what the database has had. */
export async function seedReferences(database: Database, tables: readonly ReferenceTable[]): Promise<void> {
  await database.query(
    `CREATE TABLE IF NOT EXISTS ${EDITIONS} (name varchar(100) NOT NULL PRIMARY KEY, digest varchar(64) NOT NULL)`,
  );
  const known = await database.query<{ name: string; digest: string }>(`SELECT name, digest FROM ${EDITIONS}`);
  const digests = new Map(known.map(({ name, digest }) => [name, digest]));
  for (const { target, rows } of tables) {
    const name = database.metadata(target).tableName;
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
    if (digests.get(name) === digest) continue;
    await database.transaction(async (inside) => {
      await inside.upsert(target, rows);
      const tail = inside.dialect.onConflictUpdate(['name'], ['digest']);
      await inside.query(`INSERT INTO ${EDITIONS} (name, digest) VALUES (?, ?) ${tail}`, [name, digest]);
    });
  }
}
