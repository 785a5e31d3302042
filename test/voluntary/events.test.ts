import pino from 'pino';
import { EVENT_READERS } from '../../gateway/cli/programmes';
import { subgraphs } from '../../gateway/cli/subgraphs';
import type { EventEnvelope } from '../../shared/contracts/event';
import { eventTypes } from '../../shared/contracts/events';
import type { EventBus, EventReader } from '../../shared/events/bus';
import { InProcessBus } from '../../shared/events/in-process-bus';
import { receive } from '../../shared/events/inbox';
import { LeaseHolder } from '../../shared/events/lease';
import { relay } from '../../shared/events/outbox';
import { RedisBus } from '../../shared/events/redis-bus';
import { reviews as reviewsSubgraph } from '../../subgraphs/reviews/subgraph';
import { databaseKinds } from '../support/databases';
import { developer, Framework, reviewer, SUBMISSION } from '../support/framework';
import { killAll } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

const silent = pino({ level: 'silent' });
const handlers = reviewsSubgraph.parts.handlers!;

/** A bus that keeps what it is given, and fails when it is told to. */
class Memory implements EventBus {
  readonly events: EventEnvelope[] = [];
  away = false;
  alive = 'one';
  async life() {
    if (this.away) throw new Error('the bus is away');
    return this.alive;
  }
  async publish(events: readonly EventEnvelope[]) {
    if (this.away) throw new Error('the bus is away');
    this.events.push(...events);
  }
  async read(_reader: string, _act: EventReader) {}
  async close() {}
}

test('events are kept for the programmes that have handlers, and for no others', () => {
  const withHandlers = subgraphs.filter(({ parts }) => parts.handlers?.length);
  expect(EVENT_READERS).toEqual(withHandlers.map(({ name }) => name));
});

