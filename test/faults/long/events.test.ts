import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { LeaseHolder } from '#kit/events/lease';
import { RedisBus } from '#kit/events/redis-bus';
import { EVENT_READERS, PROGRAMS } from '../../../gateway/cli/programs';
import { databaseKinds } from '../../support/databases';
import { developer, Framework, SUBMISSION } from '../../support/framework';
import { identityEnvironment } from '../../support/identity';
import { kill, killAll, requireCompiled, run, waitForOutput } from '../../support/processes';
import { describeOnRedis, newEventKeys, PrivateRedis } from '../../support/redis';
import { until } from '../../support/until';

const AGENCIES = ['nsa', 'treasury'];
const TIMES = { everyMs: 100, leaseMs: 900 };

/** Files submissions, and returns their ids once the mutations are acknowledged. */
async function file(graph: Framework, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let place = 0; place < count; place += 1) {
    const draft = await graph.draft({ requestedAgencies: AGENCIES });
    await graph.perform(developer(), 'fileSubmission', { id: draft.id, expectedRevision: draft.revision }, SUBMISSION);
    ids.push(draft.id);
  }
  return ids;
}

/** Number of invitations by submission and agency. */
async function invitations(graph: Framework): Promise<Map<string, number>> {
  const rows = await graph.sql<{ id: string; agency: string; n: number }>(
    'reviews',
    `SELECT submission_id AS id, agency_key AS agency, COUNT(*) AS n FROM review_event WHERE kind = 'INVITED'
     GROUP BY submission_id, agency_key`,
  );
  return new Map(rows.map(({ id, agency, n }) => [`${id} ${agency}`, Number(n)]));
}

/** Waits until the agencies of all these filings were invited, once each, and nothing was rejected. */
async function invitedOnce(graph: Framework, ids: readonly string[]): Promise<void> {
  const expected = ids.flatMap((id) => AGENCIES.map((agency) => `${id} ${agency}`));
  let missing: string[] = expected;
  await until(
    async () => {
      const counts = await invitations(graph);
      missing = expected.filter((key) => !counts.has(key));
      return missing.length === 0;
    },
    () => `${expected.length} invitations arrive; ${missing.length} are missing`,
  );
  await settled(graph);
  const counts = await invitations(graph);
  expect(expected.filter((key) => counts.get(key) !== 1)).toEqual([]);
  expect(await graph.sql('reviews', 'SELECT reason FROM inbox_rejected')).toEqual([]);
}

/** Waits until every reader has processed the whole log of every writer. */
async function settled(graph: Framework): Promise<void> {
  const behind = async () => {
    const missing: string[] = [];
    for (const source of EVENT_READERS) {
      const [log] = await graph.sql<{ events: number; ending: number | null }>(
        source,
        'SELECT COUNT(*) AS events, MAX(log_offset) AS ending FROM outbox',
      );
      for (const reader of EVENT_READERS.filter((name) => name !== source)) {
        const [row] = await graph.sql<{ at: number; gap: string | null }>(
          reader,
          'SELECT log_offset AS at, gap_since AS gap FROM inbox_position WHERE source = ?',
          [source],
        );
        const isLevel =
          Number(log!.events) === Number(log!.ending ?? 0) && Number(row?.at ?? 0) === Number(log!.events);
        if (!isLevel || row?.gap) missing.push(`${reader} of ${source}: ${row?.at ?? 0} of ${log!.events}`);
      }
    }
    return missing;
  };
  let missing: string[] = [];
  await until(
    async () => {
      missing = await behind();
      return missing.length === 0;
    },
    () => `readers catch up: ${missing.join('; ')}`,
  );
}

const epochs = async (graph: Framework, name: string) =>
  (
    await graph.sql<{ number: number; reason: string }>(name, 'SELECT number, reason FROM event_epoch ORDER BY number')
  ).map(({ reason }) => reason);
const orphans = (graph: Framework, name: string) =>
  graph.sql<{ type: string; subject: string; acted: number; event: string | null }>(
    name,
    'SELECT type, subject, acted, event FROM inbox_orphan ORDER BY id',
  );

/** A log whose lines tests read. */
function recordingLog(): { log: Logger; messages: () => string[] } {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  return { log, messages: () => lines.map((line) => JSON.parse(line).msg) };
}

