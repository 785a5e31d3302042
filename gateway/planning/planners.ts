import type { Logger } from 'pino';
import { ApolloPlanner } from './apollo/planner';
import { planningTimeout } from './errors';
import { NativePlanner } from './native/planner';
import { NO_OVERRIDES, type Overrides } from './overrides';
import type { QueryPlan } from './plan';
import type { Planner } from './planner';
import { PlanCounts } from './tasks';

/**
 * The planner by name. Each is the other’s fallback for operations without a plan, with an invalid plan, or that
 * take too long. Without a native binary for this platform, only Apollo’s is used.
 */
export function plannerOf(
  name: Planner['name'],
  log: Logger,
  overrides: Overrides = NO_OVERRIDES,
): (supergraphSdl: string) => Planner {
  return (supergraphSdl) => {
    const apollo = () => new ApolloPlanner(supergraphSdl, overrides);
    try {
      const native = new NativePlanner(supergraphSdl, overrides);
      return name === 'native'
        ? new PlannerWithFallback(native, apollo)
        : new PlannerWithFallback(apollo(), () => native);
    } catch (error) {
      if (!isMissingBinary(error)) throw error;
      log.warn({ err: error }, "native planner has no binary for this platform; using Apollo's planner");
      return apollo();
    }
  };
}

/** Milliseconds that a planner has before its fallback runs. */
const FIRST_MS = 3_000;

/** A planner with a fallback, which is created on first use. */
export class PlannerWithFallback implements Planner {
  readonly name;
  private fallback: Planner | undefined;

  constructor(
    private readonly first: Planner,
    private readonly makeFallback: () => Planner,
    private readonly firstMs = FIRST_MS,
  ) {
    this.name = first.name;
  }

  async warmUp(): Promise<void> {
    await this.first.warmUp?.();
  }

  get deaths(): number {
    return (this.first.deaths ?? 0) + (this.fallback?.deaths ?? 0);
  }

  get counts(): PlanCounts {
    const counts = new PlanCounts().add(this.first.counts);
    return this.fallback ? counts.add(this.fallback.counts) : counts;
  }

  async plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    try {
      return await this.planFirst(operation, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      this.fallback ??= this.makeFallback();
      return this.fallback.plan(operation, signal);
    }
  }

  private async planFirst(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    // startup time must not count against the operation
    await this.first.warmUp?.();
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(planningTimeout(this.firstMs)), this.firstMs);
    try {
      return await this.first.plan(operation, AbortSignal.any([signal, timeout.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.first.close(), this.fallback?.close()]);
  }
}

function isMissingBinary(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED' || /native binding|\.node/i.test(message);
}
