import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/**
 * SQLite as built into Node, with the interface that TypeORM's `better-sqlite3` driver expects: pass {@link SqliteConnection}
 * as its `driver`.
 */

type Sqlite = typeof import('node:sqlite');

/** Loads the module without the warning that it is experimental; any other warning is shown. */
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

export interface SqliteOptions {
  /** Milliseconds that a statement waits for another connection's lock. */
  readonly timeout?: number;
}

type Row = Record<string, unknown>;

/** A connection to a SQLite file, or to `:memory:`. */
export class SqliteConnection {
  private readonly database: DatabaseSync;
  private isOpen = true;

  /** @throws SqliteError with code `SQLITE_CANTOPEN` when the file cannot be opened */
  constructor(file: string, { timeout = 5_000 }: SqliteOptions = {}) {
    if (file !== ':memory:') keepToOwner(file);
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

/** Access of the owner alone; the files that SQLite makes beside a database have the access of the database. */
const OWNER_ONLY = 0o600;

const MAGIC = 'SQLite format 3\0';

/** Makes the file for its owner alone, or takes from others what an earlier release let them do with it. */
function keepToOwner(file: string): void {
  try {
    const descriptor = openSync(file, 'a+', OWNER_ONLY);
    const head = Buffer.alloc(MAGIC.length);
    const length = readSync(descriptor, head, 0, head.length, 0);
    closeSync(descriptor);
    // another file stays as it is
    if (length > 0 && head.toString('latin1') !== MAGIC) return;
    for (const own of [file, `${file}-wal`, `${file}-shm`])
      if (existsSync(own) && (statSync(own).mode & 0o077) !== 0) chmodSync(own, OWNER_ONLY);
  } catch (error) {
    // SQLite says what it makes of a folder, or of a file of another user
    if (!REFUSED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const REFUSED: ReadonlySet<string> = new Set([
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

/** @throws SqliteError in place of the errors by which Node reports those of SQLite. */
function withCode<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    throw errcode === undefined ? error : new SqliteError(message, resultCodeName(errcode));
  }
}

/** Primary result codes, by number. https://sqlite.org/rescode.html */
const PRIMARY = (
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY ' +
  'SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'
).split(' ');

/** Extended result codes of a primary one, from 1: `primary | (n << 8)`. */
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

/** The name of an extended result code, such as `SQLITE_BUSY_SNAPSHOT`; of the primary one where SQLite is newer than the list. */
export function resultCodeName(code: number): string {
  const primary = PRIMARY[code & 0xff] ?? 'ERROR';
  const extended = EXTENDED[primary]?.[(code >> 8) - 1];
  return extended ? `SQLITE_${primary}_${extended}` : `SQLITE_${primary}`;
}
