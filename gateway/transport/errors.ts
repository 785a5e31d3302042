import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ErrorCode } from '#base/error-codes';

export type SubgraphErrorCode = Extract<
  ErrorCode,
  `SUBGRAPH_${string}` | 'IDENTITY_REQUIRED' | 'IDENTITY_CLOCK_SKEW' | 'REQUEST_CANCELLED'
>;

export interface SubgraphErrorOptions {
  readonly retryable: boolean;
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  /** Whether a mutation was sent and may have run: the message says so, and the error is never retryable. */
  readonly mayHaveRun?: boolean;
  /** Errors that the subgraph returned, if they are more specific. */
  readonly subgraphErrors?: readonly GraphQLFormattedError[];
}

/** A subgraph call failed. The message names the subgraph and the failure, without internal details. */
export class SubgraphError extends GraphQLError {
  /** The subgraph's errors, which replace this one in the answer; usually empty. */
  readonly subgraphErrors: readonly GraphQLFormattedError[];

  constructor(
    code: SubgraphErrorCode,
    readonly subgraph: string,
    what: string,
    { retryable, cause, retryAfterMs, mayHaveRun = false, subgraphErrors = [] }: SubgraphErrorOptions,
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
    this.subgraphErrors = subgraphErrors.map((error) => ({ ...error, extensions: { ...error.extensions, ...more } }));
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

  static canceled(subgraph: string): SubgraphError {
    return new SubgraphError('REQUEST_CANCELLED', subgraph, 'call was canceled: the client disconnected', {
      retryable: false,
    });
  }

  static badResponse(subgraph: string, what: string, mayHaveRun = false): SubgraphError {
    return new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, what, { retryable: false, mayHaveRun });
  }
}

/** The cause of a failed call, for logs: the socket's error if there is one. Contains nothing from requests or responses. */
export function causeOf(error: unknown): string {
  if (!(error instanceof SubgraphError)) return error instanceof Error ? error.name : typeof error;
  const { originalError: cause } = error;
  if (!cause) return error.message;
  const { code } = cause as NodeJS.ErrnoException;
  // attempts on several addresses fail as one error without a message
  if (!cause.message) return code ?? cause.name;
  return code === undefined || cause.message.includes(code) ? cause.message : `${code}: ${cause.message}`;
}
