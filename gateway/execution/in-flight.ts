import { Cancellation } from '#base/cancellation';

/**
 * Work that several wait for at once. Whoever asks for what is already under way, under the same key, gets the same promise; it is
 * ended only when all who wait have gone.
 */
export class InFlight<T> {
  private readonly running = new Map<string, Running<T>>();

  /** How many pieces of work are under way. */
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
    // nobody may join what is being ended
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
