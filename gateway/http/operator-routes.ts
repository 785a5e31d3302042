import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { SchemaText } from '../graph/schema-text';
import type { ServedGraph } from '../graph/served-graph';
import type { Caller } from '../identity/caller';
import { introspectionRefused } from '../policy/schema-secrecy';
import { compress, encodingOf } from './compression';
import { type RequestRules, seesSchema } from './context';
import type { ResponseRules } from './response';
import { UNKNOWN_CONTRACT } from './unsupported';

export interface OperatorRoutes {
  /** Page that `/` leads to. */
  readonly home: string;
  readonly metrics: Registry;
  readonly served: ServedGraph;
  readonly introspection: RequestRules['introspection'];
  readonly isOperator: (caller: Caller) => boolean;
  readonly compression: ResponseRules['compression'];
}

const OPERATORS_ONLY = {
  errors: [{ message: 'Reading metrics requires the operator role', extensions: { code: 'FORBIDDEN' } }],
};

/** Adds `/metrics` for operators, `/schema.graphql` and those of contracts for callers who may see the schema, and a redirect from `/` to a page. */
export function addOperatorRoutes(server: FastifyInstance, routes: OperatorRoutes): void {
  const { home, metrics, served, introspection, isOperator, compression } = routes;
  server.get('/metrics', async ({ caller }, reply) =>
    isOperator(caller)
      ? reply.type(metrics.contentType).send(await metrics.metrics())
      : reply.code(403).send(OPERATORS_ONLY),
  );
  const sendSchema = async (
    { caller, headers }: FastifyRequest,
    reply: FastifyReply,
    text: () => SchemaText | Promise<SchemaText>,
  ): Promise<FastifyReply> => {
    if (!seesSchema(introspection, caller.principal))
      return reply.code(403).send({ errors: [introspectionRefused().toJSON()] });
    const { body, etag } = await text();
    reply.headers({ 'cache-control': 'private, max-age=60', vary: 'authorization, accept-encoding', etag });
    if (isCurrent(headers['if-none-match'], etag)) return reply.code(304).send();
    reply.type('text/plain; charset=utf-8');
    const encoding = compression === 'on' ? encodingOf(headers['accept-encoding']) : undefined;
    return encoding
      ? reply.header('content-encoding', encoding).send(await compress(body, encoding))
      : reply.send(body);
  };
  server.get<{ Querystring: { annotated?: string } }>('/schema.graphql', (request, reply) =>
    sendSchema(request, reply, () =>
      request.query.annotated === undefined ? served.graph.printedApiSchema() : served.graph.annotatedSchema(),
    ),
  );
  server.get<{ Params: { contract: string } }>('/contracts/:contract/schema.graphql', async (request, reply) => {
    const { status, error } = UNKNOWN_CONTRACT;
    const contract = served.contract(request.params.contract);
    return contract
      ? sendSchema(request, reply, () => contract.graph.printedApiSchema())
      : reply.code(status).send({ errors: [error] });
  });
  server.get('/', async (_request, reply) => reply.redirect(home));
}

/** Whether a client's copy is current, by RFC 9110, section 13.1.2. */
const isCurrent = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
