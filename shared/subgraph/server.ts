import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { RequestError } from '../errors';
import { addFileRoutes } from '../files/routes';
import { publicError } from '../http/errors';
import { createServer } from '../http/server';
import { PRINCIPAL_HEADER, readPrincipal } from '../identity/principal';
import type { Context } from './context';
import type { OpenSubgraph } from './subgraph';

/** Largest request that a gateway sends: entity fetches carry their representations. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** The HTTP server of one subgraph: GraphQL at /graphql, health at /health. */
export async function createSubgraphServer(subgraph: OpenSubgraph, log: Logger): Promise<FastifyInstance> {
  const server = createServer({
    log,
    maxRequestBytes: MAX_REQUEST_BYTES,
    takesFiles: subgraph.files !== undefined,
    readiness: async () => {
      const database = await subgraph.isReady();
      return { ready: database, parts: { database } };
    },
  });
  // a caller that says who it is in no way that can be read is told so before anything is done
  server.addHook('onRequest', async ({ headers }, reply) => {
    try {
      readPrincipal(headers[PRINCIPAL_HEADER] as string | undefined);
    } catch (error) {
      await reply.code(400).send({ errors: [(error as RequestError).toJSON()] });
    }
  });
  const apollo = new ApolloServer<Context>({
    schema: subgraph.subgraph.schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => publicError(formatted, error, log),
    // Apollo would otherwise add timings to every answer that asks for them, whoever asks
    plugins: [ApolloServerPluginInlineTraceDisabled(), fastifyApolloDrainPlugin(server)],
  });
  await apollo.start();
  await server.register(fastifyApollo(apollo), {
    context: async ({ headers }) => subgraph.context(headers as Record<string, string | undefined>),
  });
  if (subgraph.files) await addFileRoutes(server, subgraph.files);
  return server;
}
