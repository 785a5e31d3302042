import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** Milliseconds without data after which a connection is closed, since a server that hangs keeps it open. */
const SILENT_MS = 1_000;
const CONNECT_MS = 2_000;
const MAX_RECONNECT_MS = 2_000;

/** Maximum bytes that a server may send within a window, far above anything that we store. */
export const MAX_RECEIVED_BYTES = 64 * 1024 * 1024;
/** Length of the window in milliseconds, about the longest timeout of a reply. */
const RECEIVED_WINDOW_MS = 3_000;

/**
 * Closes a connection that receives too much data, so that no one who can write to Redis, or intercept the connection, can exhaust our
 * memory. The client reconnects.
 * @param exceeded called before
 */
export function boundReplies(client: Redis, exceeded?: () => void): void {
  client.on('connect', () => {
    const { stream } = client;
    let bytes = 0;
    let since = performance.now();
    stream.on('data', (chunk: Buffer) => {
      const now = performance.now();
      if (now - since > RECEIVED_WINDOW_MS) {
        bytes = 0;
        since = now;
      }
      bytes += chunk.length;
      if (bytes <= MAX_RECEIVED_BYTES) return;
      exceeded?.();
      stream.destroy(new Error(`Redis sent more than ${MAX_RECEIVED_BYTES} bytes in ${RECEIVED_WINDOW_MS / 1_000} s`));
    });
  });
}

export interface RedisUse {
  /** `redis://` or `rediss://` */
  readonly url: string;
  /** Purpose, for the log. */
  readonly what: string;
  /** Effect while it is unavailable, for the log, such as `each gateway plans for itself`. */
  readonly meanwhile: string;
  /** Timeout of a command in milliseconds. */
  readonly commandTimeoutMs: number;
  /** Prefix of all keys, including those of scripts. */
  readonly keyPrefix?: string;
  readonly log: Logger;
  /** Other options, such as for a connection that waits for events. */
  readonly options?: RedisOptions;
}

/**
 * Creates a client whose commands fail fast: immediately while the server is down, and within their timeout while it hangs. Replaces silent
 * connections. Logs when the server becomes unavailable, with the cause, and when it is available again.
 */
export function redisClient({ url, what, meanwhile, commandTimeoutMs, keyPrefix, log, options }: RedisUse): Redis {
  const redis = new Redis(url, {
    keyPrefix,
    commandTimeout: commandTimeoutMs,
    socketTimeout: Math.max(SILENT_MS, commandTimeoutMs),
    connectTimeout: CONNECT_MS,
    // a server that hangs does not close its side
    disconnectTimeout: 200,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_MS),
    ...options,
  });
  boundReplies(redis);
  let isAway = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    if (!isAway) log.warn({ cause: error.message || error.code }, `Redis for ${what} is unavailable; ${meanwhile}`);
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info(`Redis for ${what} is available again`);
    isAway = false;
  });
  return redis;
}
