import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

/** Seconds of a window. */
export const WINDOW_SECONDS = 60;
/** Maximum callers remembered in this process; the least recently seen one starts over. */
const MAX_CALLERS = 100_000;

/** What is counted of a caller in the minute that its first request began. */
export interface Window {
  count: number;
  /** When the minute ends, by `performance.now()`. */
  readonly until: number;
}

/** Windows of this process. */
export class OwnWindows {
  private readonly windows = new LRUCache<string, Window>({ max: MAX_CALLERS });

  /** The window of a caller, to be counted in. */
  of(key: string): Window {
    const now = performance.now();
    const known = this.windows.get(key);
    if (known && known.until > now) return known;
    const window = { count: 0, until: now + WINDOW_SECONDS * 1_000 };
    this.windows.set(key, window);
    return window;
  }

  /** The window of a caller if there is one, and it has not ended. */
  peek(key: string): Window | undefined {
    const known = this.windows.get(key);
    return known && known.until > performance.now() ? known : undefined;
  }

  /** Puts another count in the place of a caller's. */
  put(key: string, window: Window): void {
    this.windows.set(key, window);
  }
}

/**
 * Adds to a count whose window ends by itself. What gateways do not write begins anew: a count without an end, one that ends later than its
 * window, one below zero, and text. So whoever can write to Redis locks a caller out for no longer than a window at a time.
 * KEYS: count. ARGV: amount, seconds of the window.
 */
const ADD = `
local count, window = redis.pcall('GET', KEYS[1]), ARGV[2] * 1000
local value = type(count) == 'string' and tonumber(count)
local ttl = redis.call('PTTL', KEYS[1])
if not value or value < 0 or ttl < 0 or ttl > window then
  redis.call('SET', KEYS[1], 0, 'PX', window)
  ttl = window
end
return {redis.call('INCRBY', KEYS[1], ARGV[1]), ttl}
`;

/** Windows in Redis that several gateways count in together; while it is away, those of this process. */
export class SharedWindows {
  private readonly limiter: RateLimiterRedis;
  /** As Redis last said, for what has to be known without asking. */
  private readonly seen = new OwnWindows();

  /** @param name what is counted: the beginning of the keys */
  constructor(redis: Redis, name: string) {
    const options = { keyPrefix: name, points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };
    this.limiter = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(options),
      customIncrTtlLuaScript: ADD,
    });
  }

  async add(key: string, amount: number): Promise<Window> {
    const { consumedPoints, msBeforeNext } = await this.limiter.consume(key, amount);
    const window = { count: consumedPoints, until: performance.now() + msBeforeNext };
    this.seen.put(key, window);
    return window;
  }

  async takeBack(key: string, amount: number): Promise<void> {
    const { consumedPoints, msBeforeNext } = await this.limiter.reward(key, amount);
    this.seen.put(key, { count: consumedPoints, until: performance.now() + msBeforeNext });
  }

  /** What this process was last told of a caller; other processes may have counted since. */
  latest(key: string): Window | undefined {
    return this.seen.peek(key);
  }
}
