import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';

/** Codes of errors that nobody meant a client to read; a subgraph's error without a code is one. */
const UNEXPECTED = new Set(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR']);

const REFERENCE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** By what a client can name a failure of ours: the log has it under the same reference. */
export const newReference = (): string => randomUUID();

/** Requests of errors, for loggers that see the error alone. */
const requests = new WeakMap<object, string>();

/** Remembers which request errors belong to: Apollo Server formats errors without their context. */
export function rememberRequest(errors: readonly object[], requestId: string | null | undefined): void {
  if (requestId) for (const error of errors) requests.set(error, requestId);
}

/**
 * What a client sees of an error: mistakes of its own as they are, everything else without its insides, which are logged under a
 * reference that the client is given. That of a subgraph stays, so that both logs have the same.
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
    const given = extensions.reference;
    const reference = typeof given === 'string' && REFERENCE.test(given) ? given : newReference();
    log.error({ err: original ?? error, path: formatted.path, subgraph, requestId, reference }, 'unexpected error');
    return {
      message: 'Internal error',
      ...(formatted.path ? { path: formatted.path } : {}),
      extensions: { code: 'INTERNAL_SERVER_ERROR', reference, ...(subgraph ? { subgraph } : {}) },
    };
  }
  return { ...formatted, extensions: { ...extensions, code, ...(subgraph ? { subgraph } : {}) } };
}
