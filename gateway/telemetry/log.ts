import pino, { type Logger } from 'pino';

/** JSON lines on standard output. Never given request bodies, variables, tokens or database URLs. */
export function createLog(level: string, name: string): Logger {
  return pino({
    level,
    name,
    redact: ['headers.authorization', 'headers.cookie', 'req.headers'],
    formatters: { bindings: () => ({ name }) },
  });
}
