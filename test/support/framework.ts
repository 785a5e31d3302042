import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { SettableClock } from '#base/clock';
import { readText } from '#base/read-text';
import type { AuditLog } from '#kit/audit/audit-log';
import type { DatabaseKind } from '#kit/database/dialect';
import type { EventBus } from '#kit/events/bus';
import { EventLog } from '#kit/events/event-log';
import { InProcessBus } from '#kit/events/in-process-bus';
import { Inbox } from '#kit/events/inbox';
import { relay } from '#kit/events/outbox';
import { FolderStore } from '#kit/files/content-store';
import type { BackgroundOptions } from '#kit/subgraph/background';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport, type LocalSubgraph } from '../../gateway/transport/in-process';
import { sharedPlanner } from '../worker/planner';
import { migratedDatabases } from '../worker/templates';
import { type Backup, backUp } from './backup';
import { TestIdentity } from './identity';
import { requireOneLockOrder, watchLocks } from './lock-order';
import { requireWords } from './words';
import { type Answer, WITHOUT_POLLS } from './world';

/** The instant at which tests of the framework begin: a Monday at ten in Washington. */
export const MONDAY = '2026-06-15T14:00:00.000Z';

/** Principals of callers. */
export const developer = (organization = 'alder') =>
  `role=developer-submitter; organization=${organization}; subject=submitter`;
export const reviewer = (agency: string, subject = 'reviewer-1') =>
  `role=agency-reviewer; agency=${agency}; subject=${subject}`;
export const INTAKE = 'role=intake-officer; subject=officer-1';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

/** The whole graph without a story, under a clock that the test sets; events are delivered when the test says so. */
export class Framework {
  private readonly bus = new InProcessBus(EVENT_READERS);
  private running: BackgroundOptions | undefined;
  private readonly stop = new AbortController();
  private keys = 0;

  private constructor(
    readonly clock: SettableClock,
    readonly open: OpenSubgraph[],
    readonly server: FastifyInstance,
    readonly files: string,
    private readonly drop: () => Promise<void>,
    /** Settings that a further process on the same databases would have. */
    readonly databaseUrl: (name: string) => string,
    readonly identity: TestIdentity,
    private readonly reopen: (name: string) => Promise<OpenSubgraph>,
  ) {
    watchLocks();
    for (const name of EVENT_READERS) this.listen(name);
  }

  private listen(name: string): void {
    void this.bus.read(name, this.inbox(name, this.bus), this.stop.signal);
  }

  /** From now on, the subgraphs deliver events by themselves, as in production. */
  startBackground(options: BackgroundOptions): void {
    this.running = options;
    for (const subgraph of this.open) subgraph.startBackground(options);
  }

  backUp(name: string): Promise<Backup> {
    return backUp(this.subgraph(name).database);
  }

  /** Stops a subgraph while an action runs, which may restore its database. */
  async restart(name: string, whileDown: () => Promise<void> = async () => {}): Promise<void> {
    const place = this.open.findIndex((candidate) => candidate.name === name);
    await this.open[place]!.close();
    await whileDown();
    this.open[place] = await this.reopen(name);
    if (this.running) this.open[place].startBackground(this.running);
    else this.listen(name);
  }

  restore(name: string, backup: Backup): Promise<void> {
    return this.restart(name, () => backup.restore(this.databaseUrl(name)));
  }

  /** The event log of a subgraph, as its leading replica has it. */
  eventLog(name: string): EventLog {
    const { database, log } = this.subgraph(name);
    return new EventLog(name, database, this.clock, log);
  }

  /** The inbox of a subgraph, as its leading replica has it. */
  inbox(name: string, bus: Pick<EventBus, 'replay'>): Inbox {
    const { database, log, subgraph } = this.subgraph(name);
    return new Inbox({ name, database, clock: this.clock, log, handlers: subgraph.parts.handlers ?? [], bus });
  }

  /**
   * @param record keeps the record of a subgraph, if there is one @param config settings of the gateway
   * @param services what the process lends to a subgraph
   */
  static async open(
    kind: DatabaseKind,
    {
      log = createLog('silent', 'test'),
      record,
      config = {},
      services = () => [],
    }: {
      log?: Logger;
      record?: (subgraph: string) => Promise<AuditLog>;
      config?: Parameters<typeof readConfig>[0];
      services?: (subgraph: string) => readonly object[];
    } = {},
  ): Promise<Framework> {
    const databases = await migratedDatabases(kind);
    const clock = new SettableClock(MONDAY);
    const files = mkdtempSync(join(tmpdir(), 'ordergraph-files-'));
    const store = new FolderStore(files);
    const identity = await TestIdentity.make();
    const openOne = async (name: string) => {
      const door = identity.doorOf(name);
      const audit = await record?.(name);
      const subgraph = subgraphs.find((candidate) => candidate.name === name)!;
      return subgraph.open({
        ...{ databaseUrl: databases.url(name), clock, log, store, door, audit, services: services(name) },
      });
    };
    const open: OpenSubgraph[] = [];
    for (const { name } of subgraphs) open.push(await openOne(name));
    // looked up at each call: a subgraph may have been restarted
    const local = (name: string): LocalSubgraph => ({
      name,
      execute: (request) => open.find((subgraph) => subgraph.name === name)!.execute(request),
    });
    const server = await createGateway({
      supergraph: readText(OWN_SUPERGRAPH_FILE, 'The supergraph'),
      config: readConfig({ logLevel: 'silent', rateLimit: 0, ...WITHOUT_POLLS, ...config }, {}),
      log,
      transport: ({ name }) => new InProcessTransport(local(name)),
      forwardHeaders: [],
      files: { subgraph: 'submissions', exchange: open.find(({ name }) => name === 'submissions')!.files! },
      identity: identity.parts,
      planner: sharedPlanner,
    });
    const drop = async () => {
      rmSync(files, { recursive: true, force: true });
      await databases.drop();
    };
    return new Framework(clock, open, server, files, drop, (name) => databases.url(name), identity, openOne);
  }

