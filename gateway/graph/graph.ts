import {
  type DocumentNode,
  executeSync,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  parse,
  printSchema,
  type VariableDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Cancellation } from '#base/cancellation';
import type { Principal } from '#base/identity/principal';
import { declareRoles } from '#base/identity/roles';
import { readWork, WORK_HEADER } from '#base/work';
import type { GatewayConfig } from '../config';
import { Calls, type CallsOptions } from '../execution/calls';
import { CompiledOperation, type Schemas } from '../execution/compile/compile';
import { deferralOf } from '../execution/deferred/deferral';
import { DeferredExecution } from '../execution/deferred/deferred-execution';
import {
  Incremental,
  type IncrementalAnswer,
  type SeparateFragment,
  type Started,
} from '../execution/deferred/incremental';
import type { Introspected } from '../execution/general/complete';
import { Execution, type ExecutionResult } from '../execution/general/execution';
import { InFlight } from '../execution/in-flight';
import { SliceRun } from '../execution/slices/run';
import { TypeConditions } from '../execution/types';
import { NodeDirectory } from '../nodes/directory';
import { NODES } from '../nodes/schema';
import { NodesTransport } from '../nodes/transport';
import { decided, variablesOfConditions } from '../operation/conditions';
import { type DeferredOperation, divideAtRoot, normalizeDeferred } from '../operation/defer';
import { DocumentCache, derivedBytes } from '../operation/document-cache';
import { exactVariables } from '../operation/exact-variables';
import { Matches } from '../operation/matches';
import { type NormalizedOperation, normalize, operationOf } from '../operation/normalize';
import { type Unreserved, withoutReservedVariables } from '../operation/reserved-variables';
import { requireOwnership } from '../ownership/ownership';
import type { Asker } from '../planning/cache/planning';
import { type PlanLimits, Plans, planBytes, type SharedPlans } from '../planning/cache/plans';
import { PlanningError } from '../planning/errors';
import type { QueryPlan } from '../planning/plan';
import type { Planner } from '../planning/planner';
import type { PlanCounts } from '../planning/tasks';
import type { Spending, SpendingDetails } from '../policy/budgets';
import { type Cost, Costs, type DearList } from '../policy/cost';
import { rolesOf } from '../policy/roles';
import { SchemaRules } from '../policy/schema-rules';
import { SchemaSize } from '../policy/schema-size';
import { type Handling, Sensitivities } from '../policy/sensitivity';
import { type ArgumentText, argumentText, textWithin } from '../policy/text';
import { WithheldEntries, type WithheldExtension } from '../policy/withheld';
import { costOfAnswer, costOfExpansion } from '../policy/work';
import { invalidSupergraph, readSupergraph } from '../supergraph/supergraph';
import type { TraceExtension } from '../trace/extension';
import type { OperationTrace } from '../trace/trace';
import { PlanVisibility } from '../trace/visible-operation';
import type { Breaker } from '../transport/breaker';
import type { SubgraphWatch } from '../transport/subgraph-watch';
import type { SubgraphAnswer, Transport } from '../transport/transport';
import { apiSchemaIn } from './api-schema';
import { ContractSchemas } from './contract-schema';
import { annotatedSchemaText, type SchemaText, schemaText } from './schema-text';

export interface GraphParts {
  readonly supergraphSdl: string;
  readonly planner: (supergraphSdl: string) => Planner;
  readonly planLimits: PlanLimits;
  readonly sharedPlans?: (supergraphSdl: string, planner: Planner['name'], subgraphs: readonly string[]) => SharedPlans;
  readonly transport: (subgraph: { name: string; url: string }) => Transport;
  /** Timeout of one fetch in milliseconds. */
  readonly fetchTimeoutMs: number;
  /** Observes the results of subgraph calls; outlives this supergraph. */
  readonly watch?: SubgraphWatch;
  /** Whether fields that the caller may not read become null or reject the operation. */
  readonly unauthorizedFields?: GatewayConfig['unauthorizedFields'];
  /** Maximum characters of text in the arguments of an operation, with its fragments and variables expanded; without a limit by default. */
  readonly maxText?: number;
}

