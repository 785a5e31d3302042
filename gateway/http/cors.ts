import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { REQUEST_ID_HEADER } from '#base/http/request-id';

/** Request headers that GraphQL clients send, and tracing of browsers adds. */
const CLIENT_HEADERS = [
  'content-type',
  'authorization',
  'accept',
  'apollographql-client-name',
  'apollographql-client-version',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-apollo-operation-id',
  'graphql-require-preflight',
  'traceparent',
  'tracestate',
  REQUEST_ID_HEADER,
];

/** Response headers that pages may read. */
const EXPOSED_HEADERS = [
  'ordergraph-cost',
  'ordergraph-budget-remaining',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  REQUEST_ID_HEADER,
];

const LOCALHOST = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

/** Seconds for which browsers keep the answer to a preflight. */
const MAX_AGE = 600;

export interface CorsRules {
  /** Origins whose pages may send requests. */
  readonly origins: readonly string[];
  /** Whether pages of any port of this machine may, too. */
  readonly allowLocalhost: boolean;
  /** Request headers that pages may send, besides those of common clients. */
  readonly requestHeaders: readonly string[];
  /** Response headers that pages may read, besides our own. */
  readonly responseHeaders: readonly string[];
}

/**
 * Lets pages of other origins send requests. Add it before whatever rejects requests: a browser shows its page no error without these
 * headers. Every preflight gets the same answer, whatever it asks for: it costs the same, and says which headers are allowed.
 */
export async function addCors(server: FastifyInstance, rules: CorsRules): Promise<void> {
  const origin = [...rules.origins, ...(rules.allowLocalhost ? [LOCALHOST] : [])];
  if (origin.length === 0) return;
  await server.register(cors, {
    origin,
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: [...new Set([...CLIENT_HEADERS, ...rules.requestHeaders])],
    credentials: false,
    exposedHeaders: [...new Set([...EXPOSED_HEADERS, ...rules.responseHeaders])],
    maxAge: MAX_AGE,
  });
}
