import type { Database } from '../database/database';
import { type ModelClass, modelOf } from '../model/model';
import { encryptedFields } from './field';
import { encryptRows, isPerson } from './rows';
import { ENCRYPTED_PREFIX, Encrypted, Plain } from './value';

/** Rows in one transaction. */
const BATCH = 500;

type Stored = Record<string, string | number | null>;

/**
 * Encrypts what an earlier release stored as plain text. In batches, each in one transaction, so that an interrupted run continues where it
 * stopped. Reads every row once.
 * @param report called with the number of rows so far, and of all
 * @returns the number of rows
 */
export async function encryptExisting(
  database: Database,
  entities: readonly ModelClass[],
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const targets = entities.filter((target) => encryptedFields(target).length > 0);
  // persons first, who get the data keys
  const ordered = [...targets.filter(isPerson), ...targets.filter((target) => !isPerson(target))];
  let total = 0;
  for (const target of ordered) total += await countPlain(database, target);
  let done = 0;
  for (const target of total > 0 ? ordered : [])
    for (let batch = -1; batch !== 0; ) {
      batch = await database.transaction((inside) => encryptBatch(inside, target));
      done += batch;
      if (batch > 0) report(done, total);
    }
  if (done > 0) await removeRemains(database);
  return done;
}

/** SQL condition of rows, as `t`, with a value in plain text. */
const plainCondition = (database: Database, target: ModelClass): string =>
  encryptedFields(target)
    .map(({ property }) => `t.${database.column(target, property)} NOT LIKE '${ENCRYPTED_PREFIX}%'`)
    .join(' OR ');

async function countPlain(database: Database, target: ModelClass): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM ${database.table(target)} t WHERE ${plainCondition(database, target)}`,
  );
  return Number(row!.n);
}

async function encryptBatch(database: Database, target: ModelClass): Promise<number> {
  const fields = encryptedFields(target);
  const { key } = modelOf(target);
  const properties = [...new Set([key, 'exercise', ...fields.flatMap(({ person, property }) => [person, property])])];
  const terms = properties.map((name) => `t.${database.column(target, name)} AS ${database.dialect.quote(name)}`);
  const rows = await database.query<Stored>(
    `SELECT ${terms.join(', ')} FROM ${database.table(target)} t
     WHERE ${plainCondition(database, target)} ORDER BY t.${database.column(target, key)} LIMIT ${BATCH} ${database.dialect.forUpdate}`,
  );
  const encrypted = await encryptRows(
    database,
    target,
    rows.map((row) => valuesOf(target, row)),
    true,
  );
  for (const row of encrypted as readonly Record<string, unknown>[]) {
    const changes = Object.fromEntries(fields.map(({ property }) => [property, row[property]]));
    await database.update(target, row[key] as string, changes);
  }
  return rows.length;
}

/** A stored row with its plain text as values to encrypt. */
function valuesOf(target: ModelClass, row: Stored): object {
  const values: Record<string, unknown> = { ...row, exercise: Number(row.exercise) === 1 };
  for (const { property, parse } of encryptedFields(target)) {
    if (row[property] === null) continue;
    const text = String(row[property]);
    values[property] = text.startsWith(ENCRYPTED_PREFIX) ? new Encrypted(text) : new Plain(parse(text));
  }
  return values;
}

/** SQLite keeps overwritten text in free pages and in its log until the file is written anew. */
async function removeRemains(database: Database): Promise<void> {
  if (database.dialect.kind !== 'sqlite') return;
  await database.query('VACUUM');
  await database.query('PRAGMA wal_checkpoint(TRUNCATE)');
}
