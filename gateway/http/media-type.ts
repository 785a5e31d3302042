import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

// clients send few different ones
const chosen = new LRUCache<string, { readonly type: string | undefined }>({ max: 200 });

/** The media type of an answer that is one JSON object, by the client's `Accept`; undefined when it takes none of ours. */
export function answerTypeOf(accept: string | undefined): string | undefined {
  if (accept === undefined) return JSON_TYPE;
  let known = chosen.get(accept);
  if (!known) {
    known = { type: new Negotiator({ headers: { accept } }).mediaType([JSON_TYPE, RESPONSE_TYPE]) };
    if (accept.length < 500) chosen.set(accept, known);
  }
  return known.type;
}

/** Errors of a request that is well-formed HTTP and JSON, and was not executed. */
const REQUEST_ERRORS = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/**
 * The status of such an error. Whoever asks for `application/json` by name is of before `application/graphql-response+json`, and takes
 * every other status for a failure of the transport: GraphQL over HTTP, section 6.4.1.
 */
export function statusOf(accept: string | undefined, status: number, code: unknown): number {
  const isOfBefore = accept !== undefined && accept !== '*/*' && answerTypeOf(accept)?.startsWith('application/json');
  return isOfBefore && status === 400 && REQUEST_ERRORS.has(String(code)) ? 200 : status;
}
