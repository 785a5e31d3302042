import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** Milliseconds without any answer after which a connection is given up: a server that hangs keeps it open. */
const SILENT_MS = 1_000;
const CONNECT_MS = 2_000;
const MAX_RECONNECT_MS = 2_000;

/** Bytes that a server may send within a window; all that we keep there for any reader is a fraction of it. */
export const MAX_RECEIVED_BYTES = 64 * 1024 * 1024;
/** Milliseconds of that window: no reply is waited for longer than about this. */
const RECEIVED_WINDOW_MS = 3_000;

/**
 * Ends each connection of a client on which more arrives than anything that we keep in Redis: whoever can write there, or stands in between,
 * must not fill the memory of those who read. The client connects again.
 */
export function boundReplies(client: Redis): void {
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
      if (bytes > MAX_RECEIVED_BYTES)
        stream.destroy(
          new Error(`Redis sent more than ${MAX_RECEIVED_BYTES} bytes in ${RECEIVED_WINDOW_MS / 1_000} s`),
        );
    });
  });
}

export interface RedisUse {
  /** `redis://` or `rediss://` */
  readonly url: string;
  /** What it is used for, in the log. */
  readonly what: string;
  /** What happens while it is away, in the log: `each gateway plans for itself`. */
  readonly meanwhile: string;
  /** Milliseconds until a command fails. */
  readonly commandTimeoutMs: number;
  /** Before every key, those of scripts included. */
  readonly keyPrefix?: string;
  readonly log: Logger;
  /** For what differs, such as a connection that waits for events. */
  readonly options?: RedisOptions;
}

/**
 * A client whose commands fail soon instead of waiting: at once while the server is away, and within their timeout when it hangs; a
 * connection that stays silent is replaced. Logs when the server goes away, with the cause, and when it is back.
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
