import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewayLoadResult,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import { type DocumentNode, type GraphQLError, type GraphQLFormattedError, type GraphQLSchema, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { countErrors } from '#base/error-list';
import { OperatorError } from '#base/errors';
import type { IncrementalAnswer } from '../execution/deferred/incremental';
import type { ExecutionResult } from '../execution/general/execution';
import { asksToDefer } from '../operation/defer';
import { PlanningError } from '../planning/errors';
import { PlanCounts } from '../planning/tasks';
import { CostError } from '../policy/budgets';
import type { OperationRequest } from '../policy/schema-rules';
import { introspectionRefused, introspects } from '../policy/schema-secrecy';
import type { WithheldExtension } from '../policy/withheld';
import { costOfAnswer } from '../policy/work';
import { supergraphHash } from '../supergraph/signature';
import type { Refusal } from '../supergraph/source';
import type { TraceExtension } from '../trace/extension';
import type { SubgraphAnswer } from '../transport/transport';
import { type AnswerExtensions, Graph, type GraphParts, type GraphRequest, type SourceOperation } from './graph';
import { Parts } from './parts';

/** A request's context. */
export interface GraphContext extends Omit<GraphRequest, 'document' | 'operationName' | 'variables'> {
  /** Whether the caller may see the schema. */
  readonly seesSchema?: boolean;
  /** Called with the headers of subgraph responses. */
  readonly answered?: (headers: readonly SubgraphAnswer['headers'][]) => void;
  /** Incremental delivery options; undefined if the client does not accept parts. */
  readonly delivery?: Parameters<Graph['executeIncrementally']>[1];
  /** Receives the answer to an operation that Apollo Server executes. */
  readonly executed?: { answer?: GraphAnswer };
  /** Counts a valid operation that the caller sent. */
  readonly used?: (document: DocumentNode, operationName: string | undefined) => void;
  /** Charges the caller for bytes of an answer's parts, beyond those that the estimates cover. */
  readonly chargeBytes?: (bytes: number) => void;
  /** Charges the caller for the errors of an answer. */
  readonly chargeErrors?: (errors: Parameters<typeof countErrors>[0]) => void;
}

/** Maximum operations planned on a new supergraph before it serves. */
const WARM_OPERATIONS = 200;
/** Maximum milliseconds of warm-up. */
const WARM_MS = 10_000;
/** Codes of planning that took too long. */
const LATE: ReadonlySet<unknown> = new Set(['PLANNING_TIMEOUT', 'PLANNER_BUSY']);

/** Limits of the cache of validated operations, in entries and estimated bytes. */
const CACHE_LIMITS = { max: 10_000, maxSize: 64 * 1024 * 1024 };
/** Estimated bytes of a document and its normalized form per character of text. */
const BYTES_A_CHARACTER = 60;

interface Serving {
  readonly graph: Graph;
  /** {@link supergraphHash} of its supergraph. */
  readonly hash: string;
  readonly since: string;
  /** Operations validated and executed on it, by contract, name, and text. */
  readonly validated: LRUCache<string, DocumentNode>;
  /** Requests in progress. */
  requests: number;
  replaced: boolean;
}

/** A graph that is served, or a contract of it. */
export interface ServedContract {
  readonly serving: Serving;
  readonly graph: Graph;
}

/** An operation that has been executed before on the current supergraph. */
export interface KnownOperation extends ServedContract {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

/** An answer, ready to be written. */
export interface GraphAnswer {
  /** Undefined when the operation was not executed. */
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: AnswerExtensions;
  /** Headers of subgraph responses. */
  readonly answered: ExecutionResult['answered'];
  /** Later parts of an incremental answer. */
  readonly parts?: Pick<IncrementalAnswer, 'pending' | 'later'> & {
    /** Entries of `extensions.withheld` that no part has had yet. */
    readonly withheld: () => WithheldExtension | undefined;
    /** The trace of the whole answer, for its last part. */
    readonly trace?: () => TraceExtension;
  };
}

export interface Totals {
  executions: number;
  sliced: number;
  planned: number;
  /** Operations without a plan. */
  unplanned: number;
  plannerDeaths: number;
  /** Headers about rights that could not be read. */
  malformedWithheld: number;
  readonly plans: PlanCounts;
  /** Calls by subgraph and result. */
  readonly calls: Map<string, Map<string, number>>;
}

/**
 * The graph that Apollo Server serves, with replacement at runtime: each request is validated and executed on the same supergraph,
 * invalid supergraphs are rejected, and the previous one closes after its last request.
 */
export class ServedGraph implements GatewayInterface {
  private current: Serving;
  private readonly bySchema = new WeakMap<GraphQLSchema, ServedContract>();
  private readonly listeners = new Set<GatewaySchemaLoadOrUpdateCallback>();
  private sdl: string;
  /** The last supergraph, if it was rejected. */
  refusal: Refusal | undefined;
  /** Accepted and rejected supergraphs. */
  readonly counts = { taken: 0, refused: 0 };

  /** Totals of previous supergraphs. */
  private readonly previous: Totals = {
    executions: 0,
    sliced: 0,
    planned: 0,
    unplanned: 0,
    plannerDeaths: 0,
    malformedWithheld: 0,
    plans: new PlanCounts(),
    calls: new Map(),
  };
  /** Replaced supergraphs that are not closed yet. */
  private readonly leaving = new Set<Serving>();
  private isStopped = false;
  /** Serializes offers. */
  private offers: Promise<unknown> = Promise.resolve();

  /** @throws OperatorError if the supergraph is invalid */
  constructor(
    private readonly parts: GraphParts,
    private readonly log: Logger,
  ) {
    this.sdl = parts.supergraphSdl;
    this.current = this.serve(Graph.of(parts));
  }

  get graph(): Graph {
    return this.current.graph;
  }

  async load(): Promise<GatewayLoadResult> {
    this.notify();
    return { executor: (context) => this.execute(context) };
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  /**
   * Replaces the supergraph, once the most recent operations are planned on the new one.
   * @returns whether it now serves; if not, {@link refusal} has the reason, and the previous one still serves
   */
  offer(supergraphSdl: string): Promise<boolean> {
    const accepted = this.offers.then(() => this.accept(supergraphSdl));
    this.offers = accepted.catch(() => {});
    return accepted;
  }

  private async accept(supergraphSdl: string): Promise<boolean> {
    if (supergraphSdl === this.sdl) {
      this.refusal = undefined;
      return true;
    }
    let graph: Graph;
    try {
      graph = await loadGraph({ ...this.parts, supergraphSdl });
    } catch (error) {
      this.refusal = { at: new Date().toISOString(), reason: (error as Error).message };
      this.counts.refused += 1;
      this.log.error({ err: error }, 'rejected invalid supergraph; still serving the previous one');
      return false;
    }
    // source texts: normalizing a plan's text, which is already normalized, would give a different key
    const recent = this.recentOperations();
    const warm = await graph.warmUp(recent, WARM_MS);
    if (this.isStopped) {
      await graph.close();
      return false;
    }
    const old = this.current;
    this.sdl = supergraphSdl;
    this.refusal = undefined;
    this.current = this.serve(graph);
    this.notify();
    old.replaced = true;
    this.leaving.add(old);
    addTotals(this.previous, old.graph);
    this.closeWhenIdle(old);
    this.log.info({ subgraphs: graph.subgraphs, warm, of: recent.length }, 'now serving new supergraph');
    return true;
  }

  /** Recent operations as clients sent them, one for each combination of condition values. */
  private recentOperations(): SourceOperation[] {
    const { graph, validated } = this.current;
    return [...validated.entries()]
      .flatMap(([key, document]) => {
        const { contract, ...operation } = sourceOf(key);
        // what a contract shows is part of the graph, and so is its plan
        return (contract === undefined ? graph : graph.ofContract(contract)!)
          .conditionsSeen(document, operation.operationName)
          .map((conditions) => ({ ...operation, conditions }));
      })
      .slice(0, WARM_OPERATIONS);
  }

  /** Status for operators. */
  status(): { subgraphs: readonly string[]; hash: string; servingSince: string; refused?: Refusal } {
    const { graph, hash, since } = this.current;
    const refused = this.refusal ? { refused: this.refusal } : {};
    return { subgraphs: graph.subgraphs, hash, servingSince: since, ...refused };
  }

  /** Totals since the start. */
  totals(): Totals {
    const totals: Totals = {
      ...this.previous,
      plans: new PlanCounts().add(this.previous.plans),
      calls: new Map([...this.previous.calls].map(([name, results]) => [name, new Map(results)])),
    };
    addTotals(totals, this.graph);
    return totals;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([this.current, ...this.leaving].map(({ graph }) => graph.close()));
  }

  private serve(graph: Graph): Serving {
    const validated = new LRUCache<string, DocumentNode>({
      ...CACHE_LIMITS,
      sizeCalculation: (_document, key) => key.length * BYTES_A_CHARACTER,
    });
    const hash = supergraphHash(this.sdl);
    const serving: Serving = { graph, hash, since: new Date().toISOString(), validated, requests: 0, replaced: false };
    this.bySchema.set(graph.apiSchema, { serving, graph });
    this.counts.taken += 1;
    return serving;
  }

  private notify(): void {
    for (const listener of this.listeners) listener({ apiSchema: this.graph.apiSchema, coreSupergraphSdl: this.sdl });
  }

  /** The graph that serves now, or a contract of it. @returns undefined for an unknown contract */
  contract(name: string | undefined): ServedContract | undefined {
    const serving = this.current;
    const graph = name === undefined ? serving.graph : serving.graph.ofContract(name);
    if (!graph) return undefined;
    const served = { serving, graph };
    if (name !== undefined) this.bySchema.set(graph.apiSchema, served);
    return served;
  }

  /** Finds an operation that has been executed before, and so needs no validation. */
  knownOperation(
    { serving, graph }: ServedContract,
    source: string,
    operationName: string | null | undefined,
  ): KnownOperation | undefined {
    // an empty name is invalid, not absent; and names without line breaks keep cache keys unambiguous
    if (typeof operationName === 'string' && !NAME.test(operationName)) return undefined;
    const document = serving.validated.get(knownKey(graph, source, operationName));
    return document && { serving, graph, document, operationName: operationName ?? undefined };
  }

  /** What Apollo Server needs of a contract, whose schema does not change. */
  gatewayOf({ graph }: ServedContract): GatewayInterface {
    return {
      load: async () => ({ executor: (context) => this.execute(context) }),
      onSchemaLoadOrUpdate: (listener) => {
        listener({ apiSchema: graph.apiSchema, coreSupergraphSdl: '' });
        return () => {};
      },
      stop: async () => {},
    };
  }

  /** Executes a valid operation. Never throws for errors of clients or subgraphs. */
  async answer(
    validOperation: KnownOperation,
    variables: Readonly<Record<string, unknown>> | undefined,
    context: GraphContext,
  ): Promise<GraphAnswer> {
    const parts = new Parts(context);
    context.used?.(validOperation.document, validOperation.operationName);
    try {
      const answer = parts.together(await this.answerPart(validOperation, variables, context, parts));
      if (answer.data) context.answered?.(answer.answered);
      const withheld = answer.parts
        ? answer.parts.withheld()
        : validOperation.graph.withheld.extension(answer.answered, context.seesSchema !== false);
      const complete = withheld ? { ...answer, extensions: { ...answer.extensions, withheld } } : answer;
      return context.trace ? traced(complete, validOperation.graph, context) : complete;
    } catch (error) {
      if (!(error instanceof PlanningError || error instanceof CostError)) throw error;
      if (error.originalError) this.log.warn({ err: error.originalError }, error.message);
      return { errors: [error], answered: [] };
    }
  }

  /** Executes an operation, or a question that a filter of one asks. @throws PlanningError, CostError */
  private async answerPart(
    validOperation: KnownOperation,
    variables: Readonly<Record<string, unknown>> | undefined,
    context: GraphContext,
    parts: Parts,
  ): Promise<GraphAnswer> {
    const { serving, graph, document, operationName } = validOperation;
    const { rules } = graph;
    const operation = { document, operationName, variables };
    const refusals = this.refusalsOf(graph, operation, context);
    if (refusals.length > 0) return { errors: refusals, answered: [] };
    const allowed = rules ? rules.withhold(operation, context.principal ?? null) : document;
    const release = this.hold(serving);
    let answer: GraphAnswer | undefined;
    try {
      const join = graph.matches?.joinOf(allowed, operationName, variables ?? {}, (coerced) =>
        graph.requireText(allowed, operationName, coerced),
      );
      const joined =
        join &&
        (await parts.join(join, context.trace, (question, of) =>
          this.answerPart(
            { serving, graph, document: question.document, operationName: undefined },
            question.variables,
            of,
            parts,
          ),
        ));
      const request = joined
        ? requestOf(joined.document, operationName, joined.variables, parts.context)
        : requestOf(allowed, operationName, variables, context);
      // operations with withheld fields are answered whole
      const isWhole = allowed !== document || joined?.isWithheldInPart;
      if (context.delivery && !isWhole && asksToDefer(request.document))
        answer = await this.answerInParts(graph, request, context, parts);
      answer ??= await graph.execute(request);
    } finally {
      if (!answer?.parts) release();
    }
    if (!answer.parts) return answer;
    const { later } = answer.parts;
    // a disconnected client never reads to the end
    context.cancellation?.onCancel(release);
    return { ...answer, parts: { ...answer.parts, later: untilEnd(later, release) } };
  }

  /** Undefined if the operation must be answered whole. @throws PlanningError if planning timed out */
  private async answerInParts(
    graph: Graph,
    request: GraphRequest,
    { delivery, seesSchema }: GraphContext,
    { answered }: Parts,
  ): Promise<GraphAnswer | undefined> {
    try {
      const answer = await graph.executeIncrementally(request, delivery!);
      if (!answer) return undefined;
      const { first, pending, later, heard = [], extensions } = answer;
      const withheld = graph.withheld.news(() => [...answered, ...heard.flat()], seesSchema !== false);
      return { ...first, extensions, ...(pending.length > 0 ? { parts: { pending, later, withheld } } : {}) };
    } catch (error) {
      // the whole may be plannable where its parts are not, but a second timeout is not worth the wait
      if (error instanceof PlanningError && !LATE.has(error.extensions.code)) return undefined;
      if (error instanceof CostError) return undefined;
      throw error;
    }
  }

  /** Prevents a supergraph from closing during a request. @returns a function that releases it */
  private hold(serving: Serving): () => void {
    let isHeld = true;
    serving.requests += 1;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      serving.requests -= 1;
      this.closeWhenIdle(serving);
    };
  }

  private async execute(context: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> {
    // the graph of the schema that validated the document, even if a newer one serves now
    const { serving, graph } = this.bySchema.get(context.schema) ?? { serving: this.current, graph: this.graph };
    const { source, request } = context;
    const operationName = request.operationName ?? undefined;
    const key = knownKey(graph, source, operationName);
    // without token locations, which would cost memory and serve only syntax and validation errors
    const document = serving.validated.get(key) ?? parse(source, { noLocation: true });
    serving.validated.set(key, document);
    const graphContext = context.context as GraphContext;
    const answer = await this.answer({ serving, graph, document, operationName }, request.variables, graphContext);
    // Apollo Server needs no data: http/answer.ts writes the answer
    if (graphContext.executed) graphContext.executed.answer = answer;
    return { data: null };
  }

  /** Errors that prevent an operation's execution; usually none. */
  private refusalsOf(
    graph: Graph,
    operation: OperationRequest,
    { seesSchema, principal = null }: GraphContext,
  ): readonly GraphQLError[] {
    if (seesSchema === false && introspects(operation.document)) return [introspectionRefused()];
    if (this.parts.unauthorizedFields !== 'refuse') return [];
    return graph.rules?.refusals(operation, principal) ?? [];
  }

  private closeWhenIdle(serving: Serving): void {
    if (!serving.replaced || serving.requests > 0) return;
    // requests still in validation may arrive later
    setTimeout(() => {
      // the last of its requests closes it, once
      if (serving.requests === 0 && this.leaving.delete(serving)) serving.graph.close().catch(() => {});
    }, 5_000).unref();
  }
}

/** Loads a supergraph, and waits for its planner. @throws OperatorError if it cannot be served */
async function loadGraph(parts: GraphParts): Promise<Graph> {
  const graph = Graph.of(parts);
  try {
    if (await graph.canPlan()) return graph;
    throw new OperatorError(
      'Invalid supergraph: no operation can be planned on it, since its planner cannot read it',
      'It must be a Federation 2 supergraph schema, as composition writes it',
    );
  } catch (error) {
    await graph.close();
    throw error;
  }
}

/** Tries a supergraph without serving it. @throws OperatorError if it cannot be served */
export async function requireServable(parts: GraphParts): Promise<void> {
  const graph = await loadGraph(parts);
  await graph.close();
}

function addTotals(totals: Totals, graph: Graph): void {
  const { counts: graphCounts, plans, planCounts, plannerDeaths, callCounts } = graph;
  for (const { withheld } of [graph, ...graph.askedContracts]) totals.malformedWithheld += withheld.malformed;
  totals.executions += graphCounts.executions;
  totals.sliced += graphCounts.sliced;
  totals.planned += plans.planned;
  totals.unplanned += plans.unplanned;
  totals.plans.add(planCounts);
  totals.plannerDeaths += plannerDeaths;
  for (const [subgraph, results] of callCounts) {
    const counts = totals.calls.get(subgraph) ?? new Map<string, number>();
    totals.calls.set(subgraph, counts);
    for (const [result, count] of results) counts.set(result, (counts.get(result) ?? 0) + count);
  }
}

/** Adds the trace that the caller asked for to the answer to an executed operation. */
function traced(answer: GraphAnswer, graph: Graph, { trace, charge }: GraphContext): GraphAnswer {
  if (!trace || !answer.data) return answer;
  if (answer.parts) return { ...answer, parts: { ...answer.parts, trace: () => graph.traceOf(trace) } };
  const extension = graph.traceOf(trace);
  charge?.(costOfAnswer(JSON.stringify(extension).length, 0));
  return { ...answer, extensions: { ...answer.extensions, trace: extension } };
}

/** Calls `end` after the last part, or when the reader stops early. */
async function* untilEnd(later: IncrementalAnswer['later'], end: () => void): IncrementalAnswer['later'] {
  try {
    yield* later;
  } finally {
    end();
  }
}

/** A GraphQL name. */
const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** A document is valid for one contract, and may be invalid for another. */
const knownKey = ({ contract = '' }: Graph, source: string, operationName: string | null | undefined): string =>
  `${contract}\n${operationName ?? ''}\n${source}`;

/** The operation of a {@link knownKey}. */
function sourceOf(key: string): SourceOperation & { readonly contract: string | undefined } {
  const [contract = '', operationName = ''] = key.split('\n', 2);
  const source = key.slice(contract.length + operationName.length + 2);
  return { contract: contract || undefined, operationName: operationName || undefined, source };
}

/** Combines an operation with its request's context. */
const requestOf = (
  document: DocumentNode,
  operationName: string | undefined,
  variables: GraphRequest['variables'],
  context: GraphContext,
): GraphRequest => ({ ...context, document, operationName, variables });
