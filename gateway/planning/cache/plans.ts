import { LRUCache } from 'lru-cache';
import { Turns } from '#base/turns';
import { PlanningError, planningTimeout, tooManyPlanned } from '../errors';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';

export interface PlanLimits {
  /** Maximum cached plans. */
  readonly entries: number;
  /** Maximum estimated bytes of cached plans. */
  readonly bytes: number;
  /** Planning timeout in milliseconds. */
  readonly timeoutMs: number;
}

/** Plans that several gateways share. */
export interface SharedPlans {
  get(operation: string): Promise<QueryPlan | undefined>;
  put(operation: string, plan: QueryPlan): Promise<void>;
}

interface Kept<T> {
  readonly operation: string;
  readonly plan: T;
  readonly bytes: number;
}

/**
 * Estimated bytes of a compiled plan per character of its operation: 60 KB for 270, measured over 1,000 operations with their
 * documents, after each had been executed twice.
 */
const BYTES_A_CHARACTER = 200;

/** Maximum operations that are planned at once, of all callers and of one, and that wait of one. */
const MAX_PLANNED = 16;
const MAX_PLANNED_OF_CALLER = 1;
const MAX_WAITING_OF_CALLER = 64;

/** Maximum failed operations remembered, maximum characters of their texts, and milliseconds for which they are. */
const MAX_FAILED = 1_000;
const MAX_FAILED_CHARACTERS = 8 * 1024 * 1024;
const FAILED_MS = 60_000;

/** The plans of one supergraph, cached within limits; concurrent requests share one planning. */
export class Plans<T> {
  private readonly kept: LRUCache<string, Kept<T>>;
  private readonly planning = new Map<string, Promise<T>>();
  /** Some operations take seconds: those of one caller wait for each other, not those of others for them. */
  private readonly turns = new Turns(MAX_PLANNED, MAX_PLANNED_OF_CALLER);
  /** Recent operations without a plan, which are not planned again immediately. */
  private readonly failed = new LRUCache<string, PlanningError>({
    ...{ max: MAX_FAILED, ttl: FAILED_MS, maxSize: MAX_FAILED_CHARACTERS },
    sizeCalculation: ({ message }, operation) => operation.length + message.length + 1,
  });
  /** Operations sent to the planner. */
  planned = 0;
  /** Operations without a plan. */
  unplanned = 0;

  constructor(
    private readonly planner: Planner,
    private readonly limits: PlanLimits,
    private readonly shared?: SharedPlans,
  ) {
    this.kept = new LRUCache({
      max: limits.entries,
      maxSize: limits.bytes,
      sizeCalculation: ({ bytes }) => bytes,
    });
  }

  get size(): number {
    return this.kept.size;
  }

  /** Estimated bytes of cached plans. */
  get bytes(): number {
    return this.kept.calculatedSize;
  }

  /** The compiled plan if it is cached. */
  peek(key: string): T | undefined {
    const cached = this.kept.get(key);
    return cached?.plan;
  }

  /**
   * The compiled plan of an operation. Concurrent requests for one operation share its planning.
   * @param key cache key of the compiled plan @param caller who waits for a turn; empty for the gateway itself @throws PlanningError
   */
  get(key: string, operation: string, compile: (plan: QueryPlan) => T, caller = ''): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return Promise.resolve(kept);
    const failed = this.failed.get(operation);
    if (failed) return Promise.reject(failed);
    let planning = this.planning.get(key);
    if (!planning) {
      planning = this.make(key, operation, compile, caller).finally(() => this.planning.delete(key));
      this.planning.set(key, planning);
    }
    return planning;
  }

  private async make(key: string, operation: string, compile: (plan: QueryPlan) => T, caller: string): Promise<T> {
    const plan = (await this.shared?.get(operation)) ?? (await this.planInTurn(operation, caller));
    const compiled = compile(plan);
    this.kept.set(key, {
      operation,
      plan: compiled,
      bytes: (key.length + operation.length) * BYTES_A_CHARACTER + 1_000,
    });
    return compiled;
  }

  private async planInTurn(operation: string, caller: string): Promise<QueryPlan> {
    if (caller !== '' && this.turns.waitingOf(caller) >= MAX_WAITING_OF_CALLER)
      throw tooManyPlanned(MAX_WAITING_OF_CALLER);
    let done!: () => void;
    await new Promise<void>((granted) => {
      done = this.turns.take(caller, granted);
    });
    try {
      return await this.plan(operation);
    } finally {
      done();
    }
  }

  private async plan(operation: string): Promise<QueryPlan> {
    const { timeoutMs } = this.limits;
    // startup time must not count against the operation
    await this.planner.warmUp?.();
    const controller = new AbortController();
    const timeout = planningTimeout(timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        controller.abort(timeout);
        reject(timeout);
      }, timeoutMs);
    });
    this.planned += 1;
    try {
      const plan = await Promise.race([this.planner.plan(operation, controller.signal), late]);
      this.shared?.put(operation, plan).catch(() => {});
      return plan;
    } catch (error) {
      this.unplanned += 1;
      if (error instanceof PlanningError && error.extensions.code !== 'PLANNER_BUSY') this.failed.set(operation, error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
