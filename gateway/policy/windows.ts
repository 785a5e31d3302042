import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Length of a window in seconds. */
export const WINDOW_SECONDS = 60;
/** Maximum callers remembered in this process; the least recently seen one starts over. */
const MAX_CALLERS = 100_000;

/** A caller's count in the minute that began with its first request. */
export interface Window {
  count: number;
  /** When the minute ends, by `performance.now()`. */
  readonly until: number;
}

/** Windows that this process counts alone. */
export class LocalWindows {
  private readonly windows = new LRUCache<string, Window>({ max: MAX_CALLERS });

  /** A caller's current window, created if it does not exist. */
  of(key: string): Window {
    const now = performance.now();
    const current = this.windows.get(key);
    if (current && current.until > now) return current;
    const window = { count: 0, until: now + WINDOW_SECONDS * 1_000 };
    this.windows.set(key, window);
    return window;
  }

  /** A caller's current window; undefined if there is none. */
  peek(key: string): Window | undefined {
    const window = this.windows.get(key);
    return window && window.until > performance.now() ? window : undefined;
  }

  /** Replaces a caller's window. */
  put(key: string, window: Window): void {
    this.windows.set(key, window);
  }
}

/**
 * Adds to a count that expires with its window. Values that gateways never write start over: a count that never expires, one that
 * outlives its window, and anything but a non-negative integer. So an attacker who can write to Redis locks a caller out for at most one
 * window at a time. KEYS: count. ARGV: amount, window in seconds. Returns the count and the remaining milliseconds.
 */
const ADD = `
local count, window = redis.pcall('GET', KEYS[1]), ARGV[2] * 1000
local isCount = type(count) == 'string' and string.match(count, '^%d+$') and tonumber(count) < ${Number.MAX_SAFE_INTEGER}
local ttl = redis.call('PTTL', KEYS[1])
if not isCount or ttl < 0 or ttl > window then
  redis.call('SET', KEYS[1], 0, 'PX', window)
  ttl = window
end
return {redis.call('INCRBY', KEYS[1], ARGV[1]), ttl}
`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    addToWindow(key: string, amount: number, seconds: number): Promise<unknown>;
  }
}

/** The result of {@link ADD}; any other result is discarded. */
const answerSchema = z.tuple([
  z.int(),
  z
    .int()
    .min(0)
    .max(WINDOW_SECONDS * 1_000),
]);

/**
 * Windows in Redis that several gateways share. While Redis is unavailable or returns invalid counts, each gateway counts locally:
 * no Redis response can fail a request.
 */
export class SharedWindows {
  private readonly local = new LocalWindows();
  /** The last counts from Redis, for synchronous reads. */
  private readonly seen = new LocalWindows();

  /** @param name prefix of the keys */
  constructor(
    private readonly redis: Redis,
    private readonly name: string,
  ) {
    redis.defineCommand('addToWindow', { numberOfKeys: 1, lua: ADD });
  }

  async add(key: string, amount: number): Promise<Window> {
    const answer = await this.redis.addToWindow(`${this.name}:${key}`, amount, WINDOW_SECONDS).catch(() => undefined);
    const { data } = answerSchema.safeParse(answer);
    // a count below the added amount is invalid
    const window =
      data && data[0] >= amount ? { count: data[0], until: performance.now() + data[1] } : this.addLocally(key, amount);
    this.seen.put(key, window);
    return window;
  }

  private addLocally(key: string, amount: number): Window {
    const window = this.local.of(key);
    // the amount may have been added in Redis
    window.count = Math.max(0, window.count + amount);
    return { ...window };
  }

  async takeBack(key: string, amount: number): Promise<void> {
    await this.add(key, -amount);
  }

  /** A caller's window as this process last saw it; other processes may have counted since. */
  latest(key: string): Window | undefined {
    return this.seen.peek(key);
  }
}
