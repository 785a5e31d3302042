import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Traffic } from '../http/traffic';

/** Undefined if the value is currently unknown, which omits the sample. */
type Value = () => number | undefined | Promise<number | undefined>;
/** Values by the value of one label. */
type Values = () => Iterable<readonly [label: string | number, value: number]>;

/**
 * Metrics in the text format of Prometheus. Reads the values at each scrape, so that measured code only needs plain numbers.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  /** Includes the default metrics of the process: CPU, memory, event loop, and garbage collection. */
  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A value that goes up and down. @param name ends in the base unit, if any, such as `_seconds` or `_bytes` */
  gauge(name: string, help: string, value: Value): void {
    const { registers } = this;
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const current = await value();
        if (current === undefined) this.remove();
        else this.set(current);
      },
    });
  }

  /** A value that only grows while the process runs. @param name ends in `_total` */
  counter(name: string, help: string, value: Value): void {
    const { registers } = this;
    new Counter({
      name,
      help,
      registers,
      async collect() {
        const current = await value();
        this.reset();
        if (current === undefined) this.remove();
        else this.inc(current);
      },
    });
  }

  /** A gauge with one label. */
  gauges<Label extends string>(name: string, help: string, label: Label, values: Values): void {
    const { registers } = this;
    new Gauge({
      name,
      help,
      registers,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [which, value] of values()) this.set({ [label]: which } as never, value);
      },
    });
  }

  /** A counter with one label. */
  counters<Label extends string>(name: string, help: string, label: Label, values: Values): void {
    const { registers } = this;
    new Counter({
      name,
      help,
      registers,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [which, value] of values()) this.inc({ [label]: which } as never, value);
      },
    });
  }
}

/** Milliseconds for which values are reused, so that one scrape reads them once. */
const SCRAPE_MS = 1_000;
/** Timeout in milliseconds for reading the values, below the timeout of scrapers. */
const PATIENCE_MS = 2_000;

/**
 * Reads several values at once, once per scrape.
 * @returns function that picks a value; undefined if reading fails or times out, so that other metrics remain when a database is down
 */
export function snapshot<T>(read: () => Promise<T | undefined>): <R>(pick: (values: T) => R) => Promise<R | undefined> {
  let values: Promise<T | undefined> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return async (pick) => {
    if (!values || performance.now() - readAt > SCRAPE_MS) {
      readAt = performance.now();
      values = within(PATIENCE_MS, read()).catch(() => undefined);
    }
    const current = await values;
    return current === undefined ? undefined : pick(current);
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Requests of an HTTP server. */
export function addTrafficMetrics(metrics: Metrics, traffic: Traffic): void {
  metrics.counters(
    'ordergraph_http_requests_total',
    'HTTP requests answered, by status; 499 if the client closed the connection first.',
    'status',
    () => traffic.byStatus,
  );
  metrics.gauge('ordergraph_http_requests_in_flight', 'HTTP requests being answered.', () => traffic.inFlight);
  metrics.gauge(
    'ordergraph_http_unread_bytes',
    'Bytes in this process that wait for slow clients to read them.',
    () => traffic.unreadBytes,
  );
  metrics.counters(
    'ordergraph_http_readers_ended_total',
    'Ended connections of slow clients, by limit: the minimum rate, or the unread bytes of one caller or of the process.',
    'limit',
    () => traffic.endedReaders,
  );
}
