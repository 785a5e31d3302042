import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';

/** Codes of errors that nobody meant a client to read; a subgraph's error without a code is one. */
const UNEXPECTED = new Set(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR']);

/** What a client sees of an error: mistakes of its own as they are, everything else without its insides, which are logged. */
export function publicError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
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
    log.error({ err: original ?? error, path: formatted.path, subgraph }, 'unexpected error');
    return {
      message: 'Internal error',
      ...(formatted.path ? { path: formatted.path } : {}),
      extensions: { code: 'INTERNAL_SERVER_ERROR', ...(subgraph ? { subgraph } : {}) },
    };
  }
  return { ...formatted, extensions: { ...extensions, code, ...(subgraph ? { subgraph } : {}) } };
}
