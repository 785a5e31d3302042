import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { replaceExerciseRows } from '#domain/exercise/store';
import type { DatabaseKind } from '#kit/database/dialect';
import { type DatabaseAddress, parseDatabaseUrl } from '#kit/database/url';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases, type TestDatabases } from '../support/databases';
import { storyOf } from './story';

/**
 * New databases of all subgraphs as their first start leaves them: copies of databases that were migrated once. 20 migrations of four
 * subgraphs take MariaDB ten times the CPU of creating the same tables.
 */
export const migratedDatabases = (kind: DatabaseKind): Promise<TestDatabases> =>
  copiesOf(
    `${kind}-migrated`,
    kind,
    () => emptyDatabases(kind),
    async () => {},
  );

/** New databases of all subgraphs with the exercise of the tests. Only this worker can read its encrypted values: their keys are in its memory. */
export const exerciseDatabases = (kind: DatabaseKind, scale: number): Promise<TestDatabases> =>
  copiesOf(
    `${kind}-exercise-${scale}-of-${process.pid}`,
    kind,
    () => migratedDatabases(kind),
    async ({ name, database, subgraph }) => {
      await replaceExerciseRows(database, subgraph.parts.entities, storyOf(scale).get(name) ?? []);
    },
  );

const emptyDatabases = (kind: DatabaseKind): Promise<TestDatabases> =>
  freshDatabases(
    kind,
    subgraphs.map(({ name }) => name),
  );

/** Copies of databases that are made once in a run. */
async function copiesOf(
  name: string,
  kind: DatabaseKind,
  begin: () => Promise<TestDatabases>,
  fill: (open: OpenSubgraph) => Promise<void>,
): Promise<TestDatabases> {
  const template = join(process.env.ORDERGRAPH_TEST_TEMPLATES!, name);
  if (!existsSync(template)) await makeTemplate(template, await begin(), fill);
  const databases = await emptyDatabases(kind);
  for (const { name: subgraph } of subgraphs)
    await copyTo(parseDatabaseUrl(databases.url(subgraph)), join(template, subgraph));
  return databases;
}

/** Writes a template: a folder with a file for each subgraph. */
async function makeTemplate(
  template: string,
  databases: TestDatabases,
  fill: (open: OpenSubgraph) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(`${template}-`);
  for (const subgraph of subgraphs) {
    const url = databases.url(subgraph.name);
    const open = await subgraph.open({ databaseUrl: url });
    await fill(open);
    await open.close();
    await saveAs(join(folder, subgraph.name), parseDatabaseUrl(url));
  }
  await databases.drop();
  try {
    renameSync(folder, template);
  } catch (error) {
    // another worker made the same meanwhile
    if (!existsSync(template)) throw error;
    rmSync(folder, { recursive: true });
  }
}

/** Saves the content of a database: the file of SQLite, or SQL. */
async function saveAs(file: string, address: DatabaseAddress): Promise<void> {
  if (address.kind === 'sqlite') {
    copyFileSync(address.file, file);
    return;
  }
  const connection = await connect(address);
  const statements = [...(await tablesOf(connection)), ...(await triggersOf(connection))];
  await connection.end();
  writeFileSync(file, statements.join(';\n'));
}

/** Writes the content of a file to an empty database. */
async function copyTo(address: DatabaseAddress, file: string): Promise<void> {
  if (address.kind === 'sqlite') {
    copyFileSync(file, address.file);
    return;
  }
  const target = await connect(address);
  // tables refer to others that come later
  await target.query('SET foreign_key_checks = 0');
  await target.query(readFileSync(file, 'utf8'));
  await target.end();
}

type MysqlAddress = DatabaseAddress & { kind: 'mysql' };

const connect = ({ host, port, user, password, database, socketPath }: MysqlAddress): Promise<mysql.Connection> =>
  mysql.createConnection({ host, port, user, password, database, socketPath, multipleStatements: true });

/** Statements that create the tables of a database with their rows. */
async function tablesOf(connection: mysql.Connection): Promise<string[]> {
  const statements: string[] = [];
  for (const [table] of await rowsOf(connection, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")) {
    const [[, create]] = (await rowsOf(connection, `SHOW CREATE TABLE \`${table}\``)) as [string[]];
    statements.push(create!);
    const rows = await rowsOf(connection, `SELECT * FROM \`${table}\``);
    if (rows.length > 0) statements.push(mysql.format(`INSERT INTO \`${table}\` VALUES ?`, [rows]));
  }
  return statements;
}

/** Statements that create the triggers of a database. */
async function triggersOf(connection: mysql.Connection): Promise<string[]> {
  const statements: string[] = [];
  for (const [trigger] of await rowsOf(connection, 'SHOW TRIGGERS')) {
    const [[, , create]] = (await rowsOf(connection, `SHOW CREATE TRIGGER \`${trigger}\``)) as [string[]];
    statements.push(create!);
  }
  return statements;
}

/** Rows as the server writes them: numbers, too, as text. */
async function rowsOf(connection: mysql.Connection, sql: string): Promise<(string | null)[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() });
  return rows as unknown as (string | null)[][];
}
