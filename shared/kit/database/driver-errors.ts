import { QueryFailedError } from 'typeorm';

/**
 * Why a statement failed, whatever the driver:
 * - `unavailable`: no connection, the server closed it, or the user may not read
 * - `busy`: another transaction held a lock, the database aborted this one in a deadlock, or no pooled connection became free
 * - `timeout`: the statement exceeded its time limit, or an operator ended it
 * - `full`: no disk space, or a size limit was reached
 * - `read-only`: the server or the file accepts no writes, or the user may not write
 * - `duplicate`: a row with the same unique key exists
 * - `constraint`: the values contradict other data or the table's definition
 * - `canceled`: the caller disconnected
 */
export type Failure =
  | 'unavailable'
  | 'busy'
  | 'timeout'
  | 'full'
  | 'read-only'
  | 'duplicate'
  | 'constraint'
  | 'canceled';

/** Properties that drivers set on the error of a failed statement. */
export interface DriverError {
  readonly code?: string;
  readonly errno?: number;
  readonly message?: string;
}

/** Creates an error in the form of a driver's. */
export const coded = (code: string, message: string): Error & { code: string } =>
  Object.assign(new Error(message), { code });

/** Codes of the drivers and of our connection pool. */
const CODES: Readonly<Record<Failure, readonly string[]>> = {
  unavailable: [
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
    ...['ENOTFOUND', 'EAI_AGAIN', 'ENOENT', 'EACCES', 'HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT'],
    ...['PROTOCOL_CONNECTION_LOST', 'POOL_CLOSED', 'ER_SERVER_SHUTDOWN', 'ER_NORMAL_SHUTDOWN', 'ER_SHUTDOWN_COMPLETE'],
    ...['ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS', 'ER_USER_LIMIT_REACHED', 'ER_HOST_IS_BLOCKED'],
    ...['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_BAD_DB_ERROR', 'ER_NEW_ABORTING_CONNECTION'],
    ...['ER_CLIENT_INTERACTION_TIMEOUT', 'ER_CONNECTION_KILLED', 'ER_CANT_CREATE_THREAD'],
    ...['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_PROTOCOL'],
  ],
  busy: [
    ...['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD', 'ER_LOCK_NOWAIT', 'POOL_BUSY'],
    ...['SQLITE_BUSY', 'SQLITE_LOCKED'],
  ],
  // statements of disconnected callers fail before the server ends them, so an interrupted one was ended by an operator
  timeout: [
    ...['ER_QUERY_TIMEOUT', 'ER_STATEMENT_TIMEOUT', 'ER_QUERY_INTERRUPTED'],
    ...['STATEMENT_TIMEOUT', 'PROTOCOL_SEQUENCE_TIMEOUT'],
  ],
  full: ['ER_DISK_FULL', 'ER_RECORD_FILE_FULL', 'ER_OUT_OF_RESOURCES', 'EE_WRITE', 'ENOSPC', 'EDQUOT', 'SQLITE_FULL'],
  'read-only': [
    'ER_READ_ONLY_MODE',
    'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
    'ER_INNODB_READ_ONLY',
    'SQLITE_READONLY',
  ],
  duplicate: [
    ...['ER_DUP_ENTRY', 'ER_DUP_KEY', 'ER_DUP_ENTRY_WITH_KEY_NAME'],
    ...['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_CONSTRAINT_ROWID'],
  ],
  constraint: [
    ...['ER_BAD_NULL_ERROR', 'ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2', 'ER_ROW_IS_REFERENCED'],
    ...['ER_ROW_IS_REFERENCED_2', 'ER_NO_DEFAULT_FOR_FIELD', 'ER_DATA_TOO_LONG', 'ER_WARN_DATA_OUT_OF_RANGE'],
    ...['ER_CHECK_CONSTRAINT_VIOLATED', 'ER_CONSTRAINT_FAILED', 'ER_SIGNAL_EXCEPTION', 'SQLITE_CONSTRAINT'],
  ],
  canceled: ['STATEMENT_CANCELLED'],
};

/** MySQL and MariaDB error numbers that mysql2 has no name or a different name for. */
const NUMBERS: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  ...([3, 28, 1021, 1041, 1114] as const).map((number) => [number, 'full'] as const),
  ...([1290, 1792, 1836, 1874] as const).map((number) => [number, 'read-only'] as const),
  ...([1040, 1053, 1077, 1079, 1184, 1203, 1226, 1927, 4031] as const).map(
    (number) => [number, 'unavailable'] as const,
  ),
  ...([1205, 1213, 3572] as const).map((number) => [number, 'busy'] as const),
  ...([1317, 1969, 3024] as const).map((number) => [number, 'timeout'] as const),
  ...([1022, 1062, 1586] as const).map((number) => [number, 'duplicate'] as const),
]);

/** The user may not run a command on a table, column, or routine; the message begins with the command. */
const DENIED: ReadonlySet<number> = new Set([1142, 1143, 1370]);

const FAILURES: ReadonlyMap<string, Failure> = new Map(
  Object.entries(CODES).flatMap(([failure, codes]) => codes.map((code) => [code, failure as Failure] as const)),
);

/** Driver error inside the error of a statement; undefined if the error is not from a driver. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  if (error instanceof QueryFailedError) return error.driverError as DriverError;
  // TypeORM does not wrap errors of commits and of opening connections
  return error instanceof Error && ('code' in error || 'errno' in error || isClosed(error)) ? error : undefined;
}

/** Classifies a failed statement; undefined for a bug in our code, such as invalid SQL. */
export function failureOf(error: unknown): Failure | undefined {
  const driverError = driverErrorOf(error);
  if (!driverError) return undefined;
  const { code = '', errno, message = '' } = driverError;
  // a privilege was revoked: to read, or only to write
  if (DENIED.has(errno ?? 0)) return /^(SELECT|EXECUTE) /i.test(message) ? 'unavailable' : 'read-only';
  // error number of the storage engine, which only the message contains: "Got error 28 …", "(errno: 28 …"
  if (/\berr(?:or|no:?)\s+28\b|No space left on device/.test(message)) return 'full';
  const isServerError = code === '' || code.startsWith('ER_') || /^\d+$/.test(code);
  return (
    FAILURES.get(code) ??
    // SQLITE_IOERR_WRITE is a kind of SQLITE_IOERR
    FAILURES.get(/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '') ??
    (isServerError && errno !== undefined ? NUMBERS.get(errno) : undefined) ??
    (isClosed(driverError) ? 'unavailable' : undefined)
  );
}

/** mysql2 reports a closed connection only in the message. */
const isClosed = ({ message = '' }: DriverError): boolean =>
  /connection is in closed state|Connection is closed|Pool is closed|Server closed the connection/i.test(message);
