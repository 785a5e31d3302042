import { createHash } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { OperatorError } from '#base/errors';
import { changesRows, hasBeenRun } from './migration-effects';
import { SqliteConnection } from './sqlite';
import type { DatabaseAddress } from './url';

/** One forward-only step of a schema's history, for both databases. Never edited once released. */
export interface Migration {
  /** Such as `0001-initial`; names sort in the order of the history. */
  readonly name: string;
  readonly mysql: readonly string[];
  readonly sqlite: readonly string[];
}

/** Table of applied migrations. Not an entity, since it exists before all of them. */
const HISTORY = 'schema_migration';
/** Table of the progress of each migration, with a digest of the statements that ran. */
const PROGRESS = 'schema_migration_progress';
const LOCK_WAIT_SECONDS = 60;

/** Seconds without a statement after which the server frees the lock of a process. */
const SERVER_IDLE_SECONDS = 600;

/** Progress of a migration. */
export interface MigrationProgress {
  readonly database: string;
  readonly migration: string;
  /** Number of statements that ran. */
  readonly done: number;
  readonly total: number;
}

export interface MigrationOptions {
  readonly migrations: readonly Migration[];
  /** Name of the database, for messages. */
  readonly name: string;
  /** Statement that restores the usual limits of a connection, which migrations run without. */
  readonly session?: string;
  readonly onMigration?: (progress: MigrationProgress) => void;
}

/**
 * Runs pending migrations and then `after`, under a lock that other processes wait for. Resumes a migration that a crash interrupted.
 * @throws OperatorError if the database has an unknown or changed migration, or the lock stays taken
 */
export async function runMigrations(
  source: DataSource,
  address: DatabaseAddress,
  options: MigrationOptions,
  after: () => Promise<void>,
): Promise<void> {
  const { name, session } = options;
  const runner = source.createQueryRunner();
  await runner.connect();
  try {
    if (address.kind === 'mysql') {
      await runner.query(
        `SET SESSION wait_timeout = ${SERVER_IDLE_SECONDS} /*M!100101 , max_statement_time = 0 */ /*!50708 , max_execution_time = 0 */`,
      );
      await requireBinaryCollation(runner, address.database, name);
    }
    await locked(runner, address, name, async () => {
      await migrate(runner, address, options);
      await after();
    });
    if (session) await runner.query(session);
  } finally {
    await runner.release();
  }
}

/** State of one migration of this release in a database. */
export interface MigrationState {
  readonly migration: string;
  /** Number of statements that ran: all, some, or none. */
  readonly done: number;
  readonly total: number;
}

/** States of the migrations of this release. Changes nothing, and needs no tables. */
export async function migrationStates(
  source: DataSource,
  { kind }: DatabaseAddress,
  migrations: readonly Migration[],
): Promise<MigrationState[]> {
  const runner = source.createQueryRunner();
  try {
    const applied = new Set((await rowsOf(runner, `SELECT name FROM ${HISTORY}`)).map((row) => row.name));
    const rows = await rowsOf(runner, `SELECT name, statements_done FROM ${PROGRESS}`);
    const begun = new Map(rows.map((row) => [row.name, Number(row.statements_done)]));
    return migrations.map((migration) => {
      const total = migration[kind].length;
      const done = applied.has(migration.name) ? total : (begun.get(migration.name) ?? 0);
      return { migration: migration.name, done, total };
    });
  } finally {
    await runner.release();
  }
}

type Row = { readonly name: string; readonly checksum?: string; readonly statements_done?: number };

