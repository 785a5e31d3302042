import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { errorOf, noPlan, plannerBusy } from './errors';
import type { QueryPlan } from './plan';
import type { Planner } from './planner';
import { PlanCounts, type PlanningReply, type PlanningStart, type PlanningTask, type Ready } from './tasks';

/** Milliseconds in which a process must start; one that hangs is killed. */
const MAX_START_MS = 60_000;

/** Milliseconds of planning after which an operation yields to a waiting one. */
const MAX_MS_WHILE_OTHERS_WAIT = 1_000;

export interface QueueOptions {
  /** The planner, whose process runs `<planner>/child.js`. */
  readonly planner: Planner['name'];
  readonly start: PlanningStart;
  /** Node options of the processes. */
  readonly execArgv?: readonly string[];
  readonly maxProcesses: number;
  readonly tasksPerProcess: number;
}

interface WaitingTask {
  task: PlanningTask;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: Error) => void;
}

interface RunningTask {
  readonly waiting: WaitingTask;
  /** When its process began to plan; infinite while the process is starting. */
  since: number;
}

interface PlanningProcess {
  readonly child: ChildProcess;
  /** Resolves when the process accepts operations, or has exited. */
  readonly ready: Promise<void>;
  readonly running: Map<number, RunningTask>;
  /** Whether it plans a suspect, which runs alone in its process. */
  isTrial: boolean;
}

/**
 * A queue of operations and the processes that plan them: with some operations, planners abort, exhaust memory, or never
 * finish. When a process dies, its operations are retried one by one, and the one that kills it again is the culprit. If
 * all processes are busy, the longest-running operation yields. Planning in progress can be stopped only by killing its
 * process.
 */
export class TaskQueue implements Planner {
  readonly counts = new PlanCounts();
  /** Number of planning processes that have died. */
  deaths = 0;
  private readonly processes = new Set<PlanningProcess>();
  private readonly queue: WaitingTask[] = [];
  /** Tasks that were running when a process died. */
  private readonly suspects: WaitingTask[] = [];
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private isClosed = false;

  constructor(private readonly options: QueueOptions) {}

  get name(): Planner['name'] {
    return this.options.planner;
  }

  /** Starts a process in advance; resolves when it accepts operations. */
  async warmUp(): Promise<void> {
    const [first = this.start()] = this.processes;
    await first?.ready;
  }

