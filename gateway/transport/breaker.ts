import type { Logger } from 'pino';
import { causeOf, SubgraphError } from './errors';

/** Consecutive failures that open the breaker. */
const FAILURES_TO_OPEN = 10;
/** Milliseconds between probes while open: randomly up to a quarter less, so that gateways do not probe in step. */
const PROBE_EVERY_MS = 1_000;

/** Codes that count as failures; rejected requests and malformed responses do not. */
const TROUBLE = new Set(['SUBGRAPH_UNREACHABLE', 'SUBGRAPH_TIMEOUT', 'SUBGRAPH_UNAVAILABLE']);

/** Codes of a subgraph's own errors that may be due to its caller, such as one with too many statements, and say nothing about calls of others. */
const TROUBLE_OF_CALLER: ReadonlySet<unknown> = new Set(['DATABASE_BUSY']);

export interface BreakerOptions {
  readonly subgraph: string;
  readonly log?: Logger;
  /** Called when it opens, before the first probe. */
  readonly onOpen?: () => void;
}

interface Outage {
  readonly since: number;
  /** When the next call may pass as a probe. */
  probeAt: number;
  refused: number;
}

/**
 * Stops calling a subgraph after repeated failures, so that requests do not wait for it, and lets one call through about every second
 * until any call succeeds. A hanging probe does not delay the next one. Times are monotonic: setting the clock does
 * not prolong an outage. See docs/decisions/0020.
 */
export class Breaker {
  /** Number of times it has opened or closed. */
  changes = 0;
  private failures = 0;
  private outage: Outage | undefined;

  constructor(private readonly options: BreakerOptions) {}

  get isOpen(): boolean {
    return this.outage !== undefined;
  }

  /** Calls the subgraph, unless it is open. @throws SubgraphError SUBGRAPH_UNAVAILABLE with the time until the next probe */
  async execute<T>(call: () => Promise<T>): Promise<T> {
    if (this.outage) this.probe(this.outage);
    const { changes } = this;
    try {
      const result = await call();
      this.succeed();
      return result;
    } catch (error) {
      if (error instanceof SubgraphError && isTroubleOfCaller(error)) throw error;
      const code = error instanceof SubgraphError ? error.extensions.code : undefined;
      // neither a disconnected client nor a call from before the last change says anything about the subgraph now
      if (TROUBLE.has(String(code))) {
        if (changes === this.changes) this.fail(error as SubgraphError);
      } else if (code !== 'REQUEST_CANCELLED') this.succeed();
      throw error;
    }
  }

  private probe(outage: Outage): void {
    const now = performance.now();
    if (now < outage.probeAt) {
      outage.refused += 1;
      throw new SubgraphError(
        'SUBGRAPH_UNAVAILABLE',
        this.options.subgraph,
        'has failed repeatedly and is not called for now',
        { retryable: true, retryAfterMs: outage.probeAt - now },
      );
    }
    outage.probeAt = nextProbe(now);
  }

  private succeed(): void {
    this.failures = 0;
    const { outage } = this;
    if (!outage) return;
    this.outage = undefined;
    this.changes += 1;
    const seconds = Math.round((performance.now() - outage.since) / 100) / 10;
    const { subgraph, log } = this.options;
    log?.info({ subgraph, seconds, refusedCalls: outage.refused }, 'closed circuit breaker; calling subgraph again');
  }

  private fail(error: SubgraphError): void {
    this.failures += 1;
    if (this.outage || this.failures < FAILURES_TO_OPEN) return;
    const now = performance.now();
    this.outage = { since: now, probeAt: nextProbe(now), refused: 0 };
    this.changes += 1;
    const { subgraph, log, onOpen } = this.options;
    log?.warn(
      { subgraph, failures: this.failures, code: error.extensions.code, cause: causeOf(error) },
      'opened circuit breaker; probing subgraph about every second',
    );
    onOpen?.();
  }
}

const isTroubleOfCaller = ({ subgraphErrors }: SubgraphError): boolean =>
  subgraphErrors.length > 0 && subgraphErrors.every(({ extensions }) => TROUBLE_OF_CALLER.has(extensions?.code));

const nextProbe = (now: number): number => now + PROBE_EVERY_MS * (1 - Math.random() / 4);
