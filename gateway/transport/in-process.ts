import type { GraphQLFormattedError } from 'graphql';
import { Cancellation } from '#base/cancellation';
import { SubgraphError } from './errors';
import type { SubgraphAnswer, SubgraphRequest, Transport } from './transport';

/** A subgraph in the same process. */
export interface LocalSubgraph {
  readonly name: string;
  execute(request: {
    query: string;
    variables?: Record<string, unknown>;
    headers?: Readonly<Record<string, string | undefined>>;
    cancellation?: Cancellation;
  }): Promise<{
    data?: Record<string, unknown> | null;
    errors?: readonly GraphQLFormattedError[];
    headers?: Readonly<Record<string, string>>;
  }>;
}

/** Executes fetches on a subgraph in the same process. */
export class InProcessTransport implements Transport {
  // responses are objects, not text: two readers would share mutable state
  readonly shareable = false;

  constructor(private readonly subgraph: LocalSubgraph) {}

  async request({ operation, variables, headers, deadline, cancellation }: SubgraphRequest): Promise<SubgraphAnswer> {
    const until = new Cancellation();
    // before the work, whose synchronous part may last beyond the deadline
    const timeoutMs = Math.max(0, deadline - performance.now());
    const work = this.subgraph.execute({
      query: operation.text,
      variables: JSON.parse(String(variables)),
      headers,
      cancellation: until,
    });
    const mayHaveRun = operation.kind === 'mutation';
    const answer = await this.within(timeoutMs, cancellation, until, mayHaveRun, work);
    return { headers: answer.headers ?? {}, read: () => answer };
  }

  /** Cancels the work at the deadline or when its caller cancels. */
  private within<T>(
    timeoutMs: number,
    cancellation: Cancellation | undefined,
    until: Cancellation,
    mayHaveRun: boolean,
    work: Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: SubgraphError) => {
        reject(error);
        until.cancel();
      };
      const timer = setTimeout(
        () => giveUp(SubgraphError.timeout(this.subgraph.name, timeoutMs, { mayHaveRun })),
        timeoutMs,
      );
      const stay = cancellation?.onCancel(() => giveUp(SubgraphError.canceled(this.subgraph.name)));
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        stay?.();
      });
    });
  }

  async close(): Promise<void> {}
}
