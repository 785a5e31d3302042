import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

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
 * window, and whatever is not a whole number from zero on. So whoever can write to Redis locks a caller out for no longer than a window at a
 * time. KEYS: count. ARGV: amount, seconds of the window. Returns the count and the milliseconds that are left.
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

/** What {@link ADD} returns. A server that answers anything else is not counted with. */
const answerSchema = z.tuple([
  z.int(),
  z
    .int()
    .min(0)
    .max(WINDOW_SECONDS * 1_000),
]);

/**
 * Windows in Redis that several gateways count in together. While it is away, or answers what no count is, each gateway counts in windows of
 * its own: no answer of Redis fails a request.
 */
export class SharedWindows {
  private readonly own = new OwnWindows();
  /** As Redis last said, for what has to be known without asking. */
  private readonly seen = new OwnWindows();

  /** @param name what is counted: the beginning of the keys */
  constructor(
    private readonly redis: Redis,
    private readonly name: string,
  ) {
    redis.defineCommand('addToWindow', { numberOfKeys: 1, lua: ADD });
  }

  async add(key: string, amount: number): Promise<Window> {
    const answer = await this.redis.addToWindow(`${this.name}:${key}`, amount, WINDOW_SECONDS).catch(() => undefined);
    const { data } = answerSchema.safeParse(answer);
    // less than what was added is no count
    const window =
      data && data[0] >= amount ? { count: data[0], until: performance.now() + data[1] } : this.addToOwn(key, amount);
    this.seen.put(key, window);
    return window;
  }

  private addToOwn(key: string, amount: number): Window {
    const window = this.own.of(key);
    // what is taken back may have been added in Redis
    window.count = Math.max(0, window.count + amount);
    return { ...window };
  }

  async takeBack(key: string, amount: number): Promise<void> {
    await this.add(key, -amount);
  }

  /** What this process was last told of a caller; other processes may have counted since. */
  latest(key: string): Window | undefined {
    return this.seen.peek(key);
  }
}
