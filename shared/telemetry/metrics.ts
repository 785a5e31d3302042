import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Traffic } from '../http/traffic';

type Value = () => number | Promise<number>;
/** Values by the value of one label. */
type Values = () => Iterable<readonly [label: string | number, value: number]>;

/**
 * Metrics in the text format of Prometheus. Values are read when a scraper asks: what is measured keeps plain numbers, and pays
 * nothing else.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  /** Starts with the metrics of the process itself: CPU, memory, event loop, garbage collection. */
  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A value that goes up and down. @param name ends in its base unit where it has one, such as `_seconds` or `_bytes` */
  gauge(name: string, help: string, value: Value): void {
    const { registers } = this;
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await value());
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
        this.inc(current);
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

/** Requests of an HTTP server. */
export function addTrafficMetrics(metrics: Metrics, traffic: Traffic): void {
  metrics.counters(
    'ordergraph_http_requests_total',
    'HTTP requests answered, by status; 499 if the client closed the connection first.',
    'status',
    () => traffic.byStatus,
  );
  metrics.gauge('ordergraph_http_requests_in_flight', 'HTTP requests being answered.', () => traffic.inFlight);
}
