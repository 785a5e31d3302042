import { LRUCache } from 'lru-cache';
import { NO_OVERRIDES, type Overrides } from '../overrides';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { TaskQueue } from '../task-queue';

/**
 * Plans with Hive Router's planner in a separate process: some client operations make its native
 * code abort, which kills its process. It plans several operations in parallel on its own threads. The direct planner, in the
 * same process, is its fallback.
 */
export class NativePlanner implements Planner {
  readonly name = 'native';
  private readonly tasks: TaskQueue;
  /** Operations that killed a process or never finished. */
  private readonly deadly = new LRUCache<string, true>({ max: 1_000 });

  /** @throws Error if the binary for this platform is missing */
  constructor(supergraphSdl: string, overrides: Overrides = NO_OVERRIDES) {
    // loads the binary, which is harmless, to detect a missing one early
    require('@graphql-hive/router-query-planner');
    this.tasks = new TaskQueue({
      planner: 'native',
      start: { supergraphSdl, overrides },
      maxProcesses: 1,
      tasksPerProcess: Number.POSITIVE_INFINITY,
      insteadOf: (task) => {
        this.deadly.set(task.operation, true);
        return task.isDirect ? undefined : { ...task, isDirect: true };
      },
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
    return this.tasks.plan({ operation, isDirect: this.deadly.has(operation) }, signal);
  }

  close(): Promise<void> {
    return this.tasks.close();
  }
}
