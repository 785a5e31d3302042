import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { redisClient } from '../../shared/redis';
import type { QueryPlan } from './plan';
import type { PlanLimits, SharedPlans } from './plans';

/** Changes with the form of plans and with how they are made, so that gateways of different releases do not read each other's. */
const FORM = 3;
/** Seconds that a plan is kept. */
const KEEP_SECONDS = 86_400;
/** Milliseconds after which planning is quicker than waiting for Redis. */
const COMMAND_TIMEOUT_MS = 100;
/** Characters of the longest plan that is shared. */
const MAX_PLAN_LENGTH = 1_000_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Stores a plan and removes the oldest ones beyond the bounds. An index orders plans by time; its members are `<bytes> <key>`, so that
 * their sum can be kept. KEYS: plan, index, sum of bytes. ARGV: plan, seconds to keep, most plans, most bytes.
 */
const PUT = `
local ttl = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
local total = tonumber(redis.call('GET', KEYS[3]) or '0')
local function drop(members)
  for _, member in ipairs(members) do
    local size, key = string.match(member, '^(%d+) (.*)$')
    redis.call('ZREM', KEYS[2], member)
    redis.call('DEL', key)
    total = total - tonumber(size)
  end
end
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', time[1] - ttl, 'LIMIT', 0, 100))
local size = string.len(ARGV[1]) + 2 * string.len(KEYS[1]) + 200
if redis.call('ZADD', KEYS[2], now, size .. ' ' .. KEYS[1]) == 1 then total = total + size end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ttl)
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[3]) or total > tonumber(ARGV[4]) do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)
  if #oldest == 0 then break end
  drop(oldest)
end
redis.call('SET', KEYS[3], total, 'EX', ttl)
redis.call('EXPIRE', KEYS[2], ttl)
return total
`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    putPlan(...args: [plan: string, index: string, bytes: string, ...values: (string | number)[]]): Promise<number>;
  }
}

export interface RedisPlansOptions {
  /** `redis://host:port` */
  readonly url: string;
  /** Before every key. */
  readonly prefix: string;
  /** Bounds on what all gateways store together. */
  readonly limits: Pick<PlanLimits, 'entries' | 'bytes'>;
  readonly log: Logger;
}

/** Plans in Redis, for several gateways over one supergraph. Without Redis each plans for itself. */
export class RedisPlans {
  private readonly redis: Redis;

  constructor(private readonly options: RedisPlansOptions) {
    const { url, prefix, log } = options;
    this.redis = redisClient({
      url,
      what: 'shared plans',
      meanwhile: 'each gateway plans for itself',
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
      keyPrefix: `${prefix}:plans:`,
      log,
    });
    this.redis.defineCommand('putPlan', { lua: PUT, numberOfKeys: 3 });
  }

  /** The plans of one supergraph. @param planner what made them, with its settings. */
  of(supergraphSdl: string, planner: string): SharedPlans {
    const { redis } = this;
    const { entries, bytes } = this.options.limits;
    const group = `${FORM}:${digest(`${planner}\n${supergraphSdl}`)}:`;
    return {
      async get(operation) {
        const text = await redis.get(group + digest(operation)).catch(() => null);
        return text === null ? undefined : parsed(text);
      },
      async put(operation, plan) {
        const text = JSON.stringify(plan);
        if (text.length > MAX_PLAN_LENGTH) return;
        await redis
          .putPlan(group + digest(operation), 'index', 'bytes', text, KEEP_SECONDS, entries, bytes)
          .catch(() => {});
      },
    };
  }

  close(): void {
    this.redis.disconnect();
  }
}

/** Whatever else is written there is no plan. */
function parsed(text: string): QueryPlan | undefined {
  try {
    return JSON.parse(text) as QueryPlan;
  } catch {
    return undefined;
  }
}
