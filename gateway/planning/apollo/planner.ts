import { NO_OVERRIDES, type Overrides } from '../overrides';
import { TaskQueue } from '../task-queue';

const MAX_PROCESSES = 4;

/** For some operations that planner exhausts memory, which in a thread would kill the gateway. */
const MAX_HEAP_MB = 512;

/**
 * Plans with `@apollo/query-planner` in separate processes: planning takes tens of milliseconds, and for some operations never ends.
 * Each process plans one operation at a time, so that none delays another.
 */
export class ApolloPlanner extends TaskQueue {
  constructor(supergraphSdl: string, overrides: Overrides = NO_OVERRIDES) {
    super({
      planner: 'apollo',
      start: { supergraphSdl, overrides },
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      maxProcesses: MAX_PROCESSES,
      tasksPerProcess: 1,
    });
  }
}
