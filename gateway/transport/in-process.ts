import type { GraphQLFormattedError } from 'graphql';
import type { Cancellation } from './cancellation';
import { SubgraphError } from './errors';
import type { SubgraphAnswer, SubgraphRequest, Transport } from './transport';

/** A subgraph in the same process. */
export interface LocalSubgraph {
  readonly name: string;
  execute(request: {
    query: string;
    variables?: Record<string, unknown>;
    headers?: Readonly<Record<string, string | undefined>>;
  }): Promise<{ data?: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] }>;
}

/** Hands a fetch to a subgraph in the same process. */
export class InProcessTransport implements Transport {
  // the answer is an object and no text: two readers would share it
  readonly shareable = false;

  constructor(private readonly subgraph: LocalSubgraph) {}

  async request({ operation, variables, headers, deadline, cancellation }: SubgraphRequest): Promise<SubgraphAnswer> {
    const work = this.subgraph.execute({ query: operation.text, variables: JSON.parse(String(variables)), headers });
    const mayHaveRun = operation.kind === 'mutation';
    const answer = await this.within(deadline - performance.now(), cancellation, mayHaveRun, work);
    return { headers: {}, read: () => answer };
  }

  /** The work of a local subgraph cannot be ended, but need not be waited for. */
  private within<T>(
    timeoutMs: number,
    cancellation: Cancellation | undefined,
    mayHaveRun: boolean,
    work: Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timeout = () => reject(SubgraphError.timeout(this.subgraph.name, timeoutMs, { mayHaveRun }));
      const timer = setTimeout(timeout, timeoutMs);
      const stay = cancellation?.onCancel(() => reject(SubgraphError.cancelled(this.subgraph.name)));
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        stay?.();
      });
    });
  }

  async close(): Promise<void> {}
}
