import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { DatabaseKind } from '#kit/database/dialect';

/** The databases that tests run on. MySQL only where a server is available; the setup fails when CI has none. */
export const databaseKinds: readonly DatabaseKind[] = process.env.ORDERGRAPH_TEST_MYSQL_URL
  ? ['sqlite', 'mysql']
  : ['sqlite'];

/** Databases for long tests: all with `ORDERGRAPH_TEST_FAULTS=all`, else only the one of production, if available. */
export const processKinds: readonly DatabaseKind[] =
  process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? databaseKinds : databaseKinds.slice(-1);

/** Databases of one test, by name; `drop` removes all of them. */
export interface TestDatabases {
  url(name: string): string;
  drop(): Promise<void>;
}

/** Fresh, empty databases under these names. */
export async function freshDatabases(kind: DatabaseKind, names: readonly string[]): Promise<TestDatabases> {
  if (kind === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-test-'));
    return {
      url: (name) => join(folder, `${name}.sqlite`),
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const pattern = process.env.ORDERGRAPH_TEST_MYSQL_URL!;
  const prefix = `og_${randomBytes(4).toString('hex')}`;
  const run = async (statement: (database: string) => string) => {
    const connection = await mysql.createConnection(pattern.replace('%', 'mysql').replace('?socket=', '?socketPath='));
    for (const name of names) await connection.query(statement(`${prefix}_${name}`));
    await connection.end();
  };
  await run((database) => `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  return {
    url: (name) => pattern.replace('%', `${prefix}_${name}`),
    drop: () => run((database) => `DROP DATABASE ${database}`),
  };
}
