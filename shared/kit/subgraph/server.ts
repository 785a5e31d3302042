import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { Cancellation } from '#base/cancellation';
import { ErrorList } from '#base/error-list';
import { addFileRoutes } from '#base/files/routes';
import { TRANSFERS_OF_GATEWAYS, type TransferLimits } from '#base/files/transfers';
import { publicError, rememberRequest } from '#base/http/errors';
import { originOf } from '#base/http/origin';
import { createServer } from '#base/http/server';
import type { TlsSource } from '#base/http/tls-files';
import { defaultUnreadBytes } from '#base/http/unread';
import { type Principal, personKey } from '#base/identity/principal';
import { IdentityError } from '#base/identity/signed-identity';
import type { Context } from './context';
import { outageOf } from './outage';
import { headersOf, type OpenSubgraph } from './subgraph';

/** Maximum request size. Large, since entity fetches carry their representations. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** Maximum tokens of an operation, above what the limits of the gateway let a client request. */
const MAX_TOKENS = 500_000;

/** Records reads before the response, counts operations, and responds with 503 while the database is unavailable. */
const recording = (subgraph: OpenSubgraph): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue }) {
        rememberRequest(errors, contextValue.requestId);
      },
      async willSendResponse({ contextValue, operation, response }) {
        const { body, http } = response;
        const unrecorded = await subgraph.recordReads(contextValue);
        if (body.kind !== 'single') return subgraph.operations.count(undefined);
        if (unrecorded) body.singleResult = { data: null, errors: [unrecorded] };
        subgraph.operations.count(body.singleResult.errors);
        const outage = operation?.operation === 'query' ? outageOf(body.singleResult) : undefined;
        const { errors, data } = body.singleResult;
        if (data) for (const [name, value] of Object.entries(headersOf(contextValue))) http.headers.set(name, value);
        if (errors) body.singleResult.errors = new ErrorList(errors).toArray();
        if (!outage) return;
        body.singleResult = { data: null, errors: [outage] };
        http.status = 503;
        http.headers.set('retry-after', String(outage.extensions?.retryAfterSeconds ?? 1));
      },
    };
  },
});

/** Cancels the statements of a request if its connection closes before the response. */
function cancellationOf({ raw }: FastifyReply): Cancellation {
  const cancellation = new Cancellation();
  raw.on('close', () => {
    if (!raw.writableFinished) cancellation.cancel();
  });
  return cancellation;
}

export interface SubgraphServerOptions {
  readonly tls?: TlsSource;
  readonly transfers?: TransferLimits;
  /** Maximum bytes of responses that wait for slow gateways; '' for the default, 0 disables the limit. */
  readonly maxUnreadBytes?: number | '';
}

/** The HTTP server of one subgraph: GraphQL at /graphql, health at /health. */
export async function createSubgraphServer(
  subgraph: OpenSubgraph,
  log: Logger,
  { tls, transfers = TRANSFERS_OF_GATEWAYS, maxUnreadBytes = '' }: SubgraphServerOptions = {},
): Promise<FastifyInstance> {
  const server = createServer({
    log,
    maxRequestBytes: MAX_REQUEST_BYTES,
    readRate: transfers,
    // a gateway reads for all of its callers, and limits each
    unread: { total: maxUnreadBytes === '' ? defaultUnreadBytes() : maxUnreadBytes, perCaller: 0 },
    tls,
    readiness: async () => ({ ready: await subgraph.isReady() }),
  });
  // before reading the body, and for every route, since even the schema is only for the gateway
  const principals = new WeakMap<object, Principal | null>();
  const principalOf = (request: object): Principal | null => principals.get(request) ?? null;
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
    parseOptions: { maxTokens: MAX_TOKENS },
    includeStacktraceInErrorResponses: false,
    // the process closes everything itself; Apollo Server would send the signal again before that
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => publicError(formatted, error, log),
    // otherwise Apollo adds timings to any response on request, for any caller
    plugins: [ApolloServerPluginInlineTraceDisabled(), fastifyApolloDrainPlugin(server), recording(subgraph)],
  });
  await apollo.start();
  await server.register(fastifyApollo(apollo), {
    context: async (request, reply) => {
      const origin = originOf(request.headers, request.id);
      return subgraph.context(principalOf(request), origin, cancellationOf(reply));
    },
  });
  subgraph.subgraph.parts.routes?.(subgraph, { server, principalOf });
  if (subgraph.files)
    await addFileRoutes(server, {
      exchange: subgraph.files,
      limits: transfers,
      callerOf: (request) => {
        const principal = principalOf(request);
        return principal ? personKey(principal) : null;
      },
    });
  return server;
}
