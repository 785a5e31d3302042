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
