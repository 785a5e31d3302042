import { dismiss, printRejected, printStatus, replay, retry } from '../../gateway/cli/events';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { databaseVariable, eventsCommandSettings, settingsBySubgraph } from '../../gateway/cli/settings';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what was printed
type Loose = any;

describe.each(databaseKinds)('ordergraph events, on %s', (kind) => {
  let graph: Framework;
  let output: string;
  const settingsOf = settingsBySubgraph(eventsCommandSettings, { data: 'unused' });
  beforeAll(async () => {
    graph = await Framework.open(kind);
    for (const name of EVENT_READERS) process.env[databaseVariable(name)] = graph.databaseUrl(name);
  });
  afterAll(async () => {
    for (const name of EVENT_READERS) delete process.env[databaseVariable(name)];
    await graph.close();
  });
  beforeEach(() => {
    output = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += text;
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  const status = async (): Promise<Loose> => {
    output = '';
    await printStatus([], settingsOf, true);
    return JSON.parse(output);
  };
  const readsOf = (all: Loose, reader: string, source: string) =>
    all.subgraphs.find(({ name }: Loose) => name === reader).reads.find((read: Loose) => read.source === source);
  const invited = async (id: string) =>
    (await graph.sql('reviews', `SELECT 1 FROM review_event WHERE submission_id = ? AND kind = 'INVITED'`, [id]))
      .length;

  test('shows each log, its backlog, and the position of each reader with status', async () => {
    await graph.filed();
    const { id, revision } = await graph.draft();
    await graph.perform(
      'role=developer-submitter; organization=alder; subject=submitter',
      'fileSubmission',
      { id, expectedRevision: revision },
      'submission { id }',
    );
    const before = await status();
    expect(before.subgraphs.map(({ name, backlog }: Loose) => [name, backlog])).toEqual([
      ['submissions', 1],
      ['reviews', 0],
      ['workforce', 0],
      ['infrastructure', 0],
    ]);
    await graph.deliver();
    const after = await status();
    expect([readsOf(after, 'reviews', 'submissions').lag, after.bus, after.failures]).toEqual([0, null, []]);
    output = '';
    expect(await printStatus(['submissions', 'reviews'], settingsOf, false)).toBe(true);
    expect(output).toMatch(/submissions: 2 events, epoch 1-[0-9a-f]{12} since 2026/);
    expect(output).toMatch(/lease: no holder\n {2}unpublished: 0\n/);
    expect(output).toMatch(/reads submissions: position 2, 0 behind/);
  });

  test('replays an event that a reader lacks without repeating others', async () => {
    const [first, second] = [await graph.filed(), await graph.filed()];
    const [{ at }] = await graph.sql('reviews', 'SELECT log_offset AS at FROM inbox_event WHERE subject = ?', [
      first.id,
    ]);
    // as if the reader had never processed the first
    await graph.force('reviews', 'DELETE FROM inbox_event WHERE subject = ?', [first.id]);
    await graph.force('reviews', 'DELETE FROM determination WHERE submission_id = ?', [first.id]);
    await graph.force('reviews', 'DELETE FROM submission_notice WHERE id = ?', [first.id]);
    await replay('reviews', { from: 'submissions', since: String(at), settingsOf });
    expect(output).toMatch(/reviews reads submissions again after position \d+/);
    await graph.restart('reviews');
    await graph.deliver();
    // its first invitations stay on the timeline, which the database seals
    expect([await invited(first.id), await invited(second.id)]).toEqual([4, 2]);
    expect(readsOf(await status(), 'reviews', 'submissions').lag).toBe(0);
  });

  test('lists a rejected event, retries it once its cause is fixed, and dismisses it', async () => {
    const { id } = await graph.filed();
    const notice = await graph.sql('reviews', 'SELECT * FROM submission_notice WHERE id = ?', [id]);
    await graph.force('reviews', 'DELETE FROM submission_notice WHERE id = ?', [id]);
    await graph.perform(
      'role=developer-submitter; organization=alder; subject=submitter',
      'changeLaunchPlan',
      { id, expectedRevision: 2, launchPlan: { plannedLaunchAt: graph.inDays(25) } },
      'submission { id }',
    );
    await graph.deliver();
    await printRejected(['reviews'], { json: true, settingsOf });
    const [rejected] = JSON.parse(output);
    expect(rejected).toMatchObject({ reader: 'reviews', event: { type: 'submissions.plan-changed', subject: id } });
    output = '';
    expect(await retry('reviews', { ids: [rejected.id], settingsOf })).toBe(false);
    expect(output).toMatch(/rejected again: No submission has the key/);
    expect(await dismiss('reviews', { ids: [rejected.id], settingsOf })).toBe(true);
    expect(await dismiss('reviews', { ids: [rejected.id], settingsOf })).toBe(false);
    output = '';
    await printRejected(['reviews'], { settingsOf });
    expect(output).toBe('No rejected events\n');
    const columns = Object.keys(notice[0]);
    await graph.force(
      'reviews',
      `INSERT INTO submission_notice (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(notice[0]),
    );
    expect(await retry('reviews', { ids: [rejected.id], settingsOf })).toBe(true);
    expect(await graph.sql('reviews', 'SELECT 1 FROM inbox_rejected')).toEqual([]);
    const [moved] = await graph.sql('reviews', 'SELECT planned_launch_at AS at FROM submission_notice WHERE id = ?', [
      id,
    ]);
    expect(moved.at).toBe(graph.inDays(25));
  });

  test('advises to dismiss an event of a type that the reader does not handle', async () => {
    const { id } = await graph.filed();
    const [filed] = await graph.sql('submissions', 'SELECT * FROM outbox WHERE subject = ?', [id]);
    const event = (type: string) => ({
      ...{ id: filed.id, type, version: 1, source: 'submissions', subject: id, sequence: 1 },
      ...{ occurredAt: filed.occurred_at, data: JSON.parse(filed.data) },
    });
    for (const [place, type] of ['submissions.filed', 'submissions.teleported'].entries())
      await graph.force(
        'workforce',
        'INSERT INTO inbox_rejected (id, received_at, reason, event) VALUES (?, ?, ?, ?)',
        [`evt_${place}`, filed.occurred_at, 'An earlier release could not handle it', JSON.stringify(event(type))],
      );
    expect(await retry('workforce', { ids: [], all: true, settingsOf })).toBe(false);
    expect(output.trim().split('\n')).toEqual([
      'evt_0: rejected again: In this release, workforce does not handle "submissions.filed": dismiss the event',
      'evt_1: rejected again: This release has no event type "submissions.teleported"',
    ]);
    expect(await dismiss('workforce', { ids: [], all: true, settingsOf })).toBe(true);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an unknown subgraph',
      () => printStatus(['training'], settingsOf, false),
      /"training" is not a subgraph with events/,
    ],
    [
      'a subgraph as its own reader',
      () => replay('reviews', { from: 'reviews', settingsOf }),
      /does not read its own events/,
    ],
    ['no instant', () => replay('reviews', { since: 'yesterday', settingsOf }), /neither a position nor an instant/],
    ['no event', () => retry('reviews', { ids: [], all: false, settingsOf }), /No events are selected/],
    ['ids and --all', () => dismiss('reviews', { ids: ['x'], all: true, settingsOf }), /No events are selected/],
  ])('rejects %s and suggests a valid argument', async (_what, command, message) => {
    await expect(command()).rejects.toThrow(message);
  });

  test('shows the status of other subgraphs when one database is unreadable', async () => {
    process.env[databaseVariable('reviews')] = '/nowhere/reviews.sqlite';
    try {
      expect(await printStatus([], settingsOf, false)).toBe(false);
    } finally {
      process.env[databaseVariable('reviews')] = graph.databaseUrl('reviews');
    }
    expect(output).toMatch(/reviews: The reviews database "\/nowhere\/reviews.sqlite" does not exist/);
    expect(output).toMatch(/submissions: \d+ events/);
  });
});
