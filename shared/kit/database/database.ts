import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { Pool } from 'mysql2';
import type { Logger as Log } from 'pino';
import { DataSource, type EntityMetadata, type Logger, QueryFailedError } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import type { Cancellation } from '#base/cancellation';
import { OperatorError, RequestError } from '#base/errors';
import { encryptRows } from '../encryption/rows';
import { processWrappingKeys, type WrappingKeys } from '../encryption/wrapping-keys';
import { type ModelClass, modelOf } from '../model/model';
import { addWords, replaceWords } from '../search/word-index';
import { searchedFields, wordTablesOf } from '../search/word-table';
import { commitUnknown, DatabaseError, databaseErrorOf, isCommitUnknown } from './database-error';
import { type Dialect, dialects } from './dialect';
import { coded, driverErrorOf, type Failure, failureOf } from './driver-errors';
import { DatabaseHealth } from './health';
import { DATABASE_LIMITS, type DatabaseLimits } from './limits';
import { marks } from './marks';
import { type Migration, type MigrationProgress, runMigrations } from './migrations';
import {
  type Caller,
  CONNECT_MS,
  endPool,
  IDLE_MS,
  MysqlConnections,
  type PoolState,
  type Run,
} from './mysql-connections';
import { SqliteConnection } from './sqlite';
import { SqliteReader } from './sqlite-reader';
import { type DatabaseAddress, parseDatabaseUrl, redactDatabaseUrl } from './url';

/** A statement with its parameters, in order. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Counts statements that reach the database, for tests and benchmarks. */
class StatementCounter implements Logger {
  statements: Statement[] | undefined;
  logQuery(sql: string, parameters: readonly unknown[] = []): void {
    this.statements?.push({ sql, parameters });
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
  /** Name of its subgraph, for messages. */
  readonly name: string;
  readonly entities: readonly ModelClass[];
  readonly migrations: readonly Migration[];
  /** Runs after the migrations and before any use of the database, in one process at a time. */
  readonly prepare?: (database: Database) => Promise<void>;
  /** Limits of its connections. */
  readonly limits?: DatabaseLimits;
  /** Keys that wrap the data keys of persons. By default a random key of this process. */
  readonly wrappingKeys?: WrappingKeys;
  /** Log for changes of the database's state. */
  readonly log?: Log;
  /** Called after each statement of a migration. */
  readonly onMigration?: (progress: MigrationProgress) => void;
}

/** Database of one subgraph: TypeORM for objects, SQL for sets. */
export class Database {
  readonly dialect: Dialect;

  /** Runs the statements of one transaction. */
  private readonly inTransaction: Run | undefined = undefined;
  /** Caller on whose behalf the statements run, and cancellation of its request. */
  private readonly caller: Caller = {};
  /** Columns of each class: every row that is read needs them. */
  private readonly columnsByClass = new Map<ModelClass, readonly ColumnMetadata[]>();

  private constructor(
    readonly source: DataSource,
    readonly address: DatabaseAddress,
    readonly name: string,
    private readonly counter: StatementCounter,
    private readonly health: DatabaseHealth,
    /** SQLite: a separate connection for transactions, so that other requests do not read uncommitted data. */
    private readonly writer: Writer | undefined,
    /** SQLite in a file: reads that would block the process. */
    private readonly reader: SqliteReader | undefined,
    private readonly connections: MysqlConnections | undefined,
    /** Keys that wrap the data keys of persons. */
    readonly wrappingKeys: WrappingKeys,
  ) {
    this.dialect = dialects[address.kind];
  }

  /** A view of the same database for one transaction or one request. */
  private derive(changes: { inTransaction?: Run; caller?: Caller }): Database {
    return Object.assign(Object.create(this), changes) as Database;
  }

  /**
   * A view of the same database for one request. Its statements share connections fairly with those of other callers. Cancellation ends them
   * and prevents further ones.
   */
  for(caller: Caller): Database {
    return this.derive({ caller });
  }