/** One request to the graph. Its document is valid against {@link Graph.apiSchema}. */
export interface GraphRequest {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Forwarded to subgraphs. */
  readonly headers: Readonly<Record<string, string>>;
  /** Signed identity headers by subgraph. */
  readonly identities?: { get(subgraph: string): Readonly<Record<string, string>> | undefined };
  /** The caller and anything else that may change an answer; requests of one scope may share answers. */
  readonly scope: string;
  readonly deadline: number;
  readonly cancellation?: Cancellation;
  /** Called with the estimated cost before any subgraph call. @throws CostError if the cost exceeds a limit */
  readonly spend?: (cost: number, details?: SpendingDetails) => Spending | Promise<Spending>;
  /** Called with what an operation really cost, once it is answered. */
  readonly settle?: (spending: Spending, actual: number) => void;
  /** Called with the cost of work that no estimate covers. */
  readonly charge?: (cost: number) => void;
  /** Whose operations wait for each other while they are planned, or where a subgraph is busy; undefined for the gateway itself. */
  readonly payer?: string;
  /** The caller; null for the public. */
  readonly principal?: Principal | null;
  /** Called before the operation is planned. @param selections with its fragments expanded */
  readonly chargePlanning?: (selections: number) => void;
  /** Collects the headers of subgraph responses to an answer in parts, which grow as they arrive. */
  readonly heard?: (readonly SubgraphAnswer['headers'][])[];
  /** Counts the bytes of subgraph responses that an answer in parts keeps in memory. */
  readonly keep?: (bytes: number) => void;
  /** Records the plan and the timing, for callers who ask for a trace. */
  readonly trace?: OperationTrace;
}

/** Response extensions of an answer. */
export interface AnswerExtensions {
  /** Handling instructions, if the supergraph states sensitivity classes. */
  readonly sensitivity?: Handling;
  readonly cost?: Spending;
  /** Rules that limit what the caller reads, if any do. */
  readonly withheld?: WithheldExtension;
  /** The plan and the timing, if the caller asked for them and may see the schema. */
  readonly trace?: TraceExtension;
}

export type GraphResult =
  | (ExecutionResult & { readonly extensions?: AnswerExtensions })
  | {
      readonly data?: undefined;
      readonly errors: readonly GraphQLFormattedError[];
      readonly answered: readonly [];
      readonly extensions?: undefined;
    };

/** Maximum estimated bytes of cached normalized operations. */
const MAX_NORMALIZED_BYTES = 64 * 1024 * 1024;

/** An operation as clients sent it. */
export interface SourceOperation {
  readonly source: string;
  readonly operationName: string | undefined;
  /** Values of the variables used in conditions. */
  readonly conditions?: Readonly<Record<string, boolean>>;
}

/** What the schemas of all contracts over one supergraph share. */
interface Core {
  readonly document: DocumentNode;
  readonly whole: GraphQLSchema;
  readonly types: TypeConditions;
  readonly planner: Planner;
  readonly plans: Plans<CompiledOperation>;
  /** Of the API schema without a contract, by which plans are compiled. */
  readonly schemas: Schemas;
  readonly costs: Costs;
  readonly sensitivities: Sensitivities | undefined;
  readonly nodes: NodeDirectory | undefined;
  readonly contracts: ContractSchemas;
  readonly subgraphs: readonly string[];
  readonly transports: ReadonlyMap<string, Transport>;
  /** Whether all transports return responses as bytes. */
  givesBytes: boolean;
  /** Executions, and those whose answers were sliced from subgraph responses. */
  readonly counts: { executions: number; sliced: number };
  /** Calls by subgraph and result. */
  readonly callCounts: Map<string, Map<string, number>>;
  /** Graphs of contracts that were asked for. */
  readonly graphs: Map<string, Graph>;
}

/** One schema that clients see of a supergraph in service. All of them share the planner, plans, and transports. */
export class Graph {
  /** Access rules, if the supergraph states any. */
  readonly rules: SchemaRules | undefined;
  /** Conditions on the fields of other subgraphs' objects, if the supergraph has any. */
  readonly matches: Matches | undefined;
  readonly withheld: WithheldEntries;
  /** What traces may show of plans. */
  private visibility: PlanVisibility | undefined;
  private readonly costOf = new WeakMap<CompiledOperation, Cost>();
  private readonly handlingOf = new WeakMap<NormalizedOperation, Handling>();
  private readonly schemas: Schemas;
  private readonly textOf = new WeakMap<OperationDefinitionNode, ArgumentText>();
  private readonly unreservedDocuments = new WeakMap<DocumentNode, Unreserved | null>();
  private apiSchemaText: SchemaText | undefined;
  private annotatedText: Promise<SchemaText> | undefined;
  private readonly schemaSize: SchemaSize;
  private readonly partlyHidden: ReadonlySet<string>;
  /** By operation name and the values of the document's conditions. */
  readonly normalized: DocumentCache<NormalizedOperation>;
  /** Names of the Boolean variables used in the conditions of a document. */
  private readonly conditionsOf = new WeakMap<DocumentNode, readonly string[]>();
  /** Operations whose answer differs from what their plan covers: introspection, the root type's name, and those of contracts. */
  private readonly unshared = new WeakMap<NormalizedOperation, CompiledOperation>();
  /** Cached answers to pure introspection; they depend only on the schema. */
  private readonly schemaAnswers: LRUCache<NormalizedOperation, ExecutionResult>;
  /** Requests in flight, by operation, scope, and variables. */
  private readonly requests = new WeakMap<CompiledOperation, InFlight<ExecutionResult>>();

