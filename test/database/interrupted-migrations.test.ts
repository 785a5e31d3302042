import { Database } from '#kit/database/database';
import { isResumable } from '#kit/database/migration-effects';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { kill, killAll, requireCompiled, run } from '../support/processes';
import { CutMigration, crashesOf, type From, uninterrupted } from './interrupted-migrations';

const describeOnMysql = databaseKinds.includes('mysql') ? describe : describe.skip;

test('can resume every statement of a migration on MySQL', () => {
  for (const { name, parts } of subgraphs)
    for (const migration of parts.migrations)
      for (const sql of migration.mysql) expect([name, migration.name, sql, isResumable(sql)].at(-1)).toBe(true);
});

describeOnMysql('a migration on MySQL that loses its connection', () => {
  // a column, an index, a table, a trigger, and the records of their progress
  test.each<[From, number[]]>([
    ['fresh', [9, 104]],
    ['first release', [5, 24, 33, 61]],
  ])('ends like an uninterrupted migration, wherever it lost its connection: %s', async (from, places) => {
    const expected = await uninterrupted('mysql', 'reviews', from);
    for (const place of places)
      for (const when of ['before', 'after'] as const) {
        const migration = await CutMigration.prepare('reviews', from);
        try {
          expect([place, await migration.cutAt(place, when)]).toEqual([place, true]);
          expect(await migration.resumed()).toEqual(expected);
        } finally {
          await migration.drop();
        }
      }
  });

  test('ends like an uninterrupted migration after repeated lost connections', async () => {
    const expected = await uninterrupted('mysql', 'submissions', 'first release');
    const migration = await CutMigration.prepare('submissions', 'first release');
    try {
      let cuts = 0;
      // first, it creates two tables of its own; checking a statement takes three more
      while (await migration.cutAt(3 + ((cuts * 7) % 9), cuts % 2 ? 'before' : 'after')) cuts += 1;
      expect(cuts).toBeGreaterThan(10);
      expect(await migration.resumed()).toEqual(expected);
    } finally {
      await migration.drop();
    }
  });
});

describeOnMysql('a migration whose connection the server ends', () => {
  test('reports the migration and the cause when the server ends its connection', async () => {
    const databases = await freshDatabases('mysql', ['shop']);
    const migration = { name: '0001-item', mysql: ['KILL CONNECTION_ID()'], sqlite: [] };
    try {
      const url = databases.url('shop');
      await expect(Database.open({ url, name: 'shop', entities: [], migrations: [migration] })).rejects.toThrow(
        /^Migration "0001-item" of the shop database failed: .*\n.*resume where they stopped/,
      );
    } finally {
      await databases.drop();
    }
  });
});

describeOnMysql('a process that is killed while it migrates', () => {
  beforeAll(requireCompiled);
  afterAll(killAll);

  test.each([40, 97])('leaves a database that the next process migrates, killed at statement %i', async (place) => {
    const expected = await uninterrupted('mysql', 'reviews', 'fresh');
    const migration = await CutMigration.prepare('reviews', 'fresh');
    try {
      migration.proxy.cutAt(place, 'after', /^(CREATE|ALTER|DROP|INSERT|UPDATE|REPLACE)\b/);
      const killed = new Promise<void>((resolve) => {
        migration.proxy.onCut = resolve;
      });
      const process = run(['migrate', 'reviews'], { ORDERGRAPH_REVIEWS_DATABASE_URL: migration.url });
      await killed;
      await kill(process);
      expect(process.output()).not.toContain('up to date');
      expect(await migration.resumed()).toEqual(expected);
    } finally {
      await migration.drop();
    }
  });
});

test.each<From>(['fresh', 'first release'])(
  'resumes a SQLite migration after a crash, from a %s database',
  async (from) => {
    const expected = await uninterrupted('sqlite', 'reviews', from);
    const tried = await crashesOf(
      'reviews',
      from,
      (done) => done % 31 === 1,
      (content) => expect(content).toEqual(expected),
    );
    expect(tried).toBeGreaterThanOrEqual(2);
  },
);

describe.each(databaseKinds)('recorded progress of a migration, on %s', (kind) => {
  let databases: TestDatabases;
  beforeEach(async () => {
    databases = await freshDatabases(kind, ['reviews']);
  });
  afterEach(() => databases.drop());

  const table = (name: string, column = 'id') => `CREATE TABLE \`${name}\` (\`${column}\` int NOT NULL) ENGINE=InnoDB`;
  const migration = (name: string, ...statements: string[]) => ({
    name,
    mysql: statements,
    sqlite: statements.map((sql) => sql.replace(' ENGINE=InnoDB', '')),
  });
  const open = (...migrations: ReturnType<typeof migration>[]) =>
    Database.open({ url: databases.url('reviews'), name: 'reviews', entities: [], migrations });

  test('rejects a change of statements that have already run', async () => {
    await (await open(migration('0001-a', table('a')))).close();
    await (await open(migration('0001-a', table('a')))).close();
    await expect(open(migration('0001-a', table('a', 'other')))).rejects.toThrow(
      /Migration "0001-a" of the reviews database was changed after it was applied\n.*write a new migration/,
    );
  });

  test('adopts migrations of a release that recorded no statements', async () => {
    const first = await open(migration('0001-a', table('a')));
    await first.query('DROP TABLE schema_migration_progress');
    await first.close();
    await (await open(migration('0001-a', table('a')))).close();
    await expect(open(migration('0001-a', table('a', 'other')))).rejects.toThrow(/was changed after it was applied/);
  });

  test('reports the progress of a migration statement by statement', async () => {
    const reported: string[] = [];
    const database = await Database.open({
      url: databases.url('reviews'),
      name: 'reviews',
      entities: [],
      migrations: [migration('0001-a', table('a'), table('b')), migration('0002-c', table('c'))],
      onMigration: (progress) =>
        reported.push(`${progress.database} ${progress.migration} ${progress.done}/${progress.total}`),
    });
    await database.close();
    expect(reported).toEqual(['reviews 0001-a 1/2', 'reviews 0001-a 2/2', 'reviews 0002-c 1/1']);
  });

  if (kind === 'mysql') {
    test('does not skip a statement because something else of its name exists', async () => {
      const first = await open();
      await first.query(table('a', 'other'));
      await first.close();
      await expect(open(migration('0001-a', table('a')))).rejects.toThrow(/Migration "0001-a".*already exists/);
    });

    test('resumes a migration of a release that recorded no progress', async () => {
      const statements = [
        table('a'),
        'ALTER TABLE `a` ADD `note` varchar(20) NULL',
        'CREATE INDEX `by_note` ON `a` (`note`)',
        table('b'),
      ];
      const first = await open();
      for (const sql of statements.slice(0, 3)) await first.query(sql);
      await first.close();
      const database = await open(migration('0001-a', ...statements));
      expect(await database.query('SELECT statements_done AS n FROM schema_migration_progress')).toEqual([{ n: 4 }]);
      await database.close();
    });

    test('changes rows once, however often the migration is interrupted', async () => {
      const good = migration('0001-a', table('a'), 'INSERT INTO `a` VALUES (1)', 'CREATE TABLE nonsense');
      for (let attempt = 0; attempt < 3; attempt++) await expect(open(good)).rejects.toThrow(/"0001-a"/);
      const database = await open(migration('0001-a', table('a'), 'INSERT INTO `a` VALUES (1)', table('b')));
      expect(await database.query('SELECT id FROM a')).toEqual([{ id: 1 }]);
      await database.close();
    });
  }
});
