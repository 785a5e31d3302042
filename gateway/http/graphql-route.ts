import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { publicError } from '../../shared/http/errors';
import { stringifyResult } from '../execution/result';
import type { GraphContext, KnownOperation, ServedGraph } from '../supergraph/served-graph';
import { cacheControlText, cacheHintOf } from '../transport/cache-control';
import { answerTypeOf } from './media-type';

export interface GraphQLRoute {
  readonly apollo: ApolloServer<GraphContext>;
  readonly served: ServedGraph;
  readonly contextOf: (request: FastifyRequest, reply: FastifyReply) => GraphContext;
  readonly log: Logger;
}

/**
 * `/graphql`. Apollo Server answers; what it has parsed, validated and let through once is answered without it from then on, in the
 * same words: its pipeline costs more than most operations here. See docs/decisions/0010.
 */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  const byApollo = fastifyApolloHandler(route.apollo, {
    context: async (request, reply) => route.contextOf(request, reply),
  }) as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    handler: (request, reply) => {
      const known = request.method === 'POST' ? knownOperation(request, route.served) : undefined;
      return known ? answer(known, request, reply, route) : byApollo(request, reply);
    },
  });
}

interface KnownRequest {
  readonly operation: KnownOperation;
  readonly variables: Record<string, unknown> | undefined;
  readonly type: string;
}

/** Undefined for all that Apollo Server has to look at: what is new, extended, or not as it should be. */
function knownOperation({ headers, body }: FastifyRequest, served: ServedGraph): KnownRequest | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if (!/^application\/json(;|$)/i.test(headers['content-type'] ?? '')) return undefined;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== 'string' || extensions !== undefined) return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables)))
    return undefined;
  // an answer in parts is Apollo Server's to write
  if (headers.accept?.includes('multipart/mixed') && query.includes('@defer')) return undefined;
  const operation = served.known(query, operationName);
  const type = operation && answerTypeOf(headers.accept);
  return type ? { operation, type, variables: (variables as Record<string, unknown> | null) ?? undefined } : undefined;
}

async function answer(
  { operation, variables, type }: KnownRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  { served, contextOf, log }: GraphQLRoute,
): Promise<FastifyReply> {
  const { data, errors, answered } = await served.answer(operation, variables, contextOf(request, reply));
  reply.header('content-type', type);
  if (!errors) {
    reply.header('cache-control', cacheControlText(cacheHintOf(answered)));
    return reply.send(data.body ?? stringifyResult({ data: data as never }));
  }
  let status = 200;
  const told = errors.map((error): GraphQLFormattedError => {
    const { http, ...extensions } = (error.extensions ?? {}) as { http?: { status?: number } };
    status = http?.status ?? status;
    const { message, path } = error;
    return publicError({ message, ...(path ? { path } : {}), extensions }, error, log);
  });
  reply.code(status).header('cache-control', 'no-store');
  return reply.send(stringifyResult(data ? { errors: told, data: data as never } : { errors: told }));
}
