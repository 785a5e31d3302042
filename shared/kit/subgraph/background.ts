import type { Logger } from 'pino';
import type { Clock } from '#base/clock';
import type { Database } from '../database/database';
import { abortable } from '../events/abortable';
import { BusUnavailableError, type EventBus } from '../events/bus';
import { EventLog } from '../events/event-log';
import { type EventHandler, Inbox } from '../events/inbox';
import { LeaseHolder } from '../events/lease';
import { relay } from '../events/outbox';
import type { ContentStore } from '../files/content-store';
import type { ScheduledTask } from './schedule';

export interface BackgroundOptions {
  /** Event bus; without one, events wait in the outbox. */
  readonly bus?: EventBus;
  /** Milliseconds between runs of the scheduled tasks. */
  readonly everyMs: number;
  /** Milliseconds after which another replica takes over from one that stopped. */
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

/** Status of the background work of one replica. Counters start with the process. */
export interface BackgroundStatus {
  /** 1 if this replica does the background work, else 0. */
  readonly leaseHeld: number;
  /** Seconds by which the clock of this process is ahead of the database's. */
  readonly leaseClockSkewSeconds: number;
  /** Events in the outbox that are not published yet. */
  readonly backlog: number;
  /** Age of the oldest unpublished event in seconds; 0 without any. */
  readonly oldestUnpublishedSeconds: number;
  /** Events that were rejected and that no operator has dismissed. */
  readonly rejected: number;
  /** Events that their source lost when it was restored from a backup. */
  readonly orphaned: number;
  /** Sources of which events are known to be missing. */
  readonly gapsOpen: number;
  readonly replaysRequested: number;
  readonly replaysServed: number;
  readonly epochChanges: number;
}

const NOTHING: ReadonlyMap<string, number> = new Map();
/** Milliseconds between polls of the outbox without a nudge. */
const POLL_MS = 500;
/** Poll interval while a reader catches up, since it sends the next request as soon as it has a response. */
const SERVING_POLL_MS = 20;
const SERVING_MS = 2_000;
/** Clock difference above which a warning is logged. */
const MAX_SKEW_MS = 5_000;

/**
 * Background work of a subgraph: publishes its events, handles events of other subgraphs, and runs scheduled tasks. One replica does it
 * at a time; if it stops, another takes over.
 */
export class Background {
  private readonly lease: LeaseHolder;
  private readonly events: EventLog;
  private inbox: Inbox | undefined;
  private readonly stopping = new AbortController();
  private reading: { until: AbortController; ended: Promise<void> } | undefined;
  private wake: (() => void) | undefined;
  private isNudged = false;
  private leading = false;
  private isSkewed = false;
  /** Milliseconds of the monotonic clock: a wall clock that is set back must not keep a lease. */
  private renewAt = 0;
  private dueAt = 0;
  private servedAt = Number.NEGATIVE_INFINITY;
  private ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: Parts,
    private readonly options: BackgroundOptions,
  ) {
    const { name, database, clock, log } = parts;
    this.lease = new LeaseHolder(database, 'background', options.leaseMs);
    this.events = new EventLog(name, database, clock, log);
  }

  start(): void {
    this.ended = this.run();
  }

  /** Wakes the background work, because there are events to publish. */
  nudge(): void {
    this.isNudged = true;
    this.wake?.();
  }

  /** Number of bus messages without a valid signature, by claimed kind. */
  get unsigned(): ReadonlyMap<string, number> {
    return this.options.bus?.refused ?? NOTHING;
  }

