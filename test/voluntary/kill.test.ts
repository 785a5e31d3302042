import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePrincipal } from '#base/identity/principal';
import { Database } from '#kit/database/database';
import type { DatabaseKind } from '#kit/database/dialect';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { Caller } from '../../gateway/cli/voluntary/client';
import { DevelopmentIssuer } from '../../gateway/identity/development-issuer';
import { freshDatabases, processKinds, type TestDatabases } from '../support/databases';
import { developer, INQUIRY, reviewer } from '../support/framework';
import { identityEnvironment } from '../support/identity';
import { freePort, kill, killAll, type Running, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

/** More kills find more: set ORDERGRAPH_TEST_KILLS. */
const KILLS = Number(process.env.ORDERGRAPH_TEST_KILLS ?? (process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 6 : 2));
const WRITERS = 4;
const AGENCIES = ['nsa', 'treasury', 'cisa'];

beforeAll(requireCompiled);
afterEach(killAll);

/** A process that can be killed at any moment and returns under the same address. */
class Part {
  private running: Running | undefined;

  constructor(
    readonly name: string,
    private readonly start: () => Running,
    private readonly ready: RegExp,
  ) {}

  async up(): Promise<void> {
    for (;;) {
      this.running = this.start();
      try {
        await waitForOutput(this.running, this.ready);
        return;
      } catch (error) {
        // the port of the killed process may not be free yet
        if (!/in use by another process/.test(String(error))) throw error;
      }
    }
  }

  async killAndRestart(): Promise<void> {
    await kill(this.running!);
    await this.up();
  }

  output(): string {
    return this.running?.output() ?? '';
  }
}

/** Every process as in production, on one kind of database: reviews twice. */
class Shape {
  readonly parts: Part[] = [];
  url = '';

  private constructor(
    readonly databases: TestDatabases,
    readonly redis: PrivateRedis | undefined,
    private readonly token: (principal: string) => Promise<string>,
  ) {}

  static async start(kind: DatabaseKind, folder: string): Promise<Shape> {
    const names = subgraphs.map(({ name }) => name);
    const databases = await freshDatabases(kind, names);
    const redis = await PrivateRedis.start();
    const identity = await identityEnvironment();
    const shape = new Shape(databases, redis, identity.token);
    const environment = {
      ORDERGRAPH_EVENTS_URL: redis.url,
      ORDERGRAPH_FILES: folder,
      ORDERGRAPH_SCHEDULE_MS: '100',
      ORDERGRAPH_LEASE_MS: '900',
      ORDERGRAPH_LOG_LEVEL: 'error',
      ...identity.environment,
    };
    const urls: string[] = [];
    for (const name of ['submissions', 'reviews', 'reviews', 'infrastructure', 'workforce']) {
      const port = await freePort();
      const second = shape.parts.some((part) => part.name === name);
      if (!second) urls.push('--subgraph-url', `${name}=http://127.0.0.1:${port}/graphql`);
      const args = ['subgraph', name, '--port', String(port), '--database', databases.url(name)];
      shape.parts.push(new Part(name, () => run(args, environment), /answers at/));
    }
    await Promise.all(shape.parts.map((part) => part.up()));
    const port = await freePort();
    const gateway = new Part(
      'gateway',
      () => run(['gateway', '--port', String(port), ...urls], environment),
      /The graph answers at/,
    );
    await gateway.up();
    shape.parts.push(gateway);
    shape.url = `http://127.0.0.1:${port}`;
    return shape;
  }

  /** Everything in one process, on SQLite files in a folder. */
  static async startAllInOne(folder: string): Promise<Shape> {
    const databases: TestDatabases = { url: (name) => join(folder, `${name}.sqlite`), drop: async () => {} };
    const issuer = await DevelopmentIssuer.in(folder);
    const shape = new Shape(databases, undefined, (principal) => issuer.token(parsePrincipal(principal), 3_600));
    const port = await freePort();
    const environment = { ORDERGRAPH_SCHEDULE_MS: '100', ORDERGRAPH_LEASE_MS: '900', ORDERGRAPH_LOG_LEVEL: 'error' };
    const args = ['start', '--scale', '0', '--data', folder, '--port', String(port)];
    shape.parts.push(new Part('start', () => run(args, environment), /The graph answers at/));
    await shape.parts[0]!.up();
    shape.url = `http://127.0.0.1:${port}`;
    return shape;
  }

  caller(principal: string): Caller {
    let token: Promise<string> | undefined;
    return new Caller(this.url, 'test', () => {
      token ??= this.token(principal);
      return token;
    });
  }

  connect(name: string): Promise<Database> {
    const { entities } = subgraphs.find((subgraph) => subgraph.name === name)!.parts;
    return Database.connect({ url: this.databases.url(name), name, entities, migrations: [] });
  }

  async stop(): Promise<void> {
    await killAll();
    await this.redis?.stop();
    await this.databases.drop();
  }
}

/**
 * A client that repeats a call until it gets a response, always under the same idempotency key: an acknowledged change is done.
 */
class Writer {
  private calls = 0;
  /** Acknowledged changes, by mutation. */
  readonly done: { mutation: string; input: Record<string, unknown> }[] = [];

  constructor(
    private readonly shape: Shape,
    private readonly name: string,
  ) {}

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  async perform(principal: string, mutation: string, input: Record<string, unknown>, fields: string): Promise<any> {
    this.calls += 1;
    const idempotencyKey = `${this.name}-${this.calls}`;
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { replayed ${fields} } }`;
    for (;;) {
      const answer = await this.shape
        .caller(principal)
        .ask(query, { input: { ...input, idempotencyKey } })
        .catch(() => undefined);
      const code = answer?.errors?.[0]?.extensions.code;
      const payload = answer?.data?.[mutation];
      if (payload && !answer?.errors) {
        this.done.push({ mutation, input });
        const { replayed: _replayed, ...object } = payload;
        return Object.values(object)[0];
      }
      // the process was killed, or its database was just restored: the change may have been made, and the idempotency key makes it safe to
      // send the same again, whether or not the error is retryable
      const { retryable } = (answer?.errors?.[0]?.extensions ?? {}) as { retryable?: boolean };
      const transient =
        !code ||
        retryable === true ||
        code.startsWith('SUBGRAPH_') ||
        ['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR'].includes(code);
      // the agencies may not have been notified of the submission yet
      const early = code === 'NOT_FOUND' && mutation === 'draftDetermination';
      if (!transient && !early) throw new Error(`${mutation}: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Files submissions, moves their plans, lets agencies determine, withdraws some, until it is stopped. */
  async write(organization: string, isOver: () => boolean): Promise<void> {
    const alder = developer(organization);
    await this.perform(
      alder,
      'registerOrganization',
      { key: organization, legalName: organization, category: 'INDUSTRY' },
      'organization { key }',
    );
    for (let round = 0; !isOver(); round += 1) {
      const model = await this.perform(
        alder,
        'registerModel',
        { codename: `m${round}`, modalities: [] },
        'model { id }',
      );
      const inquiry = await this.perform(alder, 'askForCoverage', { modelId: model.id }, INQUIRY);
      const discussed = await this.perform(
        reviewer('nsa'),
        'discussInquiry',
        { id: inquiry.id, expectedRevision: inquiry.revision },
        INQUIRY,
      );
      await this.perform(
        reviewer('nsa'),
        'answerInquiry',
        { id: inquiry.id, expectedRevision: discussed.revision, outcome: 'COVERED' },
        INQUIRY,
      );
      const version = await this.perform(
        alder,
        'registerModelVersion',
        { modelId: model.id, label: 'rc' },
        'version { id }',
      );
      const draft = await this.perform(
        alder,
        'draftSubmission',
        {
          versionId: version.id,
          launchPlan: { plannedLaunchAt: inDays(20) },
          sharingPreference: 'NAMED_AGENCIES_ONLY',
          requestedAgencies: AGENCIES,
        },
        'submission { id revision }',
      );
      const { id } = draft;
      const filed = await this.perform(
        alder,
        'fileSubmission',
        { id, expectedRevision: draft.revision },
        'submission { id revision }',
      );
      const moved = await this.perform(
        alder,
        'changeLaunchPlan',
        { id, expectedRevision: filed.revision, launchPlan: { plannedLaunchAt: inDays(25) } },
        'submission { id revision }',
      );
      const determination = await this.perform(
        reviewer('nsa'),
        'draftDetermination',
        { submissionId: id, outcome: 'REVIEW_NECESSARY', rationale: 'So.' },
        'determination { id revision }',
      );
      await this.perform(
        reviewer('nsa'),
        'issueDetermination',
        { id: determination.id, expectedRevision: determination.revision },
        'determination { id }',
      );
      await this.perform(reviewer('nsa'), 'openReview', { submissionId: id, scope: ['AUTONOMY'] }, 'review { id }');
      if (round % 2 === 0) await this.perform(alder, 'withdrawSubmission', { id }, 'submission { id }');
      else
        await this.perform(
          alder,
          'changeLaunchPlan',
          { id, expectedRevision: moved.revision, launchPlan: { plannedLaunchAt: inDays(15) } },
          'submission { id }',
        );
    }
  }
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** Maximum milliseconds between a client's acknowledgment and the next kill. */
const LIFE_MS = 500;

/** Lets clients write while processes are killed, and compares afterwards. */
async function killWhileWriting(shape: Shape, kills: number): Promise<void> {
  let stopped = false;
  const writers = Array.from({ length: WRITERS }, (_, place) => new Writer(shape, `w${place}`));
  const writing = Promise.all(writers.map((writer, place) => writer.write(`org-${place}`, () => stopped)));
  const acknowledged = () => writers.reduce((sum, { done }) => sum + done.length, 0);
  // a kill before any acknowledgment loses nothing
  const more = (count: number) => {
    const before = acknowledged();
    return Promise.race([
      until(
        () => acknowledged() >= before + count,
        () => `${count} more calls are acknowledged`,
      ),
      writing,
    ]);
  };
  const { parts, redis } = shape;
  for (let killed = 0; killed < kills; killed += 1) {
    await more(WRITERS);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MS));
    const part = parts[Math.floor(Math.random() * (parts.length + (redis ? 1 : 0)))];
    if (part) await part.killAndRestart();
    else {
      await redis!.kill();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      await redis!.restart();
    }
  }
  await more(WRITERS * 3);
  stopped = true;
  await writing;
  const submissions = await shape.connect('submissions');
  const reviews = await shape.connect('reviews');
  await quiet(submissions, reviews);
  const calls = writers.flatMap(({ done }) => done);
  expect(calls.length).toBeGreaterThan(WRITERS * 5);
  await nothingLostOrDoubled(calls, submissions, reviews);
  await submissions.close();
  await reviews.close();
  await shape.stop();
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describeOnRedis.each(processKinds)('kill -9 of any process at any moment, on %s', (kind) => {
  test(
    `loses no event and doubles no effect after ${KILLS} kills under ${WRITERS} writers`,
    async () => killWhileWriting(await Shape.start(kind, folder), KILLS),
    400_000,
  );
});

test(
  'loses no event when everything runs in one process that is killed repeatedly',
  async () => killWhileWriting(await Shape.startAllInOne(folder), Math.ceil(KILLS / 2)),
  400_000,
);

/** Waits until each side has processed every event of the other. */
async function quiet(submissions: Database, reviews: Database): Promise<void> {
  const pairs = [
    [submissions, reviews, 'submissions'],
    [reviews, submissions, 'reviews'],
  ] as const;
  const deadline = Date.now() + 180_000;
  for (;;) {
    const remaining: unknown[] = [];
    for (const [source, reader, name] of pairs) {
      const [{ n }] = (await source.query<{ n: number }>('SELECT COUNT(*) AS n FROM outbox')) as [{ n: number }];
      const [row] = await reader.query<{ at: number }>('SELECT log_offset AS at FROM inbox_position WHERE source = ?', [
        name,
      ]);
      if (Number(n) !== Number(row?.at ?? 0)) remaining.push({ source: name, events: n, actedOn: row?.at });
    }
    if (remaining.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Events were not delivered: ${JSON.stringify(remaining)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Compares the acknowledged changes with the content of both databases. */
async function nothingLostOrDoubled(
  calls: readonly { mutation: string; input: Record<string, unknown> }[],
  submissions: Database,
  reviews: Database,
): Promise<void> {
  const of = (mutation: string) => calls.filter((call) => call.mutation === mutation).map(({ input }) => input);
  const count = async (database: Database, sql: string) => Number((await database.query<{ n: number }>(sql))[0]!.n);
  expect(await count(submissions, 'SELECT COUNT(*) AS n FROM inbox_rejected')).toBe(0);
  expect(await count(reviews, 'SELECT COUNT(*) AS n FROM inbox_rejected')).toBe(0);

  // acknowledged means done, once: models, submissions, plans
  expect(await count(submissions, 'SELECT COUNT(*) AS n FROM ai_model')).toBe(of('registerModel').length);
  expect(await count(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'FILED'`)).toBe(
    of('fileSubmission').length,
  );
  expect(await count(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'PLAN_CHANGED'`)).toBe(
    of('changeLaunchPlan').length,
  );
  expect(await count(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'WITHDRAWN'`)).toBe(
    of('withdrawSubmission').length,
  );

  // each filing has reached the agencies once: a notice, and one invitation for each agency
  const filed = of('fileSubmission')
    .map(({ id }) => String(id))
    .sort();
  const notices = await reviews.query<{ id: string; lifecycle: string; planned: string }>(
    'SELECT id, lifecycle, planned_launch_at AS planned FROM submission_notice ORDER BY id',
  );
  expect(notices.map(({ id }) => id)).toEqual(filed);
  const invited = await reviews.query<{ submission: string; agency: string; n: number }>(
    `SELECT submission_id AS submission, agency_key AS agency, COUNT(*) AS n FROM review_event WHERE kind = 'INVITED'
     GROUP BY submission_id, agency_key`,
  );
  expect(invited.filter(({ n }) => Number(n) !== 1)).toEqual([]);
  expect(invited).toHaveLength(filed.length * AGENCIES.length);

  // each change of plan, and each withdrawal, took effect once, and the last one counts
  expect(await count(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'PLAN_CHANGED'`)).toBe(
    of('changeLaunchPlan').length,
  );
  expect(await count(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'WITHDRAWN'`)).toBe(
    of('withdrawSubmission').length,
  );
  const stored = await submissions.query<{ id: string; lifecycle: string; planned: string }>(
    `SELECT id, lifecycle, planned_launch_at AS planned FROM submission WHERE filed_at IS NOT NULL ORDER BY id`,
  );
  expect(notices).toEqual(stored);
  const withdrawn = new Set(of('withdrawSubmission').map(({ id }) => String(id)));
  const determinations = await reviews.query<{ submission: string; status: string }>(
    'SELECT submission_id AS submission, status FROM determination',
  );
  expect(determinations.filter(({ submission, status }) => withdrawn.has(submission) && status === 'DRAFT')).toEqual(
    [],
  );
  const open = await reviews.query<{ submission: string }>(
    'SELECT submission_id AS submission FROM review WHERE closed_at IS NULL',
  );
  expect(open.filter(({ submission }) => withdrawn.has(submission))).toEqual([]);
  expect(open.length + withdrawn.size).toBe(of('openReview').length);

  // each answer to an inquiry has become one designation
  const answers = await submissions.query<{ id: string }>(
    'SELECT answer_id AS id FROM coverage_inquiry WHERE answer_id IS NOT NULL ORDER BY answer_id',
  );
  expect(answers).toHaveLength(of('answerInquiry').length);
  expect(await reviews.query('SELECT id FROM designation WHERE inquiry_id IS NOT NULL ORDER BY id')).toEqual(answers);

  // and back: each determination and each review has reached the submissions program once
  expect(await count(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'DETERMINATION_ISSUED'`)).toBe(
    of('issueDetermination').length,
  );
  expect(
    await count(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'DETERMINATION_RECEIVED'`),
  ).toBe(of('issueDetermination').length);
  expect(await count(submissions, 'SELECT COUNT(*) AS n FROM known_review')).toBe(of('openReview').length);
  expect(await count(submissions, 'SELECT COUNT(*) AS n FROM known_review WHERE open = 1')).toBe(open.length);
}