  private constructor(
    private readonly parts: GraphParts,
    private readonly core: Core,
    readonly apiSchema: GraphQLSchema,
    /** Name of the contract; undefined for the whole graph. */
    readonly contract: string | undefined,
  ) {
    const { document, whole, types } = core;
    const share = contract === undefined ? 1 : CONTRACT_SHARE;
    this.schemas = contract === undefined ? core.schemas : { api: apiSchema, whole, types };
    this.schemaSize = new SchemaSize(apiSchema);
    this.rules = SchemaRules.of(document, apiSchema);
    this.matches = Matches.of(document, apiSchema);
    this.withheld = new WithheldEntries(apiSchema);
    this.partlyHidden = partlyHiddenTypes(whole, apiSchema);
    this.normalized = new DocumentCache(MAX_NORMALIZED_BYTES * share, (normalized) => {
      const { selections, key, text = '' } = normalized;
      const characters = key.length + text.length;
      // its own compiled operation keeps the plan, also when the cache of plans no longer does
      const own = this.sharesOperation(normalized) ? 0 : planBytes(characters);
      return derivedBytes(selections, characters) + own;
    });
    this.schemaAnswers = new LRUCache({
      maxSize: MAX_SCHEMA_ANSWERS,
      sizeCalculation: ({ data }) => data.text.length,
    });
  }

  /** Loads a supergraph. @throws OperatorError when it cannot be served */
  static of(parts: GraphParts): Graph {
    const { supergraphSdl } = parts;
    let planner: Planner | undefined;
    try {
      planner = parts.planner(supergraphSdl);
      // the planner warms up meanwhile
      planner.warmUp?.().catch(() => {});
      const { document, schema: whole, join } = readSupergraph(supergraphSdl);
      requireOwnership(document, join);
      const apiSchema = apiSchemaIn(document);
      const types = new TypeConditions(whole);
      const subgraphs = join.subgraphs.map(({ name }) => name);
      const nodes = NodeDirectory.of(document);
      const transports = new Map<string, Transport>();
      const core: Core = {
        ...{ document, whole, types, planner, subgraphs, nodes, transports },
        plans: new Plans(planner, parts.planLimits, parts.sharedPlans?.(supergraphSdl, planner.name, subgraphs)),
        schemas: { api: apiSchema, whole, types },
        costs: Costs.of(document, whole),
        sensitivities: Sensitivities.of(document, apiSchema),
        contracts: ContractSchemas.of(document),
        givesBytes: false,
        counts: { executions: 0, sliced: 0 },
        callCounts: new Map(),
        graphs: new Map(),
      };
      const graph = new Graph(parts, core, apiSchema, undefined);
      for (const subgraph of join.subgraphs)
        transports.set(
          subgraph.name,
          nodes && subgraph.name === NODES
            ? new NodesTransport(nodes, (name) => transports.get(name)!)
            : parts.transport(subgraph),
        );
      core.givesBytes = [...transports.values()].every(({ shareable }) => shareable);
      // last: a rejected supergraph declares none
      declareRoles(rolesOf(document));
      return graph;
    } catch (error) {
      planner?.close().catch(() => {});
      throw invalidSupergraph(error);
    }
  }

  /** The graph that clients of a contract see; undefined for an unknown one. */
  ofContract(name: string): Graph | undefined {
    const { graphs, contracts } = this.core;
    let graph = graphs.get(name);
    if (graph) return graph;
    const schema = contracts.of(name);
    if (!schema) return undefined;
    graph = new Graph(this.parts, this.core, schema, name);
    graphs.set(name, graph);
    return graph;
  }

  /** Names of the contracts. */
  get contracts(): readonly string[] {
    return this.core.contracts.names;
  }

  /** Graphs of contracts that were asked for. */
  get askedContracts(): readonly Graph[] {
    return [...this.core.graphs.values()];
  }

  get subgraphs(): readonly string[] {
    return this.core.subgraphs;
  }

