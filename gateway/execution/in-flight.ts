import { Cancellation } from '#base/cancellation';

/**
 * Shares work in flight. Requests with the same key get the same promise; the work is
 * canceled only when all of its waiters have canceled.
 */
export class InFlight<T> {
  private readonly running = new Map<string, Running<T>>();

  /** Number of keys in flight. */
  get size(): number {
    return this.running.size;
  }

  share(
    key: string,
    cancellation: Cancellation | undefined,
    start: (cancellation: Cancellation) => Promise<T>,
  ): Promise<T> {
    let work = this.running.get(key);
    if (!work) {
      work = this.start(key, start);
      this.running.set(key, work);
    }
    const joined = work;
    joined.waiting += 1;
    const stay = cancellation?.onCancel(() => this.leave(key, joined));
    if (stay) joined.onEnd.push(stay);
    return joined.promise;
  }

  private start(key: string, start: (cancellation: Cancellation) => Promise<T>): Running<T> {
    const cancellation = new Cancellation();
    const onEnd: (() => void)[] = [];
    const end = () => {
      this.forget(key, work);
      for (const stay of onEnd) stay();
    };
    const promise = start(cancellation);
    const work: Running<T> = { cancellation, promise, onEnd, waiting: 0 };
    promise.then(end, end);
    return work;
  }

  private leave(key: string, work: Running<T>): void {
    work.waiting -= 1;
    if (work.waiting > 0) return;
    // no new waiter may join canceled work
    this.forget(key, work);
    work.cancellation.cancel();
  }

  private forget(key: string, work: Running<T>): void {
    if (this.running.get(key) === work) this.running.delete(key);
  }
}

interface Running<T> {
  readonly cancellation: Cancellation;
  readonly promise: Promise<T>;
  readonly onEnd: (() => void)[];
  waiting: number;
}
