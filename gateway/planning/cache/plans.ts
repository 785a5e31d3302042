import { LRUCache } from 'lru-cache';
import { PlanningError, planningTimeout } from '../errors';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';

export interface PlanLimits {
  /** Most plans that are kept. */
  readonly entries: number;
  /** Most bytes of plans that are kept, by estimate. */
  readonly bytes: number;
  /** Milliseconds until planning an operation is given up. */
  readonly timeoutMs: number;
}

/** Plans that several gateways have in common. */
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
 * Bytes of a compiled plan to one character of its operation's text: 60 KB for 270, measured over 1,000 operations with their
 * documents, after each had been executed twice.
 */
const BYTES_A_CHARACTER = 200;

/** How many operations without a plan are remembered, and for how many milliseconds. */
const MAX_FAILED = 1_000;
const FAILED_MS = 60_000;

/** The plans of one supergraph: each operation is planned once, the most used are kept within bounds. */
export class Plans<T> {
  private readonly kept: LRUCache<string, Kept<T>>;
  private readonly planning = new Map<string, Promise<T>>();
  /** Operations that no plan was found for lately, which are not planned again at each repetition. */
  private readonly failed = new LRUCache<string, PlanningError>({ max: MAX_FAILED, ttl: FAILED_MS });
  /** How many operations were handed to the planner. */
  planned = 0;
  /** How many of them have no plan. */
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

  /** Estimated bytes of what is kept. */
  get bytes(): number {
    return this.kept.calculatedSize;
  }

  /** The compiled plan if it is kept, without waiting. */
  peek(key: string): T | undefined {
    const found = this.kept.get(key);
    return found?.plan;
  }

  /**
   * One planning at a time of an operation: whoever asks for it meanwhile waits for the same.
   * @param key tells apart what is made of one plan. @throws PlanningError
   */
  get(key: string, operation: string, compile: (plan: QueryPlan) => T): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return Promise.resolve(kept);
    const failed = this.failed.get(operation);
    if (failed) return Promise.reject(failed);
    let planning = this.planning.get(key);
    if (!planning) {
      planning = this.make(key, operation, compile).finally(() => this.planning.delete(key));
      this.planning.set(key, planning);
    }
    return planning;
  }

  private async make(key: string, operation: string, compile: (plan: QueryPlan) => T): Promise<T> {
    const plan = (await this.shared?.get(operation)) ?? (await this.plan(operation));
    const compiled = compile(plan);
    this.kept.set(key, {
      operation,
      plan: compiled,
      bytes: (key.length + operation.length) * BYTES_A_CHARACTER + 1_000,
    });
    return compiled;
  }

  private async plan(operation: string): Promise<QueryPlan> {
    const { timeoutMs } = this.limits;
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
      if (error instanceof PlanningError) this.failed.set(operation, error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