  get plans(): Plans<CompiledOperation> {
    return this.core.plans;
  }

  get counts(): Core['counts'] {
    return this.core.counts;
  }

  get callCounts(): Core['callCounts'] {
    return this.core.callCounts;
  }

  /** @throws PlanningError, CostError */
  async execute(original: GraphRequest): Promise<GraphResult> {
    const { request, message: messageOf } = this.unreserved(original);
    const {
      document,
      operationName,
      variables = {},
      scope,
      cancellation,
      spend,
      settle,
      charge,
      chargePlanning,
      trace,
    } = request;
    trace?.beginPlanning();
    const { variableDefinitions = [] } = operationOf(document, operationName);
    const { coerced, errors: invalid } = this.variableValues(variableDefinitions, variables);
    if (invalid)
      return {
        errors: invalid.map(({ message, extensions }) => ({
          message: messageOf(message),
          extensions: { ...extensions, code: 'BAD_USER_INPUT', http: { status: 400 } },
        })),
        answered: [],
      };
    this.requireText(document, operationName, coerced);
    const normalized = this.normalize(document, operationName, coerced, charge);
    const planning = trace ? trace.withoutPlan(chargePlanning) : chargePlanning;
    const operation = this.compiled(normalized) ?? (await this.compile(normalized, planning, askerOf(request)));
    trace?.endPlanning(operation);
    const estimated = this.costIn(operation, normalized, coerced) + this.schemaCost(normalized);
    // operations without subgraph calls or other work are free
    const isFree = operation.fetches.length === 0 && estimated === 0;
    const spending = isFree
      ? undefined
      : spend?.(estimated, { dearestList: () => this.dearestListIn(operation, normalized, coerced) });
    const cost = spending instanceof Promise ? await spending : spending;
    const extensions = this.extensions(normalized, operation, cost, coerced);
    const run = async (until?: Cancellation): Promise<ExecutionResult> => {
      this.counts.executions += 1;
      const cached = this.schemaAnswers.get(normalized);
      if (cached) return cached;
      const calls = this.calls(normalized, { ...request, cancellation: until });
      const slices = this.core.givesBytes ? operation.slices() : undefined;
      const data = slices && (await new SliceRun(slices, calls).run());
      if (data) {
        this.counts.sliced += 1;
        return { data, answered: calls.answered };
      }
      const introspected = this.introspected(normalized, variables);
      const execute = (isWary = false) => new Execution(operation, { calls, introspected, isWary }).run();
      // deeply nested data can exhaust the stack; the second run reuses the calls of the first
      const result = await execute().catch((error) => {
        if (error instanceof RangeError) return execute(true);
        throw error;
      });
      const isAboutSchema = introspected && operation.fetches.length === 0 && !result.errors;
      if (isAboutSchema && !readsVariables(normalized)) this.schemaAnswers.set(normalized, result);
      return result;
    };
    const { data, errors, answered } =
      // a traced execution is not shared: its calls would be those of an earlier request
      normalized.kind === 'query' && !trace
        ? await this.inFlight(operation).share(sharingKey(scope, variables, normalized.literals), cancellation, run)
        : await run(cancellation);
    charge?.(costOfAnswer(data.length, estimated));
    if (cost && settle && normalized.kind === 'query' && !errors) {
      const actual = this.actualCost(operation, normalized, coerced, answered);
      if (actual !== undefined) settle(cost, actual);
    }
    return { data, errors, answered, extensions };
  }

  /** Limits the text in an operation's arguments. @throws PlanningError OPERATION_TOO_LARGE */
  requireText(
    document: DocumentNode,
    operationName: string | null | undefined,
    coerced: Readonly<Record<string, unknown>>,
  ): void {
    const operation = operationOf(document, operationName);
    let text = this.textOf.get(operation);
    if (!text) {
      text = argumentText(document, operation);
      this.textOf.set(operation, text);
    }
    textWithin(text, coerced, this.parts.maxText ?? Number.POSITIVE_INFINITY);
  }

  /** Coerced variable values, or the first few errors. */
  private variableValues(
    definitions: readonly VariableDefinitionNode[],
    variables: Readonly<Record<string, unknown>>,
  ): ReturnType<typeof getVariableValues> {
    return getVariableValues(this.apiSchema, definitions, variables, { maxErrors: MAX_VARIABLE_ERRORS });
  }

