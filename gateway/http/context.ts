import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cancellation } from '#base/cancellation';
import { countErrors } from '#base/error-list';
import { ORIGIN_HEADER, originHeader } from '#base/http/origin';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import type { Principal } from '#base/identity/principal';
import type { GraphContext } from '../graph/served-graph';
import { payerOf } from '../identity/caller';
import type { Budgets } from '../policy/budgets';
import { costOfError } from '../policy/work';

/** Which headers pass, by lower-case name; no others do. */
export interface HeaderRules {
  /** From clients to subgraphs. */
  readonly forwardHeaders: readonly string[];
  /** From subgraphs to clients. */
  readonly returnHeaders: readonly string[];
}

export interface RequestRules extends HeaderRules {
  /** What callers may have their operations cost; not looked at when there are none. */
  readonly budgets?: Budgets;
  readonly timeoutMs: number;
  /** Who is shown the schema. */
  readonly introspection: 'everyone' | 'known' | 'nobody';
}

/** A name of GraphQL's grammar that is recorded; other texts name no operation. */
const NAME = /^[_A-Za-z][_0-9A-Za-z]{0,99}$/;

/** What subgraphs are told of who asks, with what they are to record of this request. */
export function tellOrigin(
  identities: NonNullable<GraphContext['identities']>,
  request: FastifyRequest,
): NonNullable<GraphContext['identities']> {
  // most requests share the calls of others, and tell nobody
  let origin: string | undefined;
  return {
    get: (subgraph) => {
      if (origin === undefined) {
        const name = ((request.body ?? request.query) as { operationName?: unknown }).operationName;
        const operation = typeof name === 'string' && NAME.test(name) ? name : null;
        origin = originHeader({ request: request.id, operation, address: request.ip });
      }
      return { ...identities.get(subgraph), [ORIGIN_HEADER]: origin };
    },
  };
}

/** Whether a caller is shown the schema. */
export const seesSchema = (introspection: RequestRules['introspection'], principal: Principal | null): boolean =>
  introspection === 'everyone' || (introspection === 'known' && principal !== null);

/** What the graph is told of a request: headers that are handed on, until when to answer, and that the client has gone. */
export function contextOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { forwardHeaders, returnHeaders, timeoutMs, introspection, budgets }: RequestRules,
  delivery?: GraphContext['delivery'],
): GraphContext {
  const headers: Record<string, string> = {};
  for (const name of forwardHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = String(value);
  }
  const gone = new Cancellation();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.cancel();
  });
  const { caller } = request;
  const payer = { key: payerOf(request), principal: caller.principal };
  // requests with different forwarded headers share nothing; the request id does not count as one
  const scope = forwardHeaders.length === 0 ? caller.key : `${caller.key}\n${JSON.stringify(headers)}`;
  headers[REQUEST_ID_HEADER] = request.id;
  const identities = caller.identities && tellOrigin(caller.identities, request);
  return {
    headers,
    identities,
    principal: caller.principal,
    seesSchema: seesSchema(introspection, caller.principal),
    scope,
    deadline: performance.now() + timeoutMs,
    cancellation: gone,
    delivery,
    spend:
      budgets &&
      ((cost, before) => {
        const spending = budgets.spend(cost, payer.key, caller.principal, before);
        request.priced?.();
        return spending;
      }),
    charge: budgets && ((cost) => budgets.charge(cost, payer)),
    chargePlanning: budgets && (() => budgets.chargePlanning(payer)),
    chargeErrors: budgets && ((errors) => budgets.chargeErrors(countErrors(errors), payer, costOfError(errors[0]))),
    answered:
      returnHeaders.length === 0
        ? undefined
        : (answers) => {
            for (const name of returnHeaders) {
              const values = [...new Set(answers.flatMap((answer) => answer[name] ?? []))];
              if (values.length > 0) reply.header(name, name === 'set-cookie' ? values : values.join(', '));
            }
          },
  };
}
