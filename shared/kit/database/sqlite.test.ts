import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultCodeName, SqliteConnection } from './sqlite';

let folder: string;
const open: SqliteConnection[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-sqlite-'));
});

afterAll(() => {
  for (const connection of open) connection.close();
  rmSync(folder, { recursive: true });
});

function connect(file = ':memory:', options = {}): SqliteConnection {
  const connection = new SqliteConnection(file === ':memory:' ? file : join(folder, file), options);
  open.push(connection);
  return connection;
}

test('returns rows for queries but not for writes, and stores undefined as NULL', () => {
  const connection = connect();
  connection.exec('CREATE TABLE item (name text, size integer); CREATE INDEX by_name ON item (name)');
  expect(connection.prepare('INSERT INTO item VALUES (?, ?), (?, ?)').all('a', 1, 'b', undefined)).toEqual([]);
  const rows = connection.prepare('SELECT * FROM item WHERE name >= ?').all('a');
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { name: 'a', size: 1 },
    { name: 'b', size: null },
  ]);
  expect(connection.prepare('INSERT INTO item VALUES (?, 3) RETURNING size').all('c')).toEqual([{ size: 3 }]);
});

const tables =
  "CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE NOT NULL CHECK (code <> '')); CREATE TABLE child (parent_id REFERENCES parent (id)); INSERT INTO parent VALUES (1, 'a')";

test.each([
  ['SQLITE_CONSTRAINT_PRIMARYKEY', "INSERT INTO parent VALUES (1, 'b')"],
  ['SQLITE_CONSTRAINT_UNIQUE', "INSERT INTO parent VALUES (2, 'a')"],
  ['SQLITE_CONSTRAINT_NOTNULL', 'INSERT INTO parent VALUES (2, NULL)'],
  ['SQLITE_CONSTRAINT_CHECK', "INSERT INTO parent VALUES (2, '')"],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', 'INSERT INTO child VALUES (7)'],
  ['SQLITE_ERROR', 'SELECT * FROM missing'],
])('reports the result code of a failed statement: %s', (code, sql) => {
  const connection = connect();
  connection.exec(tables);
  expect(() => connection.prepare(sql).all()).toThrow(expect.objectContaining({ code }));
});

test('fails with SQLITE_BUSY while another connection writes, and waits for its timeout first', () => {
  const first = connect('busy.sqlite');
  const second = connect('busy.sqlite', { timeout: 0 });
  first.exec('BEGIN IMMEDIATE');
  expect(() => second.exec('BEGIN IMMEDIATE')).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  first.exec('ROLLBACK');
  second.exec('BEGIN IMMEDIATE');
  expect(connect('busy.sqlite', { timeout: 1_234 }).pragma('busy_timeout')).toEqual([{ timeout: 1_234 }]);
});

test('fails with SQLITE_FULL when the file may not grow', () => {
  const connection = connect('full.sqlite');
  connection.exec('CREATE TABLE item (name text)');
  connection.pragma('max_page_count = 2');
  const insert = connection.prepare('INSERT INTO item VALUES (?)');
  expect(() => insert.all('x'.repeat(100_000))).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
});

test('fails with SQLITE_CANTOPEN for a file in a missing folder, and SQLITE_NOTADB for another kind of file', () => {
  expect(() => connect('missing/x.sqlite')).toThrow(expect.objectContaining({ code: 'SQLITE_CANTOPEN' }));
  expect(() => new SqliteConnection(__filename).exec('BEGIN EXCLUSIVE')).toThrow(
    expect.objectContaining({ code: 'SQLITE_NOTADB' }),
  );
});

test('restricts its files to their owner, even those that an earlier release created readable by all', () => {
  const modeOf = (file: string) => statSync(join(folder, file)).mode & 0o777;
  const connection = connect('private.sqlite');
  connection.pragma('journal_mode = WAL');
  connection.exec('CREATE TABLE item (name text)');
  const files = readdirSync(folder).filter((file) => file.startsWith('private.sqlite'));
  expect(files.map((file) => [file, modeOf(file)])).toEqual(
    ['private.sqlite', 'private.sqlite-shm', 'private.sqlite-wal'].map((file) => [file, 0o600]),
  );
  for (const file of files) chmodSync(join(folder, file), 0o644);
  connect('private.sqlite');
  expect(files.map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  writeFileSync(join(folder, 'notes.txt'), 'This is not a database', { mode: 0o644 });
  expect(() => connect('notes.txt').exec('BEGIN EXCLUSIVE')).toThrow();
  expect(modeOf('notes.txt')).toBe(0o644);
});

test('can be closed twice', () => {
  const connection = connect();
  connection.close();
  connection.close();
  expect(connection.open).toBe(false);
});

test.each([
  [5, 'SQLITE_BUSY'],
  [517, 'SQLITE_BUSY_SNAPSHOT'],
  [13, 'SQLITE_FULL'],
  [516, 'SQLITE_ABORT_ROLLBACK'],
  [778, 'SQLITE_IOERR_WRITE'],
  [3338, 'SQLITE_IOERR_ACCESS'],
  [8714, 'SQLITE_IOERR_IN_PAGE'],
  [1032, 'SQLITE_READONLY_DBMOVED'],
  [2067, 'SQLITE_CONSTRAINT_UNIQUE'],
  [3091, 'SQLITE_CONSTRAINT_DATATYPE'],
  [26, 'SQLITE_NOTADB'],
  [65_285, 'SQLITE_BUSY'],
])('names result code %i %s', (code, name) => {
  expect(resultCodeName(code)).toBe(name);
});