  /** Renames variables whose names are reserved for planners. */
  private unreserved(request: GraphRequest): { request: GraphRequest; message: (text: string) => string } {
    let unreserved = this.unreservedDocuments.get(request.document);
    if (unreserved === undefined) {
      unreserved = withoutReservedVariables(request.document) ?? null;
      this.unreservedDocuments.set(request.document, unreserved);
    }
    if (!unreserved) return { request, message: (text) => text };
    const { document, variables, message } = unreserved;
    return { request: { ...request, document, variables: variables(request.variables ?? {}) }, message };
  }

  /** Cost of introspection; 0 if the answer is cached. */
  private schemaCost(normalized: NormalizedOperation): number {
    if (!normalized.introspection || this.schemaAnswers.has(normalized)) return 0;
    return this.schemaSize.cost(normalized.introspection);
  }

  /** What an operation cost: its arguments, and the work that subgraphs measured. Undefined unless all of them did. */
  private actualCost(
    operation: CompiledOperation,
    normalized: NormalizedOperation,
    coerced: Readonly<Record<string, unknown>>,
    answered: ExecutionResult['answered'],
  ): number | undefined {
    // introspection and rejected fields have no measure
    if (normalized.introspection) return undefined;
    let actual = this.costsOf(operation).ofArguments?.of({ ...coerced, ...normalized.literals }) ?? 0;
    for (const { [WORK_HEADER]: header } of answered) {
      const work = readWork(header);
      if (work === undefined) return undefined;
      actual += work;
    }
    return actual;
  }

  /** Estimated cost of an operation for its variable values. */
  private costIn(
    operation: CompiledOperation,
    { hasLiterals, literals }: NormalizedOperation,
    coerced: Readonly<Record<string, unknown>>,
  ): number {
    return this.costsOf(operation).of(hasLiterals ? { ...coerced, ...literals } : coerced);
  }

  private costsOf(operation: CompiledOperation): Cost {
    let cost = this.costOf.get(operation);
    if (!cost) {
      cost = this.core.costs.ofPlan(operation.fetches);
      this.costOf.set(operation, cost);
    }
    return cost;
  }

  private dearestListIn(
    { fetches }: CompiledOperation,
    { literals }: NormalizedOperation,
    coerced: Readonly<Record<string, unknown>>,
  ): DearList | undefined {
    return this.core.costs.dearestList(fetches, { ...coerced, ...literals });
  }

  private extensions(
    normalized: NormalizedOperation,
    { fetches }: CompiledOperation,
    cost: Spending | undefined,
    coerced: Readonly<Record<string, unknown>>,
  ): AnswerExtensions | undefined {
    if (!this.core.sensitivities) return cost && { cost };
    let sensitivity = this.handlingOf.get(normalized);
    if (!sensitivity) {
      const root = this.apiSchema.getRootType(normalized.kind)!;
      const subgraphs = fetches.map(({ subgraph }) => subgraph);
      sensitivity = this.core.sensitivities.handlingOf(root, normalized.selectionSet, subgraphs);
      this.handlingOf.set(normalized, sensitivity);
    }
    sensitivity = this.withNodes(sensitivity, normalized, coerced);
    return cost ? { sensitivity, cost } : { sensitivity };
  }

  /**
   * Executes an operation with `@defer`. Undefined if it must be answered whole: mutations, invalid variables, and operations in which
   * conditions leave nothing deferred.
   * @param repeatsFields whether each fragment delivers all its fields, including those already delivered
   * @throws PlanningError, CostError
   */
  async executeIncrementally(
    original: GraphRequest,
    { repeatsFields }: { readonly repeatsFields: boolean },
  ): Promise<
    (IncrementalAnswer & Pick<GraphRequest, 'heard'> & { readonly extensions?: AnswerExtensions }) | undefined
  > {
    const { request } = this.unreserved(original);
    const { document, operationName, variables = {} } = request;
    const { operation: kind, variableDefinitions = [] } = operationOf(document, operationName);
    const { coerced } = this.variableValues(variableDefinitions, variables);
    if (kind !== 'query' || !coerced) return undefined;
    this.requireText(document, operationName, coerced);
    const { rest, fragments } = divideAtRoot(decided(document, coerced), operationName);
    const deferred = this.normalizeDeferred(rest, operationName, request.charge);
    if (fragments.length === 0 && deferred.fragments.length === 0) return undefined;
    const heard: (readonly SubgraphAnswer['headers'][])[] = [];
    const together = { ...request, spend: request.spend && summed(request.spend), heard };
    const { run, extensions: initial } = await this.prepareDeferred(deferred, together, coerced, repeatsFields);
    const extensions = fragments.length > 0 ? this.withHandlingOfAll(initial, request, coerced) : initial;
    const separate = fragments.map(({ label, document: part }): SeparateFragment => {
      const trace = request.trace?.fragment();
      const started = this.startSeparate({ ...together, document: part, trace }, coerced, repeatsFields);
      // the error surfaces when the fragment is awaited
      started.catch(() => {});
      return { label, started };
    });
    return { ...new Incremental().answer(await run(), separate), heard, extensions };
  }