  /**
   * Opens the database and migrates its tables. If several processes do so at once, one migrates and the others wait.
   * @throws OperatorError if the server is unreachable or the database is from a newer release
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const database = await Database.connect(options);
    const { migrations, name, onMigration } = options;
    try {
      const session = database.connections?.sessionSql;
      await runMigrations(database.source, database.address, { migrations, name, session, onMigration }, async () => {
        await options.prepare?.(database);
      });
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  /** Opens the database without migrating it. */
  static async connect(options: DatabaseOptions): Promise<Database> {
    const { url, name, entities, limits = DATABASE_LIMITS, log, wrappingKeys = processWrappingKeys() } = options;
    const address = parseDatabaseUrl(url);
    const counter = new StatementCounter();
    const tables = [...entities, ...wordTablesOf(entities)];
    const shared = { entities: tables, logger: counter, logging: ['query'] as ['query'], synchronize: false };
    const source =
      address.kind === 'sqlite'
        ? new DataSource({ ...shared, ...sqliteOptions(address.file) })
        : new DataSource({ ...shared, ...mysqlOptions(address, limits.connections) });
    let writer: Writer | undefined;
    let reader: SqliteReader | undefined;
    let connections: MysqlConnections | undefined;
    try {
      await source.initialize();
      if (address.kind === 'sqlite') {
        writer = await openWriter(source, address.file, counter);
        // only this connection has what is in memory
        if (address.file !== ':memory:') reader = new SqliteReader(address.file, READER_PRAGMAS);
      } else {
        const { host, port, user, password, database, socketPath } = address;
        const where = { host, port, user, password, database, socketPath };
        connections = new MysqlConnections(poolOf(source), where, limits.connections, limits.timeoutMs);
      }
    } catch (error) {
      throw new OperatorError(
        `The ${name} database ${redactDatabaseUrl(url)} cannot be opened: ${(error as Error).message}`,
        address.kind === 'mysql'
          ? 'Check that the server runs, that the database exists (CREATE DATABASE … CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) and that the user may use it'
          : 'Check that the folder can be written to and that the file is a SQLite database',
        { cause: error },
      );
    }
    const health = new DatabaseHealth(name, log);
    return new Database(source, address, name, counter, health, writer, reader, connections, wrappingKeys);
  }

  async close(): Promise<void> {
    // waits for a transaction in progress
    await this.writer?.turn.waitForUnlock();
    if (this.writer?.source.isInitialized) await this.writer.source.destroy();
    await this.reader?.close();
    this.connections?.close();
    if (!this.source.isInitialized) return;
    if (this.connections) await endPool(poolOf(this.source), () => this.source.destroy());
    else await this.source.destroy();
  }

  /** State of its connections, for metrics. */
  pool(): PoolState {
    if (this.connections) return this.connections.state();
    const { turn, waiting = 0 } = this.writer ?? {};
    return { size: 1, idle: turn?.isLocked() ? 0 : 1, waiting, timeouts: 0 };
  }

  /**
   * Reason why the database is not usable, for operators; undefined if it is. Asks the server on a separate connection, for at most two
   * seconds.
   */
  async notReady(): Promise<string | undefined> {
    try {
      if (this.connections) await this.connections.probe();
      else await this.source.query('SELECT 1');
    } catch (error) {
      this.health.failed('unavailable', error);
      const { code } = error as { code?: string };
      return `the ${this.name} database does not answer${code ? ` (${code})` : ''}`;
    }
    this.health.answered();
    const refusal = this.health.refusesWrites;
    return refusal && `the ${this.name} database ${refusal === 'full' ? 'has no space left' : 'is read-only'}`;
  }

  /** Runs `work` and returns its result with the statements that it sent. */
  async counting<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
    const { result, statements } = await this.recording(work);
    return { result, statements: statements.map(({ sql }) => sql) };
  }

  /** Like {@link counting}, with parameters. */
  async recording<T>(work: () => Promise<T>): Promise<{ result: T; statements: Statement[] }> {
    const statements: Statement[] = [];
    this.counter.statements = statements;
    try {
      return { result: await work(), statements };
    } finally {
      this.counter.statements = undefined;
    }
  }

