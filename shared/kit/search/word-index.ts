import type { Database } from '../database/database';
import { marks } from '../database/marks';
import { type ModelClass, modelOf, type Selectable } from '../model/model';
import { searchedFields, type Word, wordTableOf } from './word-table';
import { WORD_RULES, wordsOf } from './words';

/** Rows that one statement of a repair reads. */
const PAGE = 1_000;

type Values = Readonly<Record<string, unknown>>;

/** Words of the searched fields of an object. */
function indexed(fields: readonly Selectable[], ownerKey: string, object: Values): Word[] {
  return fields.flatMap(({ name, property }) =>
    [...wordsOf(String(object[property] ?? ''))].map((word) => ({ ownerKey, field: name, word })),
  );
}

/** Writes the words of new objects. */
export async function addWords(database: Database, target: ModelClass, objects: readonly object[]): Promise<void> {
  const [fields, { key }] = [searchedFields(target), modelOf(target)];
  const words = objects.flatMap((object) => indexed(fields, String((object as Values)[key]), object as Values));
  await database.insert(wordTableOf(target)!, words);
}

/**
 * Replaces the words of stored objects.
 * @param fields those whose values changed; all by default
 */
export async function replaceWords(
  database: Database,
  target: ModelClass,
  objects: readonly object[],
  fields: readonly Selectable[] = searchedFields(target),
): Promise<void> {
  const table = wordTableOf(target)!;
  const { key } = modelOf(target);
  const names = fields.map(({ name }) => name);
  for (let start = 0; start < objects.length; start += PAGE) {
    const page = objects.slice(start, start + PAGE) as Values[];
    const keys = page.map((object) => String(object[key]));
    await database.query(
      `DELETE FROM ${database.table(table)} WHERE owner_key IN (${marks(keys)}) AND field IN (${marks(names)})`,
      [...keys, ...names],
    );
    await database.insert(
      table,
      page.flatMap((object) => indexed(fields, String(object[key]), object)),
    );
  }
}

const textOf = ({ ownerKey, field, word }: Word): string => `${ownerKey}\n${field}\n${word}`;

/** Table with the last comparison of each word table. Not an entity, since every database has it. */
const COMPARISONS = 'word_comparison';

/** Milliseconds in which an upgrade replaces all processes of the earlier release, which write rows without words. */
const UPGRADE_MS = 86_400_000;

/** The rules by which the words of a model follow from its rows. */
const rulesOf = (target: ModelClass): string =>
  [WORD_RULES, ...searchedFields(target).map(({ name }) => name)].join(' ');

/**
 * Makes the words of all objects current at the start of a process: those from before a field was searched, and those that a process of an
 * earlier release wrote. Compares all words until a day after the first comparison by the same rules; then only looks for objects without
 * words.
 * @returns the number of repaired objects
 */
export async function settleWords(database: Database, targets: readonly ModelClass[]): Promise<number> {
  await database.query(
    `CREATE TABLE IF NOT EXISTS ${COMPARISONS} (name varchar(100) NOT NULL PRIMARY KEY, rules varchar(500) NOT NULL, first_ms bigint NOT NULL, last_ms bigint NOT NULL)`,
  );
  const [clock] = await database.query<{ now: number }>(`SELECT ${database.dialect.nowMs} AS now`);
  const now = Number(clock!.now);
  const comparisons = await database.query<{ name: string; rules: string; oldest: number; latest: number }>(
    `SELECT name, rules, first_ms AS oldest, last_ms AS latest FROM ${COMPARISONS}`,
  );
  let repaired = 0;
  for (const target of targets) {
    const table = wordTableOf(target);
    if (!table) continue;
    const [name, rules] = [database.metadata(table).tableName, rulesOf(target)];
    const earlier = comparisons.find((comparison) => comparison.name === name && comparison.rules === rules);
    if (earlier && Number(earlier.latest) - Number(earlier.oldest) > UPGRADE_MS) {
      repaired += await repairMissing(database, target);
      continue;
    }
    repaired += await repairWords(database, [target]);
    const tail = database.dialect.onConflictUpdate(['name'], ['rules', 'first_ms', 'last_ms']);
    await database.transaction((inside) =>
      inside.query(`INSERT INTO ${COMPARISONS} (name, rules, first_ms, last_ms) VALUES (?, ?, ?, ?) ${tail}`, [
        name,
        rules,
        Number(earlier?.oldest ?? now),
        now,
      ]),
    );
  }
  return repaired;
}

