import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

/** How fast bytes have to move. */
export interface MinRate {
  /** 0 for any rate. */
  readonly bytesPerSecond: number;
  /** Milliseconds over which the rate is measured. */
  readonly windowMs: number;
}

/** Looks at each connection in a window. */
const LOOKS = 4;

/** Since when a connection has had bytes waiting without a break, and what had been taken of it then. */
interface Waiting {
  readonly since: number;
  readonly taken: number;
}

/**
 * Ends connections whose client takes what it has asked for more slowly than a rate: files, large answers, and answers in parts alike. A
 * connection that has nothing to send is not looked at, so that whoever waits for us is never too slow.
 */
export function endSlowReaders(server: Server, { bytesPerSecond, windowMs }: MinRate, log: Logger): void {
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
          log.warn(
            { address: socket.remoteAddress, bytes: taken - before.taken },
            'ended a connection that reads too slowly',
          );
          socket.destroy();
        }
      }
    }
  };
  const timer = setInterval(look, windowMs / LOOKS).unref();
  server.once('close', () => clearInterval(timer));
}

/** What Node counts of a connection where it is written: the stream itself counts a chunk when all of it has been taken. */
interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Bytes that a connection has taken; undefined when none wait for it. */
function takenFrom(socket: Socket): number | undefined {
  if (socket.writableLength === 0) return undefined;
  const handle = (socket as unknown as { _handle: Handle | null })._handle;
  return handle ? handle.bytesWritten - handle.writeQueueSize : undefined;
}
