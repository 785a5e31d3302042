import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
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
import { plannerOf } from './planning/planners';
import { type GraphContext, ServedGraph } from './supergraph/served-graph';
import type { Transport } from './transport/transport';

export interface GatewayParts {
  readonly supergraphSdl: string;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: (subgraph: { name: string; url: string }) => Transport;
  /** Request headers handed on to subgraphs, lower case. */
  readonly forwardHeaders: readonly string[];
  /** Whether each subgraph answers, where that is known. */
  readonly subgraphsReady?: () => Promise<Record<string, boolean>>;
  /** Takes and gives files for the subgraph that has them. */
  readonly files?: FileExchange;
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

/** The gateway's HTTP server over one supergraph: /graphql, /health/live, /health/ready, and Apollo Sandbox for browsers. */
export async function createGateway({
  supergraphSdl,
  config,
  log,
  transport,
  forwardHeaders,
  subgraphsReady,
  files,
}: GatewayParts): Promise<FastifyInstance> {
  const served = new ServedGraph(
    {
      supergraphSdl,
      planner: plannerOf(config.planner, log),
      planLimits: {
        entries: config.planCacheEntries,
        bytes: config.planCacheBytes,
        timeoutMs: config.planTimeoutMs,
      },
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
      return { ready: Object.values(parts).every(Boolean), parts };
    },
  });
  const apollo = new ApolloServer<GraphContext>({
    gateway: served,
    stringifyResult,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted: GraphQLFormattedError, error: unknown) => publicError(formatted, error, log),
    plugins: [
      ApolloServerPluginLandingPageLocalDefault({ embed: true }),
      fastifyApolloDrainPlugin(server),
      requireOperation,
      deferPlugin(served, log),
    ],
    logger: log,
  } as never);
  await apollo.start();
  const rules = { forwardHeaders, returnHeaders: config.returnHeader, timeoutMs: config.requestTimeoutMs };
  addGraphQLRoute(server, {
    apollo,
    served,
    contextOf: (request, reply) => contextOf(request, reply, rules),
    log,
  });
  if (files) await addFileRoutes(server, files);
  server.get('/', async (_request, reply) => reply.redirect('/graphql'));
  return server;
}
