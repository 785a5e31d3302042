import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Mutex } from 'async-mutex';
import { DataSource, type EntityMetadata, type Logger, QueryFailedError } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { OperatorError, RequestError } from '../errors';
import { type ModelClass, modelOf } from '../model/model';
import { type Dialect, type DriverError, dialects } from './dialect';
import { type Migration, runMigrations } from './migrations';
import { SqliteConnection } from './sqlite';
import { type DatabaseAddress, parseDatabaseUrl, redactDatabaseUrl } from './url';

/** Counts the statements that reach the database: what the performance tests measure. */
class StatementCounter implements Logger {
  statements: string[] | undefined;
  logQuery(query: string): void {
    this.statements?.push(query);
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

export interface DatabaseOptions {
  /** `mysql://…` or a SQLite file. */
  readonly url: string;
  /** Whose database it is; used in messages. */
  readonly name: string;
  readonly entities: readonly ModelClass[];
  readonly migrations: readonly Migration[];
  /** What else is to be done to the database before anyone uses it; one process at a time, after the migrations. */
  readonly prepare?: (database: Database) => Promise<void>;
}

/** One subgraph's database: its tables, reached through TypeORM where objects are meant and through SQL where sets are. */
export class Database {
  readonly dialect: Dialect;

  private constructor(
    readonly source: DataSource,
    readonly address: DatabaseAddress,
    readonly name: string,
    private readonly counter: StatementCounter,
    /** SQLite: the connection of transactions, so that nobody reads what is not committed. */
    private readonly writer: Writer | undefined,
    /** Runs the statements of one transaction. */
    private readonly inTransaction?: Run,
  ) {
    this.dialect = dialects[address.kind];
  }

  /**
   * Opens the database and brings its tables up to date. Several processes may do so at once: one migrates, the others wait.
   * @throws OperatorError when the server cannot be reached, or the database is of a newer release.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const database = await Database.connect(options);
    try {
      await runMigrations(database.source, database.address, options.migrations, options.name, async () => {
        await options.prepare?.(database);
      });
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /** Opens the database as it is. */
  static async connect({ url, name, entities }: DatabaseOptions): Promise<Database> {
    const address = parseDatabaseUrl(url);
    const counter = new StatementCounter();
    const shared = { entities: [...entities], logger: counter, logging: ['query'] as ['query'], synchronize: false };
    const source =
      address.kind === 'sqlite'
        ? new DataSource({ ...shared, ...sqliteOptions(address.file) })
        : new DataSource({
            ...shared,
            type: address.server,
            host: address.host,
            port: address.port,
            username: address.user,
            password: address.password,
            database: address.database,
            socketPath: address.socketPath,
            charset: 'utf8mb4_bin',
            timezone: 'Z',
            supportBigNumbers: true,
            connectTimeout: 5_000,
            extra: { decimalNumbers: true },
          });
    let writer: Writer | undefined;
    try {
      await source.initialize();
      if (address.kind === 'sqlite') writer = await openWriter(source, address.file, counter);
    } catch (error) {
      throw new OperatorError(
        `The ${name} database ${redactDatabaseUrl(url)} cannot be opened: ${(error as Error).message}`,
        address.kind === 'mysql'
          ? 'Check that the server runs, that the database exists (CREATE DATABASE … CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) and that the user may use it'
          : 'Check that the folder can be written to and that the file is a SQLite database',
        { cause: error },
      );
    }
    return new Database(source, address, name, counter, writer);
  }

  async close(): Promise<void> {
    // a transaction under way ends first
    await this.writer?.turn.waitForUnlock();
    if (this.writer?.source.isInitialized) await this.writer.source.destroy();
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** Runs `work`, and returns its result with the statements it sent. */
  async counting<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
    const statements: string[] = [];
    this.counter.statements = statements;
    try {
      return { result: await work(), statements };
    } finally {
      this.counter.statements = undefined;
    }
  }

  /**
   * All or nothing. Statements sent through the database given to `work` belong to the transaction; inside of one, `work`
   * joins it. Everything that writes goes through here.
   */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.inTransaction) return work(this);
    const inside = (run: Run) =>
      work(new Database(this.source, this.address, this.name, this.counter, this.writer, run));
    if (this.writer) return exclusively(this.writer, inside);
    return this.source.transaction('READ COMMITTED', (manager) =>
      inside((sql, parameters) => manager.query(sql, [...parameters])),
    );
  }

