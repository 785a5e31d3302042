import { Redis } from 'ioredis';
import pino from 'pino';
import { RequestError } from '#base/errors';
import '#domain/contracts/events';
import { DatabaseError } from '#kit/database/database-error';
import { BusUnavailableError, type Consumer, type EventBus, type ReplayRequest } from '#kit/events/bus';
import { type EventEnvelope, envelopeSchema, eventTypes, type LogPosition } from '#kit/events/event';
import type { EventKeys } from '#kit/events/event-keys';
import type { EventLog } from '#kit/events/event-log';
import { InProcessBus } from '#kit/events/in-process-bus';
import { type EventHandler, handle, Inbox, isRejection } from '#kit/events/inbox';
import { LeaseHolder } from '#kit/events/lease';
import { retryRejected } from '#kit/events/operations';
import { relay } from '#kit/events/outbox';
import { RedisBus } from '#kit/events/redis-bus';
import { systemWork, type Work } from '#kit/mutation/work';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { reviews as reviewsSubgraph } from '../../subgraphs/reviews/subgraph';
import { databaseKinds } from '../support/databases';
import { developer, Framework, INQUIRY, MONDAY, reviewer, SUBMISSION } from '../support/framework';
import { killAll } from '../support/processes';
import { describeOnRedis, newEventKeys, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

const silent = pino({ level: 'silent' });

/** A bus that records what is published, can be made to fail, and answers replays from a log. */
class Memory implements EventBus {
  readonly events: EventEnvelope[] = [];
  isDown = false;
  known: LogPosition | undefined;
  writer: EventLog | undefined;
  async head() {
    if (this.isDown) throw new BusUnavailableError('the bus is down');
    return this.known;
  }
  async publish(_source: string, events: readonly EventEnvelope[], head: LogPosition) {
    if (this.isDown) throw new BusUnavailableError('the bus is down');
    this.events.push(...events);
    this.known = head;
  }
  async read(_reader: string, _consumer: Consumer) {}
  async replay(_source: string, request: ReplayRequest) {
    return this.writer?.answer(request);
  }
  async serve() {
    return 0;
  }
  async close() {}
}

test('stores events only for programs that have handlers', () => {
  const withHandlers = subgraphs.filter(({ parts }) => parts.handlers?.length);
  expect(EVENT_READERS).toEqual(withHandlers.map(({ name }) => name));
});

describe.each(databaseKinds)('events, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  let log: EventLog;
  let inbox: Inbox;
  beforeEach(() => {
    log = graph.eventLog('submissions');
    inbox = graph.inbox('reviews', { replay: (_source, request) => log.answer(request) });
  });

  const file = async (): Promise<string> => {
    const { id, revision } = await graph.draft();
    await graph.perform(developer(), 'fileSubmission', { id, expectedRevision: revision }, SUBMISSION);
    return id;
  };
  /** Events of a filed and moved submission, which no agency has received. */
  const published = async (): Promise<{ id: string; events: EventEnvelope[] }> => {
    await graph.deliver();
    const id = await file();
    await graph.perform(
      developer(),
      'changeLaunchPlan',
      { id, expectedRevision: 2, launchPlan: { plannedLaunchAt: graph.inDays(25) } },
      SUBMISSION,
    );
    const bus = new Memory();
    await relay(log, bus);
    return { id, events: bus.events };
  };
  const count = async (table: string, id: string) =>
    Number((await graph.sql('reviews', `SELECT COUNT(*) AS n FROM ${table} WHERE submission_id = ?`, [id]))[0].n);

  test('publishes no event for a failed mutation', async () => {
    const draft = await graph.draft();
    const before = await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox');
    await graph.refused(developer(), 'fileSubmission', { id: draft.id, expectedRevision: 99 });
    expect(await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox')).toEqual(before);
  });

  test('applies an event once that arrives many times, in turn and concurrently', async () => {
    const { id, events } = await published();
    for (const event of [...events, ...events]) await inbox.act(event);
    await Promise.all(Array.from({ length: 20 }, () => inbox.act(events[0]!)));
    const another = graph.inbox('reviews', { replay: (_source, request) => log.answer(request) });
    await Promise.all([...events, ...events].map((event) => another.act(event)));
    expect(await count('determination', id)).toBe(2);
    expect(await count('review_event', id)).toBe(3);
  });

  test('holds an early event until its predecessors are replayed', async () => {
    const { id, events } = await published();
    await inbox.act(events.at(-1)!);
    expect(inbox.replaysRequested).toBe(1);
    const kinds = await graph.sql(
      'reviews',
      'SELECT kind FROM review_event WHERE submission_id = ? ORDER BY sequence',
      [id],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['INVITED', 'INVITED', 'PLAN_CHANGED']);
    for (const event of events) await inbox.act(event);
    expect(await count('review_event', id)).toBe(3);
  });

  test('detects silently lost events by the head of the log and replays them', async () => {
    const { id, events } = await published();
    await inbox.compare(new Map([['submissions', events.at(-1)!.log!]]));
    expect(await count('determination', id)).toBe(2);
  });

  test('processes nothing behind a gap while the writer does not answer', async () => {
    const { id, events } = await published();
    const deaf = graph.inbox('reviews', { replay: async () => undefined });
    await deaf.act(events.at(-1)!);
    expect([deaf.gapsOpen, await count('review_event', id)]).toEqual([1, 0]);
    const [{ gap }] = await graph.sql(
      'reviews',
      `SELECT gap_since AS gap FROM inbox_position WHERE source = 'submissions'`,
    );
    expect(gap).toMatch(/^2026-/);
    await inbox.act(events.at(-1)!);
    expect([inbox.gapsOpen, await count('review_event', id)]).toEqual([0, 3]);
    expect(await graph.sql('reviews', 'SELECT 1 FROM inbox_position WHERE gap_since IS NOT NULL')).toEqual([]);
  });

  test('publishes events without persons and with exactly the fields of their schema', async () => {
    const { events } = await published();
    expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['submissions.filed', 1],
      ['submissions.plan-changed', 2],
    ]);
    for (const event of events) {
      expect(eventTypes.get(event.type)!.data.parse(event.data)).toEqual(event.data);
      expect(JSON.stringify(event)).not.toMatch(/submitter|falcon/);
    }
  });

  test('queues events while the bus is down and publishes them in order afterward', async () => {
    const bus = new Memory();
    await relay(log, bus);
    bus.events.length = 0;
    bus.isDown = true;
    const ids: string[] = [];
    for (let place = 0; place < 30; place += 1) ids.push(await file());
    await expect(relay(log, bus)).rejects.toThrow('the bus is down');
    bus.isDown = false;
    expect(await relay(log, bus)).toBe(30);
    expect(bus.events.map(({ subject }) => subject)).toEqual(ids);
    expect(await relay(log, bus)).toBe(0);
  });

  test('holds events in one process until every reader listens', async () => {
    const bus = new InProcessBus(['reviews', 'submissions']);
    const id = await file();
    const stop = new AbortController();
    const subjects: string[] = [];
    const consumer = (act: Consumer['act']): Consumer => ({
      act,
      setAside: async () => {},
      compare: async () => {},
    });
    void bus.read(
      'submissions',
      consumer(async () => {}),
      stop.signal,
    );
    await expect(relay(log, bus)).rejects.toThrow('"reviews" subgraph is not listening');
    void bus.read(
      'reviews',
      consumer(async ({ subject }) => void subjects.push(subject)),
      stop.signal,
    );
    await relay(log, bus);
    expect(subjects).toContain(id);
    stop.abort();
  });

  test('writes events in two statements per mutation, and two per idle relay poll', async () => {
    const { database } = graph.subgraph('submissions');
    const bus = new Memory();
    await relay(log, bus);
    const { id, revision } = await graph.draft();
    const filing = await database.counting(() =>
      graph.perform(developer(), 'fileSubmission', { id, expectedRevision: revision }, SUBMISSION),
    );
    expect(filing.statements.filter((sql) => /outbox|event_epoch/.test(sql))).toEqual([
      expect.stringMatching(/^SELECT subject, MAX\(sequence\)/),
      expect.stringMatching(/^INSERT INTO/),
    ]);
    await relay(log, bus);
    expect((await database.counting(() => relay(log, bus))).statements).toHaveLength(2);
  });

  test('republishes events to a restored bus in the same epoch', async () => {
    const bus = new Memory();
    await relay(log, bus);
    const older = bus.known;
    const ids = [await file(), await file()];
    await relay(log, bus);
    bus.known = older;
    bus.events.length = 0;
    expect(await relay(log, bus)).toBe(0);
    expect(bus.events.map(({ subject }) => subject)).toEqual(ids);
    expect(log.epochChanges).toBe(0);
  });

  test.each([
    [
      'of a type that this release does not know',
      { type: 'submissions.teleported' },
      /no event type "submissions.teleported"/,
    ],
    ['of a version that this release does not know', { version: 2 }, /does not know version 2 of submissions.filed/],
    ['without required data', { data: '{"number":"x"}' }, /developerKey/],
    [
      'about an unknown submission',
      { type: 'submissions.launched', data: '{"launchedAt":"2026-06-15T00:00:00.000Z"}' },
      /No submission has the key/,
    ],
  ])('keeps an event %s for an operator and processes those behind it', async (_what, change, reason) => {
    const { id: before, events } = await published();
    const strange = { ...events[0]!, id: `evt_${Math.random()}`, subject: `strange_${Math.random()}`, ...change };
    const { type, version, subject, occurredAt, data } = strange;
    await graph.force(
      'submissions',
      'INSERT INTO outbox (id, type, version, subject, sequence, occurred_at, data) VALUES (?, ?, ?, ?, 1, ?, ?)',
      [strange.id, type, version, subject, occurredAt, typeof data === 'string' ? data : JSON.stringify(data)],
    );
    const after = await file();
    await graph.deliver();
    const [row] = await graph.sql('reviews', 'SELECT reason, event FROM inbox_rejected WHERE id = ?', [strange.id]);
    expect(row.reason).toMatch(reason);
    expect(JSON.parse(row.event)).toMatchObject({ id: strange.id, type, version, subject });
    expect([await count('determination', before), await count('determination', after)]).toEqual([2, 2]);
  });

  test('retries an event that failed because the database is down', async () => {
    const { id, events } = await published();
    const broken = await reviewsSubgraph.open({ databaseUrl: graph.databaseUrl('reviews'), clock: graph.clock });
    await broken.close();
    const parts = { name: 'reviews', clock: graph.clock, log: silent, handlers: reviewsSubgraph.parts.handlers! };
    const failing = new Inbox({ ...parts, database: broken.database, bus: new Memory() });
    await expect(failing.act(events[0]!)).rejects.toThrow();
    const down = new DatabaseError('DATABASE_UNAVAILABLE', 'The database cannot be reached', 1, 'unavailable', null);
    expect([isRejection(down), isRejection(new RequestError('NOT_FOUND', 'No submission has the key'))]).toEqual([
      false,
      true,
    ]);
    expect(await graph.sql('reviews', 'SELECT 1 FROM inbox_rejected WHERE id = ?', [events[0]!.id])).toEqual([]);
    for (const event of events) await inbox.act(event);
    expect(await count('determination', id)).toBe(2);
  });

  test.each<[string, number, (work: Work) => Promise<unknown>]>([
    [
      'that the database rejects',
      1,
      ({ database }) => database.query('INSERT INTO inbox_position (source) VALUES (NULL)'),
    ],
    [
      'whose handler throws',
      5,
      async () => {
        throw new TypeError('undefined is not a function');
      },
    ],
    [
      'that always conflicts',
      5,
      async () => {
        throw new RequestError('CONFLICT', 'Another caller changed it');
      },
    ],
  ])('sets aside an event %s at attempt %i and processes those behind it', async (_what, attempts, fail) => {
    const { id, events } = await published();
    const { database } = graph.subgraph('reviews');
    const [poison] = events;
    const handlers = reviewsSubgraph.parts.handlers!.map((handler) => ({
      ...handler,
      handle: (async (work, subject, data, event) => {
        if (event.id === poison!.id) await fail(work);
        await handler.handle(work, subject, data, event);
      }) as EventHandler['handle'],
    }));
    const parts = { name: 'reviews', clock: graph.clock, log: silent, database, handlers };
    const poisoned = new Inbox({ ...parts, bus: { replay: (_source, request) => log.answer(request) } });
    for (let attempt = 1; attempt < attempts; attempt += 1) await expect(poisoned.act(poison!)).rejects.toThrow();
    for (const event of events) await poisoned.act(event);
    const [row] = await graph.sql('reviews', 'SELECT reason, event FROM inbox_rejected WHERE id = ?', [poison!.id]);
    expect(JSON.parse(row.event)).toEqual(poison);
    expect(row.reason).not.toBe('');
    // the next one is processed: without the first, it refers to an unknown submission
    const [next] = await graph.sql('reviews', 'SELECT reason FROM inbox_rejected WHERE id = ?', [events[1]!.id]);
    expect(next.reason).toMatch(/No submission has the key/);
    const after = await file();
    await graph.deliver();
    expect([await count('determination', id), await count('determination', after)]).toEqual([0, 2]);
    // once its cause is fixed, an operator has it processed
    const retried = await retryRejected(database, graph.clock, reviewsSubgraph.parts.handlers!, poison!.id);
    expect([retried.outcome, await count('determination', id)]).toEqual(['acted on', 2]);
  });

  test('rejects an event from a subgraph that may not send it, on any path', async () => {
    const { events } = await published();
    for (const source of ['infrastructure', 'reviews', 'workforce']) {
      const stranger = { ...events[0]!, id: `evt_of_${source}`, source };
      const work = systemWork(graph.subgraph('reviews').database, graph.clock, (inside) =>
        handle(inside, reviewsSubgraph.parts.handlers!, stranger),
      );
      await expect(work).rejects.toThrow(
        `submissions.filed comes from "${source}", but only "submissions" may send it`,
      );
    }
  });

  test('sets aside an event that is too large to store, without its data', async () => {
    const { events } = await published();
    const large = { ...events[0]!, data: { ...(events[0]!.data as object), number: 'é'.repeat(40_000) } };
    await inbox.act(large);
    const [row] = await graph.sql('reviews', 'SELECT reason, event FROM inbox_rejected WHERE id = ?', [large.id]);
    expect(row.reason).toMatch(/^The event has \d+ bytes; the maximum is 60000$/);
    expect(JSON.parse(row.event)).toEqual({ ...large, data: null });
  });

  test.each(['sequence', 'version', 'offset'])('rejects an event whose %s no column can store', (field) => {
    const log = { epoch: '1-a', offset: 1, digest: 'd' };
    const event = {
      id: 'e',
      type: 't',
      version: 1,
      source: 's',
      subject: 'o',
      sequence: 1,
      occurredAt: MONDAY,
      data: {},
      log,
    };
    expect(envelopeSchema.safeParse(event).success).toBe(true);
    const changed =
      field === 'offset' ? { ...event, log: { ...log, offset: 2 ** 31 } } : { ...event, [field]: 2 ** 31 };
    expect(envelopeSchema.safeParse(changed).success).toBe(false);
  });

  test('makes the designation that answers an inquiry once, for its developer to read', async () => {
    const asked = await graph.inquired();
    const nsa = reviewer('nsa');
    // it sees the model, which no submission shares with it
    const read = (caller: string) =>
      graph.ask(
        caller,
        `{ coverageInquiry(id: "${asked.id}") { status model { codename } answer { id outcome criteriaEdition inquiry { id } submission { id } } timeline { nodes { kind actor sequence } } } }`,
      );
    expect((await read(nsa)).data.coverageInquiry).toMatchObject({ status: 'ASKED', model: { codename: 'falcon' } });
    expect((await read(reviewer('treasury'))).data.coverageInquiry).toBeNull();
    const discussed = await graph.perform(
      nsa,
      'discussInquiry',
      { id: asked.id, expectedRevision: asked.revision },
      INQUIRY,
    );
    const input = { id: asked.id, expectedRevision: discussed.revision, outcome: 'COVERED', criteriaEdition: 'A' };
    await graph.perform(nsa, 'answerInquiry', input, 'inquiry { id }');
    await graph.deliver();
    await graph.deliver();
    const { data } = await read(developer());
    expect(data.coverageInquiry).toEqual({
      status: 'ANSWERED',
      model: { codename: 'falcon' },
      answer: {
        id: expect.stringMatching(/^dsg_/),
        outcome: 'COVERED',
        criteriaEdition: 'A',
        inquiry: { id: asked.id },
        submission: null,
      },
      timeline: {
        nodes: [
          { kind: 'ASKED', actor: 'DEVELOPER', sequence: 1 },
          { kind: 'DISCUSSED', actor: 'AGENCY', sequence: 2 },
          { kind: 'ANSWERED', actor: 'AGENCY', sequence: 3 },
        ],
      },
    });
    const designations = await graph.sql('reviews', 'SELECT id FROM designation WHERE inquiry_id = ?', [asked.id]);
    expect(designations).toEqual([{ id: data.coverageInquiry.answer.id }]);
    const others = await graph.ask(
      developer('birch'),
      '{ designations { totalCount } coverageInquiries { totalCount } }',
    );
    expect(others.data).toEqual({ designations: { totalCount: 0 }, coverageInquiries: { totalCount: 0 } });
  });

  test('grants a lease to one holder until it expires or is released', async () => {
    const { database } = graph.subgraph('reviews');
    const [holder, rival] = [new LeaseHolder(database, 'test', 300), new LeaseHolder(database, 'test', 300)];
    expect(await Promise.all([holder.hold(), rival.hold()])).toEqual(expect.arrayContaining([true, false]));
    const [first, second] = (await holder.hold()) ? [holder, rival] : [rival, holder];
    expect([await first.hold(), await second.hold()]).toEqual([true, false]);
    await first.release();
    expect([await second.hold(), await first.hold()]).toEqual([true, false]);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await first.hold()).toBe(true);
  });

  test.each([
    ['submission_event', 'submissions', 'submission_id'],
    ['inquiry_event', 'submissions', 'inquiry_id'],
    ['review_event', 'reviews', 'submission_id'],
  ])('rejects edits and deletions of %s in the database itself', async (table, subgraph, owner) => {
    await graph.filed();
    await graph.inquired();
    const [{ id }] = await graph.sql(subgraph, `SELECT id FROM ${table} LIMIT 1`);
    const refusal = `Entries of ${table} are only ever added`;
    await expect(graph.force(subgraph, `UPDATE ${table} SET kind = 'x' WHERE id = ?`, [id])).rejects.toThrow(refusal);
    await expect(graph.force(subgraph, `DELETE FROM ${table} WHERE id = ?`, [id])).rejects.toThrow(refusal);
    // exercise data too, unless an exercise is being replaced
    await graph.force(
      subgraph,
      `INSERT INTO ${table} (id, ${owner}, sequence, occurred_at, kind, actor, exercise)
       SELECT 'evt_exercise', ${owner}, 9999, occurred_at, kind, actor, 1 FROM ${table} WHERE id = ?`,
      [id],
    );
    await expect(graph.force(subgraph, `DELETE FROM ${table} WHERE id = 'evt_exercise'`)).rejects.toThrow(refusal);
    await graph.subgraph(subgraph).database.transaction(async (inside) => {
      await inside.query(`INSERT INTO exercise_replacement (id) VALUES ('now')`);
      await inside.query(`DELETE FROM ${table} WHERE id = 'evt_exercise'`);
      await inside.query('DELETE FROM exercise_replacement');
    });
  });

  test('shows the developer a determination and its response, made by events alone', async () => {
    const { id } = await graph.filed();
    await graph.determined(id, 'treasury', 'REVIEW_NOT_NECESSARY');
    const { timeline } = await graph.submission(id);
    expect(timeline.nodes.at(-1)).toMatchObject({ kind: 'DETERMINATION_RECEIVED', actor: 'AGENCY' });
    const { data } = await graph.ask(reviewer('nsa'), `{ submission(id: "${id}") { reviewSought } }`);
    expect(data.submission.reviewSought).toBe(false);
  });
});

