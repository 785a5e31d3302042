import { copyFileSync, rmSync } from 'node:fs';
import { Database } from '#kit/database/database';

/** The content of a database at one moment. */
export interface Backup {
  /** Restores it into the database of this address, which no process may have open. */
  restore(url: string): Promise<void>;
}

let copies = 0;

/** A consistent backup of a database in use: a copy of the file on SQLite, the rows of one snapshot on MySQL. */
export async function backUp(database: Database): Promise<Backup> {
  return database.dialect.kind === 'sqlite' ? copyOf(database) : rowsOf(database);
}

async function copyOf(database: Database): Promise<Backup> {
  copies += 1;
  const { address } = database;
  if (address.kind !== 'sqlite') throw new Error('only SQLite databases are files');
  const copy = `${address.file}.backup-${copies}`;
  await database.query('VACUUM INTO ?', [copy]);
  return {
    async restore() {
      for (const suffix of ['-wal', '-shm']) rmSync(`${address.file}${suffix}`, { force: true });
      copyFileSync(copy, address.file);
    },
  };
}

async function rowsOf(database: Database): Promise<Backup> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`,
  );
  const rows = new Map<string, Record<string, unknown>[]>();
  await database.transaction(async (inside) => {
    for (const { name } of tables) rows.set(name, await inside.query(`SELECT * FROM \`${name}\``));
  });
  return {
    async restore(url) {
      const target = await Database.connect({ url, name: 'backup', entities: [], migrations: [] });
      await target.transaction(async (inside) => {
        await inside.query('SET FOREIGN_KEY_CHECKS = 0');
        for (const [name, all] of rows) {
          await inside.query(`TRUNCATE TABLE \`${name}\``);
          await insert(inside, name, all);
        }
        await inside.query('SET FOREIGN_KEY_CHECKS = 1');
      });
      await target.close();
    },
  };
}

async function insert(database: Database, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const marks = `(${columns.map(() => '?').join(', ')})`;
  for (let start = 0; start < rows.length; start += 200) {
    const chunk = rows.slice(start, start + 200);
    await database.query(
      `INSERT INTO \`${table}\` (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES ${chunk.map(() => marks).join(', ')}`,
      chunk.flatMap((row) => columns.map((name) => row[name])),
    );
  }
}
