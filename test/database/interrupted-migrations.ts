import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { Database } from '#kit/database/database';
import type { DatabaseKind } from '#kit/database/dialect';
import type { Migration } from '#kit/database/migrations';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases, type TestDatabases } from '../support/databases';
import { type Cut, TcpProxy } from '../support/tcp-proxy';
import { FIRST_RELEASE } from './first-release';

/** Tables of the migrations themselves, whose rows contain run times. */
const OWN = /^schema_migration$/;

export const migrationsOf = (name: string): readonly Migration[] =>
  subgraphs.find((subgraph) => subgraph.name === name)!.parts.migrations;

const options = (name: string, url: string, migrations = migrationsOf(name)) => ({
  url,
  name,
  // migrations do not need the entities, which are slow to load
  entities: [],
  migrations,
});

/** The whole schema and all rows, to compare two databases. */
async function contentOf(name: string, url: string): Promise<Record<string, unknown>> {
  const database = await Database.connect(options(name, url));
  try {
    const isMysql = database.dialect.kind === 'mysql';
    const tables = (
      await database.query<{ name: string }>(
        isMysql
          ? 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name'
          : "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
    ).map((row) => row.name);
    const content: Record<string, unknown> = {};
    for (const table of tables) {
      const [definition] = isMysql ? await database.query(`SHOW CREATE TABLE \`${table}\``) : [undefined];
      const rows = await database.query(`SELECT * FROM ${database.dialect.quote(table)} ORDER BY 1, 2`).catch(() => []);
      content[table] = {
        made: String(definition?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''),
        rows: OWN.test(table) ? rows.map((row) => row.name) : rows,
      };
    }
    content.others = isMysql
      ? await database.query(
          'SELECT trigger_name, event_manipulation, event_object_table, action_statement, action_timing FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY trigger_name',
        )
      : await database.query(
          "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
        );
    return content;
  } finally {
    await database.close();
  }
}

/** From an empty database, or from one of the first release with a row in each table that was changed since. */
export type From = 'fresh' | 'first release';

async function prepare(name: string, url: string, from: From): Promise<void> {
  if (from === 'fresh') return;
  const database = await Database.open(options(name, url, migrationsOf(name).slice(0, 1)));
  for (const [table, row] of FIRST_RELEASE[name] ?? []) {
    const columns = Object.keys(row).map((column) => database.dialect.quote(column));
    await database.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(row),
    );
  }
  await database.close();
}

const migrate = async (name: string, url: string) => (await Database.open(options(name, url))).close();

/** The result of an uninterrupted migration. */
export async function uninterrupted(kind: DatabaseKind, name: string, from: From): Promise<Record<string, unknown>> {
  const databases = await freshDatabases(kind, [name]);
  try {
    await prepare(name, databases.url(name), from);
    await migrate(name, databases.url(name));
    return await contentOf(name, databases.url(name));
  } finally {
    await databases.drop();
  }
}

/** One database of a MySQL-protocol server behind a proxy that cuts connections. */
export class CutMigration {
  private constructor(
    private readonly name: string,
    private readonly databases: TestDatabases,
    readonly proxy: TcpProxy,
  ) {}

  static async prepare(name: string, from: From): Promise<CutMigration> {
    const databases = await freshDatabases('mysql', [name]);
    await prepare(name, databases.url(name), from);
    return new CutMigration(name, databases, await TcpProxy.before(databases.url(name)));
  }

  /** The URL through the proxy. */
  get url(): string {
    return this.proxy.url(this.databases.url(this.name));
  }

  /**
   * Migrates and cuts the connection at a statement.
   * @returns whether the migration reached that statement
   */
  async cutAt(at: number, when: Cut): Promise<boolean> {
    this.proxy.cutAt(at, when, MIGRATING);
    const failed = await migrate(this.name, this.url).then(
      () => false,
      () => true,
    );
    if (failed !== this.proxy.hasCut) throw new Error(`Cut ${when} statement ${at}, but failed is ${failed}`);
    return failed;
  }

  /** Continues without the proxy, and returns the final state of the database. */
  async resumed(): Promise<Record<string, unknown>> {
    await this.lockIsFree();
    await migrate(this.name, this.databases.url(this.name));
    return contentOf(this.name, this.databases.url(this.name));
  }

  /** The server notices a cut connection a little later and then releases its lock. */
  private async lockIsFree(): Promise<void> {
    const { pathname, searchParams, hostname, port } = new URL(this.databases.url(this.name));
    const connection = await mysql.createConnection({
      host: hostname,
      port: Number(port || 3306),
      user: 'root',
      socketPath: searchParams.get('socket') ?? undefined,
    });
    await connection.query('SELECT GET_LOCK(?, 60)', [`ordergraph:migrate:${pathname.slice(1)}`]);
    await connection.end();
  }

  async drop(): Promise<void> {
    await this.proxy.close();
    await this.databases.drop();
  }
}

/** Statements of a migration, and those that save its progress. */
export const MIGRATING = /^(CREATE|ALTER|DROP|INSERT|UPDATE|REPLACE)\b/;

/** Migrates an SQLite database, and returns copies of its files after each statement: what a crash would leave. */
export async function crashesOf(
  name: string,
  from: From,
  isTried: (done: number) => boolean,
  check: (content: Record<string, unknown>, where: string) => void,
): Promise<number> {
  const databases = await freshDatabases('sqlite', [name]);
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-crash-'));
  const copies: string[] = [];
  try {
    const file = databases.url(name);
    await prepare(name, file, from);
    let count = 0;
    const copy = () => {
      count += 1;
      if (!isTried(count)) return;
      const to = join(folder, `${count}.sqlite`);
      for (const tail of ['', '-wal']) if (existsSync(`${file}${tail}`)) cpSync(`${file}${tail}`, `${to}${tail}`);
      copies.push(to);
    };
    await (await Database.open({ ...options(name, file), onMigration: copy })).close();
    for (const remaining of copies) {
      await migrate(name, remaining);
      check(await contentOf(name, remaining), remaining);
    }
    return copies.length;
  } finally {
    rmSync(folder, { recursive: true });
    await databases.drop();
  }
}