  /**
   * A transaction that is tried again when the database gave way to another, or when another added the same unique key
   * meanwhile: the second time `work` sees what the other wrote. `work` must have no effect but on the database.
   * @throws RequestError CONFLICT when others keep coming first.
   */
  async atomically<T>(work: (database: Database) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.transaction(work);
      } catch (error) {
        const cause = driverError(error);
        if (!cause || !(this.dialect.gaveWay(cause) || this.dialect.isDuplicate(cause))) throw error;
        if (attempt === MOST_ATTEMPTS)
          throw new RequestError('CONFLICT', 'Others changed the same objects at the same time; try again');
        await pause(Math.random() * 10 * attempt);
      }
    }
  }

  /** Rows as the database returns them. Parameters are `?`. */
  query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (this.inTransaction ?? this.source.query.bind(this.source))(sql, [...parameters]) as Promise<Row[]>;
  }

  metadata(target: ModelClass): EntityMetadata {
    return this.source.getMetadata(target);
  }

  table(target: ModelClass): string {
    return this.dialect.quote(this.metadata(target).tableName);
  }

  column(target: ModelClass, property: string): string {
    return this.dialect.quote(this.columnMetadata(target, property).databaseName);
  }

  isNullable(target: ModelClass, property: string): boolean {
    return this.columnMetadata(target, property).isNullable;
  }

  private columnMetadata(target: ModelClass, property: string): ColumnMetadata {
    const column = this.metadata(target).findColumnWithPropertyName(property);
    if (!column) throw new Error(`${target.name} has no column for "${property}"`);
    return column;
  }

  /** The columns that hold a class's properties, relations left out. */
  columns(target: ModelClass): ColumnMetadata[] {
    return this.metadata(target).columns.filter((column) => !column.propertyName.endsWith('Relation'));
  }

  /** `SELECT` terms that {@link hydrate} understands. */
  selection(target: ModelClass, alias: string): string {
    return this.columns(target)
      .map(
        (column) => `${alias}.${this.dialect.quote(column.databaseName)} AS ${this.dialect.quote(column.propertyName)}`,
      )
      .join(', ');
  }

  /** A class instance from a row of {@link selection}. */
  hydrate<T extends object>(target: ModelClass<T>, row: Record<string, unknown>): T {
    const object = Object.create(target.prototype) as Record<string, unknown>;
    for (const column of this.columns(target))
      object[column.propertyName] = this.source.driver.prepareHydratedValue(row[column.propertyName], column);
    return object as T;
  }

  /** What is stored for an object's property. */
  dehydrate(column: ColumnMetadata, value: unknown): unknown {
    const stored = this.source.driver.preparePersistentValue(value ?? null, column);
    return typeof stored === 'boolean' ? Number(stored) : (stored ?? null);
  }

  /** Objects by a property's values, in no particular order. One statement. */
  async findBy<T extends object>(target: ModelClass<T>, property: string, values: readonly unknown[]): Promise<T[]> {
    if (values.length === 0) return [];
    const marks = values.map(() => '?').join(', ');
    const rows = await this.query(
      `SELECT ${this.selection(target, 't')} FROM ${this.table(target)} t WHERE t.${this.column(target, property)} IN (${marks})`,
      values,
    );
    return rows.map((row) => this.hydrate(target, row));
  }

  /** An object by its key, kept from change by others until the transaction ends; null when there is none. */
  async lock<T extends object>(target: ModelClass<T>, key: string): Promise<T | null> {
    const [row] = await this.query(
      `SELECT ${this.selection(target, 't')} FROM ${this.table(target)} t
       WHERE t.${this.column(target, modelOf(target).key)} = ? ${this.dialect.forUpdate}`,
      [key],
    );
    return row ? this.hydrate(target, row) : null;
  }

  /** Writes properties of the object with a key. */
  async update<T extends object>(target: ModelClass<T>, key: string, changes: Partial<T>): Promise<void> {
    await this.updateWhere(target, changes, `${this.column(target, modelOf(target).key)} = ?`, [key]);
  }

  /** Writes properties of all objects for which an SQL condition holds. */
  async updateWhere<T extends object>(
    target: ModelClass<T>,
    changes: Partial<T>,
    condition: string,
    parameters: readonly unknown[],
  ): Promise<void> {
    const columns = Object.keys(changes).map((property) => this.columnMetadata(target, property));
    if (columns.length === 0) return;
    const assignments = columns.map((column) => `${this.dialect.quote(column.databaseName)} = ?`).join(', ');
    const values = columns.map((column) =>
      this.dehydrate(column, (changes as Record<string, unknown>)[column.propertyName]),
    );
    await this.query(`UPDATE ${this.table(target)} SET ${assignments} WHERE ${condition}`, [...values, ...parameters]);
  }

  async count(target: ModelClass): Promise<number> {
    const [row] = await this.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${this.table(target)}`);
    return Number(row!.n);
  }

  /** Adds objects, many a statement. Properties that are absent get their column's default, or NULL. */
  insert<T extends object>(target: ModelClass<T>, objects: readonly Partial<T>[]): Promise<void> {
    return this.write(target, objects, '');
  }

  /** Adds objects, and overwrites those whose key exists. */
  upsert<T extends object>(target: ModelClass<T>, objects: readonly Partial<T>[]): Promise<void> {
    const columns = this.columns(target);
    const names = (primary: boolean) =>
      columns.filter((column) => column.isPrimary === primary).map((column) => this.dialect.quote(column.databaseName));
    return this.write(target, objects, this.dialect.onConflictUpdate(names(true), names(false)));
  }

  private async write<T extends object>(
    target: ModelClass<T>,
    objects: readonly Partial<T>[],
    tail: string,
  ): Promise<void> {
    const columns = this.columns(target);
    const perStatement = Math.max(1, Math.floor(10_000 / columns.length));
    const names = columns.map((column) => this.dialect.quote(column.databaseName)).join(', ');
    const marks = `(${columns.map(() => '?').join(', ')})`;
    for (let start = 0; start < objects.length; start += perStatement) {
      const chunk = objects.slice(start, start + perStatement);
      const parameters = chunk.flatMap((object) =>
        columns.map((column) => {
          const value = (object as Record<string, unknown>)[column.propertyName];
          return this.dehydrate(column, value === undefined ? column.default : value);
        }),
      );
      await this.query(
        `INSERT INTO ${this.table(target)} (${names}) VALUES ${chunk.map(() => marks).join(', ')} ${tail}`,
        parameters,
      );
    }
  }
}

type Run = (sql: string, parameters: readonly unknown[]) => Promise<unknown[]>;

/** The one connection of an SQLite database that writes, and whose turn it is among the transactions of this process. */
interface Writer {
  readonly source: DataSource;
  readonly turn: Mutex;
}

const MOST_ATTEMPTS = 10;
const LOCK_WAIT_MS = 30_000;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function driverError(error: unknown): DriverError | undefined {
  if (error instanceof QueryFailedError) return error.driverError as DriverError;
  // a commit fails without TypeORM's wrapping
  return error instanceof Error && 'code' in error ? (error as DriverError) : undefined;
}

async function openWriter(reader: DataSource, file: string, counter: StatementCounter): Promise<Writer> {
  if (file === ':memory:') return { source: reader, turn: new Mutex() };
  const options = sqliteOptions(file);
  const source = new DataSource({
    ...options,
    // waiting for another process is done without stopping this one
    timeout: 0,
    prepareDatabase: (connection) => {
      options.prepareDatabase(connection);
      // what was acknowledged survives a loss of power
      connection.pragma('synchronous = FULL');
    },
    entities: [],
    logger: counter,
    logging: ['query'],
    synchronize: false,
  });
  await source.initialize();
  return { source, turn: new Mutex() };
}

/** One transaction at a time: in this process by turns, among processes by SQLite's own lock. */
function exclusively<T>({ source, turn }: Writer, work: (run: Run) => Promise<T>): Promise<T> {
  return turn.runExclusive(async () => {
    await begin(source);
    try {
      const result = await work((sql, parameters) => source.query(sql, [...parameters]));
      await source.query('COMMIT');
      return result;
    } catch (error) {
      await source.query('ROLLBACK');
      throw error;
    }
  });
}

async function begin(source: DataSource): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await source.query('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!dialects.sqlite.gaveWay(driverError(error) ?? {}) || Date.now() > deadline) throw error;
      await pause(1 + Math.random() * 10);
    }
  }
}

function sqliteOptions(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return {
    // TypeORM's name for SQLite with synchronous calls
    type: 'better-sqlite3' as const,
    driver: SqliteConnection,
    database: file,
    enableWAL: file !== ':memory:',
    timeout: 10_000,
    prepareDatabase: (connection: SqliteConnection) => {
      connection.pragma('synchronous = NORMAL');
      connection.pragma('temp_store = MEMORY');
      // 16 MB instead of 2
      connection.pragma('cache_size = -16000');
    },
  };
}
