import { QueryFailedError } from 'typeorm';
import { DatabaseError, databaseErrorOf } from './database-error';
import { failureOf } from './driver-errors';

const error = (fields: object, message = 'secret value in a message') => Object.assign(new Error(message), fields);

test.each([
  ['ECONNREFUSED', undefined, 'unavailable'],
  ['PROTOCOL_CONNECTION_LOST', undefined, 'unavailable'],
  ['ER_SERVER_SHUTDOWN', 1053, 'unavailable'],
  ['ER_CON_COUNT_ERROR', 1040, 'unavailable'],
  ['ER_ACCESS_DENIED_ERROR', 1045, 'unavailable'],
  ['SQLITE_IOERR_WRITE', undefined, 'unavailable'],
  ['ER_LOCK_DEADLOCK', 1213, 'busy'],
  ['ER_LOCK_WAIT_TIMEOUT', 1205, 'busy'],
  ['SQLITE_BUSY_SNAPSHOT', undefined, 'busy'],
  ['ER_QUERY_TIMEOUT', 3024, 'timeout'],
  ['ER_UNKNOWN_ERROR_1969', 1969, 'timeout'],
  ['ER_DISK_FULL', 1021, 'full'],
  ['ER_RECORD_FILE_FULL', 1114, 'full'],
  ['ER_UNKNOWN', 3, 'full'],
  ['SQLITE_FULL', undefined, 'full'],
  ['ER_OPTION_PREVENTS_STATEMENT', 1290, 'read-only'],
  ['ER_READ_ONLY_MODE', 1836, 'read-only'],
  ['SQLITE_READONLY_DBMOVED', undefined, 'read-only'],
  ['ER_DUP_ENTRY', 1062, 'duplicate'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', undefined, 'duplicate'],
  ['ER_NO_REFERENCED_ROW_2', 1452, 'constraint'],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', undefined, 'constraint'],
  ['ER_QUERY_INTERRUPTED', 1317, 'timeout'],
  ['ER_PARSE_ERROR', 1064, undefined],
  ['SQLITE_ERROR', undefined, undefined],
])('classifies %s (%s) as %s', (code, errno, failure) => {
  const driverError = error({ code, errno });
  expect(failureOf(driverError)).toBe(failure);
  expect(failureOf(new QueryFailedError('SELECT 1', ['secret'], driverError))).toBe(failure);
});

test('recognizes a full disk by the message of the storage engine', () => {
  const message = `Got error 28 "No space left on device" from storage engine InnoDB`;
  expect(failureOf(error({ code: 'ER_GET_ERRNO', errno: 1030 }, message))).toBe('full');
  expect(failureOf(error({ code: 'ER_GET_ERRNO', errno: 1030 }, 'Got error 122 from storage engine'))).toBeUndefined();
});

test.each([
  ['INSERT', 'read-only'],
  ['UPDATE', 'read-only'],
  ['DELETE', 'read-only'],
  ['SELECT', 'unavailable'],
])('classifies a denied %s as %s', (command, failure) => {
  const message = `${command} command denied to user 'a'@'localhost' for table \`db\`.\`secret\``;
  expect(failureOf(error({ code: 'ER_TABLEACCESS_DENIED_ERROR', errno: 1142 }, message))).toBe(failure);
});

test('recognizes a closed connection by the message of the driver', () => {
  expect(failureOf(error({}, "Can't add new command when connection is in closed state"))).toBe('unavailable');
});

test('does not classify an error that is not from a driver', () => {
  expect(failureOf(new Error('Something else'))).toBeUndefined();
  expect(failureOf('text')).toBeUndefined();
});

test.each([
  ['ECONNREFUSED', 'DATABASE_UNAVAILABLE', true],
  ['SQLITE_BUSY', 'DATABASE_BUSY', true],
  ['ER_QUERY_TIMEOUT', 'DATABASE_TIMEOUT', true],
  ['SQLITE_FULL', 'DATABASE_FULL', false],
  ['ER_READ_ONLY_MODE', 'DATABASE_READ_ONLY', true],
])('reports %s as %s without the message of the driver, which stays the cause', (code, expected, retryable) => {
  const cause = new QueryFailedError('SELECT secret', ['secret'], error({ code }));
  const reported = databaseErrorOf(cause, 'reviews') as DatabaseError;
  expect(reported).toBeInstanceOf(DatabaseError);
  expect(reported.extensions).toMatchObject({ code: expected, retryable });
  expect('retryAfterSeconds' in reported.extensions).toBe(retryable);
  expect(JSON.stringify(reported)).not.toContain('secret');
  expect(reported.cause).toBe(cause);
});

test('leaves duplicate key errors unchanged for the caller to handle', () => {
  const duplicate = new QueryFailedError('INSERT', [], error({ code: 'ER_DUP_ENTRY', errno: 1062 }));
  expect(databaseErrorOf(duplicate, 'reviews')).toBe(duplicate);
});
