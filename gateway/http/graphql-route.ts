import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { publicError } from '../../shared/http/errors';
import { rememberExactly } from '../execution/exact-variables';
import { stringifyResult } from '../execution/result';
import { DEFER } from '../planning/conditions';
import { asksToDefer } from '../planning/defer';
import { costHeaders, retryAfter } from '../policy/budgets';
import { LimitError, type Limits, readWithin, variablesWithin } from '../policy/limits';
import { withoutSchemaDetails } from '../policy/schema-secrecy';
import { isOnlyFor, PRIVATE } from '../policy/sharing';
import { documentId, type TrustedDocuments } from '../policy/trusted-documents';
import type { AnswerExtensions } from '../supergraph/graph';
import type { GraphContext, KnownOperation, ServedGraph } from '../supergraph/served-graph';
import { cacheControlText, cacheHintOf } from '../transport/cache-control';
import { addApiHeaders, addPageHeaders } from './headers';
import { answerTypeOf, incrementalFormatOf, statusOf } from './media-type';
import { persistedQueryError } from './persisted-query';

export interface GraphQLRoute {
  readonly apollo: ApolloServer<GraphContext>;
  readonly served: ServedGraph;
  readonly contextOf: (request: FastifyRequest, reply: FastifyReply) => GraphContext;
  readonly log: Logger;
  readonly limits: Limits;
  /** Answers browsers in place of Apollo Server's page. */
  readonly page?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  /** Where only documents that are known beforehand are executed, but for some. */
  readonly trusted?: TrustedDocuments;
}

/**
 * `/graphql`. Apollo Server answers; what it has parsed, validated and let through once is answered without it from then on, in the
 * same words: its pipeline costs more than most operations here. See docs/decisions/0010.
 */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  const byApollo = fastifyApolloHandler(route.apollo, {
    context: async (request, reply) => route.contextOf(request, reply),
  }) as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) =>
    parseJson(request, text, (error, body) => {
      rememberExactly(body, text);
      done(error, body);
    }),
  );
  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    handler: (request, reply) => {
      // what is read as JSON has to be called so, and nothing that only begins with its name
      if (/^application\/json(?![ \t]*(;|$))/i.test(request.headers['content-type'] ?? '')) {
        addApiHeaders(reply);
        return reply.code(415).send(NO_JSON);
      }
      const untrusted = route.trusted && untrustedOf(request, route.trusted);
      if (untrusted) {
        addApiHeaders(reply);
        return reply.code(untrusted.status).send({ errors: [untrusted.error] });
      }
      const known = request.method === 'POST' ? knownOperation(request, route.served) : undefined;
      if (known) {
        addApiHeaders(reply);
        const tooLarge = known.variables && beyond(() => variablesWithin(known.variables, route.limits));
        return tooLarge ? reply.code(400).send({ errors: [tooLarge] }) : answer(known, request, reply, route);
      }
      const isPage = request.method === 'GET' && request.headers.accept?.includes('text/html') === true;
      if (isPage) addPageHeaders(reply);
      else addApiHeaders(reply);
      if (isPage && route.page) return route.page(request, reply);
      // with trusted documents, there are no automatic persisted queries
      const error = limitOf(request, route.limits) ?? (route.trusted ? undefined : persistedQueryErrorOf(request));
      return error ? reply.code(400).send({ errors: [error] }) : byApollo(request, reply);
    },
  });
}

const NO_JSON = {
  errors: [
    {
      message: 'The content-type is none that is known; send "application/json"',
      extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    },
  ],
};

interface Untrusted {
  readonly status: number;
  readonly error: GraphQLFormattedError;
}

/** Puts the document in the place of its id; says what is wrong when there is none, or it is not one of those that are trusted. */
function untrustedOf(
  { method, body, query, caller }: FastifyRequest,
  trusted: TrustedDocuments,
): Untrusted | undefined {
  const given = (method === 'POST' ? body : query) as Record<string, unknown> | undefined;
  // what is no request at all is said elsewhere
  if (typeof given !== 'object' || given === null || method === 'OPTIONS') return undefined;
  const id = method === 'POST' ? documentId(given) : undefined;
  if (id !== undefined && given.query === undefined) {
    const text = trusted.textOf(id);
    if (text === undefined)
      return {
        status: 400,
        error: {
          message: 'This graph knows no document of this id; deploy the manifest that has it first',
          extensions: { code: 'DOCUMENT_NOT_FOUND' },
        },
      };
    given.query = text;
    // what is left of it would be for Apollo Server's own store
    Reflect.deleteProperty(given, 'extensions');
    return undefined;
  }
  if (typeof given.query !== 'string' || trusted.allows(given.query, caller.principal)) return undefined;
  return {
    status: 403,
    error: {
      message: 'This graph executes documents of its manifests; those of your own need a role that may send them',
      extensions: { code: 'DOCUMENT_NOT_TRUSTED' },
    },
  };
}

