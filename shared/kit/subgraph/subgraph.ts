import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import pino, { type Logger } from 'pino';
import { buildSchemaSync, createResolversMap } from 'type-graphql';
import type { Cancellation } from '#base/cancellation';
import { type Clock, systemClock } from '#base/clock';
import type { ErrorCode } from '#base/error-codes';
import { ErrorList } from '#base/error-list';
import { RequestError } from '#base/errors';
import type { FileExchange } from '#base/files/exchange';
import { addressKey } from '#base/http/address';
import { publicError } from '#base/http/errors';
import { type Origin, originOf } from '#base/http/origin';
import { closedDoor, type Door } from '#base/identity/door';
import { type Principal, personKey } from '#base/identity/principal';
import { declareRoles, type RoleSpecs } from '#base/identity/roles';
import { parsedDocuments } from '#base/parsed-documents';
import { WITHHELD_HEADER } from '#base/withheld';
import { WORK_HEADER } from '#base/work';
import { aggregateTypesOf } from '../aggregates/types';
import { accessLogRoot } from '../audit/access-log';
import { type AuditLog, RecordUnavailableError } from '../audit/audit-log';
import type { Happening } from '../audit/entry';
import { Reads } from '../audit/reads';
import { settleRecord } from '../audit/settle';
import { UndecidedChanges } from '../audit/undecided';
import { connectionOf } from '../collection/connection';
import { Cursors } from '../collection/cursor';
import { settleFilters } from '../collection/filters';
import { Loaders } from '../collection/loaders';
import { Database } from '../database/database';
import type { DatabaseLimits } from '../database/limits';
import type { Migration, MigrationProgress } from '../database/migrations';
import { encryptExisting } from '../encryption/existing';
import type { WrappingKeys } from '../encryption/wrapping-keys';
import type { EventHandler } from '../events/inbox';
import { bulkTables, workTables } from '../events/tables';
import type { ContentStore } from '../files/content-store';
import type { Importer } from '../import/importer';
import { requireDistinctMembers } from '../model/members';
import { type ModelClass, modelOf, stubOf } from '../model/model';
import { passPlainArguments } from '../model/plain-arguments';
import type { Actors } from '../mutation/actors';
import { type AnyMutation, isBulk } from '../mutation/bulk';
import { mutationsOf } from '../mutation/mutation';
import { enforce } from '../policy/enforcement';
import { Policies, type Policy, Reader } from '../policy/policy';
import { type ProtectedTypes, protectedTypesOf } from '../policy/protected-types';
import { recordObjects } from '../policy/recording';
import { Withholdings } from '../policy/withholdings';
import { settleWords } from '../search/word-index';
import { Background, type BackgroundOptions, type BackgroundStatus } from './background';
import type { Context } from './context';
import type { ExerciseScope, ExerciseTable } from './exercise';
import { OperationCounts } from './operation-counts';
import { publish } from './published';
import { type ReferenceTable, seedReferences } from './references';
import type { ScheduledTask } from './schedule';
import { Services } from './services';
import { measure, Work } from './work';

/** Parts of a subgraph, listed in its `subgraph.ts`. */
export interface SubgraphParts {
  /** Name in the supergraph and of the database, in lower case. */
  readonly name: string;
  /** Content of the subgraph in one sentence. */
  readonly description: string;
  /** Keys of the agencies that own its data. */
  readonly owners: readonly string[];
  /** Roles that its policies name. */
  readonly roles: RoleSpecs;
  /** Capacities in which callers change objects, by role: the actors of mutations and of state machines. */
  readonly actors?: Actors;
  /** Classes with a table: models and link tables, parents before children. */
  readonly entities: readonly ModelClass[];
  /** Entities of other subgraphs that it references or adds fields to. */
  readonly stubs: readonly ModelClass[];
  readonly resolvers: readonly ModelClass[];
  readonly migrations: readonly Migration[];
  readonly references: readonly ReferenceTable[];
  readonly importers: readonly Importer[];
  /** Access policies: one entry per entity. */
  readonly policies: readonly (readonly [ModelClass, Policy])[];
  readonly mutations?: readonly AnyMutation[];
  /** Handlers of events of other subgraphs. */
  readonly handlers?: readonly EventHandler[];
  readonly schedule?: readonly ScheduledTask[];
  /** Invented rows, all marked by {@link exerciseFlag}, if they need nothing of other subgraphs. */
  readonly exercise?: (scope: ExerciseScope) => readonly ExerciseTable[];
  /** File transfers, if the subgraph has files. */
  readonly files?: (open: OpenSubgraph, store: ContentStore) => FileExchange;
  /** Routes besides `/graphql` that gateways may use, if it has any. */
  readonly routes?: (open: OpenSubgraph, routes: SubgraphRoutes) => void;
}

