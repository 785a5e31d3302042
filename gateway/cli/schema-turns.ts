import { Turns } from '#base/turns';
import type { Customer } from '../../subgraphs/registry/schema/schema-composer';

/** Milliseconds of threads that a party may take within a window before it shares one thread with others that took as much. */
const MAX_SPENT_MS = 20_000;
const WINDOW_MS = 300_000;

interface Spent {
  readonly since: number;
  ms: number;
}

/**
 * Turns of works that take seconds, one of each party at a time. Parties whose works take long share one thread, however many they are, so that
 * the others always find one. Operators do not: they publish while a graph starts.
 */
export class SchemaTurns {
  private readonly threads: Turns;
  private readonly long = new Turns(1, 1);
  private readonly spent = new Map<string, Spent>();

  /** @param size number of threads @param now the time in milliseconds */
  constructor(
    size: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.threads = new Turns(size, 1);
  }

  /** Waits for a thread. @returns function that gives it back @throws RequestError CONFLICT if the caller leaves before */
  async wait({ party, isOperator, cancellation }: Customer): Promise<() => void> {
    const leaveLong =
      !isOperator && this.spentBy(party).ms > MAX_SPENT_MS ? await this.long.wait(party, cancellation) : undefined;
    let leave: () => void;
    try {
      leave = await this.threads.wait(party, cancellation);
    } catch (error) {
      leaveLong?.();
      throw error;
    }
    const startedAt = this.now();
    return () => {
      const spent = this.spentBy(party);
      spent.ms += this.now() - startedAt;
      this.spent.set(party, spent);
      leave();
      leaveLong?.();
    };
  }

  /** What a party took in its window. */
  private spentBy(party: string): Spent {
    const now = this.now();
    for (const [name, { since }] of this.spent) if (now - since > WINDOW_MS) this.spent.delete(name);
    return this.spent.get(party) ?? { since: now, ms: 0 };
  }
}
