import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { originOf } from '../audit/origin';
import { addFileRoutes } from '../files/routes';
import { publicError, rememberRequest } from '../http/errors';
import { createServer } from '../http/server';
import type { TlsSource } from '../http/tls-files';
import type { Principal } from '../identity/principal';
import { IdentityError } from '../identity/signed-identity';
import type { Context } from './context';
import type { OpenSubgraph } from './subgraph';

/** Largest request that a gateway sends: entity fetches carry their representations. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Records what was read before it is answered, and counts what is. */
const recording = (subgraph: OpenSubgraph): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue }) {
        rememberRequest(errors, contextValue.requestId);
      },
      async willSendResponse({ contextValue, response: { body } }) {
        const unrecorded = await subgraph.recordReads(contextValue);
        if (unrecorded && body.kind === 'single') body.singleResult = { data: null, errors: [unrecorded] };
        subgraph.operations.count(body.kind === 'single' ? body.singleResult.errors : undefined);
      },
    };
  },
});

/** The HTTP server of one subgraph: GraphQL at /graphql, health at /health. */
export async function createSubgraphServer(
  subgraph: OpenSubgraph,
  log: Logger,
  tls?: TlsSource,
): Promise<FastifyInstance> {
  const server = createServer({
    log,
    maxRequestBytes: MAX_REQUEST_BYTES,
    takesFiles: subgraph.files !== undefined,
    tls,
    readiness: async () => {
      const database = await subgraph.isReady();
      return { ready: database };
    },
  });
  // before anything is read of what a caller sends, and whatever it asks for: the schema too is the gateway's only
  const principals = new WeakMap<object, Principal | null>();
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/health/')) return;
    try {
      principals.set(request, await subgraph.door.enter(request.headers));
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      await reply.code(401).send({ errors: [error.toJSON()] });
    }
  });
  const apollo = new ApolloServer<Context>({
    schema: subgraph.subgraph.schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    // the process ends when everything is closed, and not when Apollo Server is: it would send the signal again
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => publicError(formatted, error, log),
    // Apollo would otherwise add timings to every answer that asks for them, whoever asks
    plugins: [ApolloServerPluginInlineTraceDisabled(), fastifyApolloDrainPlugin(server), recording(subgraph)],
  });
  await apollo.start();
  await server.register(fastifyApollo(apollo), {
    context: async (request) =>
      subgraph.context(principals.get(request) ?? null, originOf(request.headers, request.id)),
  });
  if (subgraph.files) await addFileRoutes(server, subgraph.files);
  return server;
}