/** Where a subgraph adds routes. Requests without a valid identity do not reach them. */
export interface SubgraphRoutes {
  readonly server: FastifyInstance;
  /** The caller of a request; null is the public. */
  readonly principalOf: (request: FastifyRequest) => Principal | null;
}

/** A GraphQL request to a subgraph. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  /** HTTP headers of the request, with lower-case names. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Cancels its statements when the caller disconnects. */
  readonly cancellation?: Cancellation;
}

export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  /** Headers of the HTTP response. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenOptions {
  readonly databaseUrl: string;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Store of file contents. */
  readonly store?: ContentStore;
  /** Authenticates gateways; rejects every request by default. */
  readonly door?: Door;
  /** Record of reads and changes; none by default. */
  readonly audit?: AuditLog;
  /** Seals cursors with a key that replicas share. By default a random key of this process. */
  readonly cursors?: Cursors;
  /** What the process lends to the subgraph; nothing by default. */
  readonly services?: readonly object[];
  /** Limits of database connections. */
  readonly limits?: DatabaseLimits;
  /** Keys that wrap the data keys of persons. By default a random key of this process. */
  readonly wrappingKeys?: WrappingKeys;
  /** Called after each statement of a migration. */
  readonly onMigration?: (progress: MigrationProgress) => void;
}

interface Built {
  readonly sdl: string;
  readonly schema: GraphQLSchema;
  readonly protectedTypes: ProtectedTypes;
}

/** A subgraph without a database: its published and executable schemas. */
export class Subgraph {
  private built: Built | undefined;
  readonly policies: Policies;

  constructor(readonly parts: SubgraphParts) {
    requireWorkTables(parts);
    requireActors(parts);
    declareRoles(parts.roles);
    this.policies = new Policies(parts.policies);
  }

  get name(): string {
    return this.parts.name;
  }

  /** Published schema, in the Federation 2 schema language. */
  get sdl(): string {
    return this.build().sdl;
  }

  get schema(): GraphQLSchema {
    return this.build().schema;
  }

  /** Types whose objects are recorded whenever they are returned. */
  get protectedTypes(): ProtectedTypes {
    return this.build().protectedTypes;
  }

  private build(): Built {
    this.built ??= buildFederated(this.parts, this.policies);
    return this.built;
  }

  /** Opens and migrates the database, and writes the reference tables. @throws OperatorError */
  async open(options: OpenOptions): Promise<OpenSubgraph> {
    const { name, entities, migrations, references, mutations = [] } = this.parts;
    const { clock = systemClock, log = pino({ level: 'silent' }), store, door = closedDoor, audit } = options;
    const { databaseUrl: url, limits, onMigration, wrappingKeys, cursors = Cursors.ofThisProcess(name) } = options;
    const services = new Services(options.services);
    const prepare = async (database: Database) => {
      await seedReferences(database, references);
      const repaired = await settleWords(database, entities);
      if (repaired > 0) log.info({ objects: repaired }, 'indexed names and titles for searches');
      const objects = await encryptExisting(database, entities, (done, total) =>
        onMigration?.({ database: name, migration: 'encryption of personal data', done, total }),
      );
      if (objects > 0) log.info({ objects }, 'encrypted personal data of an earlier release');
    };
    const base = { url, name, entities, migrations, limits, log };
    const database = await Database.open({ ...base, prepare, onMigration, wrappingKeys });
    if (audit && mutations.length > 0) await settle(database, audit, log);
    return new OpenSubgraph(this, database, clock, log, door, cursors, services, store, audit);
  }
}

/** A record that cannot be written yet makes the subgraph not ready, but does not stop it from starting. */
async function settle(database: Database, audit: AuditLog, log: Logger): Promise<void> {
  try {
    const changes = await settleRecord(database, audit);
    if (changes > 0) log.warn({ changes }, 'recorded changes that an earlier process committed without recording');
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
  }
}

/** Maximum estimated bytes of parsed operations. */
const MAX_PARSED_BYTES = 64 * 1024 * 1024;

/** A subgraph with a database, which can answer requests. */
export class OpenSubgraph {
  /** Counts of answered operations, for metrics. */
  readonly operations = new OperationCounts();
  private readonly documents = parsedDocuments<DocumentNode | readonly GraphQLError[]>(MAX_PARSED_BYTES);
  private background: Background | undefined;
  /** Undefined without a record. */
  private readonly undecided: UndecidedChanges | undefined;
  /** Reason why the last readiness check failed. */
  private reason: string | undefined;

