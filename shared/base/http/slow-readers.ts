import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Traffic } from './traffic';

/** Minimum transfer rate. */
export interface MinRate {
  /** 0 disables the limit. */
  readonly bytesPerSecond: number;
  /** Milliseconds over which the rate is measured. */
  readonly windowMs: number;
}

/** Checks of each connection per window. */
const CHECKS = 4;

/** State of a connection with waiting bytes: since when, and bytes accepted before. */
interface Waiting {
  readonly since: number;
  readonly taken: number;
}

/**
 * Closes connections whose client reads more slowly than a rate. A connection without waiting bytes is never too slow, because its client
 * is waiting for us.
 */
export function endSlowReaders(
  server: Server,
  { bytesPerSecond, windowMs }: MinRate,
  traffic: Traffic,
  log: Logger,
): void {
  if (bytesPerSecond === 0) return;
  const waiting = new Map<Socket, Waiting | undefined>();
  server.on('connection', (socket) => {
    waiting.set(socket, undefined);
    socket.once('close', () => waiting.delete(socket));
  });
  const look = (): void => {
    const now = performance.now();
    for (const [socket, before] of waiting) {
      const taken = takenFrom(socket);
      if (taken === undefined) waiting.set(socket, undefined);
      else if (!before) waiting.set(socket, { since: now, taken });
      else if (now - before.since >= windowMs) {
        if (taken - before.taken >= (bytesPerSecond * (now - before.since)) / 1_000)
          waiting.set(socket, { since: now, taken });
        else {
          traffic.countEndedReader('rate');
          log.warn(
            { address: socket.remoteAddress, bytes: taken - before.taken },
            'closed a connection that reads too slowly',
          );
          socket.destroy();
        }
      }
    }
  };
  const timer = setInterval(look, windowMs / CHECKS).unref();
  server.once('close', () => clearInterval(timer));
}

/** Node's counters of a socket handle. The counters of the stream change once per chunk, and a response is one chunk. */
interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Bytes that a connection has accepted; undefined when it has no bytes waiting. */
export function takenFrom(socket: Socket): number | undefined {
  if (socket.writableLength === 0) return undefined;
  const handle = (socket as unknown as { _handle: Handle | null })._handle;
  return handle ? handle.bytesWritten - handle.writeQueueSize : undefined;
}