describe.each(databaseKinds)('events, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  /** Events of a submission that was filed, and moved, of which nobody has heard. */
  const told = async (): Promise<{ id: string; events: EventEnvelope[] }> => {
    await graph.deliver();
    const draft = await graph.draft();
    const { id } = draft;
    const filed = await graph.does(developer(), 'fileSubmission', { id, expectedRevision: draft.revision }, SUBMISSION);
    await graph.does(
      developer(),
      'changeLaunchPlan',
      { id, expectedRevision: filed.revision, launchPlan: { plannedLaunchAt: graph.inDays(25) } },
      SUBMISSION,
    );
    const bus = new Memory();
    await relay(graph.subgraph('submissions').database, 'submissions', bus, graph.clock);
    // to another bus everything is told again
    return { id, events: bus.events.filter(({ subject }) => subject === id) };
  };
  const hear = (event: EventEnvelope) =>
    receive(graph.subgraph('reviews').database, graph.clock, silent, handlers, event);
  const count = async (table: string, id: string) =>
    Number((await graph.sql('reviews', `SELECT COUNT(*) AS n FROM ${table} WHERE submission_id = ?`, [id]))[0].n);

  test('a change that fails tells nothing', async () => {
    const draft = await graph.draft();
    const before = await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox');
    await graph.refused(developer(), 'fileSubmission', { id: draft.id, expectedRevision: 99 });
    expect(await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox')).toEqual(before);
  });

  test('an event that comes many times, one by one and at once, has its effect once', async () => {
    const { id, events } = await told();
    for (const event of [...events, ...events]) await hear(event);
    await Promise.all(Array.from({ length: 20 }, () => hear(events[0]!)));
    expect(await count('determination', id)).toBe(2);
    expect(await count('review_event', id)).toBe(3);
  });

  test('events name no person and carry what their schema says, and nothing else', async () => {
    const { events } = await told();
    expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['submissions.filed', 1],
      ['submissions.plan-changed', 2],
    ]);
    for (const event of events) {
      expect(eventTypes.get(event.type)!.data.parse(event.data)).toEqual(event.data);
      expect(JSON.stringify(event)).not.toMatch(/submitter|falcon/);
    }
  });

  test('while the bus is away events wait, and nobody who writes notices; then they go in order', async () => {
    const bus = new Memory();
    const { database } = graph.subgraph('submissions');
    await relay(database, 'submissions', bus, graph.clock);
    bus.events.length = 0;
    bus.away = true;
    const ids: string[] = [];
    for (let place = 0; place < 30; place += 1) {
      const draft = await graph.draft();
      await graph.does(developer(), 'fileSubmission', { id: draft.id, expectedRevision: draft.revision }, SUBMISSION);
      ids.push(draft.id);
    }
    await expect(relay(database, 'submissions', bus, graph.clock)).rejects.toThrow('the bus is away');
    bus.away = false;
    expect(await relay(database, 'submissions', bus, graph.clock)).toBe(30);
    expect(bus.events.map(({ subject }) => subject)).toEqual(ids);
    expect(await relay(database, 'submissions', bus, graph.clock)).toBe(0);
  });

  test('in one process, what is told before all listen waits until they do', async () => {
    const bus = new InProcessBus(['reviews', 'submissions']);
    const { database } = graph.subgraph('submissions');
    const { id } = await graph.draft();
    await graph.does(developer(), 'fileSubmission', { id, expectedRevision: 1 }, SUBMISSION);
    const stop = new AbortController();
    const heard: string[] = [];
    void bus.read('submissions', async () => {}, stop.signal);
    await expect(relay(database, 'submissions', bus, graph.clock)).rejects.toThrow(
      '"reviews" subgraph does not listen',
    );
    void bus.read('reviews', async ({ subject }) => void heard.push(subject), stop.signal);
    await relay(database, 'submissions', bus, graph.clock);
    expect(heard).toContain(id);
    stop.abort();
  });

  test('a bus that lost its memory gets everything again', async () => {
    const bus = new Memory();
    const { database } = graph.subgraph('submissions');
    await relay(database, 'submissions', bus, graph.clock);
    bus.alive = 'two';
    bus.events.length = 0;
    const all = Number((await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox'))[0].n);
    expect(await relay(database, 'submissions', bus, graph.clock)).toBe(all);
  });

  test.each([
    [
      'of a type that this release does not know',
      { type: 'submissions.teleported' },
      /no event type "submissions.teleported"/,
    ],
    ['of a version that this release does not know', { version: 2 }, /Version 2 of submissions.filed/],
    ['without what it must carry', { data: { number: 'x' } }, /developerKey/],
    [
      'about a submission that nobody has heard of',
      { type: 'submissions.launched', data: { launchedAt: '2026-06-15T00:00:00.000Z' } },
      /There is no submission/,
    ],
  ])('an event %s is kept for people to look at, and does not stop those behind it', async (_what, change, reason) => {
    const { id, events } = await told();
    const strange = { ...events[0]!, subject: `${id.slice(0, 20)}STRANGE`, id: `evt_${Math.random()}`, ...change };
    await hear(strange as EventEnvelope);
    const [row] = await graph.sql('reviews', 'SELECT reason, event FROM inbox_rejected WHERE id = ?', [strange.id]);
    expect(row.reason).toMatch(reason);
    expect(JSON.parse(row.event)).toEqual(strange);
    await hear(events[0]!);
    expect(await count('determination', id)).toBe(2);
  });

  test('what the database throws is thrown on: the event comes again', async () => {
    const { events } = await told();
    const broken = await reviewsSubgraph.open({ databaseUrl: graph.databaseUrl('reviews'), clock: graph.clock });
    await broken.close();
    await expect(receive(broken.database, graph.clock, silent, handlers, events[0]!)).rejects.toThrow();
  });

  test('one holder of a lease at a time; it passes on when it runs out or is let go', async () => {
    const { database } = graph.subgraph('reviews');
    const [one, two] = [new LeaseHolder(database, 'test', 300), new LeaseHolder(database, 'test', 300)];
    expect(await Promise.all([one.hold(), two.hold()])).toEqual(expect.arrayContaining([true, false]));
    const [first, second] = (await one.hold()) ? [one, two] : [two, one];
    expect([await first.hold(), await second.hold()]).toEqual([true, false]);
    await first.release();
    expect([await second.hold(), await first.hold()]).toEqual([true, false]);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await first.hold()).toBe(true);
  });

  test.each(['submission_event', 'review_event'])(
    'the database itself keeps %s from being edited or deleted from',
    async (table) => {
      await graph.filed();
      const subgraph = table === 'submission_event' ? 'submissions' : 'reviews';
      const [{ id }] = await graph.sql(subgraph, `SELECT id FROM ${table} LIMIT 1`);
      const refusal = `Entries of ${table} are only ever added`;
      await expect(graph.force(subgraph, `UPDATE ${table} SET detail = 'x' WHERE id = ?`, [id])).rejects.toThrow(
        refusal,
      );
      await expect(graph.force(subgraph, `DELETE FROM ${table} WHERE id = ?`, [id])).rejects.toThrow(refusal);
      // exercise data too, unless an exercise is being replaced
      await graph.force(
        subgraph,
        `INSERT INTO ${table} (id, submission_id, sequence, occurred_at, kind, actor, exercise)
       SELECT 'evt_exercise', submission_id, 9999, occurred_at, kind, actor, 1 FROM ${table} WHERE id = ?`,
        [id],
      );
      await expect(graph.force(subgraph, `DELETE FROM ${table} WHERE id = 'evt_exercise'`)).rejects.toThrow(refusal);
      await graph.subgraph(subgraph).database.transaction(async (inside) => {
        await inside.query(`INSERT INTO exercise_replacement (id) VALUES ('now')`);
        await inside.query(`DELETE FROM ${table} WHERE id = 'evt_exercise'`);
        await inside.query('DELETE FROM exercise_replacement');
      });
    },
  );

  test('a determination is made, and its agency answered, by events alone: the developer sees it in the file', async () => {
    const { id } = await graph.filed();
    await graph.determined(id, 'treasury', 'REVIEW_NOT_NECESSARY');
    const { timeline } = await graph.submission(id);
    expect(timeline.nodes.at(-1)).toMatchObject({ kind: 'DETERMINATION_RECEIVED', actor: 'AGENCY' });
    const { data } = await graph.ask(reviewer('nsa'), `{ submission(id: "${id}") { reviewSought } }`);
    expect(data.submission.reviewSought).toBe(false);
  });
});

