import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { redisClient } from '#base/redis';
import { readLoadedPlan } from './loaded-plan';
import type { PlanSeal } from './plan-seal';
import type { PlanLimits, SharedPlans } from './plans';

/** Version of the plan format and planners, so that gateways of different releases do not share plans. */
const FORM = 4;
/** Lifetime of a plan in seconds. */
const KEEP_SECONDS = 86_400;
/** Redis timeout in milliseconds; planning is faster than waiting longer. */
const COMMAND_TIMEOUT_MS = 100;
/** Maximum characters of a shared plan. */
const MAX_PLAN_LENGTH = 1_000_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Stores a plan and removes the oldest ones beyond the limits. An index orders plans by time; its members are `<bytes> <key>`, so that
 * their sum can be maintained. KEYS: plan, index, sum of bytes. ARGV: plan, lifetime in seconds, maximum plans, maximum bytes.
 */
const PUT = `
local ttl = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
local total = tonumber(redis.call('GET', KEYS[3]) or '0') or 0
local prefix = string.sub(KEYS[2], 1, -6)
local function drop(members)
  for _, member in ipairs(members) do
    local size, key = string.match(member, '^(%d+) (.*)$')
    redis.call('ZREM', KEYS[2], member)
    -- the index may have been written to by others: nothing but plans is removed
    if key and string.sub(key, 1, string.len(prefix)) == prefix then redis.call('DEL', key) end
    total = total - (tonumber(size) or 0)
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
  /** Prefix of every key. */
  readonly prefix: string;
  /** Limits on the plans of all gateways together. */
  readonly limits: Pick<PlanLimits, 'entries' | 'bytes'>;
  readonly seal: PlanSeal;
  readonly log: Logger;
}

/** Minimum milliseconds between log lines about rejected plans: anyone with access to Redis can write any number of them. */
const REPORT_EVERY_MS = 60_000;

/**
 * Plans shared through Redis by gateways of one supergraph. Without Redis, each plans alone. Redis is not trusted: a plan is used only
 * if a gateway of this deployment made it for this operation, and if it does nothing beyond its operation.
 */
export class RedisPlans {
  /** Rejected plans: not made by a gateway, or beyond their operation. */
  rejected = 0;
  private reportedAt = Number.NEGATIVE_INFINITY;
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

  /** The plans of one supergraph. @param planner name of the planner, with its settings */
  of(supergraphSdl: string, planner: string, subgraphs: readonly string[]): SharedPlans {
    const { redis } = this;
    const { seal, limits } = this.options;
    const { entries, bytes } = limits;
    const group = `${FORM}:${digest(`${planner}\n${supergraphSdl}`)}:`;
    return {
      get: async (operation) => {
        const name = group + digest(operation);
        const sealed = await redis.get(name).catch(() => null);
        if (sealed === null) return undefined;
        try {
          const text = seal.open(name, sealed);
          if (text === undefined) throw new Error("not sealed with this gateway's identity key");
          return readLoadedPlan(text, operation, subgraphs);
        } catch (error) {
          this.reject(name, error as Error);
          return undefined;
        }
      },
      put: async (operation, plan) => {
        const name = group + digest(operation);
        const text = seal.seal(name, JSON.stringify(plan));
        if (text.length > MAX_PLAN_LENGTH) return;
        await redis.putPlan(name, 'index', 'bytes', text, KEEP_SECONDS, entries, bytes).catch(() => {});
      },
    };
  }

  private reject(name: string, { message }: Error): void {
    this.rejected += 1;
    const now = performance.now();
    if (now - this.reportedAt < REPORT_EVERY_MS) return;
    this.reportedAt = now;
    this.options.log.error(
      { plan: name, reason: message, rejected: this.rejected },
      'rejected a shared plan; planning anew',
    );
  }

  close(): void {
    this.redis.disconnect();
  }
}
