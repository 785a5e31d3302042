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
import type { Principal } from '#base/identity/principal';
import type { IncrementalAnswer } from '../execution/deferred/incremental';
import type { ExecutionResult } from '../execution/general/execution';
import { asksToDefer } from '../operation/defer';
import { PlanningError } from '../planning/errors';
import { PlanCounts } from '../planning/tasks';
import { CostError } from '../policy/budgets';
import type { OperationRequest } from '../policy/schema-rules';
import { introspectionRefused, introspects } from '../policy/schema-secrecy';
import type { SubgraphAnswer } from '../transport/transport';
import { type AnswerExtensions, Graph, type GraphParts, type GraphRequest, type SourceOperation } from './graph';

/** What a request's context holds for the graph. */
export interface GraphContext extends Omit<GraphRequest, 'document' | 'operationName' | 'variables'> {
  /** Whether the caller is shown the schema. */
  readonly seesSchema?: boolean;
  /** Who asks; null for the public. */
  readonly principal?: Principal | null;
  /** Told the headers of the subgraphs' answers. */
  readonly answered?: (headers: readonly SubgraphAnswer['headers'][]) => void;
  /** How an answer in parts is delivered; undefined where the client takes an answer in one. */
  readonly delivery?: Parameters<Graph['executeIncrementally']>[1];
  /** Keeps the answer to an operation that Apollo Server has had executed. */
  readonly executed?: { answer?: GraphAnswer };
  /** Takes what the errors of an answer cost from the caller's budget. */
  readonly chargeErrors?: (errors: Parameters<typeof countErrors>[0]) => void;
}

/** Operations that are planned against a new supergraph before it serves. */
const WARM_OPERATIONS = 200;
/** Milliseconds that warming up may take; the rest is planned when it is asked for. */
const WARM_MS = 10_000;

/** Bounds on the operations that are known to be valid, in number and in bytes, by estimate. */
const KNOWN = { max: 10_000, maxSize: 64 * 1024 * 1024 };
/** Bytes of a document and its normalised form to one character of its text. */
const BYTES_A_CHARACTER = 60;

interface Serving {
  readonly graph: Graph;
  readonly since: string;
  /** Operations that have been validated against its schema and executed, by name and text. */
  readonly known: LRUCache<string, DocumentNode>;
  /** Requests that run on it. */
  requests: number;
  replaced: boolean;
}

/** An operation that has been executed before on the supergraph that serves. */
export interface KnownOperation {
  readonly serving: Serving;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

/** An answer, ready to be written out. */
export interface GraphAnswer {
  /** Undefined when the operation was not executed. */
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: AnswerExtensions;
  /** Headers of the subgraphs' answers. */
  readonly answered: ExecutionResult['answered'];
  /** What follows, in an answer in parts. */
  readonly parts?: Pick<IncrementalAnswer, 'pending' | 'later'>;
}

export interface Totals {
  executions: number;
  sliced: number;
  planned: number;
  /** Operations that no planner found a plan for. */
  unplanned: number;
  plannerDeaths: number;
  readonly plans: PlanCounts;
  /** Calls by subgraph and how they ended. */
  readonly calls: Map<string, Map<string, number>>;
}

/** Why a supergraph that was offered does not serve. */
export interface Refusal {
  readonly at: string;
  readonly reason: string;
}

/**
 * The graph that Apollo Server serves, and its replacement while serving: a request is validated and executed on one and the same
 * supergraph, a supergraph that cannot be served is kept out, and the old one goes when its last request has ended.
 */
export class ServedGraph implements GatewayInterface {
  private current: Serving;
  private readonly bySchema = new WeakMap<GraphQLSchema, Serving>();
  private readonly listeners = new Set<GatewaySchemaLoadOrUpdateCallback>();
  private sdl: string;
  /** The last supergraph that was kept out; undefined when the last one offered serves. */
  refusal: Refusal | undefined;
  /** How many supergraphs have been taken, and how many kept out. */
  readonly counts = { taken: 0, refused: 0 };

  /** What was counted on supergraphs that no longer serve. */
  private readonly before: Totals = {
    executions: 0,
    sliced: 0,
    planned: 0,
    unplanned: 0,
    plannerDeaths: 0,
    plans: new PlanCounts(),
    calls: new Map(),
  };
  /** Supergraphs are taken one after the other. */
  private offers: Promise<unknown> = Promise.resolve();

  /** @throws OperatorError when the supergraph cannot be served. */
  constructor(
    private readonly parts: GraphParts,
    private readonly log: Logger,
  ) {
    this.sdl = parts.supergraphSdl;
    this.current = this.serve(new Graph(parts));
  }

  get graph(): Graph {
    return this.current.graph;
  }

