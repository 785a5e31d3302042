import { readFileSync, writeFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import mysql from 'mysql2/promise';
import { replaceExerciseRows } from '#domain/exercise/store';
import type { DatabaseKind } from '#kit/database/dialect';
import { type DatabaseAddress, parseDatabaseUrl } from '#kit/database/url';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases, type TestDatabases } from '../support/databases';
import { storyOf } from './story';

/** Writes the content of a template to an empty database. */
type Write = (url: string) => Promise<void>;

/** By kind and content, and then by name of the subgraph. Large exercises are few, and need not stay. */
const templates = new LRUCache<string, Promise<ReadonlyMap<string, Write>>>({ max: 4 });

/**
 * New databases of all subgraphs as their first start leaves them: copies of databases that were migrated once. 20 migrations of four
 * subgraphs take MariaDB ten times the CPU of creating the same tables.
 */
export const migratedDatabases = (kind: DatabaseKind): Promise<TestDatabases> =>
  copiesOf(
    `${kind}, migrated`,
    kind,
    () => emptyDatabases(kind),
    async () => {},
  );

/** New databases of all subgraphs with the exercise of the tests. */
export const exerciseDatabases = (kind: DatabaseKind, scale: number): Promise<TestDatabases> =>
  copiesOf(
    `${kind}, exercise ${scale}`,
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

async function copiesOf(
  key: string,
  kind: DatabaseKind,
  begin: () => Promise<TestDatabases>,
  fill: (open: OpenSubgraph) => Promise<void>,
): Promise<TestDatabases> {
  const template = templates.get(key) ?? makeTemplate(await begin(), fill);
  templates.set(key, template);
  const databases = await emptyDatabases(kind);
  for (const [name, write] of await template) await write(databases.url(name));
  return databases;
}

async function makeTemplate(
  databases: TestDatabases,
  fill: (open: OpenSubgraph) => Promise<void>,
): Promise<ReadonlyMap<string, Write>> {
  const writes = new Map<string, Write>();
  for (const subgraph of subgraphs) {
    const url = databases.url(subgraph.name);
    const open = await subgraph.open({ databaseUrl: url });
    await fill(open);
    await open.close();
    writes.set(subgraph.name, await contentOf(url));
  }
  await databases.drop();
  return writes;
}

async function contentOf(url: string): Promise<Write> {
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite') {
    const file = readFileSync(address.file);
    return async (copy) => writeFileSync(copy, file);
  }
  const connection = await connect(address);
  const statements = [...(await tablesOf(connection)), ...(await triggersOf(connection))];
  await connection.end();
  return async (copy) => {
    const target = await connect(parseDatabaseUrl(copy) as MysqlAddress);
    // tables refer to others that come later
    await target.query('SET foreign_key_checks = 0');
    await target.query(statements.join(';\n'));
    await target.end();
  };
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
