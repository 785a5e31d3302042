import type { Origin } from '#base/http/origin';
import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import pino, { type Logger } from 'pino';
import { buildSchemaSync, createResolversMap } from 'type-graphql';
import type { Cancellation } from '#base/cancellation';
import { type Clock, systemClock } from '#base/clock';
import { ErrorList } from '#base/error-list';
import { RequestError } from '#base/errors';
import type { FileExchange } from '#base/files/exchange';
import { addressKey } from '#base/http/address';
import { publicError } from '#base/http/errors';
import { originOf } from '#base/http/origin';
import { closedDoor, type Door } from '#base/identity/door';
import { type Principal, personKey } from '#base/identity/principal';
import { accessLogRoot } from '../audit/access-log';
import { type AuditLog, RecordUnavailableError } from '../audit/audit-log';
import type { Happening } from '../audit/entry';
import { Reads } from '../audit/reads';
import { settleRecord } from '../audit/settle';
import { UndecidedChanges } from '../audit/undecided';
import { connectionOf, settleLists } from '../collection/connection';
import { Cursors } from '../collection/cursor';
import { Loaders } from '../collection/loaders';
import { Database } from '../database/database';
import type { DatabaseLimits } from '../database/limits';
import type { Migration, MigrationProgress } from '../database/migrations';
import type { EventHandler } from '../events/inbox';
import { workTables } from '../events/tables';
import type { ContentStore } from '../files/content-store';
import type { Importer } from '../import/importer';
import { requireDistinctMembers } from '../model/members';
import { type ModelClass, modelOf, stubOf } from '../model/model';
import { type MutationSpec, mutationsOf } from '../mutation/mutation';
import { enforce } from '../policy/enforcement';
import { Policies, type Policy, Reader } from '../policy/policy';
import { type ProtectedTypes, protectedTypesOf } from '../policy/protected-types';
import { recordObjects } from '../policy/recording';
import { Background, type BackgroundOptions, type BackgroundStatus } from './background';
import type { Context } from './context';
import { OperationCounts } from './operation-counts';
import { publish } from './published';
import { type ReferenceTable, seedReferences } from './references';
import type { ScheduledTask } from './schedule';

/** What a subgraph is made of. One file per subgraph, `subgraph.ts`, lists it. */
export interface SubgraphParts {
  /** The name it has in the supergraph, and of its database: lower case. */
  readonly name: string;
  /** What it is for, in one sentence. */
  readonly description: string;
  /** Keys of the agencies whose data it holds. */
  readonly owners: readonly string[];
  /** Classes with a table: models and link tables; parents before children. */
  readonly entities: readonly ModelClass[];
  /** Entities of other subgraphs that it adds fields to or refers to. */
  readonly stubs: readonly ModelClass[];
  readonly resolvers: readonly ModelClass[];
  readonly migrations: readonly Migration[];
  readonly references: readonly ReferenceTable[];
  readonly importers: readonly Importer[];
  /** Who may see what: for every entity one entry. */
  readonly policies: readonly (readonly [ModelClass, Policy])[];
  /** What callers may change. */
  readonly mutations?: readonly MutationSpec[];
  /** What it does about events of other subgraphs. */
  readonly handlers?: readonly EventHandler[];
  /** What time brings about. */
  readonly schedule?: readonly ScheduledTask[];
  /** How files are taken and given, when the subgraph has any. */
  readonly files?: (open: OpenSubgraph, store: ContentStore) => FileExchange;
}

/** A GraphQL request to a subgraph. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  /** Headers of the HTTP request it came with, or would have: lower-case names. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Ends its statements when the caller leaves. */
  readonly cancellation?: Cancellation;
}

