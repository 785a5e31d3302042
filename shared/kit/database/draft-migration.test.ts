import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integer, key, text } from '../model/fields';
import { model } from '../model/model';
import { Database } from './database';
import { pendingStatements } from './draft-migration';
import type { Migration } from './migrations';

@model('Training course.', { key: 'slug' })
class Course {
  @key('Slug of the course.', { as: 'code' }) slug!: string;
  @text('Title.') title!: string;
  @integer('Hours it takes.', { nullable: true, index: true }) hours!: number | null;
}

@model('Course room.', { key: 'slug' })
class Room {
  @key('Slug of the room.', { as: 'code' }) slug!: string;
  @integer('Seats.', { index: true }) seats!: number;
}

/** Tables of a release before `hours`, and before rooms, with a column that is gone since. */
const FIRST: Migration = {
  name: '0001-initial',
  mysql: [],
  sqlite: [
    'CREATE TABLE "course" ("slug" varchar(30) PRIMARY KEY NOT NULL, "title" varchar(255) NOT NULL, "former" varchar(20))',
    // a reference, which keeps a table from being dropped and made again
    'CREATE TABLE "visit" ("id" varchar(30) PRIMARY KEY NOT NULL, "course" varchar(30) NOT NULL REFERENCES "course" ("slug"))',
  ],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-draft-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = (migrations: readonly Migration[]) => ({
  url: join(folder, 'training.sqlite'),
  name: 'training',
  entities: [Course, Room],
  migrations,
});

test('drafts changes of a SQLite table as ALTER TABLE, and new tables in their final form', async () => {
  const drafted = await pendingStatements(options([FIRST]));
  expect(drafted).toEqual(
    expect.arrayContaining([
      'ALTER TABLE "course" ADD COLUMN "hours" integer',
      'ALTER TABLE "course" DROP COLUMN "former"',
      'CREATE TABLE "room" ("slug" varchar(30) PRIMARY KEY NOT NULL, "seats" integer NOT NULL)',
    ]),
  );
  expect(drafted.join('\n')).not.toMatch(/temporary_|DROP TABLE|RENAME/);
  const [added, indexed] = ['ADD COLUMN "hours"', 'ON "course"'].map((part) =>
    drafted.findIndex((sql) => sql.includes(part)),
  );
  expect(added).toBeLessThan(indexed!);
});

test('drafts statements that keep rows, after which nothing is pending', async () => {
  const first = await Database.open(options([FIRST]));
  await first.query('INSERT INTO course (slug, title, former) VALUES (?, ?, ?)', ['secure-code', 'Secure code', 'x']);
  await first.query('INSERT INTO visit (id, course) VALUES (?, ?)', ['v1', 'secure-code']);
  await first.close();
  const second: Migration = { name: '0002-hours', mysql: [], sqlite: await pendingStatements(options([FIRST])) };
  const upgraded = await Database.open(options([FIRST, second]));
  expect(await upgraded.query('SELECT slug, title, hours FROM course')).toEqual([
    { slug: 'secure-code', title: 'Secure code', hours: null },
  ]);
  await upgraded.close();
  expect(await pendingStatements(options([FIRST, second]))).toEqual([]);
});

test('drafts statements that make an indexed column nullable, and keep its values and index', async () => {
  const room: Migration = {
    name: '0001-initial',
    mysql: [],
    sqlite: [
      ...FIRST.sqlite,
      'ALTER TABLE "course" ADD COLUMN "hours" integer NOT NULL DEFAULT (4)',
      'CREATE INDEX "IDX_old" ON "course" ("hours")',
    ],
  };
  const first = await Database.open(options([room]));
  await first.query('INSERT INTO course (slug, title, hours) VALUES (?, ?, ?)', ['secure-code', 'Secure code', 8]);
  await first.query('INSERT INTO visit (id, course) VALUES (?, ?)', ['v1', 'secure-code']);
  await first.close();
  const second: Migration = { name: '0002-hours', mysql: [], sqlite: await pendingStatements(options([room])) };
  const upgraded = await Database.open(options([room, second]));
  await upgraded.query('INSERT INTO course (slug, title, hours) VALUES (?, ?, ?)', ['other', 'Other', null]);
  expect(await upgraded.query('SELECT slug, hours FROM course ORDER BY slug')).toEqual([
    { slug: 'other', hours: null },
    { slug: 'secure-code', hours: 8 },
  ]);
  await upgraded.close();
  expect(await pendingStatements(options([room, second]))).toEqual([]);
});
