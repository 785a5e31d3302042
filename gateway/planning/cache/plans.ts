import { LRUCache } from 'lru-cache';
import { PlanningError, planningTimeout } from '../errors';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { type Asker, Planning, PlanningTurns } from './planning';

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

/** Estimated bytes of a compiled plan. @param characters of its cache key and operation */
export const planBytes = (characters: number): number => characters * BYTES_A_CHARACTER + 1_000;

/** Maximum failed operations remembered, maximum characters of their texts, and milliseconds for which they are. */
const MAX_FAILED = 1_000;
const MAX_FAILED_CHARACTERS = 8 * 1024 * 1024;
const FAILED_MS = 60_000;
/** The same for timeouts, which a busy machine may have caused. */
const TIMED_OUT_MS = 5_000;

/** The plans of one supergraph, cached within limits; concurrent requests share one planning. */
export class Plans<T> {
  private readonly kept: LRUCache<string, Kept<T>>;
  private readonly planning = new Map<string, Planning<T>>();
  private readonly turns = new PlanningTurns();
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
   * @param key cache key of the compiled plan @throws PlanningError
   */
  get(key: string, operation: string, compile: (plan: QueryPlan) => T, asker: Asker = {}): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return Promise.resolve(kept);
    const failed = this.failed.get(operation);
    if (failed) return Promise.reject(failed);
    let planning = this.planning.get(key);
    if (!planning) {
      planning = new Planning(this.turns.of(operation), (turn) => this.make(key, operation, compile, turn));
      this.planning.set(key, planning);
      planning.ended(() => this.planning.delete(key));
    }
    return planning.ask(asker);
  }

  private async make(
    key: string,
    operation: string,
    compile: (plan: QueryPlan) => T,
    turn: () => Promise<void>,
  ): Promise<T> {
    let plan = await this.shared?.get(operation);
    if (!plan) {
      await turn();
      plan = await this.plan(operation);
    }
    const compiled = compile(plan);
    this.kept.set(key, {
      operation,
      plan: compiled,
      bytes: planBytes(key.length + operation.length),
    });
    return compiled;
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
      if (error instanceof PlanningError && error.extensions.code !== 'PLANNER_BUSY') {
        const ttl = error.extensions.code === 'PLANNING_TIMEOUT' ? TIMED_OUT_MS : FAILED_MS;
        this.failed.set(operation, error, { ttl });
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