/** The answer to it. */
export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface OpenOptions {
  readonly databaseUrl: string;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Where the contents of files are. */
  readonly store?: ContentStore;
  /** Who is let in; nobody when it is not said. */
  readonly door?: Door;
  /** Where it is recorded who reads and changes what; nowhere when it is not said. */
  readonly audit?: AuditLog;
  /** Seals cursors; replicas share the key. The default key lasts as long as this process. */
  readonly cursors?: Cursors;
  /** Limits of its database connections; those of the environment by default. */
  readonly limits?: DatabaseLimits;
  /** Called after each statement of a migration. */
  readonly onMigration?: (progress: MigrationProgress) => void;
}

/** What a subgraph's parts come to. */
interface Built {
  readonly sdl: string;
  readonly schema: GraphQLSchema;
  readonly protectedTypes: ProtectedTypes;
}

/** A subgraph before it has a database: its published schema and the executable one. */
export class Subgraph {
  private built: Built | undefined;
  readonly policies: Policies;

  constructor(readonly parts: SubgraphParts) {
    requireWorkTables(parts);
    this.policies = new Policies(parts.policies);
  }

  get name(): string {
    return this.parts.name;
  }

  /** The schema it publishes to the gateway, in the Federation 2 schema language. */
  get sdl(): string {
    return this.build().sdl;
  }

  get schema(): GraphQLSchema {
    return this.build().schema;
  }

  /** Types whose objects are recorded wherever they are shown. */
  get protectedTypes(): ProtectedTypes {
    return this.build().protectedTypes;
  }

  private build(): Built {
    this.built ??= buildFederated(this.parts, this.policies);
    return this.built;
  }

  /** Opens its database, migrates it and fills its reference tables. @throws OperatorError */
  async open(options: OpenOptions): Promise<OpenSubgraph> {
    const { name, entities, migrations, references, mutations = [] } = this.parts;
    const { clock = systemClock, log = pino({ level: 'silent' }), store, door = closedDoor, audit } = options;
    const { databaseUrl: url, limits, onMigration, cursors = Cursors.ofThisProcess(name) } = options;
    const prepare = (database: Database) => seedReferences(database, references);
    const database = await Database.open({ url, name, entities, migrations, prepare, limits, log, onMigration });
    if (audit && mutations.length > 0) await settle(database, audit, log);
    return new OpenSubgraph(this, database, clock, log, door, cursors, store, audit);
  }
}

/** A record that cannot be written yet keeps the subgraph from being ready, not from starting. */
async function settle(database: Database, audit: AuditLog, log: Logger): Promise<void> {
  try {
    const changes = await settleRecord(database, audit);
    if (changes > 0) log.warn({ changes }, 'recorded changes that an earlier process committed and did not record');
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
  }
}

/** A subgraph that can answer. */
export class OpenSubgraph {
  /** What it has answered, for operators. */
  readonly operations = new OperationCounts();
  private readonly documents = new Map<string, DocumentNode | readonly GraphQLError[]>();
  private background: Background | undefined;
  /** Undefined where no record is kept. */
  private readonly undecided: UndecidedChanges | undefined;
  /** Why it was not ready when readiness was last asked for. */
  private reason: string | undefined;

  constructor(
    readonly subgraph: Subgraph,
    readonly database: Database,
    readonly clock: Clock,
    readonly log: Logger,
    readonly door: Door,
    private readonly cursors: Cursors,
    readonly store?: ContentStore,
    readonly audit?: AuditLog,
  ) {
    this.undecided = audit && new UndecidedChanges(database, audit, log);
  }

  /** Takes and gives its files; undefined when it has none, or nowhere to keep them. */
  get files(): FileExchange | undefined {
    return this.store && this.subgraph.parts.files?.(this, this.store);
  }

  get name(): string {
    return this.subgraph.name;
  }