  /** Extensions of an answer with separately planned parts: the strictest part's class applies. */
  private withHandlingOfAll(
    extensions: AnswerExtensions | undefined,
    { document, operationName, charge }: GraphRequest,
    coerced: Readonly<Record<string, unknown>>,
  ): AnswerExtensions | undefined {
    if (!this.core.sensitivities) return extensions;
    const whole = this.normalize(document, operationName, coerced, charge);
    const root = this.apiSchema.getRootType(whole.kind)!;
    const handling = this.core.sensitivities.handlingOf(root, whole.selectionSet, this.subgraphs);
    return { ...extensions, sensitivity: this.withNodes(handling, whole, coerced) };
  }

  /** Adds the handling of the types whose objects an answer finds by global id. */
  private withNodes(
    handling: Handling,
    { selectionSet, literals }: NormalizedOperation,
    coerced: Readonly<Record<string, unknown>>,
  ): Handling {
    if (!this.core.nodes || !this.core.sensitivities) return handling;
    const types = this.core.nodes.typesIn(selectionSet, { ...coerced, ...literals });
    return types.length === 0 ? handling : this.core.sensitivities.withTypes(handling, types);
  }

  /** Starts executing a fragment that was split off an operation. @throws PlanningError, CostError */
  private async startSeparate(
    request: GraphRequest,
    coerced: Readonly<Record<string, unknown>>,
    repeatsFields: boolean,
  ): Promise<Started> {
    const deferred = this.normalizeDeferred(request.document, request.operationName, request.charge);
    if (deferred.fragments.length > 0) {
      const { run } = await this.prepareDeferred(deferred, request, coerced, repeatsFields);
      return run();
    }
    const result = await this.execute(request);
    if (result.data === undefined) throw new Error('Variables valid for an operation are invalid for its fragment');
    request.heard?.push(result.answered);
    return { result };
  }

  /** Plans an operation and charges its estimated cost. */
  private async prepareDeferred(
    deferred: DeferredOperation,
    request: GraphRequest,
    coerced: Readonly<Record<string, unknown>>,
    repeatsFields: boolean,
  ): Promise<{ readonly run: () => Promise<Started>; readonly extensions: AnswerExtensions | undefined }> {
    const { variables = {}, spend, chargePlanning, trace } = request;
    const { whole } = deferred;
    trace?.beginPlanning();
    const operation = await this.compile(
      whole,
      trace ? trace.withoutPlan(chargePlanning) : chargePlanning,
      askerOf(request),
    );
    trace?.endPlanning(operation);
    const parts = deferred.fragments.map(({ path }) => path);
    const estimated = this.core.costs.ofPlan(operation.fetches, parts).of({ ...coerced, ...whole.literals });
    const dearestList = () => this.dearestListIn(operation, whole, coerced);
    const cost = spend && (await spend(estimated + this.schemaCost(whole), { dearestList }));
    const run = async (): Promise<Started> => {
      const deferral = deferralOf(operation, deferred, this.apiSchema, this.schemas.types, repeatsFields);
      if (trace) trace.deferredSteps = deferral.nodes;
      const introspected = this.introspected(whole, variables);
      const calls = this.calls(whole, request);
      request.heard?.push(calls.answered);
      const execution = new DeferredExecution(operation, { calls, introspected, isWary: true }, deferral);
      const { result, deferrals } = await execution.runFirst();
      return { result, later: { execution, deferrals } };
    };
    return { run, extensions: this.extensions(whole, operation, cost, coerced) };
  }

  private calls(normalized: NormalizedOperation, request: GraphRequest): Calls {
    const { headers, identities, scope, payer, deadline, cancellation, heard, keep, trace } = request;
    const variables = exactVariables(request.variables ?? {});
    return new Calls({
      variables: normalized.hasLiterals ? { ...variables, ...normalized.literals } : variables,
      headers,
      identities,
      scope,
      payer,
      deadline,
      fetchTimeoutMs: this.parts.fetchTimeoutMs,
      cancellation,
      transport: this.transport,
      ended: this.ended,
      // a whole answer does not outlive its responses by long
      received: heard && keep,
      trace,
    });
  }

