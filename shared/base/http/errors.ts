import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';

/** Codes of unexpected errors, whose details are not for clients. A subgraph's error without a code is one. */
const UNEXPECTED = new Set(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR']);

const REFERENCE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reference of an internal error, which appears in the response and in the log. */
export const newReference = (): string => randomUUID();

/** Request ids by error, for loggers that only get the error. */
const requests = new WeakMap<object, string>();

/** Remembers the request of errors, since Apollo Server formats errors without their context. */
export function rememberRequest(errors: readonly object[], requestId: string | null | undefined): void {
  if (requestId) for (const error of errors) requests.set(error, requestId);
}

/**
 * Error for the client: expected errors unchanged, unexpected ones without details. Logs the details with a reference, which the client
 * also gets. Keeps the reference of a subgraph, so that both logs have the same.
 */
export function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  log: Logger,
  requestId = requests.get(error as object),
): GraphQLFormattedError {
  const {
    stacktrace: _stacktrace,
    response: _response,
    serviceName,
    exception: _exception,
    ...extensions
  } = formatted.extensions ?? {};
  const subgraph = extensions.subgraph ?? serviceName;
  const original = error instanceof GraphQLError ? error.originalError : error;
  const code = String(extensions.code ?? 'INTERNAL_SERVER_ERROR');
  if (UNEXPECTED.has(code)) {
    const existing = extensions.reference;
    const reference = typeof existing === 'string' && REFERENCE.test(existing) ? existing : newReference();
    log.error({ err: original ?? error, path: formatted.path, subgraph, requestId, reference }, 'unexpected error');
    return {
      message: 'Internal error',
      ...(formatted.path ? { path: formatted.path } : {}),
      extensions: { code: 'INTERNAL_SERVER_ERROR', reference, ...(subgraph ? { subgraph } : {}) },
    };
  }
  return { ...formatted, extensions: { ...extensions, code, ...(subgraph ? { subgraph } : {}) } };
}