const SEALS = 'ordergraph:events:seals:reviews';

describeOnRedis('events over Redis', () => {
  let redis: PrivateRedis;
  let keys: EventKeys;
  const buses: RedisBus[] = [];
  beforeAll(async () => {
    keys = await newEventKeys();
  });
  beforeEach(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await redis.stop();
    await killAll();
  });

  const connect = (options: { maxEntries?: number } = {}) => {
    const bus = new RedisBus({
      url: redis.url,
      readers: ['reviews', 'submissions'],
      sealers: ['reviews', 'submissions', 'workforce'],
      keys,
      log: silent,
      ...options,
    });
    buses.push(bus);
    return bus;
  };
  test.each<[what: string, fill: (client: Redis) => Promise<unknown>]>([
    [
      'too many seals',
      (client) => client.hset(SEALS, Object.fromEntries(Array.from({ length: 201 }, (_, i) => [i, 'x']))),
    ],
    ['a seal that is too large', (client) => client.hset(SEALS, 'reviews', 'x'.repeat(2_000_000))],
    ['another value', (client) => client.set(SEALS, 'x')],
  ])('still shows and reads other seals despite %s of one subgraph', async (_what, fill) => {
    const bus = connect();
    const client = new Redis(redis.url);
    try {
      await fill(client);
      await bus.show('submissions', 'submissions', 'seal');
      await expect(bus.shown('reviews')).rejects.toThrow(/limit is|WRONGTYPE/);
      expect(await bus.shown('submissions')).toEqual(['seal']);
      expect(await bus.shown('workforce')).toEqual([]);
    } finally {
      client.disconnect();
    }
  });

  const positionOf = (sequence: number): LogPosition => ({ epoch: '1-test', offset: sequence, digest: `d${sequence}` });
  const event = (sequence: number, subject = 's'): EventEnvelope => ({
    id: `evt_${subject}_${sequence}`,
    type: 'submissions.launched',
    version: 1,
    source: 'submissions',
    subject,
    sequence,
    occurredAt: '2026-06-15T14:00:00.000Z',
    data: {},
    log: positionOf(sequence),
  });
  const publish = (bus: RedisBus, events: readonly EventEnvelope[]) =>
    bus.publish('submissions', events, events.at(-1)!.log!);
  /** Reads until this many events have arrived. */
  const reading = (bus: RedisBus, reader: string, act: Consumer['act'] = async () => {}) => {
    const sequences: number[] = [];
    const heads: LogPosition[] = [];
    const stop = new AbortController();
    const consumer: Consumer = {
      async act(received) {
        await act(received);
        sequences.push(received.sequence);
      },
      async setAside() {},
      async compare(all) {
        heads.push(...all.values());
      },
    };
    const ended = bus.read(reader, consumer, stop.signal);
    return {
      seen: sequences,
      heads,
      until: (count: number) =>
        until(
          () => sequences.length >= count,
          () => `${count} events arrive, not ${sequences.length}`,
        ),
      async stop() {
        stop.abort();
        await ended;
      },
    };
  };
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => from + place);

  test('delivers all events, even earlier ones, in order to all readers but the source', async () => {
    const bus = connect();
    await publish(
      bus,
      range(1, 300).map((sequence) => event(sequence)),
    );
    const reviews = reading(connect(), 'reviews');
    const submissions = reading(connect(), 'submissions');
    await reviews.until(300);
    expect(reviews.seen).toEqual(range(1, 300));
    expect(submissions.seen).toEqual([]);
    await reviews.stop();
    await submissions.stop();
  });

  test('redelivers unfinished events of a dead reader first and in order', async () => {
    const bus = connect();
    await publish(
      bus,
      range(1, 20).map((sequence) => event(sequence)),
    );
    const dying = reading(connect(), 'reviews', async ({ sequence }) => {
      if (sequence === 8) await new Promise(() => {});
    });
    await dying.until(7);
    // it never ends: like a killed process, it acknowledges nothing more
    const next = reading(connect(), 'reviews');
    await next.until(13);
    expect(next.seen).toEqual(range(8, 20));
    await next.stop();
  });

  test('redelivers a failed event until it succeeds', async () => {
    const bus = connect();
    await publish(bus, [event(1), event(2)]);
    let failures = 0;
    const reader = reading(connect(), 'reviews', async ({ sequence }) => {
      if (sequence === 1 && failures < 2) {
        failures += 1;
        throw new Error('the database is away');
      }
    });
    await reader.until(2);
    expect([reader.seen, failures]).toEqual([[1, 2], 2]);
    await reader.stop();
  });

  test('resumes publishing and reading after a Redis outage without lost events', async () => {
    const bus = connect();
    const reader = reading(connect(), 'reviews');
    await publish(
      bus,
      range(1, 10).map((sequence) => event(sequence)),
    );
    await reader.until(10);
    await redis.kill();
    await expect(publish(bus, [event(11)])).rejects.toThrow();
    await redis.restart();
    for (let published = false; !published; )
      published = await publish(bus, [event(11)]).then(
        () => true,
        () => false,
      );
    await reader.until(11);
    expect(new Set(reader.seen)).toEqual(new Set(range(1, 11)));
    await reader.stop();
  });

  test('keeps readers running when Redis lost its data and heads', async () => {
    const bus = connect();
    const reader = reading(connect(), 'reviews');
    await publish(bus, [event(1)]);
    await reader.until(1);
    expect(await bus.head('submissions')).toEqual(positionOf(1));
    await redis.lose();
    await until(
      async () => (await bus.head('submissions').catch(() => positionOf(0))) === undefined,
      () => 'Redis has no head',
    );
    await publish(bus, [event(2)]);
    await reader.until(2);
    await reader.stop();
  });

  test('sends a reader the log heads when it has no more events for it', async () => {
    const bus = connect();
    await publish(bus, [event(1)]);
    const reader = reading(connect(), 'reviews');
    await until(
      () => reader.heads.length > 0,
      () => 'the reader compares',
    );
    expect([reader.seen, reader.heads[0]]).toEqual([[1], positionOf(1)]);
    await reader.stop();
  });

  test('trims only events that all readers have processed', async () => {
    const bus = connect();
    await publish(
      bus,
      range(1, 3_000).map((sequence) => event(sequence)),
    );
    const reviews = reading(connect(), 'reviews');
    await reviews.until(3_000);
    const otherClient = connect();
    // the first publication of a process checks; "submissions" has read nothing yet, so all must stay
    await publish(otherClient, [event(3_001)]);
    const submissions = reading(connect(), 'submissions', async () => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    await reviews.until(3_001);
    const third = connect();
    await publish(third, [event(3_002)]);
    const length = await third.length('submissions');
    expect(length).toBeLessThan(3_000);
    await reviews.stop();
    await submissions.stop();
  });

  test.each([
    ['one group that no reader has', 1],
    ['as many groups as are asked for', 98],
    ['more groups than are asked for', 1_000],
  ])('trims a stream to its maximum despite %s, and delivers what it keeps', async (_what, count) => {
    await publish(
      connect(),
      range(1, 1_000).map((sequence) => event(sequence)),
    );
    const attacker = new Redis(redis.url);
    for (let group = 0; group < count; group += 1)
      await attacker.xgroup('CREATE', 'ordergraph:events:stream:submissions', `none-${group}`, '0');
    await publish(connect({ maxEntries: 300 }), [event(1_001)]);
    // Redis removes whole blocks of entries
    const length = await attacker.xlen('ordergraph:events:stream:submissions');
    attacker.disconnect();
    expect(length).toBeGreaterThanOrEqual(300);
    expect(length).toBeLessThan(500);
    const reader = reading(connect(), 'reviews');
    await reader.until(length);
    expect(reader.seen).toEqual(range(1_002 - length, 1_001));
    // it learns from the head what it lacks, and asks the writer for it
    await until(
      () => reader.heads.length > 0,
      () => 'the reader compares',
    );
    expect(reader.heads[0]).toEqual(positionOf(1_001));
    await reader.stop();
  });
});
