import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { GraphContext } from '../graph/served-graph';
import { payerOf } from '../identity/caller';
import type { Budgets } from '../policy/budgets';
import { costOfBody } from '../policy/work';
import { type AdmissionRules, type Admitted, admit } from './admission';
import { AnswerWriter } from './answer';
import type { ApolloPipeline } from './apollo';
import { addApiHeaders, addPageHeaders } from './headers';
import { addJsonBodies } from './json-body';
import { incrementalFormatOf, prefersPage } from './media-type';
import { type ResponseRules, responseHook } from './response';
import { METHODS } from './unsupported';

declare module 'fastify' {
  interface FastifyRequest {
    /** Reports that the caller has paid for the request; undefined where requests begin at once. */
    priced: (() => void) | undefined;
  }
}

export interface GraphQLRoute extends Omit<AdmissionRules, 'charge'> {
  readonly apollo: ApolloPipeline;
  readonly contextOf: (
    request: FastifyRequest,
    reply: FastifyReply,
    delivery?: GraphContext['delivery'],
    asksForTrace?: boolean,
  ) => GraphContext;
  readonly log: Logger;
  /** Budgets that the work of requests is charged to. */
  readonly budgets?: Budgets;
  readonly responses: ResponseRules;
  /** Page for browsers; Apollo Server's by default. */
  readonly page?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/**
 * Adds `/graphql`. Apollo Server parses and validates new operations; operations executed before go straight to the graph, since
 * Apollo's pipeline costs more than most operations here. See docs/decisions/0010.
 */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  const { budgets, served, apollo } = route;
  const writer = new AnswerWriter(route.log);
  server.decorateRequest('priced', undefined);
  const payer = (request: FastifyRequest) => ({ key: payerOf(request), principal: request.caller.principal });
  const charge = (request: FastifyRequest, cost: number) => {
    if (cost > 0) budgets?.charge(cost, payer(request));
  };
  const rules: AdmissionRules = { ...route, charge };
  addJsonBodies(server, (request, bytes) => {
    charge(request, costOfBody(bytes));
    // its variables stay in memory until the response has been read
    server.unread.keep(request.raw, bytes);
  });

  const execute = async (
    { knownOperation, asksForTrace, ...operation }: Admitted,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const format = incrementalFormatOf(request.headers.accept);
    const delivery = format && { repeatsFields: format === 'deferSpec=20220824' };
    const context = route.contextOf(request, reply, delivery, asksForTrace);
    const answer = knownOperation
      ? await served.answer(knownOperation, operation.variables, context)
      : await apollo.answer({ ...operation, isReadOnly: request.method === 'GET' }, context);
    return writer.write(answer, context, request, reply);
  };

  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    // before the body is read
    onRequest: (request, reply, next) => {
      if (!budgets || request.method === 'OPTIONS') {
        next();
        return;
      }
      budgets.enter(payer(request), (priced, tooMany) => {
        if (priced) {
          reply.raw.once('close', priced);
          request.priced = priced;
        }
        // the client may have disconnected while waiting
        if (request.raw.socket.destroyed) {
          priced?.();
          return;
        }
        const exhausted = budgets.exhausted(payer(request));
        if (exhausted) writer.refuse({ status: 429, error: exhausted }, request, reply);
        else next(tooMany);
      });
    },
    onSend: responseHook(route.responses),
    handler: async (request, reply) => {
      if (request.method === 'GET' && prefersPage(request.headers.accept)) {
        addPageHeaders(reply);
        if (route.page) return route.page(request, reply);
        return reply.type('text/html; charset=utf-8').send(await apollo.page(route.contextOf(request, reply)));
      }
      addApiHeaders(reply);
      if (request.method === 'OPTIONS') return writer.refuse(METHODS, request, reply.header('allow', 'GET, POST'));
      const admitted = admit(request, rules);
      return 'error' in admitted ? writer.refuse(admitted, request, reply) : execute(admitted, request, reply);
    },
  });
}
