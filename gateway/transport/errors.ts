import { GraphQLError } from 'graphql';

/** A subgraph gave no usable answer. Says which and in what way, and nothing that is internal to it. */
export class SubgraphError extends GraphQLError {
  constructor(
    code: 'SUBGRAPH_UNREACHABLE' | 'SUBGRAPH_TIMEOUT' | 'SUBGRAPH_BAD_RESPONSE' | 'SUBGRAPH_RESPONSE_TOO_LARGE',
    subgraph: string,
    what: string,
    options: { retryable: boolean; cause?: unknown },
  ) {
    super(`The "${subgraph}" subgraph ${what}`, {
      extensions: { code, subgraph, retryable: options.retryable },
      originalError: options.cause instanceof Error ? options.cause : undefined,
    });
  }
}
