import { GraphQLError, type GraphQLFormattedError } from 'graphql';

export type SubgraphErrorCode =
  | 'SUBGRAPH_UNREACHABLE'
  | 'SUBGRAPH_TIMEOUT'
  | 'SUBGRAPH_BAD_RESPONSE'
  | 'SUBGRAPH_RESPONSE_TOO_LARGE'
  | 'SUBGRAPH_OVERLOADED'
  | 'SUBGRAPH_UNAVAILABLE'
  | 'IDENTITY_REQUIRED'
  | 'IDENTITY_CLOCK_SKEW'
  | 'REQUEST_CANCELLED';

export interface SubgraphErrorOptions {
  readonly retryable: boolean;
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  /** Whether it is about a mutation that was sent: the message says so, and it is never retryable. */
  readonly mayHaveRun?: boolean;
  /** The errors that the subgraph itself returned, where those say more. */
  readonly own?: readonly GraphQLFormattedError[];
}

/** A subgraph gave no usable answer. Says which and in what way, and nothing that is internal to it. */
export class SubgraphError extends GraphQLError {
  /** The subgraph's own errors, to be passed on instead; most often none. */
  readonly own: readonly GraphQLFormattedError[];

  constructor(
    code: SubgraphErrorCode,
    readonly subgraph: string,
    what: string,
    { retryable, cause, retryAfterMs, mayHaveRun = false, own = [] }: SubgraphErrorOptions,
  ) {
    super(`The "${subgraph}" subgraph ${what}${mayHaveRun ? '; the mutation may have been carried out' : ''}`, {
      extensions: {
        code,
        subgraph,
        retryable: retryable && !mayHaveRun,
        ...(retryAfterMs === undefined || mayHaveRun ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) }),
      },
      originalError: cause instanceof Error ? cause : undefined,
    });
    const { code: _code, ...more } = this.extensions;
    this.own = own.map((error) => ({ ...error, extensions: { ...error.extensions, ...more } }));
  }

  get retryable(): boolean {
    return this.extensions.retryable === true;
  }

  static timeout(
    subgraph: string,
    timeoutMs: number,
    { cause, mayHaveRun }: Pick<SubgraphErrorOptions, 'cause' | 'mayHaveRun'> = {},
  ): SubgraphError {
    return new SubgraphError('SUBGRAPH_TIMEOUT', subgraph, `did not answer within ${Math.round(timeoutMs)} ms`, {
      retryable: true,
      cause,
      mayHaveRun,
    });
  }

  static cancelled(subgraph: string): SubgraphError {
    return new SubgraphError('REQUEST_CANCELLED', subgraph, 'was not waited for: the client has gone', {
      retryable: false,
    });
  }

  static badResponse(subgraph: string, what: string, mayHaveRun = false): SubgraphError {
    return new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, what, { retryable: false, mayHaveRun });
  }
}

/** Why a call failed, for operators: the error of the socket beneath where there is one. Has nothing of requests or answers in it. */
export function causeOf(error: unknown): string {
  if (!(error instanceof SubgraphError)) return error instanceof Error ? error.name : typeof error;
  const { originalError: cause } = error;
  if (!cause) return error.message;
  const { code } = cause as NodeJS.ErrnoException;
  // attempts at several addresses fail as one error without a message
  if (!cause.message) return code ?? cause.name;
  return code === undefined || cause.message.includes(code) ? cause.message : `${code}: ${cause.message}`;
}
