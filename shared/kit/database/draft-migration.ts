import type { ModelClass } from '../model/model';
import { Database } from './database';
import type { Migration } from './migrations';

interface Options {
  readonly url: string;
  readonly name: string;
  readonly entities: readonly ModelClass[];
  readonly migrations: readonly Migration[];
}

/** Statements that the migrations lack to make the tables match the entities. */
export async function pendingStatements(options: Options): Promise<string[]> {
  const database = await openByServer(options);
  try {
    const log = await database.source.driver.createSchemaBuilder().log();
    const statements = log.upQueries.map(({ query }) => query);
    return database.dialect.kind === 'sqlite' ? await withoutRebuilds(database, statements) : statements;
  } finally {
    await database.close();
  }
}

/**
 * Opens the database with the driver of its actual server, since `mysql://` may be MySQL or MariaDB. They describe column defaults
 * differently: with the wrong driver, every nullable column looks changed.
 */
async function openByServer(options: Options): Promise<Database> {
  const database = await Database.open(options);
  const { address } = database;
  if (address.kind === 'sqlite') return database;
  const [row] = await database.query<{ version: string }>('SELECT VERSION() AS version');
  const server = /mariadb/i.test(row!.version) ? 'mariadb' : 'mysql';
  if (server === address.server) return database;
  await database.close();
  return Database.open({ ...options, url: options.url.replace(/^\w+:/, `${server}:`) });
}

const REBUILT = /^CREATE TABLE "temporary_(\w+)" \((.*)\)$/s;
const CREATED = /^CREATE TABLE "(?!temporary_)(\w+)"/;
const INDEX = /^(CREATE|DROP) (?:UNIQUE )?INDEX "(\w+)"/;

/**
 * TypeORM changes an SQLite table by rebuilding it and dropping the old one, which foreign keys forbid once it has rows. Converts such
 * statements to ALTER TABLE, and creates new tables in their final form.
 */
async function withoutRebuilds(database: Database, statements: readonly string[]): Promise<string[]> {
  const final = new Map(
    statements.flatMap((sql) => matched(REBUILT, sql, ([table, body]) => [[table!, body!] as const])),
  );
  const created = new Set(statements.flatMap((sql) => matched(CREATED, sql, ([table]) => [table!])));
  const count = (verb: string, name: string) =>
    statements.filter((sql) => matched(INDEX, sql, ([v, n]) => [v === verb && n === name])[0]).length;
  const written = new Set<string>();
  const result: string[] = [];
  for (const sql of statements) {
    const [index] = matched(INDEX, sql, ([verb, name]) => [{ verb: verb!, name: name! }]);
    if (index) {
      const change = count('CREATE', index.name) - count('DROP', index.name);
      const wanted = index.verb === 'CREATE' ? change > 0 : change < 0;
      if (!wanted || written.has(index.name)) continue;
      written.add(index.name);
      result.push(sql.trim());
      continue;
    }
    const [table] = matched(CREATED, sql, ([name]) => [name!]);
    if (table) result.push(final.has(table) ? `CREATE TABLE "${table}" (${final.get(table)})` : sql);
  }
  // before changes of their columns
  const dropped = result.filter((sql) => sql.startsWith('DROP INDEX'));
  const rest = result.filter((sql) => !dropped.includes(sql));
  const columns: string[] = [];
  for (const [table, body] of final)
    if (!created.has(table)) columns.push(...(await alterations(database, table, body, dropped)));
  // an index may include an added column
  const place = rest.findIndex((sql) => sql.startsWith('CREATE') && sql.includes('INDEX'));
  const [before, after] = place < 0 ? [rest, []] : [rest.slice(0, place), rest.slice(place)];
  return [...dropped, ...before, ...columns, ...after];
}

function matched<Value>(pattern: RegExp, sql: string, of: (groups: (string | undefined)[]) => Value[]): Value[] {
  const match = pattern.exec(sql);
  return match ? of(match.slice(1)) : [];
}

async function alterations(
  database: Database,
  table: string,
  body: string,
  dropped: readonly string[],
): Promise<string[]> {
  const wanted = new Map(
    body
      .split(/, (?="|CONSTRAINT)/)
      .flatMap((part) => matched(/^"(\w+)" (.*)$/s, part, ([name, type]) => [[name!, type!] as const])),
  );
  const present = await database.query<{ name: string; notnull: number }>(`PRAGMA table_info("${table}")`);
  const names = new Set(present.map(({ name }) => name));
  const relaxed = present.filter(
    ({ name, notnull }) => notnull && wanted.has(name) && !/NOT NULL/.test(wanted.get(name)!),
  );
  const statements: string[] = [];
  for (const { name } of relaxed)
    statements.push(...(await relaxations(database, { table, name, type: wanted.get(name)! }, dropped)));
  return [
    ...statements,
    ...[...wanted]
      .filter(([name]) => !names.has(name))
      .map(([name, type]) => `ALTER TABLE "${table}" ADD COLUMN "${name}" ${type}`),
    ...[...names].filter((name) => !wanted.has(name)).map((name) => `ALTER TABLE "${table}" DROP COLUMN "${name}"`),
  ];
}

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/**
 * Statements that make a column nullable: SQLite cannot alter one, so a copy replaces it.
 * @param dropped statements that ran before, and dropped indexes
 */
async function relaxations(
  database: Database,
  { table, name, type }: Column,
  dropped: readonly string[],
): Promise<string[]> {
  const present = await database.query<{ name: string; sql: string }>(
    `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql LIKE ?`,
    [table, `%"${name}"%`],
  );
  const indexes = present.map((index) => ({ drop: `DROP INDEX "${index.name}"`, create: index.sql.trim() }));
  const kept = indexes.filter(({ drop }) => !dropped.includes(drop));
  return [
    ...kept.map(({ drop }) => drop),
    `ALTER TABLE "${table}" ADD COLUMN "nullable_${name}" ${type}`,
    `UPDATE "${table}" SET "nullable_${name}" = "${name}"`,
    `ALTER TABLE "${table}" DROP COLUMN "${name}"`,
    `ALTER TABLE "${table}" RENAME COLUMN "nullable_${name}" TO "${name}"`,
    ...kept.map(({ create }) => create),
  ];
}
