import type { QueryPlan } from '../../gateway/planning/plan';
import type { Planner } from '../../gateway/planning/planner';
import { plannerOf } from '../../gateway/planning/planners';
import { createLog } from '../../gateway/telemetry/log';

const planners = new Map<string, Planner>();

/** Plans in the process that all graphs of a worker share, since each would take 1.2 s of CPU to start its own. */
export function sharedPlanner(supergraphSdl: string): Planner {
  const planner = planners.get(supergraphSdl) ?? plannerOf('native', createLog('silent', 'test'))(supergraphSdl);
  planners.set(supergraphSdl, planner);
  return new SharedPlanner(planner);
}

class SharedPlanner implements Planner {
  constructor(private readonly planner: Planner) {}

  get name() {
    return this.planner.name;
  }

  get counts() {
    return this.planner.counts;
  }

  get deaths() {
    return this.planner.deaths ?? 0;
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return this.planner.plan(operation, signal);
  }

  async warmUp(): Promise<void> {
    await this.planner.warmUp?.();
  }

  /** Other graphs of the worker go on using the process, which ends with the worker. */
  async close(): Promise<void> {}
}
