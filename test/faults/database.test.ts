import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Cancellation } from '#base/cancellation';
import { systemClock } from '#base/clock';
import { openDoor } from '#base/identity/door';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { AuditLog } from '#kit/audit/audit-log';
import type { Entry } from '#kit/audit/entry';
import { Database } from '#kit/database/database';
import type { DatabaseLimits } from '#kit/database/limits';
import { createSubgraphServer } from '#kit/subgraph/server';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { ResilientTransport } from '../../gateway/transport/resilient';
import type { SubgraphOperation } from '../../gateway/transport/transport';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { Gate } from '../support/gate';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const describeOnMysql = databaseKinds.includes('mysql') ? describe : describe.skip;
const LIMITS: DatabaseLimits = { connections: 4, timeoutMs: 1_500 };
const MIGRATION = {
  name: '0001-item',
  mysql: ['CREATE TABLE `item` (`id` int NOT NULL, `text` longtext NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB'],
  sqlite: ['CREATE TABLE item (id int PRIMARY KEY NOT NULL, text text)'],
};

/** A log whose lines the test reads. */
function keptLog() {
  const lines: { msg: string; level: number; [field: string]: unknown }[] = [];
  const log = createLog('info', 'test', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines, messages: () => lines.map(({ msg }) => msg) };
}

const codeOf = (error: unknown) => (error as { extensions?: { code?: string } }).extensions?.code;
const outcome = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', codeOf);

