import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** Characters of a statement that are logged: a list can make one as long as the server takes. */
const MAX_STATEMENT = 2_000;

/**
 * What is logged of an error. Never what a failed statement was given, which drivers repeat in several places, between quotes in their
 * messages above all: it may be anybody's data.
 */
function errorInLog(error: Error): Record<string, unknown> {
  const { query: sql, ...serialized } = pino.stdSerializers.err(error) as unknown as Record<string, unknown>;
  const { type, message, stack, code, path } = serialized;
  const query = typeof sql === 'string' ? sql.slice(0, MAX_STATEMENT) : undefined;
  if (!('driverError' in error)) return { type, message, stack, code, query, path };
  const told = error.message.replace(/'[^']*'|"[^"]*"/g, '…');
  const frames = String(error.stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const { code: driverCode, errno } = error.driverError as { code?: unknown; errno?: unknown };
  return { type, message: told, stack: [told, ...frames].join('\n'), code: code ?? driverCode, errno, query, path };
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
