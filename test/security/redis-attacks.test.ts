import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { JWK } from 'jose';
import { newKey, readPrivateKey } from '#base/identity/keys';
import { signingKeyOf } from '#base/identity/signed-identity';
import { SqliteConnection } from '#kit/database/sqlite';
import type { EventEnvelope } from '#kit/events/event';
import { eventKeysOf } from '#kit/events/event-keys';
import { digestAfter } from '#kit/events/event-log';
import { type MessageKind, SignedMessages } from '#kit/events/signed-messages';
import { EVENT_READERS, PROGRAMS } from '../../gateway/cli/programs';
import { databaseVariable, eventKeyVariable } from '../../gateway/cli/settings';
import { Caller } from '../../gateway/cli/voluntary/client';
import { PlanSeal } from '../../gateway/planning/cache/plan-seal';
import type { QueryPlan } from '../../gateway/planning/plan';
import type { Spending } from '../../gateway/policy/budgets';
import { developer } from '../support/framework';
import { INSPECTOR, identityEnvironment } from '../support/identity';
import { freePort, kill, killAll, type Running, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

const PREFIX = 'ordergraph:events';
/** Possible values in place of the count of a window, without an expiry. */
const NOT_COUNTS = [
  '99999999999',
  '-99999999999',
  'text',
  '1.5',
  '0x10',
  '1e5',
  'inf',
  '',
  '9007199254740991',
  '9223372036854775807',
];
const streamOf = (source: string) => `${PREFIX}:stream:${source}`;
const headOf = (source: string) => `${PREFIX}:head:${source}`;

beforeAll(requireCompiled);

/** Four subgraphs and a gateway as processes, over one Redis that the attacker writes to. */
class Victims {
  readonly attacker: Redis;
  readonly processes: Running[] = [];
  url = '';

  private constructor(
    readonly redis: PrivateRedis,
    readonly folder: string,
    readonly environment: Record<string, string>,
    private readonly tokenOf: (principal: string) => Promise<string>,
    private readonly metricsPorts: Map<string, number>,
    private readonly urls: readonly string[],
  ) {
    this.attacker = new Redis(redis.url);
  }

  static async start(): Promise<Victims> {
    const redis = await PrivateRedis.start();
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-attack-'));
    const { environment: identity, token } = await identityEnvironment();
    const environment: Record<string, string> = {
      ...identity,
      ORDERGRAPH_EVENTS_URL: redis.url,
      ORDERGRAPH_FILES: join(folder, 'files'),
      ORDERGRAPH_SCHEDULE_MS: '200',
    };
    for (const name of PROGRAMS) environment[databaseVariable(name)] = join(folder, `${name}.sqlite`);
    const [ports, metrics] = [new Map<string, number>(), new Map<string, number>()];
    for (const name of PROGRAMS) {
      ports.set(name, await freePort());
      metrics.set(name, await freePort());
    }
    const urls = [...ports].flatMap(([name, port]) => ['--subgraph-url', `${name}=http://127.0.0.1:${port}/graphql`]);
    const victims = new Victims(redis, folder, environment, token, metrics, urls);
    for (const name of PROGRAMS)
      victims.processes.push(
        run(
          ['subgraph', name, '--port', String(ports.get(name)), '--metrics-port', String(metrics.get(name))],
          environment,
        ),
      );
    await Promise.all(victims.processes.map((running) => waitForOutput(running, /answers at/)));
    victims.url = `http://127.0.0.1:${await victims.startGateway()}`;
    return victims;
  }

  /**
   * Starts one more gateway over the same Redis.
   * @returns its port
   */
  async startGateway(environment: Record<string, string> = {}): Promise<number> {
    const [port, metricsPort] = [await freePort(), await freePort()];
    this.metricsPorts.set('gateway', metricsPort);
    const gateway = run(['gateway', '--port', String(port), '--metrics-port', String(metricsPort), ...this.urls], {
      ...this.environment,
      ORDERGRAPH_PLANS_URL: this.redis.url,
      ORDERGRAPH_LIMITS_URL: this.redis.url,
      ORDERGRAPH_RATE_LIMIT: '6000',
      ...environment,
    });
    this.processes.push(gateway);
    await waitForOutput(gateway, /The graph answers at/);
    return port;
  }

  caller(principal: string | null, url = this.url): Caller {
    return new Caller(url, 'test', principal === null ? null : () => this.tokenOf(principal));
  }

  keyOf(subgraph: string): JWK {
    return readPrivateKey(this.environment[eventKeyVariable(subgraph)]!, 'the key');
  }

  /** Messages that an attacker with this key can sign. */
  signs(key: JWK, prefix = PREFIX) {
    const keys = eventKeysOf(new Map(EVENT_READERS.map((name) => [name, key])));
    const messages = new SignedMessages(prefix, keys);
    return (kind: MessageKind, from: string, body: object, about?: string) =>
      messages.sign(kind, from, JSON.stringify(body), about);
  }

  async rows(subgraph: string, statement: string): Promise<Record<string, unknown>[]> {
    const database = new SqliteConnection(this.environment[databaseVariable(subgraph)]!);
    try {
      return database.prepare(statement).all();
    } finally {
      database.close();
    }
  }

  /** A metric of a subgraph, or of the gateway that started last; the sum over its labels. */
  async metric(process: string, name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.metricsPorts.get(process)}/metrics`);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async mutate(name: string, input: Record<string, unknown>, selection: string) {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`;
    const answer = await this.caller(developer()).ask(query, {
      input: { idempotencyKey: `${name}-${Math.random()}`, ...input },
    });
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return Object.values(answer.data[name])[0] as { id: string; revision: number };
  }

  private isRegistered = false;

  /**
   * Files a submission that one agency is to be notified of.
   * @returns its id
   */
  async file(): Promise<string> {
    if (!this.isRegistered)
      await this.mutate(
        'registerOrganization',
        { key: 'alder', legalName: 'Alder', category: 'INDUSTRY' },
        'organization { key }',
      );
    this.isRegistered = true;
    const model = await this.mutate('registerModel', { codename: 'm', modalities: ['TEXT'] }, 'model { id }');
    const version = await this.mutate('registerModelVersion', { modelId: model.id, label: 'rc' }, 'version { id }');
    const plannedLaunchAt = new Date((Math.floor(Date.now() / 86_400_000) + 20) * 86_400_000).toISOString();
    const { id, revision } = await this.mutate(
      'draftSubmission',
      {
        versionId: version.id,
        launchPlan: { plannedLaunchAt },
        sharingPreference: 'NAMED_AGENCIES_ONLY',
        requestedAgencies: ['nsa'],
      },
      'submission { id revision }',
    );
    await this.mutate('fileSubmission', { id, expectedRevision: revision }, 'submission { id }');
    return id;
  }

  async arrives(id: string): Promise<void> {
    await until(
      async () => (await this.rows('reviews', `SELECT 1 AS n FROM submission_notice WHERE id = '${id}'`)).length === 1,
      () => `the filing arrives:\n${this.processes.map((running) => running.output()).join('\n')}`,
    );
  }

  /** Waits until a reader has read and acknowledged all entries of a stream. */
  async acknowledged(source: string, reader: string): Promise<void> {
    await until(
      async () => {
        const groups = (await this.attacker.xinfo('GROUPS', streamOf(source))) as unknown[][];
        const facts = groups.map((group) =>
          Object.fromEntries(Array.from({ length: group.length / 2 }, (_, i) => [group[2 * i], group[2 * i + 1]])),
        );
        const [group] = facts.filter(({ name }) => name === reader);
        return group.pending === 0 && group.lag === 0;
      },
      () => `${reader} has read the entries of ${source}`,
    );
  }

  /** The state that matters: who may see what, open reviews, and every history of a log. */
  async state(): Promise<unknown> {
    const statements: [string, string][] = [
      ['reviews', 'SELECT id, agency_keys, lifecycle FROM submission_notice ORDER BY id'],
      ['reviews', 'SELECT id, status FROM determination ORDER BY id'],
      ['reviews', 'SELECT epoch FROM event_epoch'],
      ['submissions', 'SELECT epoch FROM event_epoch'],
      ['submissions', 'SELECT id, lifecycle FROM submission ORDER BY id'],
      ['infrastructure', 'SELECT COUNT(*) AS n FROM inbox_event'],
    ];
    return Promise.all(statements.map(([name, statement]) => this.rows(name, statement)));
  }

  async stop(): Promise<void> {
    this.attacker.disconnect();
    await killAll();
    await this.redis.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The processes that all tests attack. */
let started: Promise<Victims> | undefined;
const startOnce = (): Promise<Victims> => {
  started ??= Victims.start();
  return started;
};
afterAll(async () => (await started)?.stop());

describeOnRedis('whoever can write to the Redis of the events', () => {
  let victims: Victims;
  let filed: string;
  let attackersKey: JWK;
  beforeAll(async () => {
    victims = await startOnce();
    attackersKey = await newKey();
    filed = await victims.file();
    await victims.arrives(filed);
  });

  /** A forged event, next in the log, that would let another agency see the submission. */
  const forged = async (change: Partial<EventEnvelope> = {}): Promise<EventEnvelope> => {
    const [last] = await victims.rows(
      'reviews',
      `SELECT epoch, log_offset AS at, digest FROM inbox_position WHERE source = 'submissions'`,
    );
    const id = `evt_forged${Math.random()}`.slice(0, 40);
    const log = {
      epoch: String(last!.epoch),
      offset: Number(last!.at) + 1,
      digest: digestAfter(String(last!.digest), id),
    };
    return {
      id,
      type: 'submissions.amended',
      version: 1,
      source: 'submissions',
      subject: filed,
      sequence: 2,
      occurredAt: '2026-06-15T14:00:00.000Z',
      data: { versionId: 'v', agencyKeys: ['nsa', 'cia'] },
      log,
      ...change,
    };
  };
  const body = (entry: string) => JSON.parse(entry) as Record<string, string>;
  const lastEntry = async () => {
    const [[, fields]] = (await victims.attacker.xrevrange(streamOf('submissions'), '+', '-', 'COUNT', 1)) as [
      [string, string[]],
    ];
    return fields[1]!;
  };

  const ENTRIES: readonly (readonly [what: string, make: () => Promise<string>])[] = [
    ['an event without a signature', async () => JSON.stringify(await forged())],
    [
      'an event that the attacker signed',
      async () => victims.signs(attackersKey)('event', 'submissions', await forged()),
    ],
    [
      'the same under the key id of the subgraph',
      async () => {
        const { kid } = victims.keyOf('submissions');
        return victims.signs({ ...attackersKey, kid })('event', 'submissions', await forged());
      },
    ],
    [
      'a genuine event with changed data',
      async () => JSON.stringify({ ...body(await lastEntry()), body: JSON.stringify(await forged()) }),
    ],
    [
      'a genuine event under the name of another subgraph',
      async () => JSON.stringify({ ...body(await lastEntry()), from: 'reviews' }),
    ],
    [
      'an event of a compromised subgraph under another name',
      async () => victims.signs(victims.keyOf('infrastructure'))('event', 'submissions', await forged()),
    ],
    [
      'an event of a compromised subgraph in the stream of another',
      async () => victims.signs(victims.keyOf('reviews'))('event', 'reviews', await forged()),
    ],
    [
      'the signed head of the subgraph’s log',
      async () => victims.signs(victims.keyOf('submissions'))('head', 'submissions', await forged()),
    ],
    [
      'an event signed for another deployment',
      async () => victims.signs(victims.keyOf('submissions'), 'staging')('event', 'submissions', await forged()),
    ],
    ['text', async () => 'not JSON at all \u0000'],
    ['a megabyte', async () => 'x'.repeat(1_000_000)],
  ];

  test.each(ENTRIES)('rejects %s, counts it, and shows it to operators', async (_what, make) => {
    const before = await victims.state();
    const counted = await victims.metric('reviews', 'ordergraph_events_unsigned_total');
    await victims.attacker.xadd(streamOf('submissions'), '*', 'event', await make());
    await victims.acknowledged('submissions', 'reviews');
    expect(await victims.state()).toEqual(before);
    expect(await victims.metric('reviews', 'ordergraph_events_unsigned_total')).toBe(counted + 1);
  });

  test('lists forged entries for operators, who cannot retry one by mistake', async () => {
    const before = await victims.state();
    const list = run(['events', 'rejected', 'list', 'reviews', '--json'], victims.environment);
    expect(await list.ended).toBe(0);
    const rejected = JSON.parse(list.output().slice(list.output().indexOf('['))) as { id: string; reason: string }[];
    expect(rejected).toHaveLength(ENTRIES.length);
    for (const { id, reason } of rejected) {
      expect(id).toMatch(/^unsigned_[0-9a-f]{31}$/);
      expect(reason).toMatch(/^It has no valid signature of submissions \(/);
    }
    const retry = run(['events', 'rejected', 'retry', 'reviews', '--all'], victims.environment);
    expect(await retry.ended).toBe(1);
    expect(retry.output().match(/It has no valid signature of a subgraph: dismiss it/g)).toHaveLength(ENTRIES.length);
    expect(await victims.state()).toEqual(before);
    const dismiss = run(['events', 'rejected', 'dismiss', 'reviews', '--all'], victims.environment);
    expect(await dismiss.ended).toBe(0);
  });

  test('delivers a true event behind a thousand forged ones and keeps few of those', async () => {
    const transaction = victims.attacker.multi();
    for (let n = 0; n < 1_200; n++) transaction.xadd(streamOf('submissions'), '*', 'event', `forged ${n}`);
    await transaction.exec();
    await victims.arrives(await victims.file());
    const [{ n }] = (await victims.rows('reviews', 'SELECT COUNT(*) AS n FROM inbox_rejected')) as [{ n: number }];
    expect(n).toBe(1_000);
    expect(await victims.metric('reviews', 'ordergraph_events_unsigned_total')).toBe(1_200 + ENTRIES.length);
  });

  test('acts on no event again when all signed messages are replayed', async () => {
    const before = await victims.state();
    for (const source of ['submissions', 'reviews']) {
      const entries = (await victims.attacker.xrange(streamOf(source), '-', '+')) as [string, string[]][];
      const signed = entries.filter(([, fields]) => fields[1]!.startsWith('{"from"'));
      for (let time = 0; time < 3; time++)
        for (const [, fields] of signed) await victims.attacker.xadd(streamOf(source), '*', ...fields);
    }
    await victims.acknowledged('submissions', 'reviews');
    await victims.acknowledged('reviews', 'submissions');
    expect(await victims.state()).toEqual(before);
  });

  const FAR = { epoch: '1-made-up', offset: 1_000_000, digest: 'd'.repeat(32) };
  test('starts no new epoch of a log for a forged head', async () => {
    const before = await victims.state();
    const { attacker } = victims;
    const heads = [
      JSON.stringify(FAR),
      victims.signs(attackersKey)('head', 'submissions', FAR),
      victims.signs(victims.keyOf('reviews'))('head', 'reviews', FAR),
      'text',
    ];
    for (const head of heads) {
      await attacker.set(headOf('submissions'), head);
      // the subgraph restores its own
      await until(
        async () => (await attacker.get(headOf('submissions'))) !== head,
        () => 'the true head is restored',
      );
    }
    expect(await victims.state()).toEqual(before);
    expect(await victims.metric('submissions', 'ordergraph_events_unsigned_total{kind="head"')).toBeGreaterThan(0);
  });

  test('restores the true head of a log after an old one was put back', async () => {
    const { attacker } = victims;
    const old = (await attacker.get(headOf('submissions')))!;
    const id = await victims.file();
    await victims.arrives(id);
    const before = await victims.state();
    await attacker.set(headOf('submissions'), old);
    await until(
      async () => (await attacker.get(headOf('submissions'))) !== old,
      () => 'the true head is restored',
    );
    await victims.acknowledged('submissions', 'reviews');
    expect(await victims.state()).toEqual(before);
  });

  test('sends no events and starts no new epoch for a forged replay request', async () => {
    const before = await victims.state();
    const { attacker } = victims;
    const answerTo = `${PREFIX}:answer:reviews:mine`;
    const request = { reader: 'reviews', position: FAR, checkpoints: [], answerTo };
    for (const text of [
      JSON.stringify(request),
      victims.signs(attackersKey)('request', 'reviews', request, 'submissions'),
      victims.signs(victims.keyOf('infrastructure'))('request', 'infrastructure', request, 'submissions'),
      // signed by a reader for another writer
      victims.signs(victims.keyOf('reviews'))('request', 'reviews', request, 'infrastructure'),
    ])
      await attacker.rpush(`${PREFIX}:replay:submissions`, text);
    await until(
      async () => (await attacker.llen(`${PREFIX}:replay:submissions`)) === 0,
      () => 'the requests were examined',
    );
    expect(await attacker.llen(answerTo)).toBe(0);
    expect(await victims.state()).toEqual(before);
  });

  test('ignores a forged response to the request of a reader', async () => {
    const before = await victims.state();
    const [subscriber, { attacker }] = [victims.attacker.duplicate(), victims];
    // waits at the key, and so gets the request before its writer
    const intercepted = subscriber.blpop(`${PREFIX}:replay:submissions`, 30);
    // creates a gap, so that the reader sends a request
    await run(['events', 'replay', 'reviews', '--from', 'submissions'], victims.environment).ended;
    const [, text] = (await intercepted)!;
    const { answerTo } = JSON.parse(body(text).body!) as { answerTo: string };
    const event = await forged();
    const answer = { from: { offset: 0, digest: '' }, events: [event], head: event.log };
    await attacker.rpush(answerTo, victims.signs(attackersKey)('answer', 'submissions', answer, answerTo));
    const refused = () => victims.metric('reviews', 'ordergraph_events_unsigned_total{kind="answer"');
    await until(
      async () => (await refused()) > 0,
      () => 'the forged response is rejected',
    );
    subscriber.disconnect();
    // a true response follows
    await victims.arrives(await victims.file());
    const after = (await victims.state()) as unknown[];
    expect(after.slice(2, 4)).toEqual((before as unknown[]).slice(2, 4));
  });

  test('delivers events that another consumer took and acknowledged in the name of the reader', async () => {
    const thief = victims.attacker.duplicate();
    const [group, stream] = ['reviews', streamOf('submissions')];
    let taken = 0;
    // the server gives an entry to the client that has waited longest: the thief, once the reader has read again
    const stealing = thief
      .xreadgroup('GROUP', group, 'thief', 'COUNT', 10, 'BLOCK', 120_000, 'STREAMS', stream, '>')
      .then(async (answer) => {
        for (const [, entries] of (answer ?? []) as [string, [string, string[]][]][])
          for (const [id] of entries) taken += await thief.xack(stream, group, id);
      });
    for (let n = 0; taken === 0 && n < 20; n += 1) await victims.arrives(await victims.file());
    await stealing;
    thief.disconnect();
    expect(taken).toBeGreaterThan(0);
  });

  test('keeps readers running when keys of streams and heads have another type', async () => {
    const { attacker } = victims;
    // at once: the subgraph rewrites both whenever it can
    await attacker
      .multi()
      .del(streamOf('submissions'), headOf('submissions'))
      .set(streamOf('submissions'), 'text')
      .rpush(headOf('submissions'), 'a list')
      .exec();
    await victims.arrives(await victims.file());
    // the stream is back once its name is free
    await attacker.del(streamOf('submissions'));
    await victims.arrives(await victims.file());
  });

  test('rejects events of one subgraph signed with the key of another', async () => {
    const id = 'evt_of_infrastructure';
    const sign = victims.signs(victims.keyOf('infrastructure'));
    const log = { epoch: '1-theirs', offset: 1, digest: digestAfter('', id) };
    const event = { ...(await forged()), id, source: 'infrastructure', log };
    await victims.attacker.xadd(streamOf('infrastructure'), '*', 'event', sign('event', 'infrastructure', event));
    await until(
      async () => (await victims.rows('reviews', `SELECT 1 AS n FROM inbox_rejected WHERE id = '${id}'`)).length === 1,
      () => 'the event is rejected',
    );
    const [row] = await victims.rows('reviews', `SELECT reason FROM inbox_rejected WHERE id = '${id}'`);
    expect(row!.reason).toBe('submissions.amended comes from "infrastructure", but only "submissions" may send it');
    const agencies = await victims.rows(
      'reviews',
      `SELECT agency_keys AS k FROM submission_notice WHERE id = '${filed}'`,
    );
    expect(JSON.stringify(agencies)).not.toContain('cia');
    await victims.arrives(await victims.file());
  });

  test('does not start a subgraph that has Redis but no keys', async () => {
    const { ORDERGRAPH_EVENT_KEYS: _keys, ...environment } = victims.environment;
    const bare = run(['subgraph', 'reviews', '--port', '0'], { ...environment, ORDERGRAPH_EVENT_KEYS: '' });
    expect(await bare.ended).toBe(1);
    expect(bare.output()).toMatch(/no event keys are configured[\s\S]*ordergraph keys FOLDER/);
  });
});

describeOnRedis('whoever can write to the Redis of the caches', () => {
  let victims: Victims;
  beforeAll(async () => {
    victims = await startOnce();
    await victims.file();
  });

  const QUERY = '{ submissions(first: 1) { nodes { number } } }';
  const ATTACK =
    'mutation{registerModel(input:{idempotencyKey:"steal",codename:"stolen",modalities:[TEXT]}){replayed}}';
  const poisoned: QueryPlan = {
    root: {
      kind: 'Fetch',
      subgraph: 'submissions',
      operation: ATTACK,
      operationKind: 'mutation',
      variables: [],
      outputRewrites: [],
    },
  };
  const stolen = async () =>
    (await victims.rows('submissions', `SELECT 1 AS n FROM ai_model WHERE codename = 'stolen'`)).length;
  /** The plans that gateways share, each under its key. */
  const shared = async () => {
    const keys = (await victims.attacker.keys('ordergraph:plans:4:*')).sort();
    return Promise.all(keys.map(async (key) => [key, (await victims.attacker.get(key))!] as const));
  };
  const planFor = async (query: string) => {
    const before = new Set((await shared()).map(([key]) => key));
    await victims.caller(developer()).ask(query);
    let signed: readonly [string, string] | undefined;
    await until(
      async () => {
        signed = (await shared()).find(([key]) => !before.has(key));
        return signed !== undefined;
      },
      () => 'the plan is shared',
    );
    return signed!;
  };

  let aliases = 0;
  /** Waits until a gateway shares its plans. */
  const reachesRedis = async (caller: Caller) => {
    const before = (await shared()).length;
    await until(
      async () => {
        aliases += 1;
        await caller.ask(`{ n${aliases}: submissions { totalCount } }`);
        return (await shared()).length > before;
      },
      () => 'a plan is shared',
    );
  };
  /** A plan in place of the one that gateways share under the key. */
  interface Forgery {
    readonly query: string;
    readonly key: string;
    readonly plan: string;
  }
  /** The responses of a new gateway that finds forged plans in Redis, and what it logs about the first of them. */
  const answeredWith = async (forgeries: readonly Forgery[]) => {
    for (;;) {
      for (const { key, plan } of forgeries) await victims.attacker.set(key, plan);
      // it has planned nothing yet
      const caller = victims.caller(developer(), `http://127.0.0.1:${await victims.startGateway()}`);
      const gateway = victims.processes.at(-1)!;
      await reachesRedis(caller);
      const responses: Awaited<ReturnType<Caller['ask']>>['data'][] = [];
      for (const { query, key, plan } of forgeries) {
        const { data, errors } = await caller.ask(query);
        expect(errors).toBeUndefined();
        responses.push(data);
        // the true plan is back
        await until(
          async () => (await victims.attacker.get(key)) !== plan,
          () => 'the plan is replaced',
        );
      }
      const rejected = await victims.metric('gateway', 'ordergraph_shared_plans_rejected_total');
      await kill(victims.processes.pop()!);
      // a gateway that waits too long for Redis plans alone, and has not read the plan
      if (rejected === forgeries.length) return { responses, logged: gateway.output() };
    }
  };

  test('runs no mutation from a poisoned plan for the caller of a query', async () => {
    const [, otherPlan] = await planFor('{ submissions(first: 1) { nodes { id } } }');
    const text = JSON.stringify(poisoned);
    const foreign = signingKeyOf(await newKey());
    const forge: readonly ((key: string, sealed: string) => string)[] = [
      () => text,
      (_key, sealed) => `${sealed.slice(0, 44)}${text}`,
      (key) => new PlanSeal(() => foreign).seal(key.replace('ordergraph:plans:', ''), text),
      // a genuine plan of another operation
      () => otherPlan,
      () => '',
      () => 'x'.repeat(100_000),
    ];
    const forgeries: Forgery[] = [];
    for (const [index, planOf] of forge.entries()) {
      const query = `{ forged${index}: submissions(first: 1) { nodes { number } } }`;
      const [key, sealed] = await planFor(query);
      forgeries.push({ query, key, plan: planOf(key, sealed) });
    }
    const { responses, logged } = await answeredWith(forgeries);
    expect(responses).toEqual(
      forgeries.map((_, index) => ({ [`forged${index}`]: { nodes: [{ number: expect.any(String) }] } })),
    );
    expect(logged).toContain("not sealed with this gateway's identity key");
    expect(await stolen()).toBe(0);
  });

  test('runs no mutation for a query even from a plan signed by a gateway key', async () => {
    const query = '{ submissions(first: 1) { nodes { lifecycle } } }';
    const [key] = await planFor(query);
    const secret = signingKeyOf(JSON.parse(readFileSync(victims.environment.ORDERGRAPH_IDENTITY_KEY!, 'utf8')) as JWK);
    const plan = new PlanSeal(() => secret).seal(key.replace('ordergraph:plans:', ''), JSON.stringify(poisoned));
    const { logged } = await answeredWith([{ query, key, plan }]);
    expect(logged).toContain('unexpected mutation of \\"submissions\\"');
    expect(await stolen()).toBe(0);
  });

  test('removes no other keys because of a forged index of plans', async () => {
    await victims.attacker.set('ordergraph:limits:mine', 'kept');
    await victims.attacker.zadd('ordergraph:plans:index', 0, '10 ordergraph:limits:mine', 1, 'nonsense');
    await planFor('{ submissions(first: 1) { nodes { filedAt } } }');
    expect(await victims.attacker.get('ordergraph:limits:mine')).toBe('kept');
    expect(await victims.attacker.zscore('ordergraph:plans:index', '10 ordergraph:limits:mine')).toBeNull();
  });

  test('locks a caller out for at most a minute, and ignores negative counts', async () => {
    const remaining = async () => {
      const answer = (await victims.caller(INSPECTOR).ask(QUERY)) as { extensions?: { cost: Spending } };
      return answer.extensions!.cost;
    };
    const full = (await remaining()).remaining;
    const { attacker } = victims;
    const [count] = (await attacker.keys('ordergraph:limits:budget:/*')).slice(-1) as [string];
    const counts = await Promise.all(
      (await attacker.keys('ordergraph:limits:budget:/*')).map(async (key) => [key, await attacker.get(key)] as const),
    );
    expect(counts.length).toBeGreaterThan(0);
    for (const value of NOT_COUNTS) {
      for (const [key] of counts) await attacker.set(key, value);
      const cost = await remaining();
      expect(cost.remaining).toBe(full);
      expect(cost.resetSeconds).toBeLessThanOrEqual(60);
    }
    for (const [key] of counts) await attacker.set(key, '99999999999', 'EX', 86_400);
    expect((await remaining()).remaining).toBe(full);
    for (const [key] of counts) await attacker.set(key, '99999999999', 'EX', 30);
    const { errors } = await victims.caller(INSPECTOR).ask(QUERY);
    expect(errors![0]!.extensions).toMatchObject({ code: 'BUDGET_EXHAUSTED', cost: { resetSeconds: 30 } });
    expect(await attacker.exists(count)).toBe(1);
  });

  test('locks out no caller by a forged count of requests', async () => {
    const { attacker } = victims;
    const ask = () => victims.caller('role=analyst; subject=counted').ask('{ agencies { key } }');
    const counts = async () => {
      const keys = await attacker.keys('ordergraph:limits:requests:*');
      return new Map(await Promise.all(keys.map(async (key) => [key, Number(await attacker.get(key))] as const)));
    };
    await ask();
    const before = await counts();
    await ask();
    const [count] = [...(await counts())].filter(([key, value]) => value === before.get(key)! + 1).map(([key]) => key);
    for (const value of NOT_COUNTS) {
      await attacker.set(count!, value);
      expect((await ask()).errors).toBeUndefined();
      expect(await attacker.get(count!)).toBe('1');
    }
    await attacker.set(count!, '99999999999', 'EX', 86_400);
    expect((await ask()).errors).toBeUndefined();
    // with an expiry: an invalid count starts anew, and a valid one locks out for the rest of its window
    for (const value of NOT_COUNTS) {
      await attacker.set(count!, value, 'EX', 30);
      const refusals = ((await ask()).errors ?? []).map(({ extensions }) => extensions?.code);
      expect([value, refusals]).toEqual([value, value === '99999999999' ? ['TOO_MANY_REQUESTS'] : []]);
    }
  });
});
