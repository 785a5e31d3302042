import type { FastifyReply } from 'fastify';
import type { Redis } from 'ioredis';
import { LocalWindows, SharedWindows, type Window } from './windows';

/** Default maximum requests per minute and caller or address. */
const DEFAULT_RATE = 6_000;

/**
 * The effective limit; 0 disables it.
 * @param areCallersKnown whether trusted issuers identify callers; otherwise an address or a development token may represent many
 */
export const effectiveRate = (rateLimit: number | '', areCallersKnown: boolean): number =>
  rateLimit === '' ? (areCallersKnown ? DEFAULT_RATE : 0) : rateLimit;

/** Counts the requests of callers in windows of a minute. */
export class RequestRate {
  private readonly windows = new LocalWindows();
  private readonly shared: SharedWindows | undefined;

  /** @param limit requests per minute @param redis shared counters of several gateways; without a connection each counts alone */
  constructor(
    readonly limit: number,
    redis: Redis | undefined,
  ) {
    this.shared = redis && new SharedWindows(redis, 'requests');
  }

  /**
   * Counts a request and reports the remaining requests in headers.
   * @param key unique per caller @param done called synchronously unless Redis is used, with an error above the limit
   */
  check(key: string, reply: FastifyReply, done: (error?: TooManyRequests) => void): void {
    if (this.shared) {
      this.shared.add(key, 1).then((window) => done(this.judge(window, reply)), done);
      return;
    }
    const window = this.windows.of(key);
    window.count += 1;
    done(this.judge(window, reply));
  }

  private judge({ count, until }: Window, reply: FastifyReply): TooManyRequests | undefined {
    const seconds = Math.max(1, Math.ceil((until - performance.now()) / 1_000));
    reply.header('ratelimit-limit', this.limit);
    reply.header('ratelimit-remaining', Math.max(0, this.limit - count));
    reply.header('ratelimit-reset', seconds);
    if (count <= this.limit) return undefined;
    reply.header('retry-after', seconds);
    return new TooManyRequests(this.limit, seconds);
  }
}

/** A caller exceeds the request rate limit. */
export class TooManyRequests extends Error {
  readonly statusCode = 429;

  constructor(limit: number, seconds: number) {
    super(`More than ${limit} requests per minute; try again in ${seconds} s`);
  }
}
