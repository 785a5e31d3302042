import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { packageRoot } from '../../shared/package-root';
import { noWay, PlanningError } from './errors';
import type { NativeReply, NativeStart, NativeTask, PlanningFailure } from './native-plans';
import { NO_OVERRIDES, type Overrides } from './overrides';
import type { QueryPlan } from './plan';
import type { Planner } from './planner';

/** As compiled: processes are not started from sources. */
const CHILD = join(packageRoot, 'dist', 'gateway', 'planning', 'native-child.js');

interface Waiting {
  readonly task: NativeTask;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Plans with the planner of Hive Router, in a process of its own: there are operations that clients may send at which its native
 * code aborts, and with it the process it is in. Several are planned at once; when the process dies, those that were under way are
 * planned again one by one, and the one at which it dies again is given up.
 */
export class NativePlanner implements Planner {
  readonly name = 'native';
  private child: ChildProcess | undefined;
  private readonly running = new Map<number, Waiting>();
  /** What was under way when a process died, to be planned alone. */
  private readonly suspects: Waiting[] = [];
  /** Whether what is running is a suspect, alone. */
  private isTrial = false;
  private readonly queue: Waiting[] = [];
  private readonly deadly = new LRUCache<string, true>({ max: 1_000 });
  private nextId = 1;
  private isClosed = false;
  /** How many planning processes have died. */
  deaths = 0;

  /** @throws Error when the binary of this platform is missing. */
  constructor(
    private readonly supergraphSdl: string,
    private readonly overrides: Overrides = NO_OVERRIDES,
  ) {
    // here it is only loaded, which is harmless, so that a missing one is known at once
    require('@graphql-hive/router-query-planner');
  }

  /** Starts the process before it is needed. */
  warmUp(): void {
    this.child ??= this.start();
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    if (this.deadly.has(operation)) return Promise.reject(noWay(new Error('the planner does not survive it')));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { task: { id: this.nextId++, operation }, resolve, reject };
      this.queue.push(waiting);
      signal.addEventListener('abort', () => this.giveUp(waiting, signal.reason), { once: true });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.child?.kill('SIGKILL');
    for (const { reject } of [...this.running.values(), ...this.suspects, ...this.queue])
      reject(noWay(new Error('the planner was closed')));
  }

  private next(): void {
    if (this.isClosed || this.isTrial) return;
    const suspect = this.suspects[0];
    if (suspect) {
      if (this.running.size > 0) return;
      this.suspects.shift();
      this.isTrial = true;
      this.send(suspect);
      return;
    }
    for (let one = this.queue.shift(); one; one = this.queue.shift()) this.send(one);
  }

  private send(waiting: Waiting): void {
    this.child ??= this.start();
    this.running.set(waiting.task.id, waiting);
    this.child.channel?.ref();
    this.child.send(waiting.task, (error) => {
      // it has died, and will say so
      if (error) this.child?.kill('SIGKILL');
    });
  }

  private start(): ChildProcess {
    const child = fork(CHILD, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    // a gateway that has nothing else to do may end
    child.unref();
    child.channel?.unref();
    child.on('message', (reply: NativeReply) => this.take(reply));
    child.on('exit', () => this.lost(child));
    child.on('error', () => this.lost(child));
    const start: NativeStart = { supergraphSdl: this.supergraphSdl, overrides: this.overrides };
    child.send(start, () => {});
    return child;
  }

  private take(reply: NativeReply): void {
    const waiting = this.running.get(reply.id);
    if (!waiting) return;
    this.running.delete(reply.id);
    this.isTrial = false;
    if (this.running.size === 0) this.child?.channel?.unref();
    if ('plan' in reply) waiting.resolve(reply.plan);
    else waiting.reject(errorOf(reply.failure));
    this.next();
  }

  private lost(child: ChildProcess): void {
    if (this.child !== child) return;
    this.child = undefined;
    if (this.isClosed) return;
    this.deaths += 1;
    const lost = [...this.running.values()];
    this.running.clear();
    const [only] = lost;
    if (lost.length === 1 && only) {
      this.deadly.set(only.task.operation, true);
      only.reject(noWay(new Error('the planner died of it')));
    } else this.suspects.push(...lost);
    this.isTrial = false;
    this.next();
  }

  /** Native code that has begun cannot be stopped but with its process. */
  private giveUp(waiting: Waiting, reason: Error): void {
    for (const list of [this.queue, this.suspects]) {
      const at = list.indexOf(waiting);
      if (at >= 0) list.splice(at, 1);
    }
    waiting.reject(reason);
    if (!this.running.delete(waiting.task.id)) return;
    const child = this.child;
    this.child = undefined;
    child?.kill('SIGKILL');
    const innocent = [...this.running.values()];
    this.running.clear();
    this.isTrial = false;
    this.queue.unshift(...innocent);
    this.next();
  }
}

function errorOf({ code, message, status, cause }: PlanningFailure): PlanningError {
  return new PlanningError(code, message, { status, cause: cause === undefined ? undefined : new Error(cause) });
}
