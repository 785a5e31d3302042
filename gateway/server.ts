import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import type { FileExchange } from '../shared/files/exchange';
import { addFileRoutes } from '../shared/files/routes';
import { publicError } from '../shared/http/errors';
import { createServer } from '../shared/http/server';
import type { GatewayConfig } from './config';
import { stringifyResult } from './execution/result';
import { contextOf } from './http/context';
import { deferPlugin } from './http/defer-plugin';
import { addGraphQLRoute } from './http/graphql-route';
import { addIdentity, type IdentityParts } from './identity/caller';
import { plannerOf } from './planning/planners';
import { RedisPlans } from './planning/redis-plans';
import type { SupergraphSource } from './supergraph/file';
import { type GraphContext, ServedGraph } from './supergraph/served-graph';
import { metricsOf } from './telemetry/metrics';
import type { Transport } from './transport/transport';

export interface GatewayParts {
  /** The supergraph, or where it comes from and changes. */
  readonly supergraph: string | SupergraphSource;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: (subgraph: { name: string; url: string }) => Transport;
  /** Request headers handed on to subgraphs, lower case. */
  readonly forwardHeaders: readonly string[];
  /** Whether each subgraph answers, where that is known. */
  readonly subgraphsReady?: () => Promise<Record<string, boolean>>;
  /** Takes and gives files for the subgraph that has them. */
  readonly files?: { readonly subgraph: string; readonly exchange: FileExchange };
  /** How callers are known, and subgraphs told who asks; without it everyone may ask. */
  readonly identity?: IdentityParts;
}

/** An operation name that the document does not have is the client's mistake; Apollo's gateway makes it a failure of ours. */
const requireOperation: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, request }) {
        if (operation) return;
        const message = request.operationName
          ? `The document has no operation named "${request.operationName}"`
          : 'The document has several operations; say by operationName which one to run';
        throw new GraphQLError(message, {
          extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
        });
      },
    };
  },
};

/** The gateway's HTTP server over one supergraph: /graphql, /health/live, /health/ready, /metrics, and Apollo Sandbox for browsers. */
export async function createGateway({
  supergraph,
  config,
  log,
  transport,
  forwardHeaders,
  subgraphsReady,
  files,
  identity,
}: GatewayParts): Promise<FastifyInstance> {
  const offered = (supergraphSdl: string): void => {
    served.offer(supergraphSdl).catch((error) => log.error({ err: error }, 'a supergraph could not be taken'));
  };
  const { supergraphSdl, cleanup } =
    typeof supergraph === 'string'
      ? { supergraphSdl: supergraph, cleanup: undefined }
      : await supergraph.initialize({ update: offered });
  const overrides = { labels: config.overrideLabel, percentile: config.overridePercentile };
  const sharedPlans = config.plansUrl === '' ? undefined : new RedisPlans(config.plansUrl, log);
  const served = new ServedGraph(
    {
      supergraphSdl,
      planner: plannerOf(config.planner, log, overrides),
      planLimits: {
        entries: config.planCacheEntries,
        bytes: config.planCacheBytes,
        timeoutMs: config.planTimeoutMs,
      },
      sharedPlans: sharedPlans && ((sdl, planner) => sharedPlans.of(sdl, `${planner} ${JSON.stringify(overrides)}`)),
      transport,
      fetchTimeoutMs: config.subgraphTimeoutMs,
    },
    log,
  );
  const server = createServer({
    log,
    maxRequestBytes: config.maxRequestBytes,
    takesFiles: files !== undefined,
    readiness: async () => {
      const parts = (await subgraphsReady?.()) ?? {};
      return { ready: Object.values(parts).every(Boolean), parts, details: { supergraph: served.status() } };
    },
  });
  addIdentity(server, identity, () => served.graph.subgraphs);
  const apollo = new ApolloServer<GraphContext>({
    gateway: served,
    stringifyResult,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted: GraphQLFormattedError, error: unknown) => publicError(formatted, error, log),
    plugins: [ApolloServerPluginLandingPageLocalDefault({ embed: true }), requireOperation, deferPlugin(served, log)],
    logger: log,
    // the process ends when the HTTP server has ended, and not before
    stopOnTerminationSignals: false,
  } as never);
  await apollo.start();
  server.addHook('onClose', async () => {
    await cleanup?.();
    await apollo.stop();
    sharedPlans?.close();
  });
  const rules = { forwardHeaders, returnHeaders: config.returnHeader, timeoutMs: config.requestTimeoutMs };
  addGraphQLRoute(server, {
    apollo,
    served,
    contextOf: (request, reply) => contextOf(request, reply, rules),
    log,
  });
  if (files) await addFileRoutes(server, files.exchange, ({ caller }) => caller.identities?.get(files.subgraph) ?? {});
  const metrics = metricsOf(served);
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  server.get('/', async (_request, reply) => reply.redirect('/graphql'));
  return server;
}
