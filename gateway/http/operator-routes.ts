import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ServedGraph } from '../graph/served-graph';
import type { Caller } from '../identity/caller';
import { introspectionRefused } from '../policy/schema-secrecy';
import { type RequestRules, seesSchema } from './context';

export interface OperatorRoutes {
  /** Page that `/` leads to. */
  readonly home: string;
  readonly metrics: Registry;
  readonly served: ServedGraph;
  readonly introspection: RequestRules['introspection'];
  readonly isOperator: (caller: Caller) => boolean;
}

const OPERATORS_ONLY = {
  errors: [{ message: 'Reading metrics requires the operator role', extensions: { code: 'FORBIDDEN' } }],
};

/** Adds `/metrics` for operators, `/schema.graphql` for callers who may see the schema, and a redirect from `/` to a page. */
export function addOperatorRoutes(server: FastifyInstance, routes: OperatorRoutes): void {
  const { home, metrics, served, introspection, isOperator } = routes;
  server.get('/metrics', async ({ caller }, reply) =>
    isOperator(caller)
      ? reply.type(metrics.contentType).send(await metrics.metrics())
      : reply.code(403).send(OPERATORS_ONLY),
  );
  server.get('/schema.graphql', async ({ caller }, reply) => {
    if (!seesSchema(introspection, caller.principal))
      return reply.code(403).send({ errors: [introspectionRefused().toJSON()] });
    reply.header('cache-control', 'private, max-age=60').header('vary', 'authorization');
    return reply.type('text/plain; charset=utf-8').send(served.graph.printedApiSchema());
  });
  server.get('/', async (_request, reply) => reply.redirect(home));
}