  /** The trace of a request that this graph has answered. */
  traceOf({ trace }: OperationTrace): TraceExtension {
    const { api, whole } = this.schemas;
    this.visibility ??= new PlanVisibility(api, whole, this.rules !== undefined);
    return trace.extension(this.visibility);
  }

  /** Waits for the planner to read the supergraph. @returns false if it cannot */
  async canPlan(): Promise<boolean> {
    await this.core.planner.warmUp?.();
    return this.plannerDeaths === 0;
  }

  /** Plans operations in advance; skips those that are invalid on this supergraph. @returns how many were planned */
  async warmUp(operations: readonly SourceOperation[], maxMs: number): Promise<number> {
    const until = performance.now() + maxMs;
    let warm = 0;
    for (const { source, operationName, conditions = {} } of operations) {
      if (performance.now() > until) break;
      try {
        await this.compile(this.normalize(parse(source, { noLocation: true }), operationName, conditions));
        warm += 1;
        // biome-ignore lint/plugin: an operation of the previous supergraph may be invalid on this one
      } catch {}
    }
    return warm;
  }

  /** Plan counts by planner. */
  get planCounts(): PlanCounts {
    return this.core.planner.counts;
  }

  /** The supergraph that it serves. */
  get supergraphSdl(): string {
    return this.parts.supergraphSdl;
  }

  /** The schema that clients see, as text. */
  printedApiSchema(): SchemaText {
    this.apiSchemaText ??= schemaText(`${printSchema(this.apiSchema)}\n`);
    return this.apiSchemaText;
  }

  /** The same, with the class, owner, and cost of its parts. */
  annotatedSchema(): Promise<SchemaText> {
    if (!this.annotatedText) {
      const text = annotatedSchemaText(this.parts.supergraphSdl);
      this.annotatedText = text;
      // the next request tries again
      text.catch(() => {
        this.annotatedText = undefined;
      });
    }
    return this.annotatedText;
  }

  /** Whether the supergraph carries any `@cost` or `@listSize`. */
  get statesCosts(): boolean {
    return this.core.costs.areStated;
  }

  /** Planner processes that died. */
  get plannerDeaths(): number {
    return this.core.planner.deaths ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([
      this.core.planner.close(),
      ...[...this.core.transports.values()].map((transport) => transport.close()),
    ]);
  }

  /** Circuit breakers by subgraph. */
  get breakers(): [subgraph: string, breaker: Breaker][] {
    return [...this.core.transports].flatMap(([name, { breaker }]) => (breaker ? [[name, breaker]] : []));
  }

  private readonly ended: CallsOptions['ended'] = (subgraph, result, error, requestId) => {
    if (error === undefined) this.parts.watch?.succeeded(subgraph);
    else this.parts.watch?.failed(subgraph, error, requestId);
    let results = this.callCounts.get(subgraph);
    if (!results) {
      results = new Map();
      this.callCounts.set(subgraph, results);
    }
    results.set(result, (results.get(result) ?? 0) + 1);
  };

  /** How a subgraph is reached. */
  readonly transport = (subgraph: string): Transport => this.core.transports.get(subgraph)!;

  /**
   * Decides conditions before planning, so planners and execution never see them. A document has one normalized operation per
   * combination of condition values.
   */
  private normalize(
    document: DocumentNode,
    operationName: string | null | undefined,
    coerced: Readonly<Record<string, unknown>>,
    charge?: GraphRequest['charge'],
  ): NormalizedOperation {
    const conditions = this.conditionsIn(document);
    let key = operationName ?? '';
    for (const name of conditions) key += coerced[name] === true ? '\n1' : '\n0';
    return this.normalized.get(document, key, () => {
      const unconditional = conditions.length > 0 ? decided(document, coerced) : document;
      const normalized = normalize(unconditional, operationName, this.apiSchema, { partlyHidden: this.partlyHidden });
      charge?.(costOfExpansion(normalized.selections));
      return normalized;
    });
  }

  /** Not cached. */
  private normalizeDeferred(
    document: DocumentNode,
    operationName: string | null | undefined,
    charge: GraphRequest['charge'],
  ): DeferredOperation {
    const deferred = normalizeDeferred(document, operationName, this.apiSchema, this.partlyHidden);
    charge?.(costOfExpansion(deferred.whole.selections));
    return deferred;
  }

  private conditionsIn(document: DocumentNode): readonly string[] {
    let conditions = this.conditionsOf.get(document);
    if (!conditions) {
      conditions = variablesOfConditions(document);
      this.conditionsOf.set(document, conditions);
    }
    return conditions;
  }

