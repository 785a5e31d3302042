import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cancellation } from '#base/cancellation';
import { countErrors } from '#base/error-list';
import { ORIGIN_HEADER, originHeader } from '#base/http/origin';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import type { Principal } from '#base/identity/principal';
import type { GraphContext } from '../graph/served-graph';
import { type ClientName, clientNameOf, PUBLIC, partyOf, type Usage } from '../graph/usage';
import { payerOf } from '../identity/caller';
import type { Budgets } from '../policy/budgets';
import { costOfAnswer, costOfError } from '../policy/work';
import { Trace } from '../trace/trace';

/** Headers that the gateway passes on, by lower-case name. It drops all others. */
export interface HeaderRules {
  /** From clients to subgraphs. */
  readonly forwardHeaders: readonly string[];
  /** From subgraphs to clients. */
  readonly returnHeaders: readonly string[];
}

export interface RequestRules extends HeaderRules {
  /** Cost budgets of callers; undefined when costs are not counted. */
  readonly budgets?: Budgets;
  readonly timeoutMs: number;
  /** Counts what clients send; undefined where it is not reported. */
  readonly usage?: Usage;
  /** Callers who may see the schema. */
  readonly introspection: 'everyone' | 'known' | 'nobody';
}

/** A GraphQL name short enough to record as an operation's name. */
const NAME = /^[_A-Za-z][_0-9A-Za-z]{0,99}$/;

/** Identity headers for subgraphs, with the request's origin for their audit records. */
export function originHeaders(
  identities: NonNullable<GraphContext['identities']>,
  request: FastifyRequest,
): NonNullable<GraphContext['identities']> {
  // lazy: most requests share another's subgraph calls and send no headers
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

/** How the client of a request introduces itself; the public for callers without a token. */
const clientOf = ({ caller, headers }: FastifyRequest): ClientName =>
  caller.principal === null
    ? PUBLIC
    : {
        client: clientNameOf(headers['apollographql-client-name']),
        version: clientNameOf(headers['apollographql-client-version']),
        party: partyOf(caller.principal),
      };

/** Whether a caller may see the schema. */
export const seesSchema = (introspection: RequestRules['introspection'], principal: Principal | null): boolean =>
  introspection === 'everyone' || (introspection === 'known' && principal !== null);

/**
 * Execution context of a request: forwarded headers, deadline, and the client's disconnect signal.
 * @param asksForTrace whether the client asks for the plan and the timing
 */
export function contextOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { forwardHeaders, returnHeaders, timeoutMs, introspection, budgets, usage }: RequestRules,
  delivery?: GraphContext['delivery'],
  asksForTrace = false,
): GraphContext {
  const headers: Record<string, string> = {};
  for (const name of forwardHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = String(value);
  }
  let [estimated, sent] = [0, 0];
  const gone = new Cancellation();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.cancel();
  });
  const { caller } = request;
  const payer = { key: payerOf(request), principal: caller.principal };
  // requests with different forwarded headers share no calls; the request id does not count
  const scope = forwardHeaders.length === 0 ? caller.key : `${caller.key}\n${JSON.stringify(headers)}`;
  headers[REQUEST_ID_HEADER] = request.id;
  const identities = caller.identities && originHeaders(caller.identities, request);
  const isShownSchema = seesSchema(introspection, caller.principal);
  return {
    headers,
    identities,
    principal: caller.principal,
    seesSchema: isShownSchema,
    trace: asksForTrace && isShownSchema ? Trace.received(performance.now() - reply.elapsedTime) : undefined,
    scope,
    payer: payer.key,
    deadline: performance.now() + timeoutMs,
    cancellation: gone,
    delivery,
    keep: delivery && ((bytes) => request.server.unread.keep(request.raw, bytes)),
    used: usage && ((document, operationName) => usage.count(document, operationName, clientOf(request))),
    spend:
      budgets &&
      ((cost, details) => {
        estimated += cost;
        const spending = budgets.spend(cost, payer, details);
        request.priced?.(true);
        return spending;
      }),
    settle: budgets && ((spending, actual) => budgets.settle(spending, actual, payer)),
    charge: budgets && ((cost) => budgets.charge(cost, payer)),
    chargePlanning:
      budgets &&
      ((selections) => {
        budgets.chargePlanning(selections, payer);
        // other requests of a caller with a token need not wait for the planner
        if (caller.principal) request.priced?.();
      }),
    chargeBytes:
      budgets &&
      ((bytes) => {
        const charged = costOfAnswer(sent, estimated);
        sent += bytes;
        budgets.charge(costOfAnswer(sent, estimated) - charged, payer);
      }),
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
