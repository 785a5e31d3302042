import { GraphQLError } from 'graphql';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { type Principal, ROLES } from '#base/identity/principal';
import { redisClient } from '#base/redis';
import { Pace } from './pace';
import { OwnWindows, SharedWindows, WINDOW_SECONDS, type Window } from './windows';
import { COST_OF_PLANNING } from './work';

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

/** Tells what is left as it is when it is told: answers that are given at once say the same, and can be one. */
class Spent implements Spending {
  constructor(
    readonly estimated: number,
    readonly budget: number,
    private readonly account: Window,
  ) {}

  get remaining(): number {
    return this.resetSeconds === 0 ? this.budget : Math.max(0, this.budget - this.account.count);
  }

  get resetSeconds(): number {
    return Math.max(0, Math.ceil((this.account.until - performance.now()) / 1_000));
  }

  toJSON(): Spending {
    const { estimated, budget, remaining, resetSeconds } = this;
    return { estimated, budget, remaining, resetSeconds };
  }
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
  // a subgraph may have budgets of its own, with the same code
  const isOurs = extensions?.code === 'BUDGET_EXHAUSTED' && extensions.subgraph === undefined;
  return isOurs ? (extensions.cost as Spending).resetSeconds : undefined;
}

export interface BudgetSettings {
  /** Whether operations are rejected now, or only measured: that may change with the supergraph. */
  readonly isEnforced: () => boolean;
  /** Most that one operation may cost. */
  readonly mostOfOne: number;
  /** By role, what the operations of one caller may cost a minute; `public` is for callers without a token. */
  readonly perMinute: ReadonlyMap<string, number>;
  /** Where several gateways count together. */
  readonly redis?: Redis;
}

/** Errors of one answer that cost nothing. Each of the others costs 1, about as much as an object: what is refused is not free. */
const FREE_ERRORS = 10;
/** Operations that are planned for one caller in a minute at no cost. */
const FREE_PLANS = 60;
/** How much faster than evenly an address without a token may spend its budget, and the cost that it may always cause in a millisecond: a quarter of a core. */
const BURST = 1.5;
const MIN_UNITS_PER_MS = 25;

/** Who pays. */
export interface Payer {
  /** Tells callers apart. */
  readonly key: string;
  /** Null for an address without a token. */
  readonly principal: Principal | null;
}

/** A caller sends requests faster than they can be begun. */
class TooManyWaiting extends Error {
  readonly statusCode = 429;

  constructor() {
    super('Too many requests of your address wait for each other: send fewer at once');
  }
}

/** Counts what callers spend. */
interface Purse {
  /** Nothing is taken when it would come to more than `most`. */
  spend(cost: number, key: string, most: number): Payment | Promise<Payment>;
  charge(cost: number, key: string): void;
  /** What has been spent, as far as this process knows; undefined for nothing. */
  known(key: string): Window | undefined;
}

interface Payment {
  readonly account: Window;
  readonly isTaken: boolean;
}

/** What callers may have their operations cost. */
export class Budgets {
  /** What has been asked for, and how often it was too much. */
  readonly counts = { operations: 0, cost: 0, refused: 0 };
  private readonly purse: Purse;
  private readonly pace: Pace;
  /** Operations that were planned for callers. */
  private readonly planned = new OwnWindows();

  constructor(private readonly settings: BudgetSettings) {
    const perMs = (settings.perMinute.get('public') ?? 0) / (WINDOW_SECONDS * 1_000);
    this.pace = new Pace(Math.max(MIN_UNITS_PER_MS, perMs * BURST));
    this.purse = settings.redis ? new SharedPurse(settings.redis) : new OwnPurse();
  }

  /**
   * @param cost of an operation, or a part of one, that is about to be run @param key tells callers apart
   * @param before what other parts of the same operation have cost
   * @throws CostError when it is refused; it has cost nothing then
   */
  spend(cost: number, key: string, principal: Principal | null, before = 0): Spending | Promise<Spending> {
    const { isEnforced, mostOfOne } = this.settings;
    const enforce = isEnforced();
    const budget = this.budgetOf(principal);
    const most = Math.min(mostOfOne, budget);
    this.counts.operations += 1;
    this.counts.cost += cost;
    if (enforce && before + cost > most) {
      this.counts.refused += 1;
      throw new CostError(
        'OPERATION_TOO_COSTLY',
        `The operation is estimated to cost ${before + cost}, and one may cost ${most}; ask for fewer objects a page or for fewer lists within lists`,
        400,
        { estimated: before + cost, most },
      );
    }
    // without a promise where there is nothing to wait for: this is in the way of every request
    const payment = this.purse.spend(cost, key, enforce ? budget : Number.POSITIVE_INFINITY);
    return payment instanceof Promise
      ? payment.then((made) => this.judge(cost, budget, made, { key, principal }))
      : this.judge(cost, budget, payment, { key, principal });
  }

