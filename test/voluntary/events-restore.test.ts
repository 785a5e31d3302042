import pino from 'pino';
import { fixedClock } from '#base/clock';
import { Database } from '#kit/database/database';
import { EventLog } from '#kit/events/event-log';
import { Inbox } from '#kit/events/inbox';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { reviews } from '../../subgraphs/reviews/subgraph';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { developer, Framework, MONDAY, SUBMISSION } from '../support/framework';

const silent = pino({ level: 'silent' });

describe.each(databaseKinds)('restored databases in one process, on %s', (kind) => {
  let graph: Framework;
  beforeEach(async () => {
    graph = await Framework.open(kind);
  });
  afterEach(() => graph.close());

  const filed = async () => (await graph.filed()).id as string;
  const invited = async () =>
    (
      await graph.sql<{ id: string; n: number }>(
        'reviews',
        `SELECT submission_id AS id, COUNT(*) AS n FROM review_event WHERE kind = 'INVITED' GROUP BY submission_id`,
      )
    ).map(({ id, n }) => [id, Number(n)]);
  const move = (id: string, revision: number, days: number) =>
    graph.perform(
      developer(),
      'changeLaunchPlan',
      { id, expectedRevision: revision, launchPlan: { plannedLaunchAt: graph.inDays(days) } },
      SUBMISSION,
    );

  test('processes reused sequences of a restored writer and reports lost events', async () => {
    const keptId = await filed();
    const backup = await graph.backUp('submissions');
    await move(keptId, 2, 25);
    const lost = await filed();
    await graph.restore('submissions', backup);
    await move(keptId, 2, 30);
    const after = [await filed(), await filed(), await filed()];
    expect((await invited()).sort()).toEqual([keptId, lost, ...after].map((id) => [id, 2]).sort());
    const [notice] = await graph.sql('reviews', 'SELECT planned_launch_at AS at FROM submission_notice WHERE id = ?', [
      keptId,
    ]);
    expect(notice.at).toBe(graph.inDays(30));
    const orphans = await graph.sql('reviews', 'SELECT subject, acted FROM inbox_orphan');
    expect(orphans.map(({ subject, acted }) => [subject, Number(acted)]).sort()).toEqual(
      [keptId, lost].map((subject) => [subject, 1]).sort(),
    );
    expect((await graph.sql('submissions', 'SELECT number FROM event_epoch')).length).toBe(2);
    // and again: the same backup, another history
    await graph.restore('submissions', backup);
    const again = await filed();
    expect((await invited()).map(([id]) => id)).toContain(again);
    expect((await graph.sql('reviews', 'SELECT 1 FROM inbox_orphan')).length).toBe(2 + 1 + after.length);
    // two readers noticed the second restore; one epoch began
    expect((await graph.sql('submissions', 'SELECT number FROM event_epoch')).length).toBe(2);
  });

  test('reports no lost events any more once a newer backup of a writer is restored', async () => {
    const lost = async () => {
      await graph.deliver();
      return (await graph.sql('reviews', 'SELECT subject FROM inbox_orphan')).map(({ subject }) => subject).sort();
    };
    const first = await filed();
    const older = await graph.backUp('submissions');
    const second = await filed();
    const newer = await graph.backUp('submissions');
    const third = await filed();
    await graph.restore('submissions', older);
    const fourth = await filed();
    expect(await lost()).toEqual([second, third].sort());
    await graph.restore('submissions', newer);
    const fifth = await filed();
    expect(await lost()).toEqual([third, fourth].sort());
    await graph.restore('submissions', older);
    const sixth = await filed();
    expect(await lost()).toEqual([second, third, fourth, fifth].sort());
    const all = [first, second, third, fourth, fifth, sixth];
    expect((await invited()).sort()).toEqual(all.map((id) => [id, 2]).sort());
  });

  test('processes events since the backup of a restored reader once each', async () => {
    const first = await filed();
    const backup = await graph.backUp('reviews');
    const since = [await filed(), await filed()];
    await graph.restore('reviews', backup);
    expect((await invited()).length).toBe(1);
    await graph.deliver();
    expect((await invited()).sort()).toEqual([first, ...since].map((id) => [id, 2]).sort());
    expect(await graph.sql('reviews', 'SELECT 1 FROM inbox_orphan')).toEqual([]);
  });
});

describe.each(databaseKinds)('the release before the event log, upgraded on %s', (kind) => {
  let databases: TestDatabases;
  beforeEach(async () => {
    databases = await freshDatabases(kind, ['submissions', 'reviews']);
  });
  afterEach(() => databases.drop());

  const clock = fixedClock(MONDAY);
  /** A database as that release left it. */
  const former = ({ name, parts: { entities, migrations } }: Subgraph) =>
    Database.open({
      url: databases.url(name),
      name,
      entities,
      migrations: migrations.filter((migration) => !migration.name.endsWith('-event-log')),
    });
  const filing = (number: string) =>
    JSON.stringify({
      number,
      developerKey: 'alder',
      modelId: 'mdl_1',
      versionId: 'mdv_1',
      filedAt: MONDAY,
      planVersion: 1,
      plannedLaunchAt: '2026-07-15T14:00:00.000Z',
      windowOpensAt: '2026-06-15T14:00:00.000Z',
      agencyKeys: ['nsa'],
      exercise: false,
    });
  const write = (database: Database, id: string, subject: string, publishedAt: string | null) =>
    database.query(
      `INSERT INTO outbox (id, type, version, subject, sequence, occurred_at, data, published_at)
       VALUES (?, 'submissions.filed', 1, ?, 1, ?, ?, ?)`,
      [id, subject, MONDAY, filing(subject), publishedAt],
    );

  test('processes only pending events, once, after an upgrade to the event log', async () => {
    const [writer, reader] = [await former(submissions), await former(reviews)];
    await write(writer, 'evt_done', 'sub_done', MONDAY);
    await write(writer, 'evt_under_way', 'sub_under_way', MONDAY);
    await write(writer, 'evt_unpublished', 'sub_unpublished', null);
    await reader.query('INSERT INTO inbox_cursor (id, sequence, received_at) VALUES (?, 1, ?)', [
      'submissions/sub_done',
      MONDAY,
    ]);
    await writer.close();
    await reader.close();
    const source = await submissions.open({ databaseUrl: databases.url('submissions'), clock });
    const target = await reviews.open({ databaseUrl: databases.url('reviews'), clock });
    const log = new EventLog('submissions', source.database, clock, silent);
    const parts = { name: 'reviews', database: target.database, clock, log: silent };
    const replay = (_source: string, request: Parameters<EventLog['answer']>[0]) => log.answer(request);
    const inbox = () => new Inbox({ ...parts, handlers: reviews.parts.handlers!, bus: { replay } });
    await log.append();
    for (let run = 0; run < 2; run += 1) await inbox().compare(new Map([['submissions', await log.head()]]));
    const notices = await target.database.query('SELECT id FROM submission_notice ORDER BY id');
    expect(notices.map(({ id }) => id)).toEqual(['sub_under_way', 'sub_unpublished']);
    expect(await target.database.query('SELECT 1 FROM inbox_cursor')).toEqual([]);
    expect((await target.database.query('SELECT 1 FROM inbox_event')).length).toBe(3);
    await source.close();
    await target.close();
  });
});
