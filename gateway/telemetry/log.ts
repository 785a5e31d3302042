import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** Maximum characters of a logged statement: lists can make statements very long. */
const MAX_STATEMENT = 2_000;

/**
 * The loggable part of an error. Never includes the values of a failed statement, which may be personal data. Drivers repeat them in
 * several places, mainly between quotes in messages.
 */
function errorInLog(error: Error): Record<string, unknown> {
  const { query: sql, ...serialized } = pino.stdSerializers.err(error) as unknown as Record<string, unknown>;
  const { type, message, stack, code, path } = serialized;
  const query = typeof sql === 'string' ? sql.slice(0, MAX_STATEMENT) : undefined;
  if (!('driverError' in error)) return { type, message, stack, code, query, path };
  const redacted = error.message.replace(/'[^']*'|"[^"]*"/g, '…');
  const frames = String(error.stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const { code: driverCode, errno } = error.driverError as { code?: unknown; errno?: unknown };
  return {
    type,
    message: redacted,
    stack: [redacted, ...frames].join('\n'),
    code: code ?? driverCode,
    errno,
    query,
    path,
  };
}

/** Creates a log of JSON lines on standard output. Never log request bodies, variables, tokens, or database URLs. */
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