describeOnRedis.each(databaseKinds)('faults of the event bus and its databases, on %s', (kind) => {
  let graph: Framework;
  let redis: PrivateRedis;
  let bus: RedisBus;
  let recording: ReturnType<typeof recordingLog>;
  let folder: string;
  beforeAll(requireCompiled);
  beforeEach(async () => {
    recording = recordingLog();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-faults-'));
    redis = await PrivateRedis.start();
    const keys = await newEventKeys();
    bus = new RedisBus({ url: redis.url, readers: EVENT_READERS, sealers: PROGRAMS, keys, log: recording.log });
    graph = await Framework.open(kind, { log: recording.log });
    graph.startBackground({ bus, ...TIMES });
  });
  afterEach(async () => {
    redis.resume();
    await graph.close();
    await bus.close();
    await killAll();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('loses and doubles no filing when Redis is killed while developers file', async () => {
    const before = await file(graph, 5);
    await redis.kill();
    const during = await file(graph, 10);
    await redis.restart();
    const after = await file(graph, 5);
    await invitedOnce(graph, [...before, ...during, ...after]);
  });

  test('lets readers request the events that Redis lost with its data', async () => {
    const before = await file(graph, 5);
    await graph.restart('reviews', async () => {
      const during = await file(graph, 10);
      before.push(...during);
      await published(graph);
      await redis.lose();
    });
    await invitedOnce(graph, before);
    expect(await epochs(graph, 'submissions')).toEqual(['The log began']);
  });

  test('delivers all of 105 acknowledged filings after Redis is restored to old data', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    const snapshot = redis.snapshot();
    await graph.restart('reviews', async () => {
      ids.push(...(await file(graph, 105)));
      await published(graph);
      await redis.restore(snapshot);
    });
    await invitedOnce(graph, ids);
    ids.push(...(await file(graph, 2)));
    await invitedOnce(graph, ids);
    expect(await epochs(graph, 'submissions')).toEqual(['The log began']);
  });

  test('loses and doubles nothing when Redis is restored while its readers run', async () => {
    const ids = await file(graph, 3);
    const snapshot = redis.snapshot();
    ids.push(...(await file(graph, 10)));
    await redis.restore(snapshot);
    ids.push(...(await file(graph, 5)));
    await invitedOnce(graph, ids);
  });

  test('requests unread events after a consumer group was moved past them', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    await graph.restart('reviews', async () => {
      ids.push(...(await file(graph, 10)));
      await published(graph);
      await redis.command('XGROUP', 'SETID', 'ordergraph:events:stream:submissions', 'reviews', '$');
    });
    await invitedOnce(graph, ids);
  });

  test('restores a deleted stream and evicted keys from writer and readers', async () => {
    const ids = await file(graph, 3);
    await redis.command('DEL', 'ordergraph:events:stream:submissions', 'ordergraph:events:head:submissions');
    ids.push(...(await file(graph, 10)));
    await redis.command('DEL', 'ordergraph:events:head:submissions');
    await invitedOnce(graph, ids);
  });

  test('accepts filings while Redis hangs, logs it once, and delivers events later', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    redis.hang();
    ids.push(...(await file(graph, 10)));
    await until(
      () => recording.messages().includes('event bus unavailable; events wait in the outbox'),
      () => 'the log says that the bus is unavailable',
    );
    // background work continues and renews the lease
    expect((await graph.subgraph('submissions').backgroundStatus())!.backlog).toBe(10);
    redis.resume();
    await invitedOnce(graph, ids);
    await until(
      () => recording.messages().includes('event bus available again'),
      () => 'the log says that the bus is available',
    );
    const changes = recording.messages().filter((message) => message.startsWith('event bus'));
    expect(changes).toEqual(['event bus unavailable; events wait in the outbox', 'event bus available again']);
  });

  test('processes all new events of a restored writer that reuse sequences', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    const backup = await graph.backUp('submissions');
    const [keptId] = ids as [string];
    const move = (days: number) =>
      graph.perform(
        developer(),
        'changeLaunchPlan',
        { id: keptId, expectedRevision: 2, launchPlan: { plannedLaunchAt: graph.inDays(days) } },
        SUBMISSION,
      );
    await move(25);
    const lost = await file(graph, 10);
    await invitedOnce(graph, [...ids, ...lost]);
    await graph.restore('submissions', backup);
    await move(30);
    // more than were lost: sequences alone would not show that the histories differ
    ids.push(...(await file(graph, 15)));
    await invitedOnce(graph, ids);
    const plans = await graph.sql<{ planned: string }>(
      'reviews',
      'SELECT planned_launch_at AS planned FROM submission_notice WHERE id = ?',
      [keptId],
    );
    expect(plans[0]!.planned).toBe(graph.inDays(30));
    expect(await epochs(graph, 'submissions')).toEqual([
      'The log began',
      expect.stringMatching(/^(the event bus|reader \w+) had event \d+ of epoch 1-\w+/),
    ]);
    const orphaned = await orphans(graph, 'reviews');
    expect(orphaned.map(({ subject }) => subject).sort()).toEqual([keptId, ...lost].sort());
    expect(orphaned.every(({ acted }) => Number(acted) === 1)).toBe(true);
    expect(recording.messages()).toContain(
      'event log was restored from a backup; began a new epoch, readers reconcile',
    );
  });

  test('reports lost events when a writer is restored while a reader is behind', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    const backup = await graph.backUp('submissions');
    let lost: string[] = [];
    await graph.restart('reviews', async () => {
      lost = await file(graph, 4);
      await published(graph);
      await graph.restore('submissions', backup);
      ids.push(...(await file(graph, 6)));
      await published(graph);
    });
    await invitedOnce(graph, ids);
    expect((await orphans(graph, 'reviews')).map(({ subject }) => subject).sort()).toEqual([...lost].sort());
  });

  test('keeps events of a former epoch in an older Redis for an operator', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    const backup = await graph.backUp('submissions');
    let lost: string[] = [];
    let snapshot = '';
    await graph.restart('reviews', async () => {
      lost = await file(graph, 4);
      await published(graph);
      snapshot = redis.snapshot();
      await redis.lose();
      await graph.restore('submissions', backup);
      ids.push(...(await file(graph, 2)));
    });
    await invitedOnce(graph, ids);
    await redis.restore(snapshot);
    ids.push(...(await file(graph, 2)));
    await until(
      async () => (await orphans(graph, 'reviews')).length === lost.length,
      () => 'the lost events are reported',
    );
    await invitedOnce(graph, ids);
    const orphaned = await orphans(graph, 'reviews');
    expect(orphaned.map(({ subject, acted }) => [subject, Number(acted)]).sort()).toEqual(
      lost.map((id) => [id, 0]).sort(),
    );
    expect(orphaned.map(({ event }) => JSON.parse(event!).type)).toEqual(lost.map(() => 'submissions.filed'));
    expect((await invitations(graph)).size).toBe(ids.length * AGENCIES.length);
  });

  test('requests the events since its backup after a reader is restored', async () => {
    const ids = await file(graph, 3);
    await invitedOnce(graph, ids);
    const backup = await graph.backUp('reviews');
    ids.push(...(await file(graph, 10)));
    await invitedOnce(graph, ids);
    await graph.restore('reviews', backup);
    expect((await invitations(graph)).size).toBe(3 * AGENCIES.length);
    await invitedOnce(graph, ids);
    expect(await orphans(graph, 'reviews')).toEqual([]);
  });

  test.each([
    ['writer, bus, reader', ['submissions', 'redis', 'reviews']],
    ['reader, bus, writer', ['reviews', 'redis', 'submissions']],
    ['bus, reader, writer', ['redis', 'reviews', 'submissions']],
  ])('converges after everything is restored from backups of different ages (%s)', async (_order, order) => {
    await file(graph, 3);
    const backups = new Map<string, Awaited<ReturnType<Framework['backUp']>>>();
    let snapshot = '';
    for (const name of order) {
      await file(graph, 5);
      await settled(graph);
      if (name === 'redis') snapshot = redis.snapshot();
      else backups.set(name, await graph.backUp(name));
    }
    await file(graph, 5);
    await settled(graph);
    await redis.kill();
    for (const [name, backup] of backups) await graph.restore(name, backup);
    await redis.restore(snapshot);
    await file(graph, 5);
    const rows = await graph.sql<{ id: string }>('submissions', 'SELECT id FROM submission WHERE filed_at IS NOT NULL');
    const ids = rows.map(({ id }) => id);
    await invitedOnce(graph, ids);
    // the writer has lost the agencies' other events: this is reported
    const invited = new Set((await invitations(graph)).keys());
    for (const id of ids) for (const agency of AGENCIES) invited.delete(`${id} ${agency}`);
    const lost = new Set([...invited].map((key) => key.split(' ')[0]!));
    expect(
      new Set((await orphans(graph, 'reviews')).filter(({ acted }) => acted).map(({ subject }) => subject)),
    ).toEqual(lost);
  });

  test('processes the events of a killed replica whose clock was an hour ahead', async () => {
    const shift = join(folder, 'shift.js');
    writeFileSync(shift, 'const now = Date.now; Date.now = () => now() + 3_600_000;');
    const ids = await file(graph, 2);
    await invitedOnce(graph, ids);
    await graph.restart('reviews', async () => {
      const { environment } = await identityEnvironment();
      const ahead = run(['subgraph', 'reviews', '--port', '0', '--database', graph.databaseUrl('reviews')], {
        ...environment,
        NODE_OPTIONS: `--require ${shift}`,
        ORDERGRAPH_EVENTS_URL: redis.url,
        ORDERGRAPH_FILES: folder,
        ORDERGRAPH_AUDIT: join(folder, 'audit'),
        ORDERGRAPH_LEASE_MS: '900',
      });
      await waitForOutput(ahead, /clock of this process differs from the database/);
      await kill(ahead);
      ids.push(...(await file(graph, 5)));
    });
    await invitedOnce(graph, ids);
  });

  test('takes over the expired lease of a dead replica whose clock was an hour ahead', async () => {
    const { database } = graph.subgraph('reviews');
    const [fast, next] = [new LeaseHolder(database, 'test', 400), new LeaseHolder(database, 'test', 400)];
    const now = Date.now;
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    expect(await fast.hold()).toBe(true);
    ahead.mockRestore();
    expect(fast.skewMs).toBeGreaterThan(3_590_000);
    expect(fast.skewMs).toBeLessThan(3_610_000);
    expect(await next.hold()).toBe(false);
    await until(
      () => next.hold(),
      () => 'the lease passes on',
    );
    expect(Math.abs(next.skewMs)).toBeLessThan(5_000);
  });
});

/** Waits until the bus has received all events of the submissions subgraph. */
async function published(graph: Framework): Promise<void> {
  await until(
    async () =>
      (await graph.sql('submissions', 'SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1')).length === 0,
    () => 'all events are published',
  );
}