  /** Takes what the errors of an answer cost from a caller's budget, whatever is left of it. @param each what one costs */
  chargeErrors(count: number, payer: Payer, each = 1): void {
    this.charge((count - FREE_ERRORS) * each, payer);
  }

  /** Takes what work has cost from a caller's budget, whatever is left of it. */
  charge(cost: number, { key, principal }: Payer): void {
    if (cost <= 0) return;
    this.counts.cost += cost;
    this.purse.charge(cost, key);
    this.slow(cost, { key, principal });
  }

  /** Anyone can be the public: what one address asks for is spread over time. */
  private slow(cost: number, { key, principal }: Payer): void {
    if (principal === null && this.settings.isEnforced()) this.pace.add(cost, key);
  }

  /**
   * Calls `begin` when a request may begin: with what to call once it has paid or ended, where its caller's requests wait for each other; or
   * with an error when the caller has too many that wait.
   */
  enter({ key, principal }: Payer, begin: (priced: (() => void) | undefined, error?: TooManyWaiting) => void): void {
    if (principal !== null || !this.settings.isEnforced()) begin(undefined);
    else this.pace.enter(key, (priced) => begin(priced, priced ? undefined : new TooManyWaiting()));
  }

  /** Counts an operation that is planned for a caller: dashboards ask the same few, and pay for none. */
  chargePlanning(payer: Payer): void {
    const window = this.planned.of(payer.key);
    window.count += 1;
    if (window.count > FREE_PLANS) this.charge(COST_OF_PLANNING, payer);
  }

  /** Why nothing is done for a caller who has nothing left: reading a request costs something too. Undefined for all others. */
  exhausted({ key, principal }: Payer): CostError | undefined {
    const account = this.settings.isEnforced() ? this.purse.known(key) : undefined;
    const budget = this.budgetOf(principal);
    if (!account || account.count < budget) return undefined;
    this.counts.refused += 1;
    const spending = new Spent(0, budget, account);
    return new CostError(
      'BUDGET_EXHAUSTED',
      `Your requests have cost your budget of ${budget} per minute; try again in ${spending.resetSeconds} s`,
      429,
      spending.toJSON(),
    );
  }

  private judge(cost: number, budget: number, { account, isTaken }: Payment, payer: Payer): Spending {
    const spending = new Spent(cost, budget, account);
    if (isTaken) {
      this.slow(cost, payer);
      return spending;
    }
    this.counts.refused += 1;
    const { remaining, resetSeconds } = spending;
    throw new CostError(
      'BUDGET_EXHAUSTED',
      `The operation is estimated to cost ${cost}, and of your ${budget} a minute ${remaining} are left; try again in ${resetSeconds} s`,
      429,
      spending.toJSON(),
    );
  }

  /** The most generous of a caller's roles counts. */
  private budgetOf(principal: Principal | null): number {
    const { perMinute } = this.settings;
    let most = perMinute.get('public') ?? 0;
    for (const role of principal?.roles ?? []) most = Math.max(most, perMinute.get(role) ?? 0);
    return most;
  }
}

/** Counted in this process. */
class OwnPurse implements Purse {
  private readonly windows = new OwnWindows();

  spend(cost: number, key: string, most: number): Payment {
    const account = this.windows.of(key);
    const isTaken = account.count + cost <= most;
    if (isTaken) account.count += cost;
    return { account, isTaken };
  }

  charge(cost: number, key: string): void {
    this.windows.of(key).count += cost;
  }

  known(key: string): Window | undefined {
    return this.windows.peek(key);
  }
}

/** Counted in Redis together with other gateways. */
class SharedPurse implements Purse {
  private readonly windows: SharedWindows;

  constructor(redis: Redis) {
    this.windows = new SharedWindows(redis, 'budget');
  }

  charge(cost: number, key: string): void {
    // nothing waits for it
    this.windows.add(key, cost).catch(() => {});
  }

  known(key: string): Window | undefined {
    return this.windows.latest(key);
  }

  async spend(cost: number, key: string, most: number): Promise<Payment> {
    const { count, until } = await this.windows.add(key, cost);
    const isTaken = count <= most;
    if (!isTaken) await this.windows.takeBack(key, cost);
    return { account: { count: isTaken ? count : count - cost, until }, isTaken };
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
const COMMAND_TIMEOUT_MS = 100;

/** Redis, in which gateways count together; while it is away each counts for itself. @param prefix before every key */
export const limitsClient = (url: string, prefix: string, log: Logger): Redis =>
  redisClient({
    url,
    what: 'limits',
    meanwhile: 'each gateway counts requests and costs for itself',
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    keyPrefix: `${prefix}:limits:`,
    log,
  });
