import { decorrelatedJitterGenerator, ExponentialBackoff, type IBackoff } from 'cockatiel';
import type { Logger } from 'pino';
import type { Cancellation } from '#base/cancellation';
import { Turns } from '#base/turns';
import { Breaker } from './breaker';
import { SubgraphError } from './errors';
import type { SubgraphAnswer, SubgraphRequest, Transport } from './transport';

export interface ResilienceOptions {
  /** Maximum concurrent requests to the subgraph. */
  readonly concurrency: number;
  /** Maximum queued requests; more are rejected immediately. */
  readonly queue: number;
  /** Maximum retries of a query. */
  readonly retries: number;
}

/** Backoff before retries, with jitter so that gateways do not retry in step. */
const FIRST_RETRY = new ExponentialBackoff({ initialDelay: 50, generator: decorrelatedJitterGenerator });

/** Parts of the concurrent and of the queued requests that one caller may take, and concurrent requests that each may have in any case. */
const CALLER_SHARE = 1 / 16;
const CALLER_QUEUE_SHARE = 3 / 4;
const MIN_CONCURRENCY = 4;

/**
 * Adds retries, a circuit breaker, and a bounded queue to a transport. A free place goes to the caller with the fewest, so that one who sends
 * hundreds of requests at once delays those of others by a few only.
 */
export class ResilientTransport implements Transport {
  readonly shareable: boolean;
  readonly breaker: Breaker;
  private readonly turns: Turns;
  private waiting = 0;

  constructor(
    private readonly name: string,
    private readonly inner: Transport,
    private readonly options: ResilienceOptions,
    log?: Logger,
  ) {
    this.shareable = inner.shareable;
    this.breaker = new Breaker({ subgraph: name, log, onOpen: () => inner.reconnect?.() });
    const { concurrency } = options;
    this.turns = new Turns(concurrency, Math.max(MIN_CONCURRENCY, Math.floor(concurrency * CALLER_SHARE)));
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
    const leave = await this.place(request);
    try {
      if (request.cancellation?.canceled) throw SubgraphError.canceled(this.name);
      if (request.deadline <= performance.now()) throw SubgraphError.timeout(this.name, 0);
      return await this.breaker.execute(() => this.inner.request(request));
    } finally {
      leave();
    }
  }

  /** Waits for a place. @returns function that gives it back @throws SubgraphError if too many requests wait, or the caller disconnects */
  private place({ caller = '', cancellation }: SubgraphRequest): (() => void) | Promise<() => void> {
    const { turns } = this;
    const { queue } = this.options;
    const leave = turns.takeAtOnce(caller);
    if (leave) return leave;
    const most = caller === '' ? queue : Math.ceil(queue * CALLER_QUEUE_SHARE);
    if (this.waiting >= queue || turns.waitingOf(caller) >= most)
      throw new SubgraphError('SUBGRAPH_OVERLOADED', this.name, 'has too many queued requests', {
        retryable: true,
        retryAfterMs: 1_000,
      });
    this.waiting += 1;
    return turns
      .wait(caller, cancellation)
      .catch(() => {
        throw SubgraphError.canceled(this.name);
      })
      .finally(() => {
        this.waiting -= 1;
      });
  }

  /** Milliseconds to wait before a retry; undefined for no retry. */
  private pauseBefore(
    error: unknown,
    { operation, deadline, cancellation }: SubgraphRequest,
    attempt: number,
    jitter: number,
  ): number | undefined {
    if (operation.kind !== 'query' || attempt >= this.options.retries || cancellation?.canceled || this.breaker.isOpen)
      return undefined;
    if (!(error instanceof SubgraphError) || !error.retryable) return undefined;
    const retryAfter = error.extensions.retryAfterSeconds;
    const pause = typeof retryAfter === 'number' ? Math.max(retryAfter * 1_000, jitter) : jitter;
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
