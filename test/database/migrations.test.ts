import { createHash } from 'node:crypto';
import { Database } from '#kit/database/database';
import { pendingStatements } from '#kit/database/draft-migration';
import { parseDatabaseUrl, redactDatabaseUrl } from '#kit/database/url';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { migratedDatabases } from '../worker/templates';
import { FIRST_RELEASE } from './first-release';

describe.each(databaseKinds)('migrations on %s', (kind) => {
  let databases: TestDatabases;
  beforeEach(async () => {
    databases = await freshDatabases(
      kind,
      subgraphs.map(({ name }) => name),
    );
  });
  afterEach(() => databases.drop());

  test.each(subgraphs.map((subgraph) => [subgraph.name, subgraph] as const))(
    'migrates tables of %s that match its entities, for each URL scheme',
    async (name, subgraph) => {
      const { entities, migrations } = subgraph.parts;
      const url = databases.url(name);
      for (const same of [url, url.replace(/^mysql:/, 'mariadb:'), url.replace(/^mariadb:/, 'mysql:')])
        expect(await pendingStatements({ url: same, name, entities, migrations })).toEqual([]);
    },
  );

  test.each(['submissions', 'reviews', 'infrastructure'])(
    'keeps the rows of the first release of %s after the upgrade',
    async (name) => {
      const { entities, migrations } = subgraphs.find((subgraph) => subgraph.name === name)!.parts;
      const options = { url: databases.url(name), name, entities, migrations };
      const first = await Database.open({ ...options, migrations: migrations.slice(0, 1) });
      for (const [table, row] of FIRST_RELEASE[name]!) {
        const columns = Object.keys(row).map((column) => first.dialect.quote(column));
        // as the first release, without words
        await first.source.query(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          Object.values(row),
        );
      }
      await first.close();
      const upgraded = await Database.open(options);
      for (const [table, row] of FIRST_RELEASE[name]!) {
        const rows = await upgraded.query(`SELECT * FROM ${table}`);
        const { pre_launch_access_seconds: _dropped, ...columns } = row;
        expect([table, rows]).toEqual([table, [expect.objectContaining(columns)]]);
      }
      await upgraded.close();
    },
  );

  test.each(subgraphs.map((subgraph) => [subgraph.name, subgraph] as const))(
    'copies databases of %s for tests with the tables, triggers, and rows of a migrated one',
    async (_name, subgraph) => {
      const copies = await migratedDatabases(kind);
      const [migrated, copied] = [databases, copies].map((of) => ({ databaseUrl: of.url(subgraph.name) }));
      const [original, copy] = [await subgraph.open(migrated!), await subgraph.open(copied!)];
      const content = await contentOf(original.database);
      expect(content.length).toBeGreaterThan(subgraph.parts.entities.length);
      expect(await contentOf(copy.database)).toEqual(content);
      await Promise.all([original.close(), copy.close()]);
      await copies.drop();
    },
  );

  test('migrates in one of several replicas that start at once, and opens all', async () => {
    const { name, parts } = subgraphs[0]!;
    const options = { url: databases.url(name), name, entities: parts.entities, migrations: parts.migrations };
    const open = await Promise.all([1, 2, 3, 4].map(() => Database.open(options)));
    const history = await open[0]!.query('SELECT name FROM schema_migration ORDER BY name');
    expect(history.map((row) => row.name)).toEqual(parts.migrations.map((migration) => migration.name));
    await Promise.all(open.map((database) => database.close()));
  });

  test('does not change a database of a newer release', async () => {
    const { name, parts } = subgraphs[0]!;
    const options = { url: databases.url(name), name, entities: parts.entities, migrations: parts.migrations };
    const newer = await Database.open(options);
    await newer.query(
      "INSERT INTO schema_migration (name, applied_at) VALUES ('9999-from-the-future', '2099-01-01T00:00:00.000Z')",
    );
    await newer.close();
    await expect(Database.open(options)).rejects.toThrow(
      /newer release: it has migration "9999-from-the-future"[\s\S]*Start the newer release, or restore/,
    );
  });

  test('names a failing migration, and continues from there once it is fixed', async () => {
    const url = databases.url('reviews');
    const good = { name: '0001-good', mysql: ['CREATE TABLE a (id int)'], sqlite: ['CREATE TABLE a (id int)'] };
    const bad = { name: '0002-bad', mysql: ['CREATE TABLE nonsense'], sqlite: ['CREATE TABLE nonsense'] };
    const open = (...migrations: (typeof good)[]) => Database.open({ url, name: 'reviews', entities: [], migrations });
    await expect(open(good, bad)).rejects.toThrow(/Migration "0002-bad" of the reviews database failed/);
    const repaired = await open(good, {
      ...bad,
      mysql: ['CREATE TABLE b (id int)'],
      sqlite: ['CREATE TABLE b (id int)'],
    });
    expect(await repaired.query('SELECT name FROM schema_migration ORDER BY name')).toHaveLength(2);
    await repaired.close();
  });
});

