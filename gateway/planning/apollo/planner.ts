import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { errorOf, noPlan, planningTimeout } from '../errors';
import { NO_OVERRIDES, type Overrides } from '../overrides';
import type { QueryPlan } from '../plan';
import type { Planner } from '../planner';
import { PlanCounts, type PlanningReply, type PlanningStart, type Ready, type WaitingTask } from '../tasks';

/** As compiled: processes are not started from sources. */
const CHILD = join(packageRoot, 'dist', 'gateway', 'planning', 'apollo', 'child.js');

const MAX_PROCESSES = 4;

/** Of some operations that planner collects paths until memory ends. A thread would take the gateway with it. */
const MAX_HEAP_MB = 512;

/** Milliseconds of planning after which an operation makes room for one that waits. */
const MAX_MS_WHILE_OTHERS_WAIT = 1_000;

interface PlanningProcess {
  readonly child: ChildProcess;
  /** Resolves when it takes operations, or has ended. */
  readonly ready: Promise<void>;
  current: { readonly waiting: WaitingTask; readonly since: number } | undefined;
}

/**
 * Plans with `@apollo/query-planner`, in processes of their own: planning takes tens of milliseconds, and of some operations has no end.
 * One operation does not delay another’s plan: each has a process to itself, and where there are no more processes, the one that has run
 * longest makes room. A planning that is given up ends its process.
 */
export class ApolloPlanner implements Planner {
  readonly name = 'apollo';
  readonly counts = new PlanCounts();
  private readonly processes = new Set<PlanningProcess>();
  private readonly queue: WaitingTask[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private isClosed = false;
  /** How many planning processes have died. */
  deaths = 0;

  constructor(
    private readonly supergraphSdl: string,
    private readonly overrides: Overrides = NO_OVERRIDES,
  ) {}

  /** Starts a process before it is needed; resolves when it takes operations. */
  async warmUp(): Promise<void> {
    const [first = this.start()] = this.processes;
    await first?.ready;
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return new Promise((resolve, reject) => {
      const waiting: WaitingTask = { task: { id: this.nextId++, operation }, resolve, reject };
      this.queue.push(waiting);
      signal.addEventListener('abort', () => this.giveUp(waiting, signal.reason), { once: true });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    const waiting = [
      ...this.queue,
      ...[...this.processes].flatMap(({ current }) => (current ? [current.waiting] : [])),
    ];
    for (const planning of this.processes) this.end(planning);
    for (const { reject } of waiting) reject(noPlan(new Error('the planner was closed')));
  }

  private next(): void {
    while (this.queue.length > 0 && !this.isClosed) {
      const planning = [...this.processes].find(({ current }) => !current) ?? this.start();
      if (!planning) {
        this.makeRoom();
        return;
      }
      const waiting = this.queue.shift()!;
      planning.current = { waiting, since: performance.now() };
      planning.child.channel?.ref();
      // a process that has died says so itself
      planning.child.send(waiting.task, () => {});
    }
  }

  /** Gives up what has been planned longest, once it has had its time. */
  private makeRoom(): void {
    if (this.timer) return;
    const [oldest] = [...this.processes]
      .flatMap(({ current }) => (current ? [current] : []))
      .toSorted((a, b) => a.since - b.since);
    if (!oldest) return;
    const wait = Math.max(0, oldest.since + MAX_MS_WHILE_OTHERS_WAIT - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.queue.length > 0) this.giveUp(oldest.waiting, planningTimeout(MAX_MS_WHILE_OTHERS_WAIT));
    }, wait);
    this.timer.unref();
  }

  /** Undefined when there are as many processes as there may be. */
  private start(): PlanningProcess | undefined {
    if (this.processes.size >= MAX_PROCESSES || this.isClosed) return undefined;
    const execArgv = [`--max-old-space-size=${MAX_HEAP_MB}`];
    const child = fork(CHILD, { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    // a gateway that has nothing else to do may end
    child.unref();
    child.channel?.unref();
    const ready = new Promise<void>((resolve) => {
      child.once('message', () => resolve());
      child.once('exit', () => resolve());
    });
    const planning: PlanningProcess = { child, ready, current: undefined };
    this.processes.add(planning);
    child.on('message', (reply: PlanningReply | Ready) => {
      if ('id' in reply && planning.current?.waiting.task.id === reply.id)
        this.take(planning, planning.current.waiting, reply);
    });
    child.on('exit', () => this.lost(planning));
    child.on('error', () => this.lost(planning));
    child.send({ supergraphSdl: this.supergraphSdl, overrides: this.overrides } satisfies PlanningStart, () => {});
    return planning;
  }

  private take(planning: PlanningProcess, { resolve, reject }: WaitingTask, reply: PlanningReply): void {
    planning.current = undefined;
    planning.child.channel?.unref();
    this.counts.count(reply);
    if (reply.plan) resolve(reply.plan);
    else reject(reply.failure ? errorOf(reply.failure) : noPlan(new Error(reply.rejected.apollo)));
    this.next();
    // one that waits for the next operation is enough
    const isAnotherIdle = [...this.processes].some((other) => other !== planning && !other.current);
    if (!planning.current && isAnotherIdle) this.end(planning);
  }

  private lost(planning: PlanningProcess): void {
    if (!this.processes.delete(planning)) return;
    this.deaths += 1;
    planning.current?.waiting.reject(noPlan(new Error('the planning process ended: out of memory?')));
    this.next();
  }

  private end(planning: PlanningProcess): void {
    this.processes.delete(planning);
    planning.child.kill('SIGKILL');
  }

  private giveUp(waiting: WaitingTask, reason: Error): void {
    const queued = this.queue.indexOf(waiting);
    if (queued >= 0) this.queue.splice(queued, 1);
    for (const planning of this.processes) if (planning.current?.waiting === waiting) this.end(planning);
    waiting.reject(reason);
    this.next();
  }
}
