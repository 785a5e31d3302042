import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** What is logged of an error. Never what a failed statement was given, which drivers repeat in several places: it may be anybody's data. */
function errorInLog(error: Error): Record<string, unknown> {
  const { type, message, stack, code, query, path } = pino.stdSerializers.err(error) as unknown as Record<
    string,
    unknown
  >;
  return { type, message, stack, code, query, path };
}

/** JSON lines on standard output. Never given request bodies, variables, tokens or database URLs. */
export function createLog(level: string, name: string, to?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    name,
    serializers: { err: errorInLog },
    redact: ['headers.authorization', 'headers.cookie', 'req.headers'],
    formatters: { bindings: () => ({ name }) },
  };
  return to ? pino(options, to) : pino(options);
}