  /** @throws PlanningError if there is no plan; the signal's reason if it is aborted */
  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return new Promise((resolve, reject) => {
      const waiting: WaitingTask = { task: this.taskOf(this.nextId++, operation), resolve, reject };
      this.queue.push(waiting);
      signal.addEventListener('abort', () => this.giveUp(waiting, signal.reason), { once: true });
      this.next();
    });
  }

  protected taskOf(id: number, operation: string): PlanningTask {
    return { id, operation };
  }

  /** Replacement for a task that killed a process or never finished; undefined to reject the operation. */
  protected insteadOf(_task: PlanningTask): PlanningTask | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    const running = [...this.processes].flatMap((planning) => this.end(planning));
    for (const { reject } of [...running, ...this.suspects, ...this.queue])
      reject(noPlan(new Error('the planner was closed')));
  }

  private next(): void {
    while (!this.isClosed) {
      const [list = this.queue] = [this.suspects, this.queue].filter(({ length }) => length > 0);
      const isTrial = list === this.suspects;
      if (list.length === 0) return;
      const planning = this.freeProcess(isTrial) ?? this.start();
      if (!planning) {
        this.makeRoom();
        return;
      }
      this.send(planning, list.shift()!, isTrial);
    }
  }

  private freeProcess(isTrial: boolean): PlanningProcess | undefined {
    const maxRunning = isTrial ? 0 : this.options.tasksPerProcess - 1;
    return [...this.processes].find((planning) => !planning.isTrial && planning.running.size <= maxRunning);
  }

  private send(planning: PlanningProcess, waiting: WaitingTask, isTrial: boolean): void {
    planning.isTrial = isTrial;
    const running: RunningTask = { waiting, since: Number.POSITIVE_INFINITY };
    planning.running.set(waiting.task.id, running);
    // startup time must not count against the operation
    planning.ready.then(() => {
      running.since = performance.now();
      this.next();
    });
    planning.child.channel?.ref();
    planning.child.send(waiting.task, (error) => {
      // the exit event follows
      if (error) planning.child.kill('SIGKILL');
    });
  }

  /** Stops the longest-running task once its time is up. */
  private makeRoom(): void {
    if (this.timer) return;
    const running = [...this.processes]
      .flatMap((planning) => [...planning.running.values()])
      .filter(({ since }) => Number.isFinite(since));
    const [oldest] = running.toSorted((a, b) => a.since - b.since);
    if (!oldest) return;
    const wait = Math.max(0, oldest.since + MAX_MS_WHILE_OTHERS_WAIT - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.queue.length + this.suspects.length > 0)
        this.giveUp(oldest.waiting, plannerBusy(MAX_MS_WHILE_OTHERS_WAIT));
    }, wait);
    this.timer.unref();
  }

  /** Starts a process; undefined at the maximum. */
  private start(): PlanningProcess | undefined {
    const { planner, start, execArgv = [], maxProcesses } = this.options;
    if (this.processes.size >= maxProcesses || this.isClosed) return undefined;
    // processes run compiled code, never sources
    const program = join(packageRoot, 'dist', 'gateway', 'planning', planner, 'child.js');
    const child = fork(program, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    // an idle process must not keep the gateway alive
    child.unref();
    child.channel?.unref();
    // not unref'ed: it keeps a program alive that awaits the start and has nothing else to do yet
    const timer = setTimeout(() => child.kill('SIGKILL'), MAX_START_MS);
    const ready = new Promise<void>((resolve) => {
      child.once('message', () => resolve());
      child.once('exit', () => resolve());
    }).then(() => clearTimeout(timer));
    const planning: PlanningProcess = { child, ready, running: new Map(), isTrial: false };
    this.processes.add(planning);
    child.on('message', (reply: PlanningReply | Ready) => {
      if ('id' in reply) this.take(planning, reply);
    });
    child.on('exit', () => this.lost(planning));
    child.on('error', () => this.lost(planning));
    child.send(start, () => {});
    return planning;
  }

  private take(planning: PlanningProcess, reply: PlanningReply): void {
    const { waiting } = planning.running.get(reply.id) ?? {};
    if (!waiting) return;
    planning.running.delete(reply.id);
    planning.isTrial = false;
    if (planning.running.size === 0) planning.child.channel?.unref();
    this.counts.count(reply);
    if (reply.plan) waiting.resolve(reply.plan);
    else
      waiting.reject(reply.failure ? errorOf(reply.failure) : noPlan(new Error(reply.rejected[this.options.planner])));
    this.next();
    // one idle process is enough
    const isAnotherIdle = [...this.processes].some((other) => other !== planning && other.running.size === 0);
    if (planning.running.size === 0 && isAnotherIdle) this.end(planning);
  }

  private lost(planning: PlanningProcess): void {
    if (!this.processes.has(planning)) return;
    this.deaths += 1;
    const lost = this.end(planning);
    const [only] = lost;
    if (only && lost.length === 1) this.replace(only, noPlan(new Error('the planning process ended')));
    else this.suspects.push(...lost);
    this.next();
  }

  /** Replaces a task that killed a process, or rejects it. */
  private replace(waiting: WaitingTask, error: Error): void {
    const task = this.insteadOf(waiting.task);
    if (!task) waiting.reject(error);
    else this.queue.unshift(Object.assign(waiting, { task }));
  }

  /** Ends a process. @returns its unfinished tasks */
  private end(planning: PlanningProcess): WaitingTask[] {
    this.processes.delete(planning);
    planning.child.kill('SIGKILL');
    return [...planning.running.values()].map(({ waiting }) => waiting);
  }

  private giveUp(waiting: WaitingTask, reason: Error): void {
    for (const list of [this.queue, this.suspects]) {
      const at = list.indexOf(waiting);
      if (at >= 0) list.splice(at, 1);
    }
    waiting.reject(reason);
    const planning = [...this.processes].find(({ running }) => running.has(waiting.task.id));
    if (planning) {
      this.insteadOf(waiting.task);
      this.queue.unshift(...this.end(planning).filter((other) => other !== waiting));
    }
    this.next();
  }
}