/** What is wrong with the size of a document that has not been looked at before. */
function limitOf({ body, query }: FastifyRequest, limits: Limits): GraphQLFormattedError | undefined {
  const given = (body ?? query) as { query?: unknown; variables?: unknown } | undefined;
  return beyond(() => {
    variablesWithin(typeof given?.variables === 'string' ? jsonOf(given.variables) : given?.variables, limits);
    if (typeof given?.query === 'string') readWithin(given.query, limits);
  });
}

function persistedQueryErrorOf({ body, query }: FastifyRequest): GraphQLFormattedError | undefined {
  const request = (body ?? query) as { query?: unknown; extensions?: unknown } | undefined;
  const extensions = request?.extensions;
  return persistedQueryError(request?.query, typeof extensions === 'string' ? jsonOf(extensions) : extensions);
}

/** A parameter of a GET; Apollo Server rejects invalid JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function beyond(look: () => void): GraphQLFormattedError | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { http: _http, ...extensions } = error.extensions;
    return { message: error.message, extensions };
  }
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
  const operation = served.known(query, operationName);
  // Apollo Server writes answers in parts
  const mayDefer = operation && query.includes(DEFER) && incrementalFormatOf(headers.accept) !== undefined;
  if (mayDefer && asksToDefer(operation.document)) return undefined;
  const type = operation && answerTypeOf(headers.accept);
  return type ? { operation, type, variables: (variables as Record<string, unknown> | null) ?? undefined } : undefined;
}

async function answer(
  { operation, variables, type }: KnownRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  { served, contextOf, log }: GraphQLRoute,
): Promise<FastifyReply> {
  const context = contextOf(request, reply);
  const { data, errors, answered, extensions } = await served.answer(operation, variables, context);
  reply.header('content-type', type);
  if (extensions?.cost) reply.headers(costHeaders(extensions.cost));
  if (!errors) {
    reply.header(
      'cache-control',
      isOnlyFor(request.caller.principal, extensions) ? PRIVATE : cacheControlText(cacheHintOf(answered)),
    );
    if (extensions) return reply.send(data.bodyWith(`"extensions":${extensionsJson(extensions)}`));
    return reply.send(data.body ?? stringifyResult({ data: data as never }));
  }
  let status = 200;
  const told = errors.map((error): GraphQLFormattedError => {
    const { http, ...extensions } = (error.extensions ?? {}) as { http?: { status?: number } };
    status = http?.status ?? status;
    const { message, path } = error;
    const shown = publicError({ message, ...(path ? { path } : {}), extensions }, error, log);
    return context.seesSchema ? shown : withoutSchemaDetails(shown);
  });
  const code = told[0]?.extensions?.code;
  const seconds = retryAfter(told[0]?.extensions);
  if (seconds !== undefined) reply.header('retry-after', seconds);
  reply.code(data ? status : statusOf(request.headers.accept, status, code)).header('cache-control', 'no-store');
  const shown = extensions ? { errors: told, extensions: { ...extensions } } : { errors: told };
  return reply.send(stringifyResult(data ? { ...shown, data: data as never } : shown));
}

/** How an answer is handled is one object for each operation, and so is its text. */
const handlings = new WeakMap<object, string>();

function extensionsJson({ sensitivity, cost }: AnswerExtensions): string {
  const costs =
    cost &&
    `"cost":{"estimated":${cost.estimated},"budget":${cost.budget},"remaining":${cost.remaining},"resetSeconds":${cost.resetSeconds}}`;
  if (!sensitivity) return `{${costs ?? ''}}`;
  let text = handlings.get(sensitivity);
  if (text === undefined) {
    text = `"sensitivity":${JSON.stringify(sensitivity)}`;
    handlings.set(sensitivity, text);
  }
  return costs ? `{${text},${costs}}` : `{${text}}`;
}