/** Writes the words of objects that have none. */
async function repairMissing(database: Database, target: ModelClass): Promise<number> {
  const key = database.column(target, modelOf(target).key);
  const properties = [...new Set([modelOf(target).key, ...searchedFields(target).map(({ property }) => property)])];
  const terms = properties.map((name) => `t.${database.column(target, name)} AS ${database.dialect.quote(name)}`);
  const rows = await database.query<Record<string, string | null>>(
    `SELECT ${terms.join(', ')} FROM ${database.table(target)} t
     WHERE NOT EXISTS (SELECT 1 FROM ${database.table(wordTableOf(target)!)} w WHERE w.owner_key = t.${key})`,
  );
  const keys = rows.flatMap((row) => {
    const ownerKey = row[modelOf(target).key]!;
    return indexed(searchedFields(target), ownerKey, row).length > 0 ? [ownerKey] : [];
  });
  for (let start = 0; start < keys.length; start += PAGE)
    await rewrite(database, target, keys.slice(start, start + PAGE));
  return keys.length;
}

/**
 * Compares the words of all objects with the objects. Reads every word once, and writes only differences.
 * @returns the number of repaired objects
 */
export async function repairWords(database: Database, targets: readonly ModelClass[]): Promise<number> {
  let repaired = 0;
  for (const target of targets) {
    if (!wordTableOf(target)) continue;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await readPage(database, target, after);
      repaired += page.different.length;
      if (page.different.length > 0) await rewrite(database, target, page.different);
      after = page.last;
    }
  }
  return repaired;
}

/** Keys of objects on the page after a key whose words differ from the stored ones; and the last key, unless it is the last page. */
async function readPage(
  database: Database,
  target: ModelClass,
  after: string,
): Promise<{ different: string[]; last: string | undefined }> {
  const [fields, { key }] = [searchedFields(target), modelOf(target)];
  const column = (property: string) => database.column(target, property);
  const terms = [...new Set([key, ...fields.map(({ property }) => property)])];
  const rows = await database.query<Record<string, string | null>>(
    `SELECT ${terms.map((property) => `${column(property)} AS ${database.dialect.quote(property)}`).join(', ')}
     FROM ${database.table(target)} WHERE ${column(key)} > ? ORDER BY ${column(key)} LIMIT ${PAGE}`,
    [after],
  );
  const last = rows.at(-1)?.[key];
  if (last == null) return { different: [], last: undefined };
  const stored = await database.query<Word>(
    `SELECT owner_key AS ${database.dialect.quote('ownerKey')}, field, word
     FROM ${database.table(wordTableOf(target)!)} WHERE owner_key > ? AND owner_key <= ?`,
    [after, last],
  );
  const missing = new Map(
    rows.flatMap((row) => indexed(fields, row[key]!, row)).map((word) => [textOf(word), word.ownerKey]),
  );
  const different = new Set<string>();
  for (const word of stored) if (!missing.delete(textOf(word))) different.add(word.ownerKey);
  for (const ownerKey of missing.values()) different.add(ownerKey);
  return { different: [...different], last: rows.length < PAGE ? undefined : last };
}

/** Replaces the words of objects under their locks, since other processes may write them. */
async function rewrite(database: Database, target: ModelClass, keys: readonly string[]): Promise<void> {
  await database.atomically(async (inside) => {
    const { key } = modelOf(target);
    const rows = await inside.query(
      `SELECT ${inside.selection(target, 't')} FROM ${inside.table(target)} t
       WHERE t.${inside.column(target, key)} IN (${marks(keys)}) ${inside.dialect.forUpdate}`,
      keys,
    );
    await replaceWords(
      inside,
      target,
      rows.map((row) => inside.hydrate(target, row)),
    );
  });
}