  /** Condition values that an operation has been executed with, most recent first; one empty object without conditions. */
  conditionsSeen(document: DocumentNode, operationName: string | undefined): Record<string, boolean>[] {
    const conditions = this.conditionsIn(document);
    return this.normalized.keys(document).flatMap((key) => {
      const [name, ...values] = key.split('\n');
      if (name !== (operationName ?? '')) return [];
      return [Object.fromEntries(conditions.map((variable, index) => [variable, values[index] === '1']))];
    });
  }

  private compiled(normalized: NormalizedOperation): CompiledOperation | undefined {
    return this.sharesOperation(normalized) ? this.plans.peek(normalized.key) : this.unshared.get(normalized);
  }

  /** Whether the answer is written as the plan's first operation wrote it. */
  private sharesOperation({ isPlannedWhole }: NormalizedOperation): boolean {
    return isPlannedWhole && this.contract === undefined;
  }

  /** @param planning called if no plan is cached */
  private async compile(
    normalized: NormalizedOperation,
    planning?: (selections: number) => void,
    asker?: Asker,
  ): Promise<CompiledOperation> {
    const compile = (plan: QueryPlan) => CompiledOperation.of(normalized, plan, this.core.schemas);
    if (normalized.text === undefined) {
      const operation = compile({}).writing(normalized, this.schemas);
      this.unshared.set(normalized, operation);
      return operation;
    }
    if (this.plans.peek(normalized.key) === undefined) planning?.(normalized.selections);
    const operation = await this.plans.get(normalized.key, normalized.text, compile, asker);
    if (this.sharesOperation(normalized)) return operation;
    // operations with the same subgraph selections share the plan, but this one's answer has more fields, or its clients see fewer
    const extended = operation.writing(normalized, this.schemas);
    this.unshared.set(normalized, extended);
    return extended;
  }

  private inFlight(operation: CompiledOperation): InFlight<ExecutionResult> {
    let inFlight = this.requests.get(operation);
    if (!inFlight) {
      inFlight = new InFlight();
      this.requests.set(operation, inFlight);
    }
    return inFlight;
  }

  /** Introspection has no asynchronous resolvers, so it runs synchronously. */
  private introspected(
    { introspection }: NormalizedOperation,
    variables: Readonly<Record<string, unknown>>,
  ): Introspected | undefined {
    if (!introspection) return undefined;
    const { max } = this.schemaSize;
    if (this.schemaSize.of(introspection) > max)
      throw new PlanningError(
        'OPERATION_TOO_LARGE',
        `The operation requests more than ${max} values of the schema; request less at once`,
        { status: 400 },
      );
    const { data, errors = [] } = executeSync({
      schema: this.apiSchema,
      document: introspection,
      variableValues: { ...variables },
    });
    return { data: data ?? null, errors: errors.map((error) => error.toJSON()) };
  }
}

const askerOf = ({ payer: caller, principal, deadline, cancellation }: GraphRequest): Asker => ({
  caller,
  isPublic: principal === null,
  deadline,
  cancellation,
});

/** Whether an operation's introspection uses variables. */
const readsVariables = ({ introspection }: NormalizedOperation): boolean =>
  introspection!.definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && (definition.variableDefinitions?.length ?? 0) > 0,
  );

/** Part of the memory for normalized operations that each contract may take. */
const CONTRACT_SHARE = 1 / 8;

/** Maximum characters of cached introspection answers. Each is cached as text, as bytes, and compressed. */
const MAX_SCHEMA_ANSWERS = 8 * 1024 * 1024;

/** Maximum variable errors; coercion stops then. */
const MAX_VARIABLE_ERRORS = 20;

/** Interfaces and unions with inaccessible types. */
function partlyHiddenTypes(whole: GraphQLSchema, apiSchema: GraphQLSchema): Set<string> {
  return new Set(
    Object.values(whole.getTypeMap())
      .filter(
        (type) => isAbstractType(type) && whole.getPossibleTypes(type).some(({ name }) => !apiSchema.getType(name)),
      )
      .map(({ name }) => name),
  );
}

/** Applies the limit for one operation to the sum of its parts. */
export function summed(spend: NonNullable<GraphRequest['spend']>): NonNullable<GraphRequest['spend']> {
  let total = 0;
  return (cost, details) => {
    const before = total;
    total += cost;
    return spend(cost, { ...details, before });
  };
}

function sharingKey(
  scope: string,
  variables: Readonly<Record<string, unknown>>,
  literals: Readonly<Record<string, unknown>>,
): string {
  return `${scope}\n${JSON.stringify(exactVariables(variables))}\n${JSON.stringify(literals)}`;
}
