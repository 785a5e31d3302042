import { GraphQLError } from 'graphql';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { ErrorCode } from '#base/error-codes';
import { OperatorError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import { roleNames } from '#base/identity/roles';
import { redisClient } from '#base/redis';
import { Turns } from '#base/turns';
import type { DearList } from './cost';
import { Pace } from './pace';
import { LocalWindows, SharedWindows, WINDOW_SECONDS, type Window } from './windows';
import { COST_OF_PLANNING, costOfLargePlan } from './work';

/** The cost of an operation and its caller's remaining budget, as the answer reports them. */
export interface Spending {
  /** Estimated cost, computed before any subgraph is called. */
  readonly estimated: number;
  /** What the operation really cost, as subgraphs measured it; never more than the estimate. Undefined where they did not. */
  readonly actual?: number;
  /** The caller's budget per minute, and the rest of it. */
  readonly budget: number;
  readonly remaining: number;
  /** Seconds until the budget resets. */
  readonly resetSeconds: number;
}

/** Computes the remaining budget when it is read, so that simultaneous answers are equal and can be shared. */
class Spent implements Spending {
  actual: number | undefined;

  constructor(
    readonly estimated: number,
    readonly budget: number,
    readonly account: Window,
  ) {}

  get remaining(): number {
    return this.resetSeconds === 0 ? this.budget : Math.max(0, this.budget - this.account.count);
  }

  get resetSeconds(): number {
    return Math.max(0, Math.ceil((this.account.until - performance.now()) / 1_000));
  }

  toJSON(): Spending {
    const { estimated, actual, budget, remaining, resetSeconds } = this;
    return { estimated, ...(actual === undefined ? {} : { actual }), budget, remaining, resetSeconds };
  }
}

/** The spending of all parts of an operation, at least one. Numbers of the budget are computed when they are read. */
export function spendingOfAll(parts: readonly Spending[]): Spending {
  const last = parts.at(-1)!;
  const isMeasured = parts.every(({ actual }) => actual !== undefined);
  return {
    estimated: parts.reduce((sum, { estimated }) => sum + estimated, 0),
    actual: isMeasured ? parts.reduce((sum, { actual }) => sum + actual!, 0) : undefined,
    budget: last.budget,
    get remaining() {
      return last.remaining;
    },
    get resetSeconds() {
      return last.resetSeconds;
    },
  };
}

/** The operation exceeds a cost limit or its caller's budget. */
export class CostError extends GraphQLError {
  constructor(
    code: Extract<ErrorCode, 'OPERATION_TOO_COSTLY' | 'BUDGET_EXHAUSTED'>,
    message: string,
    status: number,
    cost: object,
  ) {
    super(message, { extensions: { code, cost, http: { status } } });
  }
}

/** Response headers with an operation's cost and the remaining budget. */
export const costHeaders = ({ estimated, remaining }: Spending): Readonly<Record<string, number>> => ({
  'ordergraph-cost': estimated,
  'ordergraph-budget-remaining': remaining,
});

/** Seconds until a rejected operation may be retried, by its error extensions; undefined if it may not. */
export function retryAfter(extensions: Readonly<Record<string, unknown>> | undefined): number | undefined {
  // a subgraph may have its own budgets, with the same code
  const isOurs = extensions?.code === 'BUDGET_EXHAUSTED' && extensions.subgraph === undefined;
  return isOurs ? (extensions.cost as Spending).resetSeconds : undefined;
}

export interface BudgetSettings {
  /** Whether limits are enforced or only measured; may change with the supergraph. */
  readonly isEnforced: () => boolean;
  /** Maximum cost of one operation, by role; `public` applies to callers without a token. */
  readonly maxPerOperation: ReadonlyMap<string, number>;
  /** Budget of one caller per minute, by role; `public` applies to callers without a token. */
  readonly perMinute: ReadonlyMap<string, number>;
  /** Shared counters of several gateways. */
  readonly redis?: Redis;
}

/** Free errors per answer. Each further error costs 1, about as much as an object, so that rejected work is not free. */
const FREE_ERRORS = 10;
/** Free plannings per caller and minute. */
const FREE_PLANS = 60;
/** Pace of an address without a token, as a multiple of its evenly spread budget; at least a quarter of a core. */
const BURST = 1.5;
const MIN_UNITS_PER_MS = 25;

/** The caller or address that is charged. */
export interface Payer {
  /** Unique per caller. */
  readonly key: string;
  /** Null for an address without a token. */
  readonly principal: Principal | null;
}

export interface SpendingDetails {
  /** Cost of the operation's other parts so far. */
  readonly before?: number;
  /** Finds what to request less of, for the error of an operation that costs too much. */
  readonly dearestList?: () => DearList | undefined;
}

/**
 * Maximum running requests of a caller with a token whose cost is not known yet, except for those that wait for the planner, and maximum queued
 * ones. Parsing and validating one can take 20 ms: without the limit, hundreds at once delayed the requests of others by up to 20 s.
 */
const MAX_UNPRICED = 4;
const MAX_WAITING = 1_000;

/** Gives back the place of a request. @param isPaid whether it was paid for without planning: the gateway knew it already */
export type Priced = (isPaid?: boolean) => void;

/** Too many requests of one caller are queued. */
class TooManyWaiting extends Error {
  readonly statusCode = 429;

  constructor(source: 'your address' | 'you') {
    super(`Too many queued requests from ${source}: send fewer at once`);
  }
}

/** Counts the spending of callers. */
interface Purse {
  /** Adds a cost unless the total would exceed `limit`. */
  spend(cost: number, key: string, limit: number): Payment | Promise<Payment>;
  charge(cost: number, key: string): void;
  /** Takes back a part of a cost. @param account as the payment returned it */
  refund(cost: number, key: string, account: Window): void;
  /** The caller's spending as this process last saw it; undefined for none. */
  latest(key: string): Window | undefined;
}

interface Payment {
  readonly account: Window;
  readonly isTaken: boolean;
}

/** Enforces the cost budgets of callers. */
export class Budgets {
  /** Totals for metrics. */
  readonly counts = { operations: 0, cost: 0, unspent: 0, refused: 0 };
  private readonly purse: Purse;
  private readonly pace: Pace;
  /** Requests of callers with a token. */
  private readonly turns = new Turns(Number.MAX_SAFE_INTEGER, MAX_UNPRICED);
  /** Plannings per caller. */
  private readonly planned = new LocalWindows();

  constructor(private readonly settings: BudgetSettings) {
    const perMs = (settings.perMinute.get(PUBLIC) ?? 0) / (WINDOW_SECONDS * 1_000);
    this.pace = new Pace(Math.max(MIN_UNITS_PER_MS, perMs * BURST));
    this.purse = settings.redis ? new SharedPurse(settings.redis) : new OwnPurse();
  }

  /**
   * @param cost estimated cost of an operation, or of a part of one, before it runs
   * @throws CostError if the operation is rejected, which costs nothing
   */
  spend(
    cost: number,
    { key, principal }: Payer,
    { before = 0, dearestList }: SpendingDetails = {},
  ): Spending | Promise<Spending> {
    const { isEnforced, maxPerOperation } = this.settings;
    const enforce = isEnforced();
    const budget = this.budgetOf(principal);
    const maxCost = Math.min(largest(maxPerOperation, principal), budget);
    this.counts.operations += 1;
    this.counts.cost += cost;
    if (enforce && before + cost > maxCost) {
      this.counts.refused += 1;
      const list = dearestList?.();
      throw new CostError(
        'OPERATION_TOO_COSTLY',
        `The operation's estimated cost is ${before + cost}, and the limit is ${maxCost}; ${list ? lessOf(list) : 'request smaller pages or fewer nested lists'}`,
        400,
        { estimated: before + cost, most: maxCost, ...(list ? { dearestList: shown(list) } : {}) },
      );
    }
    // hot path: no promise unless the purse is asynchronous
    const payment = this.purse.spend(cost, key, enforce ? budget : Number.POSITIVE_INFINITY);
    return payment instanceof Promise
      ? payment.then((settled) => this.judge(cost, budget, settled, { key, principal }))
      : this.judge(cost, budget, payment, { key, principal });
  }

  /** Gives back what an operation cost less than its estimate. @param spending as {@link spend} returned it */
  settle(spending: Spending, actual: number, { key }: Payer): void {
    if (!(spending instanceof Spent) || spending.actual !== undefined) return;
    spending.actual = Math.min(actual, spending.estimated);
    const unspent = spending.estimated - spending.actual;
    // the next minute has its own budget
    if (unspent <= 0 || spending.resetSeconds === 0) return;
    this.counts.unspent += unspent;
    this.purse.refund(unspent, key, spending.account);
  }

  /** Charges a caller for the errors of an answer, even beyond its budget. @param each cost of one error */
  chargeErrors(count: number, payer: Payer, each = 1): void {
    this.charge((count - FREE_ERRORS) * each, payer);
  }

  /** Charges a caller for completed work, even beyond its budget. */
  charge(cost: number, { key, principal }: Payer): void {
    if (cost <= 0) return;
    this.counts.cost += cost;
    this.purse.charge(cost, key);
    this.slow(cost, { key, principal });
  }

  /** Spreads the work of an address without a token over time. */
  private slow(cost: number, { key, principal }: Payer): void {
    if (principal === null && this.settings.isEnforced()) this.pace.add(cost, key);
  }

  /**
   * Calls `begin` when a request may begin: with what to call once it is paid for or ended, where its caller's requests queue; or with an error
   * if the caller has too many queued requests.
   */
  enter({ key, principal }: Payer, begin: (priced: Priced | undefined, error?: TooManyWaiting) => void): void {
    if (!this.settings.isEnforced()) begin(undefined);
    else if (principal === null)
      this.pace.enter(key, (priced) => begin(priced, priced ? undefined : new TooManyWaiting('your address')));
    else if (this.turns.waitingOf(key) >= MAX_WAITING) begin(undefined, new TooManyWaiting('you'));
    // One that was not paid for leaves in the next turn of the event loop: a request without any wait is answered while its socket is read, and
    // so would be those of all other sockets that have one, before the requests of others are.
    else this.turns.take(key, (leave) => begin((isPaid = false) => void (isPaid ? leave() : setImmediate(leave))));
  }

  /**
   * Counts a planning. Dashboards repeat a few operations of ordinary size and stay below the free allowance.
   * @param selections of the operation, with its fragments expanded
   */
  chargePlanning(selections: number, payer: Payer): void {
    const window = this.planned.of(payer.key);
    window.count += 1;
    this.charge((window.count > FREE_PLANS ? COST_OF_PLANNING : 0) + costOfLargePlan(selections), payer);
  }

  /** The error for a caller whose budget is used up, thrown before its request is read; undefined for all others. */
  exhausted({ key, principal }: Payer): CostError | undefined {
    const account = this.settings.isEnforced() ? this.purse.latest(key) : undefined;
    const budget = this.budgetOf(principal);
    if (!account || account.count < budget) return undefined;
    this.counts.refused += 1;
    const spending = new Spent(0, budget, account);
    return new CostError(
      'BUDGET_EXHAUSTED',
      `Your requests have used your budget of ${budget} per minute; try again in ${spending.resetSeconds} s`,
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
      `The operation's estimated cost is ${cost}, and ${remaining} of your ${budget} per minute remain; try again in ${resetSeconds} s`,
      429,
      spending.toJSON(),
    );
  }

  private budgetOf(principal: Principal | null): number {
    return largest(this.settings.perMinute, principal);
  }
}

/** The largest amount among a caller's roles. */
function largest(byRole: ReadonlyMap<string, number>, principal: Principal | null): number {
  const amounts = (principal?.roles ?? []).map((role) => byRole.get(role) ?? byRole.get(ANY_ROLE) ?? 0);
  return Math.max(byRole.get(PUBLIC) ?? 0, ...amounts);
}

/** What to request less of. */
function lessOf({ path, size, isPaged, cost }: DearList): string {
  const advice = isPaged ? 'pass a smaller "first" or "last" there or above it' : 'request it in fewer lists';
  return `${Math.ceil(cost)} of it are objects of the list at ${path.join('.')}, up to ${size} each time: ${advice}`;
}

const shown = ({ path, size, cost }: DearList) => ({ path, size, estimated: Math.ceil(cost) });

/** Counts in this process only. */
class OwnPurse implements Purse {
  private readonly windows = new LocalWindows();

  spend(cost: number, key: string, limit: number): Payment {
    const account = this.windows.of(key);
    const isTaken = account.count + cost <= limit;
    if (isTaken) account.count += cost;
    return { account, isTaken };
  }

  charge(cost: number, key: string): void {
    this.windows.of(key).count += cost;
  }

  refund(cost: number, _key: string, account: Window): void {
    account.count = Math.max(0, account.count - cost);
  }

  latest(key: string): Window | undefined {
    return this.windows.peek(key);
  }
}

/** Counts in Redis, together with other gateways. */
class SharedPurse implements Purse {
  private readonly windows: SharedWindows;

  constructor(redis: Redis) {
    this.windows = new SharedWindows(redis, 'budget');
  }

  charge(cost: number, key: string): void {
    // fire and forget
    this.windows.add(key, cost).catch(() => {});
  }

  refund(cost: number, key: string, account: Window): void {
    // a later window was not charged
    if (performance.now() >= account.until) return;
    account.count = Math.max(0, account.count - cost);
    this.windows.takeBack(key, cost).catch(() => {});
  }

  latest(key: string): Window | undefined {
    return this.windows.latest(key);
  }

  async spend(cost: number, key: string, limit: number): Promise<Payment> {
    const { count, until } = await this.windows.add(key, cost);
    const isTaken = count <= limit;
    if (!isTaken) await this.windows.takeBack(key, cost);
    return { account: { count: isTaken ? count : count - cost, until }, isTaken };
  }
}

/** Stands for callers without a token. */
const PUBLIC = 'public';
/** Stands for every role without an amount. */
const ANY_ROLE = '*';

/** Names in a graph whose subgraphs declare no roles. */
const ROLE_NAME = /^(\*|[\w-]+)$/;

/** Reads maximum costs of one operation: `amount` for everyone, and `role=amount`. @throws OperatorError */
export function maxCostsOf(entries: readonly string[]): ReadonlyMap<string, number> {
  const isForAll = (entry: string) => !entry.includes('=');
  const forAll = entries.filter(isForAll).flatMap((amount) => [`${PUBLIC}=${amount}`, `${ANY_ROLE}=${amount}`]);
  const costs = amountsOf([...forAll, ...entries.filter((entry) => !isForAll(entry))], 'maximum cost of one operation');
  if (costs.size > 0 && Math.max(...costs.values()) > 0) return costs;
  throw new OperatorError('--max-cost would reject every operation', 'Use a cost of at least 1, such as 250000');
}

/** Reads budgets per minute: `role=amount`. @throws OperatorError */
export const budgetsOf = (entries: readonly string[]): ReadonlyMap<string, number> =>
  amountsOf(entries, 'cost per minute');

/** @param what the amounts are, for the error */
function amountsOf(entries: readonly string[], what: string): ReadonlyMap<string, number> {
  const roles = roleNames();
  const names: readonly string[] = [PUBLIC, ANY_ROLE, ...roles];
  return new Map(
    entries.map((text) => {
      const [name = '', amount = ''] = text.split('=').map((part) => part.trim());
      const isName = roles.length > 0 ? names.includes(name) : ROLE_NAME.test(name);
      if (!isName || !/^\d{1,12}$/.test(amount))
        throw new OperatorError(
          `"${text}" is not a valid ${what}`,
          `Use role=cost, such as "analyst=200000"; roles: ${names.join(', ')}`,
        );
      return [name, Number(amount)] as const;
    }),
  );
}

/** Timeout of a Redis command in milliseconds. */
const COMMAND_TIMEOUT_MS = 100;

/** Redis client for shared counters; while Redis is unavailable, each gateway counts alone. @param prefix prefix of every key */
export const limitsClient = (url: string, prefix: string, log: Logger): Redis =>
  redisClient({
    url,
    what: 'limits',
    meanwhile: 'each gateway counts requests and costs for itself',
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    keyPrefix: `${prefix}:limits:`,
    log,
  });