  /**
   * Runs `work` in a transaction, or joins the current one. Only statements through the database passed to `work` belong to it. All writes
   * go through here.
   * @throws DatabaseError
   */
  async transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.inTransaction) return work(this);
    const inside = (inTransaction: Run) => work(this.derive({ inTransaction }));
    const result = await (this.connections ? this.onConnection(this.connections, inside) : this.onWriter(inside));
    this.health.committed();
    return result;
  }

  private async onConnection<T>(connections: MysqlConnections, work: (run: Run) => Promise<T>): Promise<T> {
    const begin = 'START TRANSACTION';
    const session = await this.reported(() => connections.acquire(begin, this.caller));
    const send = (sql: string, parameters: readonly unknown[] = [], always = false) => {
      this.counter.logQuery(sql, parameters);
      return session.run(sql, parameters, always);
    };
    try {
      await this.reported(async () => {
        await send('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
        await send(begin);
      });
      const result = await work(send);
      this.requireCaller();
      await this.commit(() => send('COMMIT', [], true));
      return result;
    } catch (error) {
      // the server rolls back on a closed connection; one in an unknown state must not be reused
      await send('ROLLBACK', [], true).catch((failure: Error) => session.discard('unavailable', failure));
      throw error;
    } finally {
      session.release();
    }
  }

  private onWriter<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const writer = this.writer!;
    return exclusively(writer, async ({ source }) => {
      const send: Run = (sql, parameters) => source.query(sql, [...parameters]);
      await this.reported(() => begin(source, this.caller.cancellation));
      try {
        const result = await work(send);
        this.requireCaller();
        await this.reported(() => source.query('COMMIT'));
        return result;
      } catch (error) {
        // SQLite already rolled back after some errors; the original error matters
        await source.query('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  /** Does not commit for a disconnected caller, which would not learn of it. */
  private requireCaller(): void {
    if (this.caller.cancellation?.canceled) throw databaseErrorOf(canceled('COMMIT'), this.name);
  }

  private async commit(send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      const failure = failureOf(error);
      this.health.failed(failure, error);
      // the server may have committed before the connection was lost, or may still do so
      if (failure === 'unavailable' || failure === 'timeout') throw commitUnknown(error, this.name);
      throw databaseErrorOf(error, this.name);
    }
  }

  /**
   * Runs a transaction with retries: after a deadlock, a duplicate key from a concurrent transaction, or a lost connection before the commit.
   * `work` must have no effects outside of the database.
   * @throws RequestError CONFLICT if conflicts persist
   * @throws DatabaseError
   */
  async atomically<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.transaction(work);
      } catch (error) {
        const failure = retriedFailure(error);
        // retries a lost connection once; callers must wait for a server that is down
        if (failure === undefined || (failure === 'unavailable' && attempt > 1)) throw error;
        if (attempt === MAX_ATTEMPTS || performance.now() - startedAt > RETRY_MS) {
          if (failure === 'busy' && error instanceof DatabaseError && attempt < MAX_ATTEMPTS) throw error;
          throw new RequestError(
            'CONFLICT',
            'Another request changed the same objects at the same time; try again',
            [],
            {
              retryable: true,
            },
          );
        }
        await sleep(Math.random() * 10 * attempt);
      }
    }
  }

  /**
   * Runs a statement with `?` parameters and returns raw rows.
   * @throws DatabaseError
   * @throws Error for a statement that writes a searched column, whose words only the other methods write
   */
  query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return WRITES.test(sql) ? this.write(sql, parameters) : this.run(sql, parameters);
  }

  /**
   * Runs a statement that reads many rows to return few. On SQLite it runs in another thread, and so does not block the process.
   * @throws DatabaseError
   */
  summarize<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const { reader, caller, inTransaction } = this;
    if (!reader || inTransaction) return this.run(sql, parameters);
    return this.reported(() => {
      if (caller.cancellation?.canceled) throw canceled(sql);
      this.counter.logQuery(sql, parameters);
      return reader.run(sql, parameters, caller);
    }) as Promise<Row[]>;
  }

  private async write<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    this.requireWords(sql);
    return this.run(sql, parameters);
  }

  private run<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return this.reported(() => {
      if (this.caller.cancellation?.canceled) throw canceled(sql);
      return this.send(sql, parameters);
    }) as Promise<Row[]>;
  }

  /** Refuses a statement that would write a searched column without its words. @throws Error that says what to use instead */
  private requireWords(sql: string): void {
    const [, verb, table, rest = ''] = WRITES.exec(sql)!;
    const written = this.source.entityMetadatas.find(({ tableName }) => tableName === table);
    const target = written?.target as ModelClass | undefined;
    if (!target) return;
    const columns = searchedFields(target).map(({ property }) => this.columnMetadata(target, property).databaseName);
    const [assignments = ''] = rest.split(/\bWHERE\b/i);
    const isWritten = (column: string) => new RegExp(`\\b${column}\\b["\`]?\\s*=`, 'i').test(assignments);
    const isForgotten = verb!.toUpperCase() === 'UPDATE' ? columns.some(isWritten) : columns.length > 0;
    if (isForgotten)
      throw new Error(
        `Searches would miss this change of ${table}: write ${columns.join(', ')} with insert, upsert, update or updateWhere`,
      );
  }

  private send(sql: string, parameters: readonly unknown[]): Promise<unknown[]> {
    if (this.inTransaction) return this.inTransaction(sql, parameters);
    if (!this.connections) return this.source.query(sql, [...parameters]);
    this.counter.logQuery(sql, parameters);
    return this.connections.run(sql, parameters, this.caller);
  }

  /** Runs a statement. Classifies and notes a failure, and throws an error that is safe for callers. */
  private async reported<T>(statement: () => Promise<T>): Promise<T> {
    try {
      const result = await statement();
      this.health.answered();
      return result;
    } catch (error) {
      this.health.failed(failureOf(error), error);
      throw databaseErrorOf(error, this.name);
    }
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

  /** Columns of a class, without relations. */
  columns(target: ModelClass): readonly ColumnMetadata[] {
    const known = this.columnsByClass.get(target);
    if (known) return known;
    const columns = this.metadata(target).columns.filter((column) => !column.propertyName.endsWith('Relation'));
    this.columnsByClass.set(target, columns);
    return columns;
  }

  /** `SELECT` terms that {@link hydrate} understands. */
  selection(target: ModelClass, alias: string): string {
    return this.columns(target)
      .map(
        (column) => `${alias}.${this.dialect.quote(column.databaseName)} AS ${this.dialect.quote(column.propertyName)}`,
      )
      .join(', ');
  }

  /** Creates a class instance from a row of {@link selection}. */
  hydrate<T extends object>(target: ModelClass<T>, row: Record<string, unknown>): T {
    const object = Object.create(target.prototype) as Record<string, unknown>;
    for (const column of this.columns(target))
      object[column.propertyName] = this.source.driver.prepareHydratedValue(row[column.propertyName], column);
    return object as T;
  }

  /** Converts a property value to its stored form. */
  dehydrate(column: ColumnMetadata, value: unknown): unknown {
    const stored = this.source.driver.preparePersistentValue(value ?? null, column);
    return typeof stored === 'boolean' ? Number(stored) : (stored ?? null);
  }

  /** Objects by values of a property, unordered, in one statement. */
  async findBy<T extends object>(target: ModelClass<T>, property: string, values: readonly unknown[]): Promise<T[]> {
    if (values.length === 0) return [];
    const rows = await this.query(
      `SELECT ${this.selection(target, 't')} FROM ${this.table(target)} t WHERE t.${this.column(target, property)} IN (${marks(values)})`,
      values,
    );
    return rows.map((row) => this.hydrate(target, row));
  }

  /** Locks and returns an object by key until the end of the transaction; null if missing. */
  async lock<T extends object>(target: ModelClass<T>, key: string): Promise<T | null> {
    const [row] = await this.query(
      `SELECT ${this.selection(target, 't')} FROM ${this.table(target)} t
       WHERE t.${this.column(target, modelOf(target).key)} = ? ${this.dialect.forUpdate}`,
      [key],
    );
    return row ? this.hydrate(target, row) : null;
  }

  /**
   * Locks and returns objects by key until the end of the transaction, in one statement. Locks in the order of the keys, so that
   * transactions that lock the same objects wait for each other instead of deadlocking.
   */
  async lockAll<T extends object>(target: ModelClass<T>, keys: readonly string[]): Promise<T[]> {
    if (keys.length === 0) return [];
    const key = `t.${this.column(target, modelOf(target).key)}`;
    const rows = await this.query(
      `SELECT ${this.selection(target, 't')} FROM ${this.table(target)} t
       WHERE ${key} IN (${marks(keys)}) ORDER BY ${key} ${this.dialect.forUpdate}`,
      keys,
    );
    return rows.map((row) => this.hydrate(target, row));
  }

  /** Updates properties of an object by key. */
  async update<T extends object>(target: ModelClass<T>, key: string, changes: Partial<T>): Promise<void> {
    await this.updateWhere(target, changes, `${this.column(target, modelOf(target).key)} = ?`, [key]);
  }

  /** Updates properties of all objects that match an SQL condition. */
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
    const sql = `UPDATE ${this.table(target)} SET ${assignments} WHERE ${condition}`;
    const searched = searchedFields(target).filter(({ property }) => Object.hasOwn(changes, property));
    if (searched.length === 0) await this.run(sql, [...values, ...parameters]);
    else
      await this.transaction(async (inside) => {
        // before the update, which may change what the condition matches
        const key = this.column(target, modelOf(target).key);
        const keys = await inside.query<{ k: string }>(
          `SELECT ${key} AS k FROM ${this.table(target)} WHERE ${condition} ${this.dialect.forUpdate}`,
          parameters,
        );
        await inside.run(sql, [...values, ...parameters]);
        const changed = keys.map(({ k }) => ({ ...changes, [modelOf(target).key]: k }));
        await replaceWords(inside, target, changed, searched);
      });
  }

  async count(target: ModelClass): Promise<number> {
    const [row] = await this.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${this.table(target)}`);
    return Number(row!.n);
  }

  /**
   * Inserts objects in batches. Missing properties get the column default, or NULL. Encrypts the values of encrypted fields, as does
   * {@link upsert}.
   */
  insert<T extends object>(target: ModelClass<T>, objects: readonly Partial<T>[]): Promise<void> {
    return this.writeObjects(target, objects, '', addWords);
  }

  /** Inserts objects, and overwrites those with an existing key. */
  upsert<T extends object>(target: ModelClass<T>, objects: readonly Partial<T>[]): Promise<void> {
    const columns = this.columns(target);
    const names = (primary: boolean) =>
      columns.filter((column) => column.isPrimary === primary).map((column) => this.dialect.quote(column.databaseName));
    return this.writeObjects(target, objects, this.dialect.onConflictUpdate(names(true), names(false)), replaceWords);
  }

  /** Writes objects, and the words of their searched fields in the same transaction. */
  private async writeObjects<T extends object>(
    target: ModelClass<T>,
    objects: readonly Partial<T>[],
    tail: string,
    writeWords: typeof addWords,
  ): Promise<void> {
    if (searchedFields(target).length === 0 || objects.length === 0) return this.writeRows(target, objects, tail);
    await this.transaction(async (inside) => {
      await inside.writeRows(target, objects, tail);
      await writeWords(inside, target, objects);
    });
  }

  private async writeRows<T extends object>(
    target: ModelClass<T>,
    values: readonly Partial<T>[],
    tail: string,
  ): Promise<void> {
    const columns = this.columns(target);
    const perStatement = Math.max(1, Math.floor(10_000 / columns.length));
    const names = columns.map((column) => this.dialect.quote(column.databaseName)).join(', ');
    const row = `(${marks(columns)})`;
    for (let start = 0; start < values.length; start += perStatement) {
      const chunk = await encryptRows(this, target, values.slice(start, start + perStatement));
      const parameters = chunk.flatMap((object) =>
        columns.map((column) => {
          const value = (object as Record<string, unknown>)[column.propertyName];
          return this.dehydrate(column, value === undefined ? column.default : value);
        }),
      );
      await this.run(
        `INSERT INTO ${this.table(target)} (${names}) VALUES ${chunk.map(() => row).join(', ')} ${tail}`,
        parameters,
      );
    }
  }
}

/** The writing connection of an SQLite database, and the queue of this process's transactions. */
interface Writer {
  readonly source: DataSource;
  readonly turn: Mutex;
  /** Queue of transactions. */
  waiting: number;
}

/** Statements that write columns, with the table and the rest. */
const WRITES = /^\s*(INSERT\s+INTO|REPLACE\s+INTO|UPDATE)\s+["`]?(\w+)["`]?(.*)$/is;

const MAX_ATTEMPTS = 10;
/** Milliseconds after which a transaction is not retried. */
const RETRY_MS = 30_000;
const LOCK_WAIT_MS = 30_000;

const poolOf = (source: DataSource): Pool => (source.driver as unknown as { pool: Pool }).pool;

const canceled = (sql: string) =>
  new QueryFailedError(sql, [], coded('STATEMENT_CANCELLED', 'the caller disconnected'));

/** Failure after which a transaction can be retried; undefined otherwise. */
function retriedFailure(error: unknown): Failure | undefined {
  if (isCommitUnknown(error)) return undefined;
  // the wait for a connection timed out; a retry would wait as long again
  if (driverErrorOf(error instanceof DatabaseError ? error.cause : error)?.code === 'POOL_BUSY') return undefined;
  const failure =
    error instanceof DatabaseError ? error.failure : error instanceof QueryFailedError ? failureOf(error) : undefined;
  return failure === 'busy' || failure === 'duplicate' || failure === 'unavailable' ? failure : undefined;
}

async function openWriter(reader: DataSource, file: string, counter: StatementCounter): Promise<Writer> {
  if (file === ':memory:') return { source: reader, turn: new Mutex(), waiting: 0 };
  const options = sqliteOptions(file);
  const source = new DataSource({
    ...options,
    // waits for other processes without blocking this one
    timeout: 0,
    prepareDatabase: (connection) => {
      options.prepareDatabase(connection);
      // committed data must survive a power failure
      connection.pragma('synchronous = FULL');
      // a destroyed key must not remain in a free page
      connection.pragma('secure_delete = ON');
    },
    entities: [],
    logger: counter,
    logging: ['query'],
    synchronize: false,
  });
  await source.initialize();
  return { source, turn: new Mutex(), waiting: 0 };
}

/** Serializes transactions: by a queue in this process, and by SQLite's lock among processes. */
async function exclusively<T>(writer: Writer, work: (writer: Writer) => Promise<T>): Promise<T> {
  writer.waiting += 1;
  const release = await writer.turn.acquire();
  writer.waiting -= 1;
  try {
    return await work(writer);
  } finally {
    release();
  }
}

async function begin(source: DataSource, cancellation: Cancellation | undefined): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    if (cancellation?.canceled) throw canceled('BEGIN IMMEDIATE');
    try {
      await source.query('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      // a transaction left open by a failed rollback
      if (/within a transaction/.test((error as Error).message)) await source.query('ROLLBACK');
      else if (failureOf(error) !== 'busy' || Date.now() > deadline) throw error;
      await sleep(1 + Math.random() * 10);
    }
  }
}

function mysqlOptions(address: DatabaseAddress & { kind: 'mysql' }, connections: number) {
  return {
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
    connectTimeout: CONNECT_MS,
    poolSize: connections,
    extra: {
      decimalNumbers: true,
      // mysql2 closes idle connections only when fewer may be idle than open
      maxIdle: Math.max(1, connections - 1),
      idleTimeout: IDLE_MS,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
    },
  };
}

/** Temporary tables in memory. */
const MEMORY_PRAGMAS = ['temp_store = MEMORY'];

/** The connections for objects and for transactions read few pages at a time, so that a cache of 4 MB serves them. */
const OBJECT_PRAGMAS = [...MEMORY_PRAGMAS, 'cache_size = -4000'];

/** The connection for summaries reads whole indexes, one statement after another: a cache of 16 MB. */
const READER_PRAGMAS = [...MEMORY_PRAGMAS, 'cache_size = -16000', 'query_only = ON', 'busy_timeout = 10000'];

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
      for (const pragma of OBJECT_PRAGMAS) connection.pragma(pragma);
    },
  };
}
