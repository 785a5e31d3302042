import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  IsolatedCircuitError,
} from 'cockatiel';
import type { Cancellation } from './cancellation';
import { SubgraphError } from './errors';
import type { SubgraphAnswer, SubgraphRequest, Transport } from './transport';

export interface ResilienceOptions {
  /** Most requests to the subgraph at once. */
  readonly concurrency: number;
  /** Most requests that wait for their turn; more are refused at once. */
  readonly queue: number;
  /** How often a query is tried again. */
  readonly retries: number;
}

/** Failures in a row after which a subgraph is left alone for a while. */
const FAILURES_TO_OPEN = 10;
const OPEN_MS = { initialDelay: 1_000, maxDelay: 30_000 };
/** Milliseconds before further attempts: spread at random, so that gateways do not come back all at once. */
const FIRST_RETRY = new ExponentialBackoff({ initialDelay: 50, generator: decorrelatedJitterGenerator });

/** What says that the subgraph itself is in trouble; what a subgraph refuses or answers badly does not. */
const TROUBLE = new Set(['SUBGRAPH_UNREACHABLE', 'SUBGRAPH_TIMEOUT', 'SUBGRAPH_UNAVAILABLE']);

/**
 * A transport that bears with a subgraph in trouble: queries are tried again, a subgraph that fails again and again is left alone
 * for a while, and what would pile up is refused.
 */
export class ResilientTransport implements Transport {
  readonly shareable: boolean;
  private readonly breaker = circuitBreaker(
    handleWhen((error) => error instanceof SubgraphError && TROUBLE.has(String(error.extensions.code))),
    { halfOpenAfter: new ExponentialBackoff(OPEN_MS), breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  );
  private readonly bulkhead;

  constructor(
    private readonly name: string,
    private readonly inner: Transport,
    private readonly options: ResilienceOptions,
  ) {
    this.shareable = inner.shareable;
    this.bulkhead = bulkhead(options.concurrency, options.queue);
  }

  /** Whether the subgraph is being left alone. */
  get isOpen(): boolean {
    return this.breaker.state === CircuitState.Open;
  }

  async request(request: SubgraphRequest): Promise<SubgraphAnswer> {
    let backoff: IBackoff<unknown> | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(request);
      } catch (error) {
        backoff = (backoff ?? FIRST_RETRY).next(undefined);
        const pause = this.pauseBefore(error, request, attempt, backoff.duration);
        if (pause === undefined) throw error;
        await sleep(pause, request.cancellation);
      }
    }
  }

  private async attempt(request: SubgraphRequest): Promise<SubgraphAnswer> {
    try {
      return await this.bulkhead.execute(() => {
        if (request.cancellation?.cancelled) throw SubgraphError.cancelled(this.name);
        if (request.deadline <= performance.now()) throw SubgraphError.timeout(this.name, 0);
        return this.breaker.execute(() => this.inner.request(request));
      });
    } catch (error) {
      if (error instanceof BulkheadRejectedError)
        throw new SubgraphError('SUBGRAPH_OVERLOADED', this.name, 'has too many requests waiting for it', {
          retryable: true,
          retryAfterMs: 1_000,
        });
      if (error instanceof BrokenCircuitError || error instanceof IsolatedCircuitError)
        throw new SubgraphError('SUBGRAPH_UNAVAILABLE', this.name, 'has failed repeatedly and is left alone for now', {
          retryable: true,
          retryAfterMs: OPEN_MS.initialDelay,
        });
      throw error;
    }
  }

  /** Milliseconds to wait before another attempt; undefined when there is to be none. */
  private pauseBefore(
    error: unknown,
    { operation, deadline, cancellation }: SubgraphRequest,
    attempt: number,
    jitter: number,
  ): number | undefined {
    if (operation.kind !== 'query' || attempt >= this.options.retries || cancellation?.cancelled || this.isOpen)
      return undefined;
    if (!(error instanceof SubgraphError) || !error.retryable) return undefined;
    const asked = error.extensions.retryAfterSeconds;
    const pause = typeof asked === 'number' ? Math.max(asked * 1_000, jitter) : jitter;
    return performance.now() + pause < deadline ? pause : undefined;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

function sleep(ms: number, cancellation: Cancellation | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      stay?.();
      resolve();
    }, ms);
    const stay = cancellation?.onCancel(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
