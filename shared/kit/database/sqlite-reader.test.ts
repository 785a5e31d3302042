import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cancellation } from '#base/cancellation';
import { SqliteConnection } from './sqlite';
import { SqliteReader } from './sqlite-reader';

/** Counts to a number, which takes about a second for 10,000,000. */
const countTo = (n: number) =>
  `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT MAX(n) AS n FROM c`;
const LONG = countTo(2_000_000);

let folder: string;
let file: string;
let writer: SqliteConnection;
let reader: SqliteReader;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-reader-'));
  file = join(folder, 'items.sqlite');
  writer = new SqliteConnection(file);
  writer.pragma('journal_mode = WAL');
  writer.exec("CREATE TABLE item (name text, size real); INSERT INTO item VALUES ('a', 1.5), ('b', NULL)");
  reader = new SqliteReader(file, ['query_only = ON']);
});

afterEach(async () => {
  await reader.close();
  writer.close();
  rmSync(folder, { recursive: true });
});

test('returns rows, and sees what was committed before', async () => {
  const read = () => reader.run('SELECT * FROM item WHERE name >= ? ORDER BY name', ['a'], {});
  expect(await read()).toEqual([
    { name: 'a', size: 1.5 },
    { name: 'b', size: null },
  ]);
  writer.exec("INSERT INTO item VALUES ('c', 3)");
  expect(await read()).toHaveLength(3);
});

test('does not block the process', async () => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  const read = reader.run(LONG, [], {});
  setImmediate(count);
  expect(await read).toEqual([{ n: 2_000_000 }]);
  isOver = true;
  expect(turns).toBeGreaterThan(20);
});

test('fails with SQLite’s code, and runs the next statement', async () => {
  await expect(reader.run('SELECT * FROM missing', [], {})).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
  await expect(reader.run('DELETE FROM item', [], {})).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
  expect(await reader.run('SELECT COUNT(*) AS n FROM item', [], {})).toEqual([{ n: 2 }]);
});

test('fails for a file that is no database', async () => {
  const other = join(folder, 'text.sqlite');
  writeFileSync(other, 'This is not a database, but a text that is long enough to have a header.');
  const broken = new SqliteReader(other, []);
  await expect(broken.run('SELECT * FROM item', [], {})).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
  await broken.close();
});

test('lets callers take turns', async () => {
  const order: string[] = [];
  const read = (key: string) => reader.run('SELECT 1', [], { key }).then(() => order.push(key));
  await Promise.all([read('a'), read('a'), read('a'), read('b')]);
  expect(order.indexOf('b')).toBeLessThan(3);
});

test('rejects at once when the caller disconnects, and does not run what still waits', async () => {
  const cancellation = new Cancellation();
  const statements = [LONG, LONG, LONG].map((sql) => reader.run(sql, [], { key: 'a', cancellation }));
  await new Promise(setImmediate);
  cancellation.cancel();
  for (const statement of statements) await expect(statement).rejects.toMatchObject({ code: 'STATEMENT_CANCELLED' });
  expect(await reader.run('SELECT 1 AS one', [], { key: 'b' })).toEqual([{ one: 1 }]);
});

test('starts again after its thread has ended', async () => {
  await reader.run('SELECT 1', [], {});
  const { worker } = reader as unknown as { worker: { terminate(): Promise<number> } };
  const interrupted = reader.run(LONG, [], {});
  await new Promise(setImmediate);
  await worker.terminate();
  await expect(interrupted).rejects.toMatchObject({ code: 'SQLITE_IOERR' });
  expect(await reader.run('SELECT 1 AS one', [], {})).toEqual([{ one: 1 }]);
});

test('gives no caller the rows of another after an error of its thread', async () => {
  await reader.run('SELECT 1', [], {});
  const { worker } = reader as unknown as { worker: { postMessage(task: unknown): void } };
  const lost = reader.run(LONG, [], { key: 'a' });
  const later = ['b', 'c', 'd'].map((key) => reader.run('SELECT ? AS caller', [key], { key }));
  await new Promise(setImmediate);
  // an exception in the thread, which then ends: two events of one loss
  worker.postMessage(null);
  await lost.catch(() => {});
  const settled = await Promise.all(later.map((rows) => rows.catch(() => 'failed')));
  for (const [index, caller] of ['b', 'c', 'd'].entries())
    expect(['failed', [{ caller }]]).toContainEqual(settled[index]);
  expect(await reader.run('SELECT 1 AS one', [], { key: 'e' })).toEqual([{ one: 1 }]);
});

test('rejects statements once it is closed', async () => {
  await reader.close();
  await expect(reader.run('SELECT 1', [], {})).rejects.toMatchObject({ code: 'POOL_CLOSED' });
});
