import type { Logger } from 'pino';
import { ApolloPlanner } from './apollo';
import { NativePlanner } from './native';
import { NO_OVERRIDES, type Overrides } from './overrides';
import type { QueryPlan } from './plan';
import type { Planner } from './planner';

/**
 * The planner by name. Apollo's stands in where the native one has no binary for this platform, and plans the few operations
 * that the native one cannot.
 */
export function plannerOf(
  name: Planner['name'],
  log: Logger,
  overrides: Overrides = NO_OVERRIDES,
): (supergraphSdl: string) => Planner {
  return (supergraphSdl) => {
    if (name === 'apollo') return new ApolloPlanner(supergraphSdl, overrides);
    try {
      return new PlannerWithFallback(
        new NativePlanner(supergraphSdl, overrides),
        () => new ApolloPlanner(supergraphSdl, overrides),
      );
    } catch (error) {
      if (!isMissingBinary(error)) throw error;
      log.warn({ err: error }, 'the native planner has no binary for this platform; Apollo’s is used');
      return new ApolloPlanner(supergraphSdl, overrides);
    }
  };
}

/** A planner, and another for what it fails to plan; the other is made when it is first needed. */
export class PlannerWithFallback implements Planner {
  readonly name;
  private fallback: Planner | undefined;

  constructor(
    private readonly first: Planner,
    private readonly makeFallback: () => Planner,
  ) {
    this.name = first.name;
  }

  warmUp(): void {
    this.first.warmUp?.();
  }

  get deaths(): number {
    return this.first.deaths ?? 0;
  }

  async plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    try {
      return await this.first.plan(operation, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      this.fallback ??= this.makeFallback();
      return this.fallback.plan(operation, signal);
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
