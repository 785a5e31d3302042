import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

const SHUTDOWN_MS = 15_000;
/** Milliseconds for the rest to close after all connections are closed. */
const LAST_MS = 1_000;

export interface Shutdown {
  readonly log: Logger;
  readonly server: FastifyInstance;
  /** Closes the server, then what it uses. */
  readonly close: () => Promise<void>;
  /** Milliseconds between SIGTERM and closing, during which the server reports not ready but still answers. */
  readonly drainMs?: number;
  /** Maximum milliseconds until the process ends, draining included. */
  readonly shutdownMs?: number;
}

/**
 * Ends the process on SIGINT and SIGTERM with exit code 0. On SIGTERM it first drains: a load balancer sees that the server is not
 * ready and sends its requests elsewhere. Then requests in progress finish; at the limit their connections are closed. Another SIGTERM
 * has no effect: a service manager sends it to every process, and the parent forwards it too. A second SIGINT ends the process at once.
 */
export function closeOnSignal({ log, server, close, drainMs = 0, shutdownMs = SHUTDOWN_MS }: Shutdown): void {
  const closeWithin = async (milliseconds: number): Promise<void> => {
    const limit = new AbortController();
    const closed = close().finally(() => limit.abort());
    const isLate = await Promise.race([
      closed.then(() => false),
      sleep(milliseconds, true, { signal: limit.signal }).catch(() => false),
    ]);
    if (!isLate) return closed;
    log.warn({ shutdownMs }, 'reached the shutdown limit; closing connections with requests in progress');
    server.server.closeAllConnections();
    await Promise.race([closed, sleep(LAST_MS)]);
  };
  // what ends by itself has failed to start, and keeps its exit code
  const skip = ['SIGTERM' as const, 'beforeExit' as const];
  const options = { delay: shutdownMs + 2 * LAST_MS, logger: false as const, skip };
  let isStopping = false;
  const grace = closeWithGrace(options, async ({ signal, err, manual }) => {
    isStopping = true;
    const isTermination = manual === true;
    if (err) log.error({ err }, 'stopping after an unexpected error');
    else log.info({ signal: isTermination ? 'SIGTERM' : signal, drainMs, shutdownMs }, 'stopping');
    const drain = isTermination ? Math.min(drainMs, shutdownMs) : 0;
    server.drain();
    await sleep(drain);
    await closeWithin(shutdownMs - drain);
  });
  // close-with-grace exits with code 1 on any second signal
  process.on('SIGTERM', () => {
    if (!isStopping) grace.close();
  });
}
