import { createHash } from 'node:crypto';
import Redis from 'ioredis';
import type { Logger } from 'pino';
import type { QueryPlan } from './plan';
import type { SharedPlans } from './plans';

/** Changes with the form of plans and with how they are made, so that gateways of different releases do not read each other's. */
const FORM = 3;
/** Seconds that a plan is kept. */
const KEEP_SECONDS = 86_400;
/** Milliseconds after which planning is quicker than waiting for Redis. */
const PATIENCE_MS = 50;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Plans in Redis, for several gateways over one supergraph. Without Redis each plans for itself. */
export class RedisPlans {
  private readonly redis: Redis;
  private isAway = false;

  /** @param url `redis://host:port` */
  constructor(
    url: string,
    private readonly log: Logger,
  ) {
    this.redis = new Redis(url, {
      commandTimeout: PATIENCE_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 200, 5_000),
    });
    this.redis.on('error', () => this.away());
    this.redis.on('ready', () => {
      if (this.isAway) this.log.info('plans are shared through Redis again');
      this.isAway = false;
    });
  }

  /** The plans of one supergraph. @param planner what made them, with its settings. */
  of(supergraphSdl: string, planner: string): SharedPlans {
    const prefix = `ordergraph:plan:${FORM}:${digest(`${planner}\n${supergraphSdl}`)}:`;
    return {
      get: async (operation) => {
        try {
          const text = await this.redis.get(prefix + digest(operation));
          return text === null ? undefined : (JSON.parse(text) as QueryPlan);
        } catch {
          this.away();
          return undefined;
        }
      },
      put: async (operation, plan) => {
        await this.redis.set(prefix + digest(operation), JSON.stringify(plan), 'EX', KEEP_SECONDS).catch(() => {});
      },
    };
  }

  close(): void {
    this.redis.disconnect();
  }

  private away(): void {
    if (!this.isAway) this.log.warn('plans cannot be shared: Redis is away');
    this.isAway = true;
  }
}