  /** Takes two statements. @throws the database's errors */
  async status(): Promise<BackgroundStatus> {
    const { database, clock } = this.parts;
    const [outbox] = await database.query<{ n: number; oldest: string | null }>(
      'SELECT COUNT(*) AS n, MIN(occurred_at) AS oldest FROM outbox WHERE published_at IS NULL',
    );
    const [inbox] = await database.query<{ rejected: number; orphaned: number }>(
      `SELECT (SELECT COUNT(*) FROM inbox_rejected WHERE dismissed_at IS NULL) AS rejected,
         (SELECT COUNT(*) FROM inbox_orphan) AS orphaned`,
    );
    const oldest = outbox?.oldest ? (clock.now().getTime() - Date.parse(outbox.oldest)) / 1_000 : 0;
    return {
      leaseHeld: Number(this.leading),
      leaseClockSkewSeconds: this.lease.skewMs / 1_000,
      backlog: Number(outbox?.n ?? 0),
      oldestUnpublishedSeconds: Math.max(0, oldest),
      rejected: Number(inbox?.rejected ?? 0),
      orphaned: Number(inbox?.orphaned ?? 0),
      gapsOpen: this.inbox?.gapsOpen ?? 0,
      replaysRequested: this.inbox?.replaysRequested ?? 0,
      replaysServed: this.events.replaysServed,
      epochChanges: this.events.epochChanges,
    };
  }

  /** Whether this replica holds the lease. Renews it often enough to keep it. */
  private async leads(): Promise<boolean> {
    if (performance.now() < this.renewAt) return this.leading;
    this.leading = false;
    this.leading = await this.lease.hold();
    this.renewAt = performance.now() + this.options.leaseMs / 3;
    this.checkSkew();
    return this.leading;
  }

  private checkSkew(): void {
    const isSkewed = Math.abs(this.lease.skewMs) > MAX_SKEW_MS;
    if (isSkewed === this.isSkewed) return;
    this.isSkewed = isSkewed;
    const { log, name } = this.parts;
    const skewSeconds = this.lease.skewMs / 1_000;
    if (isSkewed) log.warn({ subgraph: name, skewSeconds }, 'clock of this process differs from the database’s');
    else log.info({ subgraph: name, skewSeconds }, 'clock of this process agrees with the database’s again');
  }

  private async run(): Promise<void> {
    const { log, name } = this.parts;
    let isFailing = false;
    while (!this.stopping.signal.aborted) {
      try {
        this.isNudged = false;
        if (await this.leads()) await this.round();
        else await this.stopReading();
        if (isFailing) log.info({ subgraph: name }, 'background work succeeded again');
        isFailing = false;
      } catch (error) {
        // the bus logs its failures itself
        if (error instanceof BusUnavailableError || this.stopping.signal.aborted) continue;
        // logged once per outage, not per retry
        if (!isFailing) log.warn({ err: error, subgraph: name }, 'background work failed; retrying');
        isFailing = true;
      } finally {
        await this.rest();
      }
    }
  }

  private async round(): Promise<void> {
    const { name, database, clock, log, schedule, store } = this.parts;
    const { bus, everyMs } = this.options;
    if (bus) this.startReading(bus);
    if (performance.now() >= this.dueAt) {
      this.dueAt = performance.now() + everyMs;
      // a failed task must not stop the others
      for (const task of schedule)
        await task.run(database, clock, store).catch((error: unknown) => {
          log.error({ err: error, subgraph: name, task: task.name }, 'scheduled task failed; retrying');
        });
    }
    if (!bus) return;
    // shutdown must not wait for the bus
    const { signal } = this.stopping;
    // first: others can fill the list of requests with what cannot be read
    await abortable(relay(this.events, bus), signal);
    const served = await abortable(
      bus.serve(name, (request) => this.events.answer(request)),
      signal,
    );
    if (served > 0) this.servedAt = performance.now();
  }

  private startReading(bus: EventBus): void {
    const { name, database, clock, log, handlers } = this.parts;
    if (this.reading || handlers.length === 0) return;
    const until = new AbortController();
    const inbox = new Inbox({ name, database, clock, log, handlers, bus, changed: () => this.nudge() });
    this.inbox = inbox;
    this.reading = { until, ended: bus.read(name, inbox, until.signal) };
  }

  /** Waits for a nudge. Times out soon, since another replica may have written events. */
  private rest(): Promise<void> {
    if (this.stopping.signal.aborted || this.isNudged) return Promise.resolve();
    const { everyMs, leaseMs } = this.options;
    const isServing = performance.now() - this.servedAt < SERVING_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(everyMs, leaseMs / 3, isServing ? SERVING_POLL_MS : POLL_MS));
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        // publishes events written in the same turn together
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