/** Definitions of tables, indexes, and triggers, and rows of tables, apart from instants of the first start. */
async function contentOf(database: Database): Promise<unknown[]> {
  if (database.dialect.kind === 'sqlite') {
    const definitions = await database.query('SELECT name, type, sql FROM sqlite_master ORDER BY name');
    const tables = definitions.filter(({ type }) => type === 'table').map(({ name }) => String(name));
    return [...definitions, ...(await rowsOf(database, tables))];
  }
  const tables = (await database.query('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  const definitions: unknown[] = [];
  for (const table of tables) definitions.push(await database.query(`SHOW CREATE TABLE \`${table}\``));
  const triggers = await database.query(
    'SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1',
  );
  return [...definitions, triggers, ...(await rowsOf(database, tables))];
}

async function rowsOf(database: Database, tables: readonly string[]): Promise<unknown[]> {
  const contents: unknown[] = [];
  for (const table of tables)
    for (const { applied_at: _applied, first_ms: _first, last_ms: _last, ...row } of await database.query(
      `SELECT * FROM ${database.dialect.quote(table)}`,
    ))
      contents.push([table, row]);
  return contents;
}

test.each([
  ['submissions', '0001-initial', 'e50b25397bc71d3e'],
  ['submissions', '0002-voluntary-framework', 'e86871866902e4a8'],
  ['submissions', '0003-sealed-timeline', '08511a37fa601a33'],
  ['reviews', '0001-initial', 'f857c94aee49395f'],
  ['reviews', '0002-voluntary-framework', '1a06aa871583d257'],
  ['reviews', '0003-sealed-timeline', '07d18d76707d6744'],
  ['workforce', '0001-initial', 'fd46d87015fcdbe4'],
  ['infrastructure', '0001-initial', '62b039e7dbe225af'],
  ['infrastructure', '0002-voluntary-framework', '72758e5ed78e5520'],
])('keeps the released migration unchanged: %s, %s', (name, migration, digest) => {
  const { mysql, sqlite } = subgraphs
    .find((subgraph) => subgraph.name === name)!
    .parts.migrations.find((candidate) => candidate.name === migration)!;
  const actual = createHash('sha256')
    .update(JSON.stringify([mysql, sqlite]))
    .digest('hex');
  // databases refuse a migration that was changed after they ran it
  expect(actual.slice(0, 16)).toBe(digest);
});

test('reports a server that is down and a file that is not a database', async () => {
  const open = (url: string) => Database.open({ url, name: 'reviews', entities: [], migrations: [] });
  await expect(open('mysql://nobody:secret@127.0.0.1:1/reviews')).rejects.toThrow(
    /The reviews database mysql:\/\/nobody:\*\*\*@127.0.0.1:1\/reviews cannot be opened[\s\S]*Check that the server runs/,
  );
  await expect(open(__filename)).rejects.toThrow(/cannot be opened: file is not a database/);
});

test.each(['postgres://localhost/x', 'mysql://localhost', 'mysql://', '', 'me:hidden@host/x', ':hidden@host:3306/x'])(
  'rejects "%s" as a database URL',
  (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(/mysql:\/\//);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/hidden/);
  },
);

test.each(['p%40ss', 'p@ss', 'p/ss', 'p:s/s@', '@', ''])(
  'never shows the password "%s" of a database URL',
  (password) => {
    expect(redactDatabaseUrl(`mysql://me:${password}@host:3306/x`)).toBe('mysql://me:***@host:3306/x');
  },
);
