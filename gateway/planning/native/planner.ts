import { LRUCache } from 'lru-cache';
import { NO_OVERRIDES, type Overrides } from '../overrides';
import { TaskQueue } from '../task-queue';
import type { PlanningTask } from '../tasks';

/**
 * Plans with Hive Router's planner in a separate process: some client operations make its native
 * code abort, which kills its process. It plans several operations in parallel on its own threads. The direct planner, in the
 * same process, is its fallback.
 */
export class NativePlanner extends TaskQueue {
  /** Operations that killed a process or never finished. */
  private readonly deadly = new LRUCache<string, true>({
    ...{ max: 1_000, maxSize: 8 * 1024 * 1024 },
    sizeCalculation: (_value, operation) => operation.length + 1,
  });

  /** @throws Error if the binary for this platform is missing */
  constructor(supergraphSdl: string, overrides: Overrides = NO_OVERRIDES) {
    // loads the binary, which is harmless, to detect a missing one early
    require('@graphql-hive/router-query-planner');
    super({
      planner: 'native',
      start: { supergraphSdl, overrides },
      maxProcesses: 1,
      tasksPerProcess: Number.POSITIVE_INFINITY,
    });
  }

  protected override taskOf(id: number, operation: string): PlanningTask {
    return { id, operation, isDirect: this.deadly.has(operation) };
  }

  protected override insteadOf(task: PlanningTask): PlanningTask | undefined {
    this.deadly.set(task.operation, true);
    return task.isDirect ? undefined : { ...task, isDirect: true };
  }
}
