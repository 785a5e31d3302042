import type { ApolloServerPlugin, GraphQLResponse } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { publicError } from '#base/http/errors';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import type { DeliveryGroup } from '../execution/deferred/delivery';
import type { Batch } from '../execution/deferred/incremental';
import type { GraphContext, ServedGraph } from '../graph/served-graph';
import { asksToDefer } from '../operation/defer';
import { withoutSchemaDetails } from '../policy/schema-secrecy';
import { cacheHintOf } from '../transport/cache-control';
import { answerTypeOf, type IncrementalFormat, incrementalFormatOf } from './media-type';

type Answer = NonNullable<Awaited<ReturnType<ServedGraph['answerIncrementally']>>>;
type Body = GraphQLResponse['body'];
type IncrementalBody = Extract<Body, { kind: 'incremental' }>;
/** Makes errors public. */
type Errors = (errors: readonly GraphQLFormattedError[] | undefined) => { errors?: GraphQLFormattedError[] };

/** What Apollo Server names the formats; it refuses a request without a version. */
const FULL_NAMES: Readonly<Record<IncrementalFormat, string>> = {
  'deferSpec=20220824': 'multipart/mixed; deferSpec=20220824',
  'incrementalSpec=v0.2': 'multipart/mixed; incrementalSpec=v0.2',
  'no version': 'multipart/mixed; deferSpec=20220824',
};

/**
 * Answers queries with `@defer` in parts, to clients that accept `multipart/mixed`; to others in one, as the directive allows. Apollo
 * Server writes the parts, and would not let a gateway's executor return them. See docs/incremental-delivery.md.
 */
export function deferPlugin(served: ServedGraph, log: Logger): ApolloServerPlugin<GraphContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ request, document, schema, contextValue, overallCachePolicy }) {
          const headers = request.http?.headers;
          const requestId = contextValue.headers[REQUEST_ID_HEADER];
          const format = incrementalFormatOf(headers?.get('accept'));
          if (!format || !asksToDefer(document)) return null;
          const answer = await served.answerIncrementally(
            schema,
            document,
            request.operationName ?? undefined,
            request.variables,
            contextValue,
            { repeatsFields: format === 'deferSpec=20220824' },
          );
          if (!answer) return null;
          const errors: Errors = (some) => {
            if (!some?.length) return {};
            contextValue.chargeErrors?.(some);
            const shown = some.map((error) => publicError(error, error, log, requestId));
            return { errors: contextValue.seesSchema ? shown : shown.map(withoutSchemaDetails) };
          };
          const http = { status: undefined, headers: new Map() as never };
          if (answer.pending.length > 0)
            return { http, body: format === 'incrementalSpec=v0.2' ? byId(answer, errors) : byPath(answer, errors) };
          const { first, extensions } = answer;
          overallCachePolicy.restrict(cacheHintOf(first.answered));
          const single = { data: first.data as never, ...errors(first.errors), ...(extensions ? { extensions } : {}) };
          return { http, body: { kind: 'single', singleResult: single as never } };
        },
        async willSendResponse({ request, response }) {
          const headers = request.http?.headers;
          const accept = headers?.get('accept');
          const format = incrementalFormatOf(accept);
          const type = answerTypeOf(accept);
          if (response.body.kind === 'single' && type) response.http.headers.set('content-type', type);
          if (response.body.kind === 'single' && !type && format) response.body = onePart(response.body.singleResult);
          if (response.body.kind === 'incremental' && format) headers!.set('accept', FULL_NAMES[format]);
        },
      };
    },
  };
}

const named = ({ label, path }: DeliveryGroup) => ({ path, ...(label === undefined ? {} : { label }) });

/**
 * The format of Apollo Client 3 and Relay: each payload has the path and the label of its fragment. Clients that name no version merge
 * payloads by path alone, some of them one level deep only: they get each field once, at a path below that of the fragment if need be.
 */
function byPath({ first, later, extensions }: Answer, errors: Errors): IncrementalBody {
  return body(
    { data: first.data, ...errors(first.errors), extensions, hasNext: true },
    later,
    ({ delivered, completed, hasNext }) => {
      const incremental = [
        ...delivered.map(({ group, subPath, data, errors: own }) => ({
          data,
          ...named(group),
          path: [...group.path, ...subPath],
          ...errors(own),
        })),
        ...completed.flatMap(({ group, errors: own }) =>
          own ? [{ data: null, ...named(group), ...errors(own) }] : [],
        ),
      ];
      return { ...(incremental.length > 0 ? { incremental } : {}), hasNext };
    },
  );
}

/** The format of the working draft and of graphql-js 17: fragments are announced under an id, and each field is delivered once. */
function byId({ first, pending, later, extensions }: Answer, errors: Errors): IncrementalBody {
  const announced = (groups: readonly DeliveryGroup[]) =>
    groups.length > 0 ? { pending: groups.map((group) => ({ id: group.id, ...named(group) })) } : {};
  return body(
    { data: first.data, ...errors(first.errors), ...announced(pending), extensions, hasNext: true },
    later,
    ({ delivered, completed, pending: more, hasNext }) => {
      const incremental = delivered.map(({ group, subPath, data, errors: own }) => ({
        id: group.id,
        ...(subPath.length > 0 ? { subPath } : {}),
        data,
        ...errors(own),
      }));
      return {
        ...announced(more),
        ...(incremental.length > 0 ? { incremental } : {}),
        completed: completed.map(({ group, errors: own }) => ({ id: group.id, ...errors(own) })),
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

/** A whole answer to a client that accepts nothing but parts. */
function onePart(result: object): IncrementalBody {
  async function* nothing(): AsyncGenerator<object> {}
  return {
    kind: 'incremental',
    initialResult: { ...result, hasNext: false } as never,
    subsequentResults: nothing() as never,
  };
}
