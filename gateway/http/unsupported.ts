import type { FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { ErrorCode } from '#base/error-codes';
import { answerTypeOf, incrementalFormatOf } from './media-type';

/** The response to a rejected request. */
export interface Refusal {
  readonly status: number;
  readonly error: GraphQLFormattedError;
}

export const refusal = (status: number, code: ErrorCode, message: string): Refusal => ({
  status,
  error: { message, extensions: { code } },
});

/** The response to unsupported methods. */
export const METHODS = refusal(
  405,
  'BAD_REQUEST',
  'Method not allowed: send queries by GET or POST, and mutations by POST',
);

export const UNKNOWN_CONTRACT = refusal(404, 'CONTRACT_NOT_FOUND', 'This graph has no contract of this name');

export const MUTATION_BY_GET = refusal(405, 'BAD_REQUEST', 'GET requests support queries only: send mutations by POST');

const SUPPORTED_TYPES = 'application/graphql-response+json, application/json, or multipart/mixed for @defer';

/** Rejects requests for transport features that the gateway does not support, before anything is executed. */
export function unsupported({ headers, body }: FastifyRequest): Refusal | undefined {
  if (/\bwebsocket\b/i.test(headers.upgrade ?? ''))
    return refusal(
      400,
      'WEBSOCKET_NOT_SUPPORTED',
      'WebSockets and subscriptions are not supported: send queries and mutations by HTTP POST',
    );
  // rejects lookalikes such as application/jsonp, which the JSON parser would match by prefix
  if (/^(application\/json(?![ \t]*(;|$))|text\/plain)/i.test(headers['content-type'] ?? ''))
    return refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Unsupported Content-Type: use application/json');
  if (Array.isArray(body))
    return refusal(
      400,
      'BATCHING_NOT_SUPPORTED',
      'Batches are not supported: send each operation in a separate request',
    );
  const { accept } = headers;
  if (answerTypeOf(accept) || incrementalFormatOf(accept)) return undefined;
  const stream = /text\/event-stream/i.test(accept!)
    ? 'text/event-stream and subscriptions are not supported'
    : 'The Accept header allows no supported media type';
  return refusal(406, 'NOT_ACCEPTABLE', `${stream}: accept ${SUPPORTED_TYPES}`);
}
