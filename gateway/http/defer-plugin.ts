import type { ApolloServerPlugin, GraphQLResponse } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import Negotiator from 'negotiator';
import type { Logger } from 'pino';
import { publicError } from '../../shared/http/errors';
import type { Arrived, Batch, Pending } from '../execution/incremental';
import { asksToDefer } from '../planning/defer';
import type { GraphContext, ServedGraph } from '../supergraph/served-graph';

/** The format of Apollo Client 3 and Relay: each payload says its path. */
const BY_PATH = 'multipart/mixed; deferSpec=20220824';
/** The format of the working draft: what is to come is announced under an id. */
const BY_ID = 'multipart/mixed; incrementalSpec=v0.2';

type Answer = NonNullable<Awaited<ReturnType<ServedGraph['answerIncrementally']>>>;
type IncrementalBody = Extract<GraphQLResponse['body'], { kind: 'incremental' }>;

/**
 * Answers queries with `@defer` in parts, to clients that accept `multipart/mixed`; to others the answer is one, as the directive
 * allows. Apollo Server writes the parts, and would not let a gateway's executor give them.
 */
export function deferPlugin(served: ServedGraph, log: Logger): ApolloServerPlugin<GraphContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ request, document, schema, contextValue }) {
          const accept = request.http?.headers.get('accept');
          if (!accept?.includes('multipart/mixed') || !asksToDefer(document)) return null;
          const format = new Negotiator({ headers: { accept } }).mediaType([BY_ID, BY_PATH]);
          if (!format) return null;
          const answer = await served.answerIncrementally(
            schema,
            document,
            request.operationName ?? undefined,
            request.variables,
            contextValue,
          );
          if (!answer) return null;
          return {
            http: { status: undefined, headers: new Map() as never },
            body: format === BY_PATH ? byPath(answer, log) : byId(answer, log),
          };
        },
      };
    },
  };
}

const told = (errors: readonly GraphQLFormattedError[] | undefined, log: Logger) =>
  errors?.length ? { errors: errors.map((error) => publicError(error, error, log)) } : {};

const named = ({ label, path }: Pending) => ({ path, ...(label === undefined ? {} : { label }) });

function byPath({ first, later, extensions }: Answer, log: Logger): IncrementalBody {
  const payload = ({ pending, data, errors }: Arrived) => ({
    data: data ?? null,
    ...named(pending),
    ...told(errors, log),
  });
  return body(
    { data: first.data, ...told(first.errors, log), extensions, hasNext: true },
    later,
    ({ arrived, hasNext }) => ({
      ...(arrived.length > 0 ? { incremental: arrived.map(payload) } : {}),
      hasNext,
    }),
  );
}

function byId({ first, pending, later, extensions }: Answer, log: Logger): IncrementalBody {
  const announced = (some: readonly Pending[]) =>
    some.length > 0 ? { pending: some.map((one) => ({ id: one.id, ...named(one) })) } : {};
  return body(
    { data: first.data, ...told(first.errors, log), ...announced(pending), extensions, hasNext: true },
    later,
    ({ arrived, pending: more, hasNext }) => {
      const given = arrived.filter(({ data }) => data !== undefined);
      return {
        ...announced(more),
        ...(given.length > 0
          ? { incremental: given.map((one) => ({ id: one.pending.id, data: one.data, ...told(one.errors, log) })) }
          : {}),
        ...(arrived.length > 0
          ? {
              completed: arrived.map((one) => ({
                id: one.pending.id,
                ...(one.data === undefined ? told(one.errors, log) : {}),
              })),
            }
          : {}),
        hasNext,
      };
    },
  );
}

function body(first: object, later: AsyncGenerator<Batch, void>, payload: (batch: Batch) => object): IncrementalBody {
  async function* payloads(): AsyncGenerator<object> {
    for await (const batch of later) yield payload(batch);
  }
  return { kind: 'incremental', initialResult: first as never, subsequentResults: payloads() as never };
}
