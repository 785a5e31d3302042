import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type EntityManager, type EntityMetadata, type Logger } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { OperatorError } from '../errors';
import type { ModelClass } from '../model/model';
import { type Dialect, dialects } from './dialect';
import { type Migration, runMigrations } from './migrations';
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
  private transactionManager: EntityManager | undefined;

  private constructor(
    readonly source: DataSource,
    readonly address: DatabaseAddress,
    readonly name: string,
    private readonly counter: StatementCounter,
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
    try {
      await source.initialize();
    } catch (error) {
      throw new OperatorError(
        `The ${name} database ${redactDatabaseUrl(url)} cannot be opened: ${(error as Error).message}`,
        address.kind === 'mysql'
          ? 'Check that the server runs, that the database exists (CREATE DATABASE … CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) and that the user may use it'
          : 'Check that the folder can be written to and that the file is a SQLite database',
        { cause: error },
      );
    }
    return new Database(source, address, name, counter);
  }

  close(): Promise<void> {
    return this.source.isInitialized ? this.source.destroy() : Promise.resolve();
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

  /** All or nothing. Statements sent through the database given to `work` belong to the transaction. */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.source.transaction((manager) => {
      const inside = new Database(this.source, this.address, this.name, this.counter);
      inside.transactionManager = manager;
      return work(inside);
    });
  }

  /** Rows as the database returns them. Parameters are `?`. */
  query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (this.transactionManager ?? this.source).query(sql, [...parameters]);
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

  async count(target: ModelClass): Promise<number> {
    const [row] = await this.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${this.table(target)}`);
    return Number(row!.n);
  }

  /** Adds objects, many a statement. Properties that are absent are stored as NULL. */
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
        columns.map((column) => this.dehydrate(column, (object as Record<string, unknown>)[column.propertyName])),
      );
      await this.query(
        `INSERT INTO ${this.table(target)} (${names}) VALUES ${chunk.map(() => marks).join(', ')} ${tail}`,
        parameters,
      );
    }
  }
}

function sqliteOptions(file: string) {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return {
    type: 'better-sqlite3' as const,
    database: file,
    enableWAL: file !== ':memory:',
    timeout: 10_000,
    prepareDatabase: (connection: { pragma(text: string): void }) => {
      connection.pragma('synchronous = NORMAL');
      connection.pragma('temp_store = MEMORY');
    },
  };
}
