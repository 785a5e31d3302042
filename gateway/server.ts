// Must stand before @apollo/gateway is loaded: it reads the variable once, and otherwise reports anonymously.
import './telemetry/off';
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { OperatorError } from '../shared/errors';
import type { FileExchange } from '../shared/files/exchange';
import { addFileRoutes } from '../shared/files/routes';
import { publicError } from '../shared/http/errors';
import { createServer } from '../shared/http/server';
import type { GatewayConfig } from './config';
import type { ForwardedHeaders } from './transport/http';

export interface GatewayParts {
  readonly supergraphSdl: string;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: (subgraph: { name: string; url?: string }) => GraphQLDataSource;
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
  subgraphsReady,
  files,
}: GatewayParts): Promise<FastifyInstance> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) => transport({ name, url }),
    logger: log,
  });
  const server = createServer({
    log,
    maxRequestBytes: config.maxRequestBytes,
    takesFiles: files !== undefined,
    readiness: async () => {
      const parts = (await subgraphsReady?.()) ?? {};
      return { ready: Object.values(parts).every(Boolean), parts };
    },
  });
  const apollo = new ApolloServer<ForwardedHeaders>({
    gateway: gateway as never,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted: GraphQLFormattedError, error: unknown) => publicError(formatted, error, log),
    plugins: [
      ApolloServerPluginLandingPageLocalDefault({ embed: true }),
      fastifyApolloDrainPlugin(server),
      requireOperation,
    ],
    logger: log,
  } as never);
  try {
    await apollo.start();
  } catch (error) {
    throw new OperatorError(
      `The supergraph cannot be served: ${(error as Error).message}`,
      'Check that the file is a Federation 2 supergraph schema, as composition writes it',
      { cause: error },
    );
  }
  await server.register(fastifyApollo(apollo), {
    context: async (request) => ({ headers: request.headers as Record<string, string | undefined> }),
  });
  if (files) await addFileRoutes(server, files);
  server.get('/', async (_request, reply) => reply.redirect('/graphql'));
  return server;
}