describeOnMysql('a database server behind a network that fails', () => {
  let databases: TestDatabases;
  let proxy: TcpProxy;
  let database: Database;
  /** A direct connection to the server. */
  let direct: Database;
  let logged: ReturnType<typeof keptLog>;

  const openDatabase = (url: string, limits = LIMITS) =>
    Database.open({ url, name: 'shop', entities: [], migrations: [MIGRATION], limits, log: logged.log });

  beforeEach(async () => {
    logged = keptLog();
    databases = await freshDatabases('mysql', ['shop']);
    direct = await openDatabase(databases.url('shop'));
    proxy = await TcpProxy.before(databases.url('shop'));
    database = await openDatabase(proxy.url(databases.url('shop')));
  });
  afterEach(async () => {
    await database.close();
    await proxy.close();
    await direct.close();
    await databases.drop();
  });

  /** Opens as many connections as the pool allows. */
  const warm = () =>
    Promise.all(Array.from({ length: LIMITS.connections }, () => database.query('SELECT SLEEP(0.05)')));
  const reads = (count: number) =>
    Promise.all(Array.from({ length: count }, () => outcome(database.query('SELECT 1'))));
  const items = async () => (await direct.query<{ id: number }>('SELECT id FROM item ORDER BY id')).map(({ id }) => id);
  /** Statements that the server is running on connections to this database. */
  const running = async (pattern: string) =>
    (
      await direct.query(
        'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE ? AND id <> CONNECTION_ID()',
        [pattern],
      )
    ).length;

  test('fails only the statements on connections that swallow everything', async () => {
    await warm();
    expect(await database.notReady()).toBeUndefined();
    proxy.swallow();
    const first = await reads(12);
    expect(new Set(first)).toEqual(new Set(['done', 'DATABASE_TIMEOUT']));
    expect(first.filter((code) => code === 'DATABASE_TIMEOUT').length).toBeLessThanOrEqual(LIMITS.connections);
    expect(await reads(12)).toEqual(Array(12).fill('done'));
    expect(database.pool()).toMatchObject({ size: 4, waiting: 0, timeouts: expect.any(Number) });
    expect(database.pool().timeouts).toBeGreaterThan(0);
    // its own connection is just as old and is replaced, too
    expect(await database.notReady()).toMatch(/the shop database does not answer \(ETIMEDOUT\)/);
    expect(await database.notReady()).toBeUndefined();
    expect(logged.messages()).toEqual([
      'database statement timed out',
      'database unavailable',
      'database available again',
    ]);
  });

  test('tests idle connections before use, so that swallowing ones fail no statement', async () => {
    await warm();
    proxy.swallow();
    // like after five seconds
    const since = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => since + 6_000);
    try {
      expect(await reads(8)).toEqual(Array(8).fill('done'));
    } finally {
      clock.mockRestore();
    }
  });

  test('is unavailable while new connections swallow everything, and recovers', async () => {
    proxy.swallow();
    proxy.swallowNew();
    const codes = await reads(4);
    for (const code of codes) expect(['DATABASE_TIMEOUT', 'DATABASE_UNAVAILABLE', 'DATABASE_BUSY']).toContain(code);
    expect(await outcome(database.query('SELECT 1'))).toBe('DATABASE_UNAVAILABLE');
    expect(await database.notReady()).toMatch(/does not answer/);
    proxy.swallowNew(false);
    expect(await reads(4)).toEqual(Array(4).fill('done'));
    expect(await database.notReady()).toBeUndefined();
    expect(logged.messages().filter((message) => message === 'database unavailable')).toHaveLength(1);
  });

  test('fails no read and no transaction when all connections are closed', async () => {
    for (let round = 0; round < 3; round++) {
      await warm();
      proxy.reset();
      expect(await reads(8)).toEqual(Array(8).fill('done'));
      await warm();
      proxy.reset();
      await database.atomically((inside) => inside.query('INSERT INTO item (id) VALUES (?)', [round]));
    }
    expect(await items()).toEqual([0, 1, 2]);
  });

  test('rejects a caller who waits five seconds for a database connection', async () => {
    const single = await openDatabase(databases.url('shop'), { connections: 1, timeoutMs: 20_000 });
    let release = () => {};
    const holding = single.transaction(() => new Promise<void>((resolve) => (release = resolve)));
    const waiting = outcome(single.query('SELECT 1'));
    await until(
      () => single.pool().waiting === 1,
      () => 'the read waits',
    );
    expect(await waiting).toBe('DATABASE_BUSY');
    expect(single.pool()).toMatchObject({ size: 1, waiting: 0, timeouts: 1 });
    // so does a transaction, which does not wait again
    expect(await outcome(single.atomically((inside) => inside.query('SELECT 1')))).toBe('DATABASE_BUSY');
    expect(single.pool()).toMatchObject({ waiting: 0, timeouts: 2 });
    // readiness checks use a separate connection
    expect(await single.notReady()).toBeUndefined();
    release();
    await holding;
    expect(await outcome(single.query('SELECT 1'))).toBe('done');
    await single.close();
  });

  test('answers other callers while one sends more slow statements than connections', async () => {
    const attacker = database.for({ key: 'attacker' });
    const slow = Array.from({ length: 20 }, () => outcome(attacker.query('SELECT SLEEP(0.7)')));
    await until(
      async () => (await running('SELECT SLEEP%')) === 3,
      () => 'three of the four connections are the attacker’s',
    );
    let answered = 0;
    for (; answered < 20; answered++)
      expect(await outcome(database.for({ key: `caller ${answered}` }).query('SELECT 1'))).toBe('done');
    // all of them, while the attacker's first statements wait for results
    expect(database.pool().waiting).toBeGreaterThan(0);
    await Promise.all(slow);
    expect(database.pool().waiting).toBe(0);
  });

  test('lets one caller wait with a bounded number of statements', async () => {
    const attacker = database.for({ key: 'attacker' });
    const cancellation = new Cancellation();
    const waiting = Array.from({ length: 250 }, () =>
      outcome(database.for({ key: 'attacker', cancellation }).query('SELECT SLEEP(0.7)')),
    );
    expect(await outcome(attacker.query('SELECT 1'))).toBe('DATABASE_BUSY');
    expect(await outcome(database.for({ key: 'other' }).query('SELECT 1'))).toBe('done');
    cancellation.cancel();
    const outcomes = await Promise.all(waiting);
    expect(outcomes.filter((code) => code === 'DATABASE_BUSY')).toHaveLength(47);
    expect(outcomes.filter((code) => code === 'REQUEST_CANCELLED')).toHaveLength(203);
  });

  test('ends a statement that takes too long, here and on the server', async () => {
    expect(await outcome(database.query('SELECT SLEEP(60)'))).toBe('DATABASE_TIMEOUT');
    await until(
      async () => (await running('SELECT SLEEP%')) === 0,
      () => 'the statement ended on the server',
    );
    expect(await reads(4)).toEqual(Array(4).fill('done'));
  });

  test('reports a statement that an operator killed as retryable, not as canceled', async () => {
    const slow = outcome(database.query('SELECT SLEEP(1.2) FROM information_schema.schemata'));
    await until(
      async () => (await running('SELECT SLEEP%')) === 1,
      () => 'it runs',
    );
    const [row] = await direct.query(
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'",
    );
    await direct.query(`KILL QUERY ${Number(row!.id ?? row!.ID)}`);
    expect(await slow).toBe('DATABASE_TIMEOUT');
  });

  test('ends the statement of a disconnected caller, here and on the server', async () => {
    const cancellation = new Cancellation();
    const slow = Array.from({ length: 6 }, () => outcome(database.for({ cancellation }).query('SELECT SLEEP(1.2)')));
    await until(
      async () => (await running('SELECT SLEEP%')) === 4,
      () => 'four run, two wait',
    );
    cancellation.cancel();
    expect(await Promise.all(slow)).toEqual(Array(6).fill('REQUEST_CANCELLED'));
    expect(await outcome(database.for({ cancellation }).query('SELECT 1'))).toBe('REQUEST_CANCELLED');
    await until(
      async () => (await running('SELECT SLEEP%')) === 0,
      () => 'the statements ended on the server',
    );
    expect(await reads(4)).toEqual(Array(4).fill('done'));
    expect(database.pool().waiting).toBe(0);
  });

  test('rolls back the transaction of a disconnected caller and frees its locks', async () => {
    const cancellation = new Cancellation();
    const change = outcome(
      database.for({ cancellation }).atomically(async (inside) => {
        await inside.query('INSERT INTO item (id) VALUES (1)');
        await inside.query('SELECT SLEEP(1.2)');
      }),
    );
    await until(
      async () => (await running('SELECT SLEEP%')) === 1,
      () => 'it runs',
    );
    cancellation.cancel();
    expect(await change).toBe('REQUEST_CANCELLED');
    await direct.atomically((inside) => inside.query('INSERT INTO item (id) VALUES (1)'));
    expect(await items()).toEqual([1]);
  });

  test('does not commit for a caller who disconnected after the last statement', async () => {
    const cancellation = new Cancellation();
    const change = database.for({ cancellation }).transaction(async (inside) => {
      await inside.query('INSERT INTO item (id) VALUES (1)');
      cancellation.cancel();
    });
    expect(await outcome(change)).toBe('REQUEST_CANCELLED');
    expect(await items()).toEqual([]);
  });

  test.each([
    ['after', [1]],
    ['before', []],
  ] as const)(
    'reports an unknown outcome when it is lost during a commit, %s the server committed',
    async (when, remaining) => {
      proxy.cutAt(1, when, /^COMMIT/);
      const change = database.atomically((inside) => inside.query('INSERT INTO item (id) VALUES (1)'));
      await expect(change).rejects.toMatchObject({
        extensions: { code: 'DATABASE_COMMIT_UNKNOWN', retryable: true },
        message: expect.stringMatching(/may have been made; send it again with the same idempotency key/),
      });
      expect(await items()).toEqual(remaining);
    },
  );
});

