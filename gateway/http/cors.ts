import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { REQUEST_ID_HEADER } from '#base/http/request-id';

/** Request headers that GraphQL clients and browser tracing send. */
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

/** Seconds for which browsers cache a preflight response. */
const MAX_AGE = 600;

export interface CorsRules {
  /** Origins whose pages may send requests. */
  readonly origins: readonly string[];
  /** Whether pages on any localhost port may send requests, too. */
  readonly allowLocalhost: boolean;
  /** Request headers that pages may send, in addition to those of common clients. */
  readonly requestHeaders: readonly string[];
  /** Response headers that pages may read, in addition to the gateway's. */
  readonly responseHeaders: readonly string[];
}

/**
 * Lets pages of other origins send requests. Register it before anything that rejects requests: without these headers, a browser hides
 * the error from its page. Every preflight gets the same response, which lists the allowed headers.
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
