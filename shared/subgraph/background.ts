import type { Logger } from 'pino';
import type { Clock } from '../clock';
import type { Database } from '../database/database';
import type { EventBus } from '../events/bus';
import { NotListeningError } from '../events/in-process-bus';
import { type EventHandler, receive } from '../events/inbox';
import { LeaseHolder } from '../events/lease';
import { relay } from '../events/outbox';
import type { ContentStore } from '../files/content-store';
import type { ScheduledTask } from './schedule';

export interface BackgroundOptions {
  /** What carries events; without one they wait in the outbox. */
  readonly bus?: EventBus;
  /** Milliseconds between looks at the clock. */
  readonly everyMs: number;
  /** Milliseconds after which another replica takes over from one that died. */
  readonly leaseMs: number;
}

interface Parts {
  readonly name: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handlers: readonly EventHandler[];
  readonly schedule: readonly ScheduledTask[];
  readonly store?: ContentStore;
}

/** Milliseconds between looks at the outbox when nobody says that there is something in it. */
const POLL_MS = 500;

/**
 * What a subgraph does unasked: it hands on its events, acts on those of others, and makes happen what time brings. Of several
 * replicas one does it; when that one dies, the next does.
 */
export class Background {
  private readonly lease: LeaseHolder;
  private readonly stopping = new AbortController();
  private reading: { until: AbortController; ended: Promise<void> } | undefined;
  private wake: (() => void) | undefined;
  private nudged = false;
  private leading = false;
  private renewAt = 0;
  private dueAt = 0;
  private ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: Parts,
    private readonly options: BackgroundOptions,
  ) {
    this.lease = new LeaseHolder(parts.database, 'background', options.leaseMs);
  }

  start(): void {
    this.ended = this.run();
  }

  /** There is something to hand on. */
  nudge(): void {
    this.nudged = true;
    this.wake?.();
  }

  /** Whether this replica does the work: asked of the database often enough never to lose the lease by neglect. */
  private async leads(): Promise<boolean> {
    if (Date.now() < this.renewAt) return this.leading;
    this.leading = false;
    this.leading = await this.lease.hold();
    this.renewAt = Date.now() + this.options.leaseMs / 3;
    return this.leading;
  }

  private async run(): Promise<void> {
    const { log, name } = this.parts;
    let failing = false;
    while (!this.stopping.signal.aborted) {
      try {
        this.nudged = false;
        if (await this.leads()) await this.round();
        else await this.stopReading();
        if (failing) log.info({ subgraph: name }, 'background work goes on');
        failing = false;
      } catch (error) {
        // at a start the readers of one process begin one after the other
        if (error instanceof NotListeningError) continue;
        // said once, however often it is tried
        if (!failing) log.warn({ err: error, subgraph: name }, 'background work failed; it is tried again');
        failing = true;
      } finally {
        await this.rest();
      }
    }
  }

  private async round(): Promise<void> {
    const { name, database, clock, log, handlers, schedule, store } = this.parts;
    const { bus, everyMs } = this.options;
    if (bus && !this.reading && handlers.length > 0) {
      const until = new AbortController();
      const act = (event: Parameters<typeof receive>[4]) =>
        receive(database, clock, log, handlers, event).then(() => this.nudge());
      this.reading = { until, ended: bus.read(name, act, until.signal) };
    }
    if (Date.now() >= this.dueAt) {
      this.dueAt = Date.now() + everyMs;
      // one task that fails keeps no other from being done
      for (const task of schedule)
        await task.run(database, clock, store).catch((error: unknown) => {
          log.error({ err: error, subgraph: name, task: task.name }, 'a scheduled task failed; it is tried again');
        });
    }
    if (bus) await relay(database, name, bus, clock);
  }

  /** Until there is something to do; another replica may have written it, so never long. */
  private rest(): Promise<void> {
    if (this.stopping.signal.aborted || this.nudged) return Promise.resolve();
    const { everyMs, leaseMs } = this.options;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(everyMs, leaseMs / 3, POLL_MS));
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        // what is written in the same turn goes out together
        setImmediate(resolve);
      };
    });
  }

  private async stopReading(): Promise<void> {
    const { reading } = this;
    this.reading = undefined;
    reading?.until.abort();
    await reading?.ended;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudge();
    await this.ended;
    await this.stopReading();
    await this.lease.release().catch(() => {});
  }
}