const REGISTER =
  'mutation ($i: RegisterOrganizationInput!) { registerOrganization(input: $i) { replayed organization { key } } }';
const input = (key: string) => ({ i: { key, legalName: key, category: 'INDUSTRY', idempotencyKey: key } });
const operationOf = (kind: SubgraphOperation['kind'], text: string): SubgraphOperation => ({
  kind,
  text,
  json: JSON.stringify(text),
});
const QUERY = operationOf('query', '{ developerOrganizations { totalCount } }');

describeOnMysql('a subgraph whose database fails', () => {
  let databases: TestDatabases;
  let proxy: TcpProxy;
  let open: OpenSubgraph;
  let server: FastifyInstance;
  let http: HttpTransport;
  let url: string;
  let logged: ReturnType<typeof keptLog>;

  beforeEach(async () => {
    logged = keptLog();
    databases = await freshDatabases('mysql', ['submissions']);
    proxy = await TcpProxy.before(databases.url('submissions'));
    open = await submissions.open({
      databaseUrl: proxy.url(databases.url('submissions')),
      door: openDoor(parsePrincipal('role=developer-submitter; organization=alder; subject=a')),
      limits: { connections: 4, timeoutMs: 20_000 },
      log: logged.log,
    });
    server = await createSubgraphServer(open, createLog('silent', 'test'));
    url = `${await server.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
    http = new HttpTransport('submissions', url, { maxResponseBytes: 1_000_000, connections: 8 });
  });
  afterEach(async () => {
    await http.close();
    await server.close();
    await open.close();
    await proxy.close();
    await databases.drop();
  });

  const send = async (query: string, variables: object = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as { data: unknown; errors: { extensions: object }[] },
    };
  };
  const request = (transport: HttpTransport | ResilientTransport, ms: number) =>
    transport.request({ operation: QUERY, variables: '{}', headers: {}, deadline: performance.now() + ms });
  const ready = async () => (await fetch(url.replace('/graphql', '/health/ready'))).status;

  test('answers queries with 503 and mutations with a retryable error', async () => {
    expect([(await send(QUERY.text)).status, await ready()]).toEqual([200, 200]);
    await proxy.close();
    const query = await send(QUERY.text);
    expect([query.status, query.headers.get('retry-after')]).toEqual([503, '1']);
    expect(query.body).toEqual({
      data: null,
      errors: [
        {
          message: 'The submissions database cannot be reached; try again',
          extensions: { code: 'DATABASE_UNAVAILABLE', retryable: true, retryAfterSeconds: 1 },
        },
      ],
    });
    const mutation = await send(REGISTER, input('alder'));
    expect(mutation.status).toBe(200);
    expect(mutation.body.errors[0]!.extensions).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
    await expect(request(http, 5_000)).rejects.toMatchObject({
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true, retryAfterSeconds: 1 },
      subgraphErrors: [{ extensions: { code: 'DATABASE_UNAVAILABLE', subgraph: 'submissions' } }],
    });
    expect([await ready(), await ready()]).toEqual([503, 503]);
    expect(logged.messages().filter((message) => message === 'not ready')).toHaveLength(1);
    expect(logged.lines.find(({ msg }) => msg === 'not ready')).toMatchObject({
      reason: 'the submissions database does not answer (ECONNREFUSED)',
    });
  });

  test('is called again by the gateway until the database is back', async () => {
    const resilient = new ResilientTransport('submissions', http, { concurrency: 10, queue: 10, retries: 3 });
    proxy.refuse();
    const answer = request(resilient, 30_000);
    await until(
      () => logged.messages().includes('database unavailable'),
      () => 'the outage is noticed',
    );
    proxy.refuse(false);
    expect((await answer).read().data).toEqual({ developerOrganizations: { totalCount: 0 } });
  });

  test('leaves no statement running after the gateway timed out', async () => {
    const replica = await submissions.open({ databaseUrl: databases.url('submissions') });
    const waiting = async () =>
      (
        await replica.database.query(
          "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE '%lock%' AND id <> CONNECTION_ID()",
        )
      ).length;
    const unlocked = new Gate();
    const isLocked = new Gate();
    const locked = replica.database.transaction(async (inside) => {
      await inside.query('LOCK TABLES developer_organization WRITE');
      isLocked.open();
      await unlocked.opened;
      await inside.query('UNLOCK TABLES');
    });
    await isLocked.opened;
    const answers = Promise.allSettled([request(http, 2_000), request(http, 2_000)]);
    await until(
      async () => (await waiting()) === 2,
      () => 'both queries wait for the table',
    );
    const results = await answers;
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { extensions: { code: 'SUBGRAPH_TIMEOUT' } } });
    await until(
      async () => (await waiting()) === 0,
      () => 'their statements ended',
    );
    unlocked.open();
    await locked;
    expect((await request(http, 5_000)).read().data).toEqual({ developerOrganizations: { totalCount: 0 } });
    await replica.close();
  });

  test.each(['before', 'after'] as const)(
    'makes a change once when the database is lost %s the commit',
    async (when) => {
      proxy.cutAt(1, when, /^COMMIT/);
      const { data, errors } = await open.execute({ query: REGISTER, variables: input('alder') });
      expect(errors).toBeUndefined();
      expect(data).toEqual({ registerOrganization: { replayed: false, organization: { key: 'alder' } } });
      expect(await open.database.query('SELECT result_key AS object FROM idempotency_key')).toEqual([
        { object: 'alder' },
      ]);
      const events = await open.database.query("SELECT id FROM outbox WHERE subject LIKE '%alder%'");
      expect(events.length).toBeLessThanOrEqual(1);
    },
  );

  test('reports a replay as such when the database is lost during its commit', async () => {
    await open.execute({ query: REGISTER, variables: input('alder') });
    proxy.cutAt(1, 'after', /^COMMIT/);
    const { data } = await open.execute({ query: REGISTER, variables: input('alder') });
    expect(proxy.hasCut).toBe(true);
    expect(data).toEqual({ registerOrganization: { replayed: true, organization: { key: 'alder' } } });
  });

  test('says that a change may have been made when it cannot find out', async () => {
    proxy.cutAt(1, 'after', /^COMMIT/);
    proxy.onCut = () => proxy.refuse();
    const { data, errors } = await open.execute({ query: REGISTER, variables: input('alder') });
    expect(data?.registerOrganization ?? null).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'DATABASE_COMMIT_UNKNOWN', retryable: true });
    proxy.refuse(false);
    const again = await open.execute({ query: REGISTER, variables: input('alder') });
    expect(again.data).toEqual({ registerOrganization: { replayed: true, organization: { key: 'alder' } } });
  });
});

describeOnMysql('a record of changes whose database is lost during the commit', () => {
  let databases: TestDatabases;
  let proxy: TcpProxy;
  let open: OpenSubgraph;
  let folder: string;
  let logged: ReturnType<typeof keptLog>;
  const file = () => join(folder, 'submissions.jsonl');

  beforeEach(async () => {
    logged = keptLog();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-record-'));
    databases = await freshDatabases('mysql', ['submissions']);
    proxy = await TcpProxy.before(databases.url('submissions'));
    open = await submissions.open({
      databaseUrl: proxy.url(databases.url('submissions')),
      door: openDoor(parsePrincipal('role=developer-submitter; organization=alder; subject=a')),
      audit: await AuditLog.open(file(), 'submissions', await newKey(), systemClock, createLog('silent', 'test')),
      limits: { connections: 4, timeoutMs: 20_000 },
      log: logged.log,
    });
  });
  afterEach(async () => {
    await open.close();
    await proxy.close();
    await databases.drop();
    rmSync(folder, { recursive: true });
  });

  const lines = () =>
    readFileSync(file(), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
  const changes = () => lines().flatMap((entry) => (entry.kind === 'change' ? [entry] : []));
  const register = () => open.execute({ query: REGISTER, variables: input('alder') });
  const loseCommit = async (when: 'before' | 'after') => {
    proxy.cutAt(1, when, /^COMMIT/);
    proxy.onCut = () => proxy.refuse();
    const { errors } = await register();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'DATABASE_COMMIT_UNKNOWN' });
    expect(changes()).toEqual([]);
    proxy.refuse(false);
  };

  test('records the change once the database shows it, even without a retry', async () => {
    await loseCommit('after');
    // logged once the record contains it
    await until(
      () => logged.messages().includes('recorded a change whose commit was unknown'),
      () => 'the change is recorded',
    );
    expect(changes()).toEqual([
      expect.objectContaining({ object: 'alder', recovered: true, who: expect.objectContaining({ subject: 'a' }) }),
    ]);
    expect((await register()).data).toMatchObject({ registerOrganization: { replayed: true } });
  });

  test.each(['before', 'after'] as const)(
    'records a retried change once when the database is lost %s the commit',
    async (when) => {
      await loseCommit(when);
      expect((await register()).errors).toBeUndefined();
      // after two more checks of the database
      await new Promise((resolve) => setTimeout(resolve, 4_500));
      expect(changes()).toEqual([expect.objectContaining({ object: 'alder', replayed: false })]);
    },
  );
});

describe('an SQLite database', () => {
  let databases: TestDatabases;
  let database: Database;
  let logged: ReturnType<typeof keptLog>;
  beforeEach(async () => {
    logged = keptLog();
    databases = await freshDatabases('sqlite', ['shop']);
    const url = databases.url('shop');
    database = await Database.open({ url, name: 'shop', entities: [], migrations: [MIGRATION], log: logged.log });
  });
  afterEach(async () => {
    await database.close();
    await databases.drop();
  });

  const add = (id: number, bytes: number) =>
    database.atomically((inside) => inside.query('INSERT INTO item VALUES (?, ?)', [id, 'x'.repeat(bytes)]));
  /** Maximum pages of the file; the limit applies to the connection that writes. */
  const allowPages = (count: number) =>
    database.transaction((inside) => inside.query(`PRAGMA max_page_count = ${count}`));

  test('reports a full database, changes nothing, and recovers when there is space', async () => {
    await add(1, 10);
    await allowPages(1);
    await expect(add(2, 1_000_000)).rejects.toMatchObject({
      message: 'The shop database has no space left; nothing was changed',
      extensions: { code: 'DATABASE_FULL', retryable: false },
      cause: { driverError: { code: 'SQLITE_FULL' } },
    });
    expect(await database.notReady()).toBe('the shop database has no space left');
    expect(await database.query('SELECT id FROM item')).toEqual([{ id: 1 }]);
    await allowPages(1_000_000);
    await add(2, 1_000_000);
    expect(await database.notReady()).toBeUndefined();
    expect(logged.messages()).toEqual(['database accepts no writes', 'database accepts writes again']);
  });

  test('runs no further statement for a disconnected caller', async () => {
    const cancellation = new Cancellation();
    const scoped = database.for({ cancellation });
    const change = scoped.transaction(async (inside) => {
      await inside.query('INSERT INTO item (id) VALUES (1)');
      cancellation.cancel();
      await inside.query('INSERT INTO item (id) VALUES (2)');
    });
    expect(await outcome(change)).toBe('REQUEST_CANCELLED');
    const { statements } = await database.counting(() => outcome(scoped.query('SELECT id FROM item')));
    expect(statements).toEqual([]);
    expect(await database.query('SELECT id FROM item')).toEqual([]);
  });
});
