import type { FastifyReply } from 'fastify';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

/** Default requests per minute of one caller, or of one address. */
const DEFAULT_RATE = 6_000;

/**
 * The effective limit; 0 disables it.
 * @param areCallersKnown whether trusted issuers identify callers; without them, an address or a development token may stand for many
 */
export const effectiveRate = (rateLimit: number | '', areCallersKnown: boolean): number =>
  rateLimit === '' ? (areCallersKnown ? DEFAULT_RATE : 0) : rateLimit;

const WINDOW_SECONDS = 60;
/** Maximum callers remembered in this process; the least recently seen one starts over. */
const MAX_CALLERS = 100_000;

interface Window {
  requests: number;
  /** When the minute ends, by `performance.now()`. */
  readonly until: number;
}

/** Counts the requests of callers in windows of a minute. */
export class RequestRate {
  private readonly windows = new LRUCache<string, Window>({ max: MAX_CALLERS });
  private readonly shared: RateLimiterRedis | undefined;

  /** @param limit requests a minute @param redis shared counters of several gateways; without a connection each counts for itself */
  constructor(
    readonly limit: number,
    redis: Redis | undefined,
  ) {
    const options = { keyPrefix: 'requests', points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };
    this.shared =
      redis &&
      new RateLimiterRedis({
        ...options,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(options),
      });
  }

  /**
   * Counts a request, and says in headers what is left.
   * @param key tells callers apart @param done is called at once unless Redis is asked, with an error for one request too many
   */
  check(key: string, reply: FastifyReply, done: (error?: TooManyRequests) => void): void {
    if (this.shared)
      this.shared
        .consume(key)
        .then(
          ({ consumedPoints, msBeforeNext }) =>
            done(this.judge({ requests: consumedPoints, until: performance.now() + msBeforeNext }, reply)),
          done,
        );
    else done(this.judge(this.count(key), reply));
  }

  private count(key: string): Window {
    const now = performance.now();
    let window = this.windows.get(key);
    if (!window || window.until <= now) {
      window = { requests: 0, until: now + WINDOW_SECONDS * 1_000 };
      this.windows.set(key, window);
    }
    window.requests += 1;
    return window;
  }

  private judge({ requests, until }: Window, reply: FastifyReply): TooManyRequests | undefined {
    const seconds = Math.max(1, Math.ceil((until - performance.now()) / 1_000));
    reply.header('ratelimit-limit', this.limit);
    reply.header('ratelimit-remaining', Math.max(0, this.limit - requests));
    reply.header('ratelimit-reset', seconds);
    if (requests <= this.limit) return undefined;
    reply.header('retry-after', seconds);
    return new TooManyRequests(this.limit, seconds);
  }
}

/** A caller asks more often than the configuration allows. */
export class TooManyRequests extends Error {
  readonly statusCode = 429;

  constructor(limit: number, seconds: number) {
    super(`More than ${limit} requests in a minute; try again in ${seconds} s`);
  }
}
