import type { QueryRunner } from 'typeorm';

/** Temporary table for comparing definitions. */
const TWIN = 'ordergraph_migration_check';

/** A kind of statement that MySQL commits implicitly, and how to tell whether it already ran. */
interface Kind {
  readonly pattern: RegExp;
  /** Error numbers of MySQL and MariaDB for a statement whose effect may already exist. */
  readonly errors: readonly number[];
  /** Whether the existing effect is this statement's. `groups` are those of the pattern. */
  readonly isSame: (runner: QueryRunner, groups: readonly string[]) => Promise<boolean>;
}

const always = async () => true;

const KINDS: readonly Kind[] = [
  {
    pattern: /^CREATE TABLE `(\w+)` (\(.*)$/s,
    errors: [1050],
    isSame: async (runner, [table, body]) => {
      const present = await linesOf(runner, table!);
      // later statements may have added to the table
      return (await twinOf(runner, body!)).every((line) => present.includes(line));
    },
  },
  {
    pattern: /^ALTER TABLE `(\w+)` ADD (?:COLUMN )?(`\w+` .*)$/s,
    errors: [1060],
    isSame: async (runner, [table, definition]) => {
      const present = await linesOf(runner, table!);
      return (await twinOf(runner, `(${definition}) ENGINE=InnoDB`)).every((line) => present.includes(line));
    },
  },
  {
    pattern: /^ALTER TABLE `(\w+)` ADD (UNIQUE )?INDEX `(\w+)` (\([^)]*\))$/,
    errors: [1061],
    isSame: (runner, [table, unique, name, columns]) => hasIndex(runner, table!, unique, name!, columns!),
  },
  {
    pattern: /^CREATE (UNIQUE )?INDEX `(\w+)` ON `(\w+)` (\([^)]*\))$/,
    errors: [1061],
    isSame: (runner, [unique, name, table, columns]) => hasIndex(runner, table!, unique, name!, columns!),
  },
  {
    pattern: /^ALTER TABLE `(\w+)` ADD CONSTRAINT (`\w+` FOREIGN KEY \([^)]*\) REFERENCES `\w+` ?\([^)]*\))/,
    // MariaDB reports the storage engine's "duplicate key" as "can't create table"
    errors: [1005, 1022, 1826],
    isSame: async (runner, [table, constraint]) =>
      (await linesOf(runner, table!)).some((line) => line.startsWith(normalized(`CONSTRAINT ${constraint}`))),
  },
  // run again, it changes nothing, so it never fails
  { pattern: /^ALTER TABLE `\w+` CHANGE `(\w+)` `\1` /, errors: [], isSame: always },
  // a missing object was already dropped
  { pattern: /^DROP INDEX `\w+` ON `\w+`$/, errors: [1091], isSame: always },
  { pattern: /^ALTER TABLE `\w+` DROP (?:COLUMN|INDEX|FOREIGN KEY) `\w+`$/, errors: [1091], isSame: always },
  { pattern: /^DROP TABLE `\w+`$/, errors: [1051], isSame: always },
  {
    pattern: /^CREATE TRIGGER `?(\w+)`? (BEFORE|AFTER) (\w+) ON `?(\w+)`? FOR EACH ROW(.*)$/s,
    errors: [1359],
    isSame: async (runner, [name, timing, event, table, body]) => {
      const [row] = await runner.query(
        `SELECT action_timing AS timing, event_manipulation AS event, event_object_table AS place, action_statement AS body
         FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name = ?`,
        [name],
      );
      return (
        row !== undefined &&
        row.timing === timing &&
        row.event === event &&
        row.place === table &&
        normalized(row.body) === normalized(body!)
      );
    },
  },
];

/** Statements that change rows, which run in one transaction with the saved progress. */
const DATA = /^(INSERT|UPDATE|DELETE|REPLACE)\b/i;

export const changesRows = (sql: string): boolean => DATA.test(sql.trim());

/** Whether a migration that a crash interrupted at this statement can be resumed on MySQL. Must hold for all statements. */
export const isResumable = (sql: string): boolean =>
  changesRows(sql) || KINDS.some(({ pattern }) => pattern.test(sql.trim()));

/** Whether a statement failed because it already ran: its exact effect exists. */
export async function hasBeenRun(runner: QueryRunner, sql: string, error: unknown): Promise<boolean> {
  const { errno } = ((error as { driverError?: unknown }).driverError ?? error) as { errno?: number };
  for (const { pattern, errors, isSame } of KINDS) {
    const match = pattern.exec(sql.trim());
    if (match) return errno !== undefined && errors.includes(errno) && isSame(runner, match.slice(1));
  }
  return false;
}

const normalized = (sql: string): string =>
  sql
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .trim();

/** The server's description of a table's columns, keys, and constraints, by line. */
async function linesOf(runner: QueryRunner, table: string): Promise<string[]> {
  const [row] = await runner.query(`SHOW CREATE TABLE \`${table}\``);
  const [, ...lines] = String(row['Create Table']).split('\n');
  return lines.slice(0, -1).map((line) => normalized(line).replace(/,$/, ''));
}

/** Lines that the server would have for a definition. */
async function twinOf(runner: QueryRunner, body: string): Promise<string[]> {
  await runner.query(`DROP TABLE IF EXISTS ${TWIN}`);
  try {
    await runner.query(`CREATE TABLE ${TWIN} ${body}`);
    return await linesOf(runner, TWIN);
  } finally {
    await runner.query(`DROP TABLE IF EXISTS ${TWIN}`);
  }
}

async function hasIndex(
  runner: QueryRunner,
  table: string,
  unique: string | undefined,
  name: string,
  columns: string,
): Promise<boolean> {
  const line = normalized(`${unique ? 'UNIQUE ' : ''}KEY \`${name}\` ${columns}`);
  return (await linesOf(runner, table)).some((present) => present === line);
}
