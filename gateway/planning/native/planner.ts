import { LRUCache } from 'lru-cache';
import { NO_OVERRIDES, type Overrides } from '../overrides';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { TaskQueue } from '../task-queue';

/**
 * Plans with the planner of Hive Router, in a process of its own: there are operations that clients may send at which its native
 * code aborts, and with it the process it is in. It plans several operations at once on threads of its own. What it fails at is planned
 * directly, in the same process.
 */
export class NativePlanner implements Planner {
  readonly name = 'native';
  private readonly tasks: TaskQueue;
  /** Operations that ended a process or found no end. */
  private readonly deadly = new LRUCache<string, true>({ max: 1_000 });

  /** @throws Error when the binary of this platform is missing. */
  constructor(supergraphSdl: string, overrides: Overrides = NO_OVERRIDES) {
    // here it is only loaded, which is harmless, so that a missing one is known at once
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
