import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type GraphQLFormattedError, getOperationAST, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { publicError } from '#base/http/errors';
import { stringifyResult } from '../execution/result';
import type { AnswerExtensions } from '../graph/graph';
import type { GraphContext, KnownOperation, ServedGraph } from '../graph/served-graph';
import { payerOf } from '../identity/caller';
import { DEFER } from '../operation/conditions';
import { asksToDefer } from '../operation/defer';
import { type Budgets, type CostError, costHeaders, retryAfter } from '../policy/budgets';
import { LimitError, type Limits, readWithin, variablesWithin } from '../policy/limits';
import { withoutSchemaDetails } from '../policy/schema-secrecy';
import { isOnlyFor, PRIVATE } from '../policy/sharing';
import { costOfBody, costOfDocument, costOfVariables } from '../policy/work';
import { cacheControlText, cacheHintOf } from '../transport/cache-control';
import { type DocumentSource, resolveDocument } from './documents';
import { addApiHeaders, addPageHeaders } from './headers';
import { addJsonBodies } from './json-body';
import { answerTypeOf, incrementalFormatOf, prefersPage, statusOf, withoutPages } from './media-type';
import { type Parameters, parametersOf, urlError } from './parameters';
import { type ResponseRules, responseHook } from './response';
import { type Refusal, unsupported } from './unsupported';

export interface GraphQLRoute {
  readonly apollo: ApolloServer<GraphContext>;
  readonly served: ServedGraph;
  readonly contextOf: (request: FastifyRequest, reply: FastifyReply) => GraphContext;
  readonly log: Logger;
  readonly limits: Limits;
  /** Where callers pay for the work that their requests cause. */
  readonly budgets?: Budgets;
  readonly responses: ResponseRules;
  /** Answers browsers in place of Apollo Server's page. */
  readonly page?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  /** Where documents come from that requests name by an id. */
  readonly documents: DocumentSource;
}

/**
 * `/graphql`. Apollo Server answers; what it has parsed, validated and let through once is answered without it from then on, in the
 * same words: its pipeline costs more than most operations here. See docs/decisions/0010.
 */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  const byApollo = fastifyApolloHandler(route.apollo, {
    context: async (request, reply) => route.contextOf(request, reply),
  }) as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  const { budgets } = route;
  const payer = (request: FastifyRequest) => ({ key: payerOf(request), principal: request.caller.principal });
  const charge = (request: FastifyRequest, cost: number) => cost > 0 && budgets?.charge(cost, payer(request));
  addJsonBodies(server, (request, bytes) => charge(request, costOfBody(bytes)));
  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    // before its body is read
    onRequest: (request, reply, next) => {
      if (!budgets || request.method === 'OPTIONS') {
        next();
        return;
      }
      const begin = (tooMany?: Error) => {
        // whoever has gone while it waited
        if (request.raw.socket.destroyed) return;
        const error = budgets.exhausted(payer(request));
        if (error) refuseExhausted(error, request, reply);
        else next(tooMany);
      };
      budgets.enter(payer(request), begin);
    },
    onSend: responseHook(route.responses),
    handler: (request, reply) => {
      if (request.method === 'GET' && prefersPage(request.headers.accept)) {
        addPageHeaders(reply);
        if (route.page) return route.page(request, reply);
        // it must not read the header otherwise, and execute a document that nothing has looked at
        request.headers.accept = 'text/html';
        return byApollo(request, reply);
      }
      addApiHeaders(reply);
      const refused = unsupported(request);
      if (refused) return refuse(refused, request, reply);
      const malformed = request.method === 'GET' && urlError(request);
      if (malformed) return refuse(malformed, request, reply);
      const asked = parametersOf(request);
      if (!asked || request.method === 'OPTIONS') return byApollo(request, reply);
      const resolved = resolveDocument(request, asked, route.documents);
      if ('error' in resolved) return refuse(resolved, request, reply);
      const { parameters } = resolved;
      const known = resolved.isRegistration ? undefined : knownOperation(request, parameters, route.served);
      const error = beyond(() => {
        if (!known || known.variables)
          charge(request, costOfVariables(variablesWithin(parameters.variables, route.limits)));
        const size =
          known || typeof parameters.query !== 'string' ? undefined : readWithin(parameters.query, route.limits);
        if (size) charge(request, costOfDocument(size));
      });
      if (error) return refuse({ status: 400, error }, request, reply);
      if (known) return answer(known, request, reply, route);
      const { accept } = request.headers;
      if (accept && request.method === 'GET') request.headers.accept = withoutPages(accept);
      return byApollo(request, reply);
    },
  });
}

function refuse({ status, error }: Refusal, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(statusOf(headers.accept, status, error.extensions?.code))
    .header('cache-control', 'no-store')
    .send({ errors: [error] });
}

function refuseExhausted(error: CostError, request: FastifyRequest, reply: FastifyReply): void {
  const { http, ...extensions } = error.extensions as { http: { status: number } };
  reply.header('retry-after', retryAfter(extensions));
  refuse({ status: http.status, error: { message: error.message, extensions } }, request, reply);
}

/** What is wrong with the size of a request. */
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

/** Undefined for all that Apollo Server has to look at: what is new, or not as it should be. */
function knownOperation(
  { method, headers }: FastifyRequest,
  { query, operationName, variables, extensions }: Parameters,
  served: ServedGraph,
): KnownRequest | undefined {
  const isGet = method === 'GET';
  const contentType = headers['content-type'];
  if (isGet ? contentType !== undefined : !/^application\/json(;|$)/i.test(contentType ?? '')) return undefined;
  if (typeof query !== 'string' || !(isMissing(extensions, isGet) || isObject(extensions))) return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') return undefined;
  if (!(isMissing(variables, isGet) || isObject(variables))) return undefined;
  const operation = served.known(query, operationName);
  if (!operation || (isGet && !isQuery(operation))) return undefined;
  // Apollo Server writes answers in parts
  const mayDefer = query.includes(DEFER) && incrementalFormatOf(headers.accept) !== undefined;
  if (mayDefer && asksToDefer(operation.document)) return undefined;
  const type = answerTypeOf(headers.accept);
  return type ? { operation, type, variables: (variables as Record<string, unknown> | null) ?? undefined } : undefined;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A body may have null for what it leaves out, and a URL may not. */
const isMissing = (value: unknown, isGet: boolean): boolean => value === undefined || (value === null && !isGet);

const isQuery = ({ document, operationName }: KnownOperation): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;

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
  context.chargeErrors?.(errors);
  let status = 200;
  const told = errors.map((error): GraphQLFormattedError => {
    const { http, ...extensions } = (error.extensions ?? {}) as { http?: { status?: number } };
    status = http?.status ?? status;
    const { message, path } = error;
    const shown = publicError({ message, ...(path ? { path } : {}), extensions }, error, log, request.id);
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