  subgraph(name: string): OpenSubgraph {
    return this.open.find((candidate) => candidate.name === name)!;
  }

  /** Rows of a table, by SQL. */
  sql<Row = Loose>(subgraph: string, statement: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.subgraph(subgraph).database.query<Row>(statement, parameters);
  }

  /** Changes rows in ways that no mutation would, to put an object into a state. */
  force(subgraph: string, statement: string, parameters: readonly unknown[] = []): Promise<unknown> {
    return this.subgraph(subgraph).database.transaction((inside) => inside.query(statement, parameters));
  }

  async ask(caller: string | null, query: string, variables: Record<string, unknown> = {}): Promise<Answer<Loose>> {
    const response = await this.server.inject({
      method: 'POST',
      url: '/graphql',
      headers: await this.identity.headers(caller),
      payload: { query, variables },
    });
    return response.json();
  }

  /** Calls a mutation, under a new idempotency key unless the input names one. */
  call(caller: string | null, mutation: string, input: Record<string, unknown>, fields = ''): Promise<Answer<Loose>> {
    this.keys += 1;
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    return this.ask(caller, `mutation ($input: ${type}!) { ${mutation}(input: $input) { replayed ${fields} } }`, {
      input: { idempotencyKey: `key-${this.keys}`, ...input },
    });
  }

  /**
   * Calls a mutation again while the database is busy, under the same idempotency key, as clients do: the change may have been made, and
   * only the object of the payload not have been read.
   */
  async callUntilFree(
    caller: string | null,
    mutation: string,
    input: Record<string, unknown>,
    fields = '',
  ): Promise<Answer<Loose>> {
    this.keys += 1;
    const request = { idempotencyKey: `key-${this.keys}`, ...input };
    for (;;) {
      const answer = await this.call(caller, mutation, request, fields);
      if (answer.errors?.[0]?.extensions.code !== 'DATABASE_BUSY') return answer;
    }
  }

  /**
   * Performs a mutation, and returns the changed object. Throws the errors of the graph; retries while the graph is busy, as
   * clients do.
   */
  async perform(caller: string, mutation: string, input: Record<string, unknown>, fields: string): Promise<Loose> {
    this.keys += 1;
    const request = { idempotencyKey: `key-${this.keys}`, ...input };
    let { data, errors } = await this.call(caller, mutation, request, fields);
    for (let time = 0; time < 5 && errors?.[0]?.extensions.retryable === true; time++)
      ({ data, errors } = await this.call(caller, mutation, request, fields));
    if (errors) throw new Error(`${mutation}: ${JSON.stringify(errors)}`);
    const { replayed: _replayed, ...payload } = data[mutation];
    return Object.values(payload)[0];
  }

  /** Calls a mutation that must be rejected, and returns code, message, and input path. */
  async refused(caller: string | null, mutation: string, input: Record<string, unknown>) {
    const { errors, data } = await this.call(caller, mutation, input);
    if (!errors) throw new Error(`${mutation}was not rejected: ${JSON.stringify(data)}`);
    const [{ message, extensions }] = errors as [{ message: string; extensions: Loose }];
    return { code: extensions.code as string, message, inputPath: extensions.inputPath, extensions };
  }

  /** Delivers all events, and those that follow from them. */
  async deliver(): Promise<void> {
    for (let published = 1; published > 0; ) {
      published = 0;
      for (const name of EVENT_READERS) {
        const log = this.eventLog(name);
        await this.bus.serve(log.source, (request) => log.answer(request));
        published += await relay(log, this.bus);
      }
    }
  }

  /** Makes scheduled changes, and delivers the events that follow. */
  async tick(): Promise<void> {
    for (const { subgraph, database, store } of this.open)
      for (const task of subgraph.parts.schedule ?? []) await task.run(database, this.clock, store);
    await this.deliver();
  }

  inDays(days: number): string {
    return new Date(this.clock.now().getTime() + days * 86_400_000).toISOString();
  }