  constructor(
    readonly subgraph: Subgraph,
    readonly database: Database,
    readonly clock: Clock,
    readonly log: Logger,
    readonly door: Door,
    private readonly cursors: Cursors,
    readonly services: Services,
    readonly store?: ContentStore,
    readonly audit?: AuditLog,
  ) {
    this.undecided = audit && new UndecidedChanges(database, audit, log);
  }

  /** File transfers; undefined without files or without a store. */
  get files(): FileExchange | undefined {
    return this.store && this.subgraph.parts.files?.(this, this.store);
  }

  get name(): string {
    return this.subgraph.name;
  }

  /** Creates the context of one request. Its loaders must not outlive the request. */
  context(principal: Principal | null, origin: Origin | null = null, cancellation?: Cancellation): Context {
    const { clock, cursors, services } = this;
    const key = principal ? personKey(principal) : origin?.address ? addressKey(origin.address) : 'the public';
    const database = this.database.for({ key, cancellation });
    const reader = new Reader(this.subgraph.policies, principal);
    const reads = new Reads();
    const withheld = new Withholdings(reader);
    let isChanged = false;
    return {
      database,
      loaders: new Loaders(database, clock, reader, cursors, reads, this.subgraph.protectedTypes, withheld),
      cursors,
      clock,
      services,
      cancellation,
      requestId: origin?.request ?? null,
      principal,
      reader,
      withheld,
      work: new Work(),
      reads,
      record: async (...what) => {
        const { audit } = this;
        if (!audit) return;
        // appended in one turn of the event loop, and so in one write
        await Promise.all(
          this.decided(what).map((happening) =>
            audit.append(principal, origin, happening, isChanged && happening.kind !== 'attempt'),
          ),
        );
      },
      undecided: (change) => this.undecided?.add({ ...change, who: principal, origin }),
      accessLog: async (criteria, span) => {
        if (!this.audit) throw new RequestError('RECORD_UNAVAILABLE', `No record is configured for ${this.name}`);
        return this.audit.search(criteria, span);
      },
      changed: () => {
        isChanged = true;
        this.background?.nudge();
      },
    };
  }

  /** Records the first replay of a change with an unknown commit as the change itself. */
  private decided(what: readonly Happening[]): readonly Happening[] {
    const [first] = what;
    const wasUndecided = first?.kind === 'change' && first.key !== undefined && this.undecided?.remove(first.key);
    if (!wasUndecided) return what;
    return what.map((happening) =>
      happening.kind === 'change' && happening.replayed
        ? { ...happening, replayed: false, recovered: true }
        : happening,
    );
  }

  /** Starts the background work: publishing events, handling events of others, and scheduled tasks. */
  startBackground(options: BackgroundOptions): void {
    const { name, database, clock, log } = this;
    const { handlers = [], schedule = [], mutations = [] } = this.subgraph.parts;
    if (handlers.length + schedule.length + mutations.length === 0) return;
    this.background = new Background({ name, database, clock, log, handlers, schedule, store: this.store }, options);
    this.background.start();
  }

  /** Undefined if the subgraph has no background work or has not started it. */
  async backgroundStatus(): Promise<BackgroundStatus | undefined> {
    return this.background?.status();
  }

  /** Number of event bus messages without a valid signature, by claimed kind. */
  get unsignedMessages(): ReadonlyMap<string, number> {
    return this.background?.unsigned ?? new Map();
  }