describeOnRedis('events over Redis', () => {
  let redis: PrivateRedis;
  const buses: RedisBus[] = [];
  beforeEach(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await redis.stop();
    await killAll();
  });

  const connect = () => {
    const bus = new RedisBus(redis.url, ['reviews', 'submissions'], silent);
    buses.push(bus);
    return bus;
  };
  const event = (sequence: number, subject = 's'): EventEnvelope => ({
    id: `evt_${subject}_${sequence}`,
    type: 'submissions.launched',
    version: 1,
    source: 'submissions',
    subject,
    sequence,
    occurredAt: '2026-06-15T14:00:00.000Z',
    data: {},
  });
  /** Reads until so many events have come. */
  const reading = (bus: RedisBus, reader: string, act: EventReader = async () => {}) => {
    const seen: number[] = [];
    const stop = new AbortController();
    const ended = bus.read(
      reader,
      async (one) => {
        await act(one);
        seen.push(one.sequence);
      },
      stop.signal,
    );
    const until = async (count: number) => {
      const deadline = Date.now() + 20_000;
      while (seen.length < count) {
        if (Date.now() > deadline) throw new Error(`${seen.length} of ${count} events came`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    return {
      seen,
      until,
      async stop() {
        stop.abort();
        await ended;
      },
    };
  };
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => from + place);

  test('every reader gets every event in order, also those from before it first came; the source does not hear itself', async () => {
    const bus = connect();
    await bus.life();
    await bus.publish(range(1, 300).map((sequence) => event(sequence)));
    const reviews = reading(connect(), 'reviews');
    const submissions = reading(connect(), 'submissions');
    await reviews.until(300);
    expect(reviews.seen).toEqual(range(1, 300));
    expect(submissions.seen).toEqual([]);
    await reviews.stop();
    await submissions.stop();
  });

  test('what a reader had taken and not done when it died comes again to the next, first and in order', async () => {
    const bus = connect();
    await bus.life();
    await bus.publish(range(1, 20).map((sequence) => event(sequence)));
    const dying = reading(connect(), 'reviews', async ({ sequence }) => {
      if (sequence === 8) await new Promise(() => {});
    });
    await dying.until(7);
    // it never ends: as a killed process, it acknowledges nothing more
    const next = reading(connect(), 'reviews');
    await next.until(13);
    expect(next.seen).toEqual(range(8, 20));
    await next.stop();
  });

  test('an event that fails comes again until it succeeds', async () => {
    const bus = connect();
    await bus.life();
    await bus.publish([event(1), event(2)]);
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

  test('while Redis is away publishing fails and reading waits; both go on when it is back, with nothing lost', async () => {
    const bus = connect();
    await bus.life();
    const reader = reading(connect(), 'reviews');
    await bus.publish(range(1, 10).map((sequence) => event(sequence)));
    await reader.until(10);
    await redis.kill();
    await expect(bus.publish([event(11)])).rejects.toThrow();
    await redis.restart();
    for (let published = false; !published; )
      published = await bus.publish([event(11)]).then(
        () => true,
        () => false,
      );
    await reader.until(11);
    expect(new Set(reader.seen)).toEqual(new Set(range(1, 11)));
    await reader.stop();
  });

  test('a Redis that lost its memory has another life, and its readers go on', async () => {
    const bus = connect();
    const first = await bus.life();
    expect(await bus.life()).toBe(first);
    const reader = reading(connect(), 'reviews');
    await bus.publish([event(1)]);
    await reader.until(1);
    await redis.lose();
    let second = first;
    for (; second === first; ) second = await bus.life().catch(() => first);
    expect(second).not.toBe(first);
    await bus.publish([event(2)]);
    await reader.until(2);
    await reader.stop();
  });

  test('what all readers have done is trimmed, and nothing before', async () => {
    const bus = connect();
    await bus.life();
    await bus.publish(range(1, 3_000).map((sequence) => event(sequence)));
    const reviews = reading(connect(), 'reviews');
    await reviews.until(3_000);
    const other = new RedisBus(redis.url, ['reviews', 'submissions'], silent);
    buses.push(other);
    // the first publication of a process looks; "submissions" has read nothing yet, so all must stay
    await other.publish([event(3_001)]);
    const submissions = reading(connect(), 'submissions', async () => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    await reviews.until(3_001);
    const third = connect();
    await third.publish([event(3_002)]);
    const length = await third.length();
    expect(length).toBeLessThan(3_000);
    await reviews.stop();
    await submissions.stop();
  });
});