  /**
   * An organization with a model and a version of it.
   * @returns the id of the version
   */
  async register(organization = 'alder'): Promise<string> {
    const caller = developer(organization);
    const existing = await this.sql(
      'submissions',
      `SELECT 1 FROM developer_organization WHERE ${'`key`'.replace(/`/g, this.quote)} = ?`,
      [organization],
    );
    if (existing.length === 0)
      await this.perform(
        caller,
        'registerOrganization',
        { key: organization, legalName: `The ${organization} company`, category: 'INDUSTRY' },
        'organization { key }',
      );
    const model = await this.perform(
      caller,
      'registerModel',
      { codename: 'falcon', modalities: ['TEXT'] },
      'model { id }',
    );
    const version = await this.perform(
      caller,
      'registerModelVersion',
      { modelId: model.id, label: 'rc 1' },
      'version { id }',
    );
    return version.id;
  }

  private get quote(): string {
    return this.subgraph('submissions').database.dialect.kind === 'mysql' ? '`' : '"';
  }

  /** A coverage inquiry about a new model. */
  async inquired(organization = 'alder'): Promise<Loose> {
    const versionId = await this.register(organization);
    const [{ modelId }] = await this.sql('submissions', 'SELECT model_id AS modelId FROM model_version WHERE id = ?', [
      versionId,
    ]);
    return this.perform(developer(organization), 'askForCoverage', { modelId }, INQUIRY);
  }

  /** A draft of a new model's submission. */
  async draft(input: Record<string, unknown> = {}, organization = 'alder'): Promise<Loose> {
    const versionId = await this.register(organization);
    return this.perform(
      developer(organization),
      'draftSubmission',
      {
        versionId,
        launchPlan: { plannedLaunchAt: this.inDays(20) },
        sharingPreference: 'NAMED_AGENCIES_ONLY',
        requestedAgencies: ['nsa', 'treasury'],
        ...input,
      },
      SUBMISSION,
    );
  }

  /** A filed submission, of which the agencies were notified. */
  async filed(input: Record<string, unknown> = {}, organization = 'alder'): Promise<Loose> {
    const { id, revision } = await this.draft(input, organization);
    const submission = await this.perform(
      developer(organization),
      'fileSubmission',
      { id, expectedRevision: revision },
      SUBMISSION,
    );
    await this.deliver();
    return submission;
  }

  /** A grant that an agency has accepted. */
  async granted(submissionId: string, agencyKey: string, input: Record<string, unknown> = {}): Promise<Loose> {
    const { id, revision } = await this.perform(
      developer(),
      'offerAccess',
      { submissionId, agencyKey, mode: 'API', ...input },
      GRANT,
    );
    const grant = await this.perform(reviewer(agencyKey), 'acceptAccess', { id, expectedRevision: revision }, GRANT);
    await this.deliver();
    return grant;
  }

  /** A determination that an agency has issued. */
  async determined(submissionId: string, agency: string, outcome = 'REVIEW_NECESSARY'): Promise<Loose> {
    const draft = await this.perform(
      reviewer(agency),
      'draftDetermination',
      { submissionId, outcome, rationale: 'So we think.' },
      DETERMINATION,
    );
    const issued = await this.perform(
      reviewer(agency),
      'issueDetermination',
      { id: draft.id, expectedRevision: draft.revision },
      DETERMINATION,
    );
    await this.deliver();
    return issued;
  }

  /** A review that an agency has opened. */
  async opened(submissionId: string, agency: string): Promise<Loose> {
    await this.determined(submissionId, agency);
    const review = await this.perform(
      reviewer(agency),
      'openReview',
      { submissionId, scope: ['CYBERSECURITY_MISUSE'] },
      REVIEW,
    );
    await this.deliver();
    return review;
  }

  /** The submission as its developer sees it. */
  async submission(id: string): Promise<Loose> {
    const { data } = await this.ask(
      developer(),
      `query ($id: ID!) { submission(id: $id) { id revision lifecycle windowPhase intakeStatus plannedLaunchAt windowOpensAt
         preLaunchAccessSeconds filedAt
         accessGrants(orderBy: { field: ID }) { nodes { id revision status startsAt endsAt agency { key } } }
         timeline(first: 500) { nodes { kind actor occurredAt sequence fromState toState objectId } } } }`,
      { id },
    );
    return data.submission;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.server.close();
    await requireWords(this.open);
    requireOneLockOrder();
    await Promise.all(this.open.map((subgraph) => subgraph.close()));
    await this.drop();
  }
}

export const SUBMISSION = 'submission { id number revision lifecycle windowPhase windowOpensAt plannedLaunchAt }';
export const INQUIRY = 'inquiry { id revision status model { id } }';
export const PROPOSAL = 'proposal { id revision status proposedBy accessFrom }';
export const GRANT = 'grant { id revision status startsAt endsAt }';
export const DETERMINATION = 'determination { id revision status outcome targetAt }';
export const REVIEW = 'review { id revision status timing targetAt targetCompressed }';
export const FINDING = 'finding { id revision status }';