  async load(): Promise<GatewayLoadResult> {
    this.tell();
    return { executor: (context) => this.execute(context) };
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  /**
   * Serves another supergraph, once the most used operations are planned on it.
   * @returns whether it serves; when not, {@link refusal} says why, and the old one goes on.
   */
  offer(supergraphSdl: string): Promise<boolean> {
    const taken = this.offers.then(() => this.take(supergraphSdl));
    this.offers = taken.catch(() => {});
    return taken;
  }

  private async take(supergraphSdl: string): Promise<boolean> {
    if (supergraphSdl === this.sdl) {
      this.refusal = undefined;
      return true;
    }
    let graph: Graph;
    try {
      graph = new Graph({ ...this.parts, supergraphSdl });
    } catch (error) {
      this.refusal = { at: new Date().toISOString(), reason: (error as Error).message };
      this.counts.refused += 1;
      this.log.error({ err: error }, 'a supergraph was offered that cannot be served; the one before it goes on');
      return false;
    }
    // as clients write them: a plan's own text is normalised already, and normalised again would be another
    const recent = this.recentOperations();
    const warm = await graph.warmUp(recent, WARM_MS);
    const old = this.current;
    this.sdl = supergraphSdl;
    this.refusal = undefined;
    this.current = this.serve(graph);
    this.tell();
    old.replaced = true;
    addTotals(this.before, old.graph);
    this.closeWhenIdle(old);
    this.log.info({ subgraphs: graph.subgraphs, warm, of: recent.length }, 'another supergraph serves');
    return true;
  }

  /** What has been asked for lately, as clients wrote it, once for each decision of its conditions. */
  private recentOperations(): SourceOperation[] {
    const { graph, known } = this.current;
    return [...known.entries()]
      .flatMap(([key, document]) => {
        const operation = sourceOf(key);
        return graph
          .conditionsSeen(document, operation.operationName)
          .map((conditions) => ({ ...operation, conditions }));
      })
      .slice(0, WARM_OPERATIONS);
  }

  /** For whoever looks after the gateway. */
  status(): { subgraphs: readonly string[]; servingSince: string; refused?: Refusal } {
    const { graph, since } = this.current;
    return { subgraphs: graph.subgraphs, servingSince: since, ...(this.refusal ? { refused: this.refusal } : {}) };
  }

  /** What has been counted since the start. */
  totals(): Totals {
    const totals: Totals = {
      ...this.before,
      plans: new PlanCounts().add(this.before.plans),
      calls: new Map([...this.before.calls].map(([name, one]) => [name, new Map(one)])),
    };
    addTotals(totals, this.graph);
    return totals;
  }

  async stop(): Promise<void> {
    await this.graph.close();
  }

  private serve(graph: Graph): Serving {
    const known = new LRUCache<string, DocumentNode>({
      ...KNOWN,
      sizeCalculation: (_document, key) => key.length * BYTES_A_CHARACTER,
    });
    const serving: Serving = { graph, since: new Date().toISOString(), known, requests: 0, replaced: false };
    this.bySchema.set(graph.apiSchema, serving);
    this.counts.taken += 1;
    return serving;
  }

  private tell(): void {
    for (const listener of this.listeners) listener({ apiSchema: this.graph.apiSchema, coreSupergraphSdl: this.sdl });
  }

  /** An operation that needs no validation, since it has been executed before on the supergraph that serves. */
  known(source: string, operationName: string | null | undefined): KnownOperation | undefined {
    // an empty name is an unknown one and not a missing one, and names without a line break keep keys apart
    if (typeof operationName === 'string' && !NAME.test(operationName)) return undefined;
    const serving = this.current;
    const document = serving.known.get(knownKey(source, operationName));
    return document && { serving, document, operationName: operationName ?? undefined };
  }

  /** Answers an operation that is valid on its supergraph. Never throws for what a client or a subgraph did. */
  async answer(
    known: KnownOperation,
    variables: Readonly<Record<string, unknown>> | undefined,
    context: GraphContext,
  ): Promise<GraphAnswer> {
    const { serving, document, operationName } = known;
    const { rules } = serving.graph;
    const operation = { document, operationName, variables };
    const refusals = this.refusalsOf(serving, operation, context);
    if (refusals.length > 0) return { errors: refusals, answered: [] };
    const allowed = rules ? rules.withhold(operation, context.principal ?? null) : document;
    const request = requestOf(allowed, operationName, variables, context);
    const release = this.hold(serving);
    let answer: GraphAnswer | undefined;
    try {
      // what is withheld is so in one part
      if (context.delivery && allowed === document && asksToDefer(document))
        answer = await this.answerInParts(serving, request, context.delivery);
      answer ??= await serving.graph.execute(request);
    } catch (error) {
      if (!(error instanceof PlanningError || error instanceof CostError)) throw error;
      if (error.originalError) this.log.warn({ err: error.originalError }, error.message);
      return { errors: [error], answered: [] };
    } finally {
      if (!answer?.parts) release();
    }
    if (answer.data) context.answered?.(answer.answered);
    if (!answer.parts) return answer;
    const { pending, later } = answer.parts;
    // whoever has gone reads nothing more, not even the end
    context.cancellation?.onCancel(release);
    return { ...answer, parts: { pending, later: untilEnd(later, release) } };
  }

  /** Undefined for what is answered as a whole. @throws PlanningError when there was no time for a plan; CostError */
  private async answerInParts(
    { graph }: Serving,
    request: GraphRequest,
    delivery: Parameters<Graph['executeIncrementally']>[1],
  ): Promise<GraphAnswer | undefined> {
    try {
      const answer = await graph.executeIncrementally(request, delivery);
      if (!answer) return undefined;
      const { first, pending, later, extensions } = answer;
      return { ...first, extensions, ...(pending.length > 0 ? { parts: { pending, later } } : {}) };
    } catch (error) {
      // a plan of the whole may be found where none is of its parts; but not by waiting as long once more
      if (error instanceof PlanningError && error.extensions.code !== 'PLANNING_TIMEOUT') return undefined;
      if (error instanceof CostError) return undefined;
      throw error;
    }
  }

  /** Keeps a supergraph from being closed while a request runs on it. */
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
    // the schema that the document was validated against; a newer one may have come since
    const serving = this.bySchema.get(context.schema) ?? this.current;
    const { source, request } = context;
    const operationName = request.operationName ?? undefined;
    const key = knownKey(source, operationName);
    // without the places of its tokens, which would be kept with it and are for error messages that it no longer can have
    const own = serving.known.get(key) ?? parse(source, { noLocation: true });
    serving.known.set(key, own);
    const graphContext = context.context as GraphContext;
    const answer = await this.answer({ serving, document: own, operationName }, request.variables, graphContext);
    // Apollo Server only has to know that the operation was executed: http/answer.ts writes this answer
    if (graphContext.executed) graphContext.executed.answer = answer;
    return { data: null };
  }

