import { GraphQLError } from 'graphql';
import Redis from 'ioredis';
import type { Logger } from 'pino';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { OperatorError } from '../../shared/errors';
import { type Principal, ROLES } from '../../shared/identity/principal';

/** What an operation costs and what its caller has left, as it is told in the answer. */
export interface Spending {
  /** What the operation was estimated to cost before any subgraph was asked. */
  readonly estimated: number;
  /** What operations of this caller may cost a minute, and what is left of it. */
  readonly budget: number;
  readonly remaining: number;
  /** Seconds until the budget is whole again. */
  readonly resetSeconds: number;
}

/** An operation costs more than it may. */
export class CostError extends GraphQLError {
  constructor(code: 'OPERATION_TOO_COSTLY' | 'BUDGET_EXHAUSTED', message: string, status: number, cost: object) {
    super(message, { extensions: { code, cost, http: { status } } });
  }
}

/** The headers that say what an operation cost and what is left, as its answer does. */
export const costHeaders = ({ estimated, remaining }: Spending): Readonly<Record<string, number>> => ({
  'ordergraph-cost': estimated,
  'ordergraph-budget-remaining': remaining,
});

/** After how many seconds an operation may be asked again that was refused with these extensions; undefined for never. */
export function retryAfter(extensions: Readonly<Record<string, unknown>> | undefined): number | undefined {
  return extensions?.code === 'BUDGET_EXHAUSTED' ? (extensions.cost as Spending).resetSeconds : undefined;
}

export interface BudgetSettings {
  /** Whether operations are refused, or only measured. */
  readonly enforce: boolean;
  /** Most that one operation may cost. */
  readonly mostOfOne: number;
  /** By role, what the operations of one caller may cost a minute; `public` is for callers without a token. */
  readonly perMinute: ReadonlyMap<string, number>;
  /** Where several gateways count together. */
  readonly redis?: Redis;
}

/** Seconds for which a budget is. */
const WINDOW_SECONDS = 60;

/** What callers may have their operations cost. */
export class Budgets {
  /** What has been asked for, and how often it was too much. */
  readonly counts = { operations: 0, cost: 0, refused: 0 };
  private readonly limiters = new Map<number, RateLimiterAbstract>();

  constructor(private readonly settings: BudgetSettings) {}

  /**
   * @param cost of an operation that is about to be run @param key tells callers apart
   * @throws CostError when it is refused; it has cost nothing then
   */
  async spend(cost: number, key: string, principal: Principal | null): Promise<Spending> {
    const { enforce, mostOfOne } = this.settings;
    const budget = this.budgetOf(principal);
    const most = Math.min(mostOfOne, budget);
    this.counts.operations += 1;
    this.counts.cost += cost;
    if (enforce && cost > most) {
      this.counts.refused += 1;
      throw new CostError(
        'OPERATION_TOO_COSTLY',
        `The operation is estimated to cost ${cost}, and one may cost ${most}; ask for fewer objects a page or for fewer lists within lists`,
        400,
        { estimated: cost, most },
      );
    }
    const limiter = this.limiter(budget);
    let used: RateLimiterRes;
    try {
      used = await limiter.consume(key, cost);
    } catch (error) {
      // more than the budget; how much more is judged here
      if (!(error instanceof RateLimiterRes)) throw error;
      used = error;
    }
    const resetSeconds = Math.ceil(used.msBeforeNext / 1_000);
    const remaining = Math.max(0, budget - used.consumedPoints);
    if (enforce && used.consumedPoints > budget) {
      this.counts.refused += 1;
      // what is refused is not spent
      await limiter.reward(key, cost);
      const left = Math.max(0, budget - used.consumedPoints + cost);
      throw new CostError(
        'BUDGET_EXHAUSTED',
        `The operation is estimated to cost ${cost}, and of your ${budget} a minute ${left} are left; try again in ${resetSeconds} s`,
        429,
        { estimated: cost, budget, remaining: left, resetSeconds },
      );
    }
    return { estimated: cost, budget, remaining, resetSeconds };
  }

  /** The most generous of a caller's roles counts. */
  private budgetOf(principal: Principal | null): number {
    const { perMinute } = this.settings;
    const own = (principal?.roles ?? []).map((role) => perMinute.get(role) ?? 0);
    return Math.max(perMinute.get('public') ?? 0, ...own);
  }

  private limiter(budget: number): RateLimiterAbstract {
    let limiter = this.limiters.get(budget);
    if (!limiter) {
      const { redis } = this.settings;
      const options = { keyPrefix: `ordergraph:budget:${budget}`, points: budget, duration: WINDOW_SECONDS };
      limiter = redis
        ? // without Redis each gateway counts for itself
          new RateLimiterRedis({
            ...options,
            storeClient: redis,
            rejectIfRedisNotReady: true,
            insuranceLimiter: new RateLimiterMemory(options),
          })
        : new RateLimiterMemory(options);
      this.limiters.set(budget, limiter);
    }
    return limiter;
  }
}

/** Reads `role=amount`. @throws OperatorError */
export function budgetsOf(given: readonly string[]): ReadonlyMap<string, number> {
  const names: readonly string[] = ['public', ...ROLES];
  return new Map(
    given.map((text) => {
      const [name = '', amount = ''] = text.split('=').map((part) => part.trim());
      if (!names.includes(name) || !/^\d{1,12}$/.test(amount))
        throw new OperatorError(
          `"${text}" is no budget`,
          `Write it like "analyst=200000": one of ${names.join(', ')}, and what it may cost a minute`,
        );
      return [name, Number(amount)] as const;
    }),
  );
}

/** Milliseconds after which a count in Redis is no longer waited for. */
const PATIENCE_MS = 100;

/** Redis, in which gateways count together; while it is away each counts for itself. */
export function limitsClient(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    commandTimeout: PATIENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 200, 5_000),
  });
  let isAway = false;
  redis.on('error', () => {
    if (!isAway) log.warn('Redis is away; this gateway counts requests and costs for itself');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info('requests and costs are counted in Redis again');
    isAway = false;
  });
  return redis;
}
