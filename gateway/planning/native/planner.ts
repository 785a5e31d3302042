import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { packageRoot } from '#base/package-root';
import { errorOf, noPlan } from '../errors';
import { NO_OVERRIDES, type Overrides } from '../overrides';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { PlanCounts, type PlanningReply, type PlanningStart, type Ready, type WaitingTask } from '../tasks';

/** As compiled: processes are not started from sources. */
const CHILD = join(packageRoot, 'dist', 'gateway', 'planning', 'native', 'child.js');

/**
 * Plans with the planner of Hive Router, in a process of its own: there are operations that clients may send at which its native
 * code aborts, and with it the process it is in. What it fails at is planned directly there. Several are planned at once; when the process dies, those that were under way are
 * planned again one by one, and the one at which it dies again is given up.
 */
export class NativePlanner implements Planner {
  readonly name = 'native';
  readonly counts = new PlanCounts();
  private child: ChildProcess | undefined;
  private ready: Promise<void> = Promise.resolve();
  private readonly running = new Map<number, WaitingTask>();
  /** What was under way when a process died, to be planned alone. */
  private readonly suspects: WaitingTask[] = [];
  /** Whether what is running is a suspect, alone. */
  private isTrial = false;
  private readonly queue: WaitingTask[] = [];
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

  /** Starts the process before it is needed; resolves when it takes operations. */
  warmUp(): Promise<void> {
    this.child ??= this.start();
    return this.ready;
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return new Promise((resolve, reject) => {
      const task = { id: this.nextId++, operation, isDirect: this.deadly.has(operation) };
      const waiting: WaitingTask = { task, resolve, reject };
      this.queue.push(waiting);
      signal.addEventListener('abort', () => this.giveUp(waiting, signal.reason), { once: true });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.child?.kill('SIGKILL');
    for (const { reject } of [...this.running.values(), ...this.suspects, ...this.queue])
      reject(noPlan(new Error('the planner was closed')));
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

  private send(waiting: WaitingTask): void {
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
    this.ready = new Promise((resolve) => {
      child.once('message', () => resolve());
      child.once('exit', () => resolve());
    });
    child.on('message', (reply: PlanningReply | Ready) => {
      if ('id' in reply) this.take(reply);
    });
    child.on('exit', () => this.lost(child));
    child.on('error', () => this.lost(child));
    const start: PlanningStart = { supergraphSdl: this.supergraphSdl, overrides: this.overrides };
    child.send(start, () => {});
    return child;
  }

  private take(reply: PlanningReply): void {
    const waiting = this.running.get(reply.id);
    if (!waiting) return;
    this.running.delete(reply.id);
    this.isTrial = false;
    if (this.running.size === 0) this.child?.channel?.unref();
    this.counts.count(reply);
    if (reply.plan) waiting.resolve(reply.plan);
    else waiting.reject(reply.failure ? errorOf(reply.failure) : noPlan(new Error(reply.rejected.native)));
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
      if (only.task.isDirect) only.reject(noPlan(new Error('the planning process ended')));
      else {
        this.deadly.set(only.task.operation, true);
        only.task = { ...only.task, isDirect: true };
        this.queue.unshift(only);
      }
    } else this.suspects.push(...lost);
    this.isTrial = false;
    this.next();
  }

  /** Native code that has begun cannot be stopped but with its process. */
  private giveUp(waiting: WaitingTask, reason: Error): void {
    for (const list of [this.queue, this.suspects]) {
      const at = list.indexOf(waiting);
      if (at >= 0) list.splice(at, 1);
    }
    waiting.reject(reason);
    if (!this.running.delete(waiting.task.id)) return;
    this.deadly.set(waiting.task.operation, true);
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