  /** What the resolvers of one request share. Its loaders must not outlive it. */
  context(principal: Principal | null, origin: Origin | null = null, cancellation?: Cancellation): Context {
    const { clock, cursors } = this;
    const key = principal ? personKey(principal) : origin?.address ? addressKey(origin.address) : 'the public';
    const database = this.database.for({ key, cancellation });
    const reader = new Reader(this.subgraph.policies, principal);
    const reads = new Reads();
    let isChanged = false;
    return {
      database,
      loaders: new Loaders(database, clock, reader, cursors, reads, this.subgraph.protectedTypes),
      cursors,
      clock,
      requestId: origin?.request ?? null,
      principal,
      reader,
      reads,
      record: async (what) => {
        await this.audit?.append(principal, origin, this.decided(what), isChanged && what.kind !== 'attempt');
      },
      undecided: (change) => this.undecided?.add({ ...change, who: principal, origin }),
      accessLog: async (sought, span) => {
        if (!this.audit) throw new RequestError('RECORD_UNAVAILABLE', `${this.name} keeps no record here`);
        return this.audit.search(sought, span);
      },
      changed: () => {
        isChanged = true;
        this.background?.nudge();
      },
    };
  }

  /** Marks the first line of a change whose commit was unknown as that of the change, not of its repetition. */
  private decided(what: Happening): Happening {
    const wasUndecided = what.kind === 'change' && what.key !== undefined && this.undecided?.remove(what.key);
    return wasUndecided && what.replayed ? { ...what, replayed: false, recovered: true } : what;
  }

  /** Starts to publish events, to act on those of others, and to do what falls due. */
  startBackground(options: BackgroundOptions): void {
    const { name, database, clock, log } = this;
    const { handlers = [], schedule = [], mutations = [] } = this.subgraph.parts;
    if (handlers.length + schedule.length + mutations.length === 0) return;
    this.background = new Background({ name, database, clock, log, handlers, schedule, store: this.store }, options);
    this.background.start();
  }

  /** The background work in numbers; undefined when the subgraph has none, or it has not started. */
  async backgroundStatus(): Promise<BackgroundStatus | undefined> {
    return this.background?.status();
  }

  /** Messages on the event bus that no subgraph signed, by what they claimed to be. */
  get unsignedMessages(): ReadonlyMap<string, number> {
    return this.background?.unsigned ?? new Map();
  }

  /** Answers a request, as the HTTP server does, without a socket; unexpected errors are logged and lose their insides. */
  async execute(request: SubgraphRequest): Promise<SubgraphResponse> {
    const response = await this.answer(request);
    this.operations.count(response.errors);
    return response;
  }

  private async answer(request: SubgraphRequest): Promise<SubgraphResponse> {
    const { query, variables, operationName, headers = {}, cancellation } = request;
    let contextValue: Context;
    try {
      contextValue = this.context(await this.door.enter(headers), originOf(headers), cancellation);
    } catch (error) {
      return { errors: [(error as GraphQLError).toJSON()] };
    }
    const document = this.document(query);
    if (!('kind' in document)) return { errors: document.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) };
    const { data, errors } = await execute({
      schema: this.subgraph.schema,
      document,
      variableValues: variables,
      operationName,
      contextValue,
    });
    const unrecorded = await this.recordReads(contextValue);
    if (unrecorded) return { data: null, errors: [unrecorded] };
    // without data nothing was run: what is wrong is the request, a variable's value above all
    if (data === undefined) return { errors: errors?.map((error) => withCode(error, 'BAD_USER_INPUT')) };
    return {
      data,
      errors: errors && this.publicErrors(errors, contextValue.requestId ?? undefined),
    };
  }

  private publicErrors(errors: readonly GraphQLError[], requestId: string | undefined): GraphQLFormattedError[] {
    const list = new ErrorList();
    for (const error of errors)
      if (list.isFull) list.omit(1);
      else list.add(publicError(error.toJSON(), error, this.log, requestId));
    return list.toArray();
  }

  /** Records what a request has read before it is answered; what cannot be recorded is not answered. */
  async recordReads({ reads, record }: Context): Promise<GraphQLFormattedError | undefined> {
    const { objects, uses } = reads;
    if (objects.length + uses.length === 0) return undefined;
    try {
      await record({ kind: 'read', objects, ...(uses.length > 0 ? { uses } : {}) });
      return undefined;
    } catch (error) {
      return (error as GraphQLError).toJSON();
    }
  }

  /** Parsed and validated once per text; the gateway sends the same few texts over and over. */
  private document(query: string): DocumentNode | readonly GraphQLError[] {
    let document = this.documents.get(query);
    if (!document) {
      try {
        const parsed = parse(query);
        const errors = validate(this.subgraph.schema, parsed);
        document = errors.length > 0 ? errors : parsed;
      } catch (error) {
        document = [error as GraphQLError];
      }
      if (this.documents.size >= 1_000) this.documents.delete(this.documents.keys().next().value!);
      this.documents.set(query, document);
    }
    return document;
  }

  /** Whether its database answers and accepts writes, and its record can be written. Logs why not, once per change. */
  async isReady(): Promise<boolean> {
    const reasons = await Promise.all([this.database.notReady(), this.audit?.notReady()]);
    const reason = reasons.filter((one) => one !== undefined).join('; ') || undefined;
    if (reason !== this.reason) {
      if (reason) this.log.error({ subgraph: this.name, reason }, 'not ready');
      else this.log.info({ subgraph: this.name }, 'ready again');
      this.reason = reason;
    }
    return reason === undefined;
  }

  async close(): Promise<void> {
    this.undecided?.close();
    await this.background?.stop();
    await this.database.close();
    await this.audit?.close();
  }
}

