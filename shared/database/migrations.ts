import type { DataSource, QueryRunner } from 'typeorm';
import { OperatorError } from '../errors';
import { SqliteConnection } from './sqlite';
import type { DatabaseAddress } from './url';

/** One step of a schema's history: forward only, the same change said to both databases. Never edited once released. */
export interface Migration {
  /** `0001-initial`: sorts in the order of the history. */
  readonly name: string;
  readonly mysql: readonly string[];
  readonly sqlite: readonly string[];
}

/** Where a database keeps the migrations it has had. Not an entity: it exists before all of them. */
const HISTORY = 'schema_migration';
const LOCK_WAIT_SECONDS = 60;

/**
 * Brings the tables to the newest migration, and runs `after`, under a lock that other processes wait for.
 * @throws OperatorError when the database knows a migration that this release does not, or the lock stays taken.
 */
export async function runMigrations(
  source: DataSource,
  address: DatabaseAddress,
  migrations: readonly Migration[],
  name: string,
  after: () => Promise<void>,
): Promise<void> {
  const runner = source.createQueryRunner();
  await runner.connect();
  try {
    if (address.kind === 'mysql') await requireBinaryCollation(runner, address.database, name);
    await locked(runner, address, name, async () => {
      await migrate(runner, address, migrations, name);
      await after();
    });
  } finally {
    await runner.release();
  }
}

async function migrate(
  runner: QueryRunner,
  { kind }: DatabaseAddress,
  migrations: readonly Migration[],
  name: string,
): Promise<void> {
  await runner.query(
    `CREATE TABLE IF NOT EXISTS ${HISTORY} (name varchar(100) NOT NULL PRIMARY KEY, applied_at varchar(24) NOT NULL)`,
  );
  const rows: { name: string }[] = await runner.query(`SELECT name FROM ${HISTORY}`);
  const applied = new Set(rows.map((row) => row.name));
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((step) => !known.has(step));
  if (unknown.length > 0)
    throw new OperatorError(
      `The ${name} database was migrated by a newer release: it has had "${unknown.sort()[0]}", which this release does not know`,
      'Start the newer release again, or restore the database from before its upgrade',
    );
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    // SQLite rolls a failed step back as a whole; MySQL commits each DDL statement, so its steps are kept small.
    await runner.startTransaction();
    try {
      for (const statement of migration[kind]) await runner.query(statement);
      await runner.query(`INSERT INTO ${HISTORY} (name, applied_at) VALUES (?, ?)`, [
        migration.name,
        new Date().toISOString(),
      ]);
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      throw new OperatorError(
        `Migration "${migration.name}" of the ${name} database failed: ${(error as Error).message}`,
        'Nothing of this release was started. Mend the cause and start again; finished migrations are not repeated',
        { cause: error },
      );
    }
  }
}

async function locked(
  runner: QueryRunner,
  address: DatabaseAddress,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const busy = new OperatorError(
    `Another process has been migrating the ${name} database for ${LOCK_WAIT_SECONDS} s`,
    'Wait for it to end, or stop it, and start again',
  );
  if (address.kind === 'mysql') {
    const lock = `ordergraph:migrate:${address.database}`.slice(0, 64);
    const [row] = await runner.query('SELECT GET_LOCK(?, ?) AS taken', [lock, LOCK_WAIT_SECONDS]);
    if (Number(row.taken) !== 1) throw busy;
    try {
      await work();
    } finally {
      await runner.query('SELECT RELEASE_LOCK(?)', [lock]);
    }
    return;
  }
  if (address.file === ':memory:') return work();
  // The lock is an exclusive transaction on a small file beside the database: the system frees it when the process dies.
  const lock = new SqliteConnection(`${address.file}.migrating`, { timeout: LOCK_WAIT_SECONDS * 1_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw busy;
  }
  try {
    await work();
  } finally {
    lock.exec('ROLLBACK');
    lock.close();
  }
}

/** Text compares by code point on both databases; MySQL must be told so once, before it makes any table. */
async function requireBinaryCollation(runner: QueryRunner, database: string, name: string): Promise<void> {
  const [row] = await runner.query(
    'SELECT default_collation_name AS collation FROM information_schema.schemata WHERE schema_name = ?',
    [database],
  );
  const collation = String(row?.collation ?? row?.COLLATION ?? '');
  if (collation === 'utf8mb4_bin') return;
  const tables = await runner.query('SELECT 1 FROM information_schema.tables WHERE table_schema = ? LIMIT 1', [
    database,
  ]);
  if (tables.length > 0)
    throw new OperatorError(
      `The ${name} database "${database}" compares text by ${collation} and already has tables`,
      'Use an empty database, or one made with CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    );
  await runner.query(`ALTER DATABASE \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
}