/** Rows of a table that may not exist yet. */
async function rowsOf(runner: QueryRunner, sql: string): Promise<Row[]> {
  try {
    return await runner.query(sql);
  } catch (error) {
    if (/doesn't exist|no such table/i.test((error as Error).message)) return [];
    throw error;
  }
}

/** Checksum of statements in order, which detects later changes. */
const checksumOf = (statements: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(statements)).digest('hex');

async function migrate(
  runner: QueryRunner,
  { kind }: DatabaseAddress,
  { migrations, name, onMigration }: MigrationOptions,
): Promise<void> {
  await runner.query(
    `CREATE TABLE IF NOT EXISTS ${HISTORY} (name varchar(100) NOT NULL PRIMARY KEY, applied_at varchar(24) NOT NULL)`,
  );
  await runner.query(
    `CREATE TABLE IF NOT EXISTS ${PROGRESS} (name varchar(100) NOT NULL PRIMARY KEY, statements_done int NOT NULL, checksum varchar(64) NOT NULL)`,
  );
  const rows: Row[] = await runner.query(`SELECT name FROM ${HISTORY}`);
  const applied = new Set(rows.map((row) => row.name));
  requireKnown(applied, migrations, name);
  const begun = new Map(
    (await rowsOf(runner, `SELECT name, statements_done, checksum FROM ${PROGRESS}`)).map((row) => [row.name, row]),
  );
  for (const migration of migrations) {
    const statements = migration[kind];
    const row = begun.get(migration.name);
    const done = Number(row?.statements_done ?? 0);
    if (row && row.checksum !== checksumOf(statements.slice(0, done)))
      throw new OperatorError(
        `Migration "${migration.name}" of the ${name} database was changed after it was applied`,
        'Restore the migration from the release that ran it, and write a new migration for further changes',
      );
    if (applied.has(migration.name)) {
      // applied by a release without checksums
      if (!row) await saveProgress(runner, migration.name, statements);
      continue;
    }
    const report = (count: number) =>
      onMigration?.({ database: name, migration: migration.name, done: count, total: statements.length });
    try {
      if (kind === 'sqlite') await migrateAtOnce(runner, migration.name, statements, report);
      else await migrateByStatement(runner, migration.name, statements, done, report);
    } catch (error) {
      throw new OperatorError(
        `Migration "${migration.name}" of the ${name} database failed: ${(error as Error).message}`,
        'Fix the cause and start again: migrations resume where they stopped',
        { cause: error },
      );
    }
  }
}

function requireKnown(applied: ReadonlySet<string>, migrations: readonly Migration[], name: string): void {
  const names = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((step) => !names.has(step));
  if (unknown.length > 0)
    throw new OperatorError(
      `The ${name} database was migrated by a newer release: it has migration "${unknown.sort()[0]}", which is unknown to this release`,
      'Start the newer release, or restore the database from a backup from before the upgrade',
    );
}

type Report = (done: number) => void;

/** SQLite runs a migration in one transaction. */
async function migrateAtOnce(
  runner: QueryRunner,
  migration: string,
  statements: readonly string[],
  report: Report,
): Promise<void> {
  await inTransaction(runner, async () => {
    for (const [index, statement] of statements.entries()) {
      await runner.query(statement);
      report(index + 1);
    }
    await saveProgress(runner, migration, statements);
    await saveApplied(runner, migration);
  });
}

/**
 * MySQL commits each statement that changes tables implicitly, so progress is saved after each. After a crash between the two, the
 * statement fails when run again, and is skipped if its effect exists. Earlier releases saved no progress, so this applies to every
 * statement up to the first that has an effect.
 */
async function migrateByStatement(
  runner: QueryRunner,
  migration: string,
  statements: readonly string[],
  begin: number,
  report: Report,
): Promise<void> {
  let isResuming = true;
  for (let index = begin; index < statements.length; index += 1) {
    const statement = statements[index]!;
    const run = statements.slice(0, index + 1);
    if (changesRows(statement)) {
      await inTransaction(runner, async () => {
        await runner.query(statement);
        await saveProgress(runner, migration, run);
      });
      isResuming = false;
    } else {
      isResuming = (await runOrSkip(runner, statement, isResuming)) === 'skipped';
      await saveProgress(runner, migration, run);
    }
    report(index + 1);
  }
  await saveApplied(runner, migration);
}

async function runOrSkip(runner: QueryRunner, statement: string, maySkip: boolean): Promise<'run' | 'skipped'> {
  try {
    await runner.query(statement);
    return 'run';
  } catch (error) {
    if (maySkip && (await hasBeenRun(runner, statement, error))) return 'skipped';
    throw error;
  }
}

async function inTransaction(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  await runner.startTransaction();
  try {
    await work();
    await runner.commitTransaction();
  } catch (error) {
    // the original error matters
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw error;
  }
}

async function saveProgress(runner: QueryRunner, migration: string, run: readonly string[]): Promise<void> {
  await runner.query(`REPLACE INTO ${PROGRESS} (name, statements_done, checksum) VALUES (?, ?, ?)`, [
    migration,
    run.length,
    checksumOf(run),
  ]);
}

async function saveApplied(runner: QueryRunner, migration: string): Promise<void> {
  await runner.query(`INSERT INTO ${HISTORY} (name, applied_at) VALUES (?, ?)`, [migration, new Date().toISOString()]);
}

async function locked(
  runner: QueryRunner,
  address: DatabaseAddress,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const busy = (holder = '') =>
    new OperatorError(
      `Another process${holder} has been migrating the ${name} database for ${LOCK_WAIT_SECONDS} s`,
      'Wait until it ends, or stop it, then start again',
    );
  if (address.kind === 'mysql') {
    const lock = `ordergraph:migrate:${address.database}`.slice(0, 64);
    const [row] = await runner.query('SELECT GET_LOCK(?, ?) AS taken', [lock, LOCK_WAIT_SECONDS]);
    if (Number(row.taken) !== 1) {
      const [held] = await runner.query('SELECT IS_USED_LOCK(?) AS connection', [lock]);
      throw busy(held.connection ? ` (connection ${held.connection} of the server)` : '');
    }
    try {
      await work();
    } finally {
      // a lost connection holds no lock, and the original error matters
      await runner.query('SELECT RELEASE_LOCK(?)', [lock]).catch(() => {});
    }
    return;
  }
  if (address.file === ':memory:') return work();
  // an exclusive transaction on a file beside the database: the system frees the lock when the process dies
  const lock = new SqliteConnection(`${address.file}.migrating`, { timeout: LOCK_WAIT_SECONDS * 1_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw busy();
  }
  try {
    await work();
  } finally {
    lock.exec('ROLLBACK');
    lock.close();
  }
}

/** Makes MySQL compare text by code point, as SQLite does. Must precede the first table. */
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
      'Use an empty database, or create one with CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    );
  await runner.query(`ALTER DATABASE \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
}