/** Without these tables, every mutation would fail at its first statement. @throws Error that says what to add */
function requireWorkTables({ name, entities, mutations = [], handlers = [], schedule = [] }: SubgraphParts): void {
  if (mutations.length + handlers.length + schedule.length === 0) return;
  const missing = workTables.filter((table) => !entities.includes(table));
  if (missing.length > 0)
    throw new Error(
      `Subgraph ${name} has mutations, handlers or scheduled tasks, which need tables: add "...workTables" of #kit/events/tables to its entities, and draft a migration. Missing: ${missing.map((table) => modelOf(table).name).join(', ')}`,
    );
}

/** An error as it is sent, under a code where it has none. */
function withCode(error: GraphQLError, code: string): GraphQLFormattedError {
  const formatted = error.toJSON();
  return { ...formatted, extensions: { code, ...formatted.extensions } };
}

function buildFederated(
  { name: subgraph, owners, entities, stubs, resolvers, mutations = [] }: SubgraphParts,
  policies: Policies,
): Built {
  settleLists();
  requireDistinctMembers();
  const types = entities.filter((entity) => modelOf(entity).published);
  for (const entity of types) {
    connectionOf(entity);
    policies.of(entity);
  }
  const plain = buildSchemaSync({
    resolvers: [
      ...resolvers,
      accessLogRoot(subgraph),
      ...(mutations.length > 0 ? [mutationsOf(mutations)] : []),
    ] as never,
    orphanedTypes: [...types, ...stubs] as never,
    validate: false,
    skipCheck: true,
  });
  const { sdl, carriers } = publish(plain, { subgraph, owners, models: [...types, ...stubs] });
  const references: Record<string, object> = {};
  for (const type of [...types, ...stubs])
    references[modelOf(type).name] = { __resolveReference: referenceResolver(type) };
  const map = createResolversMap(plain) as Record<string, object>;
  for (const [name, resolver] of Object.entries(references)) map[name] = { ...(map[name] ?? {}), ...resolver };
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: map as never });
  const models = [...types, ...stubs];
  enforce(schema, models, policies, carriers);
  const protectedTypes = protectedTypesOf(schema, models, policies);
  recordObjects(schema, models, protectedTypes);
  return { sdl, schema, protectedTypes };
}

function referenceResolver(type: ModelClass) {
  const { keyField, stored, name } = modelOf(type);
  return (reference: Record<string, unknown>, context: Context): unknown => {
    const value = reference[keyField];
    if (typeof value !== 'string')
      throw new GraphQLError(`A reference to ${name} needs its ${keyField} as a string`, {
        extensions: { code: 'INVALID_REFERENCE' },
      });
    return stored ? context.loaders.byKey(type).load(value) : stubOf(type, value);
  };
}