  /** Why a caller may not have an operation executed; mostly nothing. */
  private refusalsOf(
    { graph }: Serving,
    operation: OperationRequest,
    { seesSchema, principal = null }: GraphContext,
  ): readonly GraphQLError[] {
    if (seesSchema === false && introspects(operation.document)) return [introspectionRefused()];
    if (this.parts.unauthorizedFields !== 'refuse') return [];
    return graph.rules?.refusals(operation, principal) ?? [];
  }

  private closeWhenIdle(serving: Serving): void {
    if (!serving.replaced || serving.requests > 0) return;
    // requests that are being validated may still come
    setTimeout(() => {
      if (serving.requests === 0) serving.graph.close().catch(() => {});
    }, 5_000).unref();
  }
}

function addTotals(totals: Totals, { counts, plans, planCounts, plannerDeaths, callCounts }: Graph): void {
  totals.executions += counts.executions;
  totals.sliced += counts.sliced;
  totals.planned += plans.planned;
  totals.unplanned += plans.unplanned;
  totals.plans.add(planCounts);
  totals.plannerDeaths += plannerDeaths;
  for (const [subgraph, results] of callCounts) {
    const known = totals.calls.get(subgraph) ?? new Map<string, number>();
    totals.calls.set(subgraph, known);
    for (const [result, count] of results) known.set(result, (known.get(result) ?? 0) + count);
  }
}

/** Whether it is read to its end or not. */
async function* untilEnd(later: IncrementalAnswer['later'], end: () => void): IncrementalAnswer['later'] {
  try {
    yield* later;
  } finally {
    end();
  }
}

/** A name by GraphQL's grammar. */
const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

const knownKey = (source: string, operationName: string | null | undefined): string =>
  `${operationName ?? ''}\n${source}`;

/** The operation of a {@link knownKey}. */
function sourceOf(key: string): SourceOperation {
  const end = key.indexOf('\n');
  return { operationName: key.slice(0, end) || undefined, source: key.slice(end + 1) };
}

/** What the graph is asked: an operation, and what the request's context says of who asks and for how long. */
const requestOf = (
  document: DocumentNode,
  operationName: string | undefined,
  variables: GraphRequest['variables'],
  { headers, identities, scope, deadline, cancellation, spend, charge, chargePlanning }: GraphContext,
): GraphRequest => ({
  document,
  operationName,
  variables,
  headers,
  identities,
  scope,
  deadline,
  cancellation,
  spend,
  charge,
  chargePlanning,
});
