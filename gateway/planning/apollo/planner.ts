import { NO_OVERRIDES, type Overrides } from '../overrides';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { TaskQueue } from '../task-queue';

const MAX_PROCESSES = 4;

/** Of some operations that planner collects paths until memory ends. A thread would take the gateway with it. */
const MAX_HEAP_MB = 512;

/**
 * Plans with `@apollo/query-planner`, in processes of their own: planning takes tens of milliseconds, and of some operations has no end.
 * Each operation has a process to itself, so that none delays another's plan.
 */
export class ApolloPlanner implements Planner {
  readonly name = 'apollo';
  private readonly tasks: TaskQueue;

  constructor(supergraphSdl: string, overrides: Overrides = NO_OVERRIDES) {
    this.tasks = new TaskQueue({
      planner: 'apollo',
      start: { supergraphSdl, overrides },
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      maxProcesses: MAX_PROCESSES,
      tasksPerProcess: 1,
      insteadOf: () => undefined,
    });
  }

  get counts() {
    return this.tasks.counts;
  }

  get deaths(): number {
    return this.tasks.deaths;
  }

  warmUp(): Promise<void> {
    return this.tasks.warmUp();
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return this.tasks.plan({ operation }, signal);
  }

  close(): Promise<void> {
    return this.tasks.close();
  }
}
