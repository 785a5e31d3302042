import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewayLoadResult,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { PlanningError } from '../planning/errors';
import { restrictCaching } from '../transport/cache-control';
import type { Cancellation } from '../transport/cancellation';
import type { SubgraphAnswer } from '../transport/transport';
import { Graph, type GraphParts, type GraphRequest } from './graph';

/** What a request's context holds for the graph. */
export interface GraphContext {
  readonly headers: Readonly<Record<string, string>>;
  readonly scope: string;
  readonly deadline: number;
  readonly cancellation?: Cancellation;
  /** Told the headers of the subgraphs' answers. */
  readonly answered?: (headers: readonly SubgraphAnswer['headers'][]) => void;
}

/** Operations that are planned against a new supergraph before it serves. */
const WARM_OPERATIONS = 200;
/** Milliseconds that warming up may take; the rest is planned when it is asked for. */
const WARM_MS = 10_000;

interface Serving {
  readonly graph: Graph;
  /** Requests that run on it. */
  requests: number;
  replaced: boolean;
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
  async offer(supergraphSdl: string): Promise<boolean> {
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
    const hottest = this.graph.plans.hottest(WARM_OPERATIONS);
    const warm = await graph.warmUp(hottest, WARM_MS);
    const old = this.current;
    this.sdl = supergraphSdl;
    this.refusal = undefined;
    this.current = this.serve(graph);
    this.tell();
    old.replaced = true;
    this.closeWhenIdle(old);
    this.log.info({ subgraphs: graph.subgraphs, warm, of: hottest.length }, 'another supergraph serves');
    return true;
  }

  async stop(): Promise<void> {
    await this.graph.close();
  }

  private serve(graph: Graph): Serving {
    const serving = { graph, requests: 0, replaced: false };
    this.bySchema.set(graph.apiSchema, serving);
    this.counts.taken += 1;
    return serving;
  }

  private tell(): void {
    for (const listener of this.listeners) listener({ apiSchema: this.graph.apiSchema, coreSupergraphSdl: this.sdl });
  }

  private async execute(context: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> {
    // the schema that the document was validated against; a newer one may have come since
    const serving = this.bySchema.get(context.schema) ?? this.current;
    const { headers, scope, deadline, cancellation, answered } = context.context as GraphContext;
    const request: GraphRequest = {
      document: context.document,
      operationName: context.request.operationName,
      variables: context.request.variables,
      headers,
      scope,
      deadline,
      cancellation,
    };
    serving.requests += 1;
    try {
      const result = await serving.graph.execute(request);
      const errors = result.errors?.map(
        ({ message, path, extensions }) => new GraphQLError(message, { path, extensions }),
      );
      if (result.data === undefined) return { errors };
      answered?.(result.answered);
      restrictCaching(context.overallCachePolicy, result.answered);
      const data = result.data as unknown as Record<string, unknown>;
      return errors ? { data, errors } : { data };
    } catch (error) {
      if (error instanceof PlanningError) {
        if (error.originalError) this.log.warn({ err: error.originalError }, error.message);
        return { errors: [error] };
      }
      throw error;
    } finally {
      serving.requests -= 1;
      this.closeWhenIdle(serving);
    }
  }

  private closeWhenIdle(serving: Serving): void {
    if (!serving.replaced || serving.requests > 0) return;
    // requests that are being validated may still come
    setTimeout(() => {
      if (serving.requests === 0) serving.graph.close().catch(() => {});
    }, 5_000).unref();
  }
}