  /** Answers a request like the HTTP server, without a socket. Logs unexpected errors and hides their details. */
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
    // without data, nothing ran: the request itself is invalid, for example a variable
    if (data === undefined) return { errors: errors?.map((error) => withCode(error, 'BAD_USER_INPUT')) };
    return {
      data,
      errors: errors && this.publicErrors(errors, contextValue.requestId ?? undefined),
      headers: headersOf(contextValue),
    };
  }

  private publicErrors(errors: readonly GraphQLError[], requestId: string | undefined): GraphQLFormattedError[] {
    const list = new ErrorList();
    for (const error of errors)
      if (list.isFull) list.omit(1);
      else list.add(publicError(error.toJSON(), error, this.log, requestId));
    return list.toArray();
  }

  /** Records the reads of a request before the response. @returns an error to respond with if recording fails */
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

  /** Parses and validates once per text, since the gateway keeps sending the same few texts. */
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
      this.documents.set(query, document);
    }
    return document;
  }

  /** Whether the database accepts writes and the record can be written. Logs the reason when it changes. */
  async isReady(): Promise<boolean> {
    const reasons = await Promise.all([this.database.notReady(), this.audit?.notReady()]);
    const reason = reasons.filter((part) => part !== undefined).join('; ') || undefined;
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

/** What a subgraph tells the gateway besides its answer. */
export function headersOf({ withheld, work }: Context): Record<string, string> {
  const { header } = withheld;
  const units = { [WORK_HEADER]: String(work.units) };
  return header ? { ...units, [WITHHELD_HEADER]: header } : units;
}

/** Without these tables, every mutation would fail at its first statement. @throws Error that says what to add */
function requireWorkTables({ name, entities, mutations = [], handlers = [], schedule = [] }: SubgraphParts): void {
  if (mutations.length + handlers.length + schedule.length === 0) return;
  const missingOf = (tables: readonly ModelClass[]) => tables.filter((table) => !entities.includes(table));
  const names = (tables: readonly ModelClass[]) => tables.map((table) => modelOf(table).name).join(', ');
  const missing = missingOf(workTables);
  if (missing.length > 0)
    throw new Error(
      `Subgraph ${name} has mutations, handlers, or scheduled tasks, which need tables: add "...workTables" of #kit/events/tables to its entities, and draft a migration. Missing: ${names(missing)}`,
    );
  const missingOfBulk = mutations.some(isBulk) ? missingOf(bulkTables) : [];
  if (missingOfBulk.length > 0)
    throw new Error(
      `Subgraph ${name} has bulk mutations, which need tables: add "...bulkTables" of #kit/events/tables to its entities, and draft a migration. Missing: ${names(missingOfBulk)}`,
    );
}

/** Without a role that acts as one of its actors, no caller could call a mutation. @throws Error that says what to add */
function requireActors({ name, mutations = [], actors = {} }: SubgraphParts): void {
  const acting = new Set(Object.values(actors));
  for (const mutation of mutations)
    if (!mutation.by.some((actor) => acting.has(actor)))
      throw new Error(
        `No role of subgraph ${name} acts as ${mutation.by.join(' or ')}, so no caller can call ${mutation.name}: add the role to "actors" in subgraph.ts`,
      );
}

/** Formats an error, with a default code. */
function withCode(error: GraphQLError, code: ErrorCode): GraphQLFormattedError {
  const formatted = error.toJSON();
  return { ...formatted, extensions: { code, ...formatted.extensions } };
}

function buildFederated(
  { name: subgraph, owners, roles, entities, stubs, resolvers, mutations = [], actors = {} }: SubgraphParts,
  policies: Policies,
): Built {
  const types = entities.filter((entity) => modelOf(entity).published);
  for (const entity of types) {
    connectionOf(entity);
    policies.of(entity);
  }
  settleFilters();
  requireDistinctMembers();
  const plain = buildSchemaSync({
    resolvers: [
      ...resolvers,
      accessLogRoot(subgraph),
      ...(mutations.length > 0 ? [mutationsOf(mutations, actors)] : []),
    ] as never,
    orphanedTypes: [...types, ...stubs] as never,
    validate: false,
    skipCheck: true,
  });
  passArguments(plain, types, [...types, ...stubs], resolvers);
  const { sdl, carriers } = publish(plain, {
    ...{ subgraph, owners, roles, mutations, actors },
    models: [...types, ...stubs],
  });
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
  measure(schema, models);
  return { sdl, schema, protectedTypes };
}

/** Calls the methods of lists and figures with their arguments as they are. */
function passArguments(
  schema: GraphQLSchema,
  listed: readonly ModelClass[],
  models: readonly ModelClass[],
  roots: readonly ModelClass[],
): void {
  const classes: [name: string, target: ModelClass][] = [
    ...roots.map((root): [string, ModelClass] => ['Query', root]),
    ...models.map((target): [string, ModelClass] => [modelOf(target).name, target]),
    ...listed.flatMap((target): [string, ModelClass][] => [
      [`${modelOf(target).name}Connection`, connectionOf(target).connection],
      [`${modelOf(target).name}Aggregates`, aggregateTypesOf(target).aggregates],
    ]),
  ];
  for (const [name, target] of classes) {
    const type = schema.getType(name);
    if (isObjectType(type)) passPlainArguments(type, target);
  }
}

function referenceResolver(type: ModelClass) {
  const { keyField, stored, name } = modelOf(type);
  return (reference: Record<string, unknown>, context: Context): unknown => {
    const value = reference[keyField];
    if (typeof value !== 'string')
      throw new GraphQLError(`Invalid reference to ${name}: "${keyField}" must be a string`, {
        extensions: { code: 'INVALID_REFERENCE' },
      });
    return stored ? context.loaders.byKey(type).load(value) : stubOf(type, value);
  };
}
