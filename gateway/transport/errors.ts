import { GraphQLError } from 'graphql';

export type SubgraphErrorCode =
  | 'SUBGRAPH_UNREACHABLE'
  | 'SUBGRAPH_TIMEOUT'
  | 'SUBGRAPH_BAD_RESPONSE'
  | 'SUBGRAPH_RESPONSE_TOO_LARGE'
  | 'SUBGRAPH_OVERLOADED'
  | 'SUBGRAPH_UNAVAILABLE'
  | 'REQUEST_CANCELLED';

/** A subgraph gave no usable answer. Says which and in what way, and nothing that is internal to it. */
export class SubgraphError extends GraphQLError {
  constructor(
    code: SubgraphErrorCode,
    readonly subgraph: string,
    what: string,
    options: { retryable: boolean; cause?: unknown; retryAfterMs?: number },
  ) {
    const { retryable, cause, retryAfterMs } = options;
    super(`The "${subgraph}" subgraph ${what}`, {
      extensions: {
        code,
        subgraph,
        retryable,
        ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) }),
      },
      originalError: cause instanceof Error ? cause : undefined,
    });
  }

  get retryable(): boolean {
    return this.extensions.retryable === true;
  }

  static timeout(subgraph: string, timeoutMs: number, cause?: unknown): SubgraphError {
    return new SubgraphError('SUBGRAPH_TIMEOUT', subgraph, `did not answer within ${Math.round(timeoutMs)} ms`, {
      retryable: true,
      cause,
    });
  }

  static cancelled(subgraph: string): SubgraphError {
    return new SubgraphError('REQUEST_CANCELLED', subgraph, 'was not waited for: the client has gone', {
      retryable: false,
    });
  }
}
