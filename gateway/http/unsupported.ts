import type { FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { answerTypeOf, incrementalFormatOf } from './media-type';

/** Why a request is not executed. */
export interface Refusal {
  readonly status: number;
  readonly error: GraphQLFormattedError;
}

export const refusal = (status: number, code: string, message: string): Refusal => ({
  status,
  error: { message, extensions: { code } },
});

/** The answer to methods that this route does not have. */
export const METHODS = refusal(405, 'BAD_REQUEST', 'Send queries by GET or POST, and mutations by POST');

export const MUTATION_BY_GET = refusal(405, 'BAD_REQUEST', 'GET requests support queries only: send mutations by POST');

const SUPPORTED_TYPES = 'application/graphql-response+json, application/json, or multipart/mixed for @defer';

/** What the transport of a request asks for and this graph does not have; looked at before anything is executed. */
export function unsupported({ headers, body }: FastifyRequest): Refusal | undefined {
  if (/\bwebsocket\b/i.test(headers.upgrade ?? ''))
    return refusal(
      400,
      'WEBSOCKET_NOT_SUPPORTED',
      'WebSockets are not supported, and this graph has no subscriptions: send queries and mutations by HTTP POST',
    );
  // what is read as JSON has to be called so, and nothing that only begins with its name
  if (/^(application\/json(?![ \t]*(;|$))|text\/plain)/i.test(headers['content-type'] ?? ''))
    return refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'The Content-Type is not supported: use application/json');
  if (Array.isArray(body))
    return refusal(
      400,
      'BATCHING_NOT_SUPPORTED',
      'Batches are not supported: send each operation in a request of its own',
    );
  const { accept } = headers;
  if (answerTypeOf(accept) || incrementalFormatOf(accept)) return undefined;
  const stream = /text\/event-stream/i.test(accept!)
    ? 'text/event-stream is not supported, and this graph has no subscriptions'
    : 'No media type in the Accept header is supported';
  return refusal(406, 'NOT_ACCEPTABLE', `${stream}: accept ${SUPPORTED_TYPES}`);
}
