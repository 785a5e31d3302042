import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { GraphContext, ServedContract } from '../graph/served-graph';
import { payerOf } from '../identity/caller';
import type { Budgets, Priced } from '../policy/budgets';
import { costOfBody } from '../policy/work';
import { type AdmissionRules, type Admitted, admit } from './admission';
import { AnswerWriter } from './answer';
import { addApiHeaders, addPageHeaders } from './headers';
import { addJsonBodies } from './json-body';
import { incrementalFormatOf, prefersPage } from './media-type';
import type { Pipelines } from './pipelines';
import { type ResponseRules, responseHook } from './response';
import { METHODS, UNKNOWN_CONTRACT } from './unsupported';

declare module 'fastify' {
  interface FastifyRequest {
    /** Reports that the caller has paid for the request; undefined where requests begin at once. */
    priced: Priced | undefined;
  }
}

export interface GraphQLRoute extends Omit<AdmissionRules, 'charge'> {
  readonly pipelines: Pipelines;
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
  /** The same at the path of a contract. */
  readonly contractPage?: GraphQLRoute['page'];
}

/** Paths of the graph, and of its contracts. */
const PATHS = ['/graphql', '/contracts/:contract'];

/**
 * Adds `/graphql`, and the same for each contract. Apollo Server parses and validates new operations; operations executed before go straight to the graph, since
 * Apollo's pipeline costs more than most operations here. See docs/decisions/0010.
 */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  const { budgets, served, pipelines } = route;
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
    contract: ServedContract,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const format = incrementalFormatOf(request.headers.accept);
    const delivery = format && { repeatsFields: format === 'deferSpec=20220824' };
    const context = route.contextOf(request, reply, delivery, asksForTrace);
    const answer = knownOperation
      ? await served.answer(knownOperation, operation.variables, context)
      : await (await pipelines.of(contract)).answer({ ...operation, isReadOnly: request.method === 'GET' }, context);
    return writer.write(answer, context, request, reply);
  };

  const options = {
    method: ['GET', 'POST', 'OPTIONS'],
    // before the body is read
    onRequest: (request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void) => {
      if (!budgets || request.method === 'OPTIONS') {
        next();
        return;
      }
      budgets.enter(payer(request), (priced, tooMany) => {
        if (priced) {
          reply.raw.once('close', () => priced());
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
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const contract = served.contract((request.params as { contract?: string }).contract);
      if (contract && request.method === 'GET' && prefersPage(request.headers.accept)) {
        addPageHeaders(reply);
        const page = contract.graph.contract === undefined ? route.page : route.contractPage;
        if (page) return page(request, reply);
        const apollo = await pipelines.of(contract);
        return reply.type('text/html; charset=utf-8').send(await apollo.page(route.contextOf(request, reply)));
      }
      addApiHeaders(reply);
      if (!contract) return writer.refuse(UNKNOWN_CONTRACT, request, reply);
      if (request.method === 'OPTIONS') return writer.refuse(METHODS, request, reply.header('allow', 'GET, POST'));
      const admitted = admit(request, rules, contract);
      return 'error' in admitted
        ? writer.refuse(admitted, request, reply)
        : execute(admitted, contract, request, reply);
    },
  } satisfies Omit<RouteOptions, 'url'>;
  for (const url of PATHS) server.route({ ...options, url });
}
