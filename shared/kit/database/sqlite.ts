import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/**
 * SQLite as built into Node, with the interface that TypeORM's `better-sqlite3` driver expects: pass {@link SqliteConnection}
 * as its `driver`.
 */

type Sqlite = typeof import('node:sqlite');

/** Loads the module, and suppresses only the warning that it is experimental. */
function loadSqlite(): Sqlite {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).startsWith('SQLite is an experimental feature'))
      (emitWarning as (...parameters: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof emitWarning;
  try {
    return require('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

const sqlite = loadSqlite();

/** Whether SQLite has aggregates for percentiles. Node builds it with them since version 24. */
export const hasPercentiles: boolean = (() => {
  const database = new sqlite.DatabaseSync(':memory:');
  const found = database.prepare("SELECT 1 FROM pragma_function_list WHERE name = 'percentile_cont'").all();
  database.close();
  return found.length > 0;
})();

export interface SqliteOptions {
  /** Milliseconds that a statement waits for another connection's lock. */
  readonly timeout?: number;
}

type Row = Record<string, unknown>;

/** A connection to a SQLite file, or to `:memory:`. */
export class SqliteConnection {
  private readonly database: DatabaseSync;
  private isOpen = true;

  /** @throws SqliteError with code `SQLITE_CANTOPEN` if the file cannot be opened */
  constructor(file: string, { timeout = 5_000 }: SqliteOptions = {}) {
    if (file !== ':memory:') restrictToOwner(file);
    this.database = withCode(() => new sqlite.DatabaseSync(file));
    // the constructor's option of this name needs Node 22.16
    this.pragma(`busy_timeout = ${timeout}`);
  }

  get open(): boolean {
    return this.isOpen;
  }

  prepare(sql: string): SqliteStatement {
    return new SqliteStatement(withCode(() => this.database.prepare(sql)));
  }

  /** Runs any number of statements without parameters. */
  exec(sql: string): void {
    withCode(() => this.database.exec(sql));
  }

  /** The rows of a `PRAGMA` statement. @param text what follows the keyword */
  pragma(text: string): Row[] {
    return this.prepare(`PRAGMA ${text}`).all();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    withCode(() => this.database.close());
  }
}

/** File mode: owner only. SQLite gives its auxiliary files the mode of the database. */
const OWNER_ONLY = 0o600;

const MAGIC = 'SQLite format 3\0';

/** Creates the file for its owner only, or restricts a file that an earlier release created. */
function restrictToOwner(file: string): void {
  try {
    const descriptor = openSync(file, 'a+', OWNER_ONLY);
    const head = Buffer.alloc(MAGIC.length);
    const length = readSync(descriptor, head, 0, head.length, 0);
    closeSync(descriptor);
    // not a database: leave it unchanged
    if (length > 0 && head.toString('latin1') !== MAGIC) return;
    for (const path of [file, `${file}-wal`, `${file}-shm`])
      if (existsSync(path) && (statSync(path).mode & 0o077) !== 0) chmodSync(path, OWNER_ONLY);
  } catch (error) {
    // SQLite reports these itself when it opens the file
    if (!REPORTED_LATER.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const REPORTED_LATER: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EISDIR',
  'ENOENT',
  'ENOTDIR',
  'ENOSPC',
  'EDQUOT',
]);

class SqliteStatement {
  /** Makes TypeORM call {@link all} for every statement: node:sqlite before 22.16 cannot tell which of them return rows. */
  readonly reader = true;

  constructor(private readonly statement: StatementSync) {}

  /** Runs the statement; the rows are empty for one that returns none. `undefined` is stored as NULL. */
  all(...parameters: unknown[]): Row[] {
    const values = parameters.map((value) => (value === undefined ? null : value)) as SQLInputValue[];
    return withCode(() => this.statement.all(...values)) as Row[];
  }
}

/** A statement failed. */
export class SqliteError extends Error {
  constructor(
    message: string,
    /** Name of SQLite's extended result code, such as `SQLITE_BUSY` or `SQLITE_CONSTRAINT_UNIQUE`. */
    readonly code: string,
  ) {
    super(message);
    this.name = 'SqliteError';
  }
}

/** @throws SqliteError instead of Node's error */
function withCode<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    throw errcode === undefined ? error : new SqliteError(message, resultCodeName(errcode));
  }
}

/** Primary result codes by number: https://sqlite.org/rescode.html */
const PRIMARY = (
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY ' +
  'SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'
).split(' ');

/** Extended result codes of each primary code, from 1: `primary | (n << 8)`. */
const EXTENDED: Record<string, readonly string[]> = {
  ERROR: ['MISSING_COLLSEQ', 'RETRY', 'SNAPSHOT'],
  ABORT: ['', 'ROLLBACK'],
  BUSY: ['RECOVERY', 'SNAPSHOT', 'TIMEOUT'],
  LOCKED: ['SHAREDCACHE', 'VTAB'],
  READONLY: ['RECOVERY', 'CANTLOCK', 'ROLLBACK', 'DBMOVED', 'CANTINIT', 'DIRECTORY'],
  IOERR: (
    'READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK ' +
    'CLOSE DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC ' +
    'COMMIT_ATOMIC ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE'
  ).split(' '),
  CORRUPT: ['VTAB', 'SEQUENCE', 'INDEX'],
  CANTOPEN: ['NOTEMPDIR', 'ISDIR', 'FULLPATH', 'CONVPATH', 'DIRTYWAL', 'SYMLINK'],
  CONSTRAINT: 'CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE'.split(
    ' ',
  ),
  AUTH: ['USER'],
};

/** Name of an extended result code, such as `SQLITE_BUSY_SNAPSHOT`; name of the primary code if the extended code is unknown. */
export function resultCodeName(code: number): string {
  const primary = PRIMARY[code & 0xff] ?? 'ERROR';
  const extended = EXTENDED[primary]?.[(code >> 8) - 1];
  return extended ? `SQLITE_${primary}_${extended}` : `SQLITE_${primary}`;
}
