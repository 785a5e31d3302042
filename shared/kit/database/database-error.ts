import { GraphQLError } from 'graphql';
import type { ErrorCode } from '#base/error-codes';
import { type Failure, failureOf } from './driver-errors';

/**
 * A database failure that the caller can react to. The driver's error is its cause, for the log. Not a RequestError, since the caller did
 * nothing wrong, and an event with such a failure must be delivered again.
 */
export class DatabaseError extends GraphQLError {
  override readonly cause: unknown;

  constructor(
    code: Extract<ErrorCode, `DATABASE_${string}` | 'REQUEST_CANCELLED'>,
    message: string,
    /** Seconds after which a retry may succeed; undefined if none will. */
    retryAfterSeconds: number | undefined,
    readonly failure: Failure,
    cause: unknown,
  ) {
    const retry = retryAfterSeconds === undefined ? { retryable: false } : { retryable: true, retryAfterSeconds };
    super(message, { extensions: { code, ...retry } });
    this.cause = cause;
  }
}

/**
 * Converts the error of a statement for the caller. Others stay unchanged: a violated constraint is a bug of this program, and a duplicate
 * key becomes a conflict only after retries.
 * @param name of the database
 */
export function databaseErrorOf(error: unknown, name: string): unknown {
  if (error instanceof DatabaseError) return error;
  const failure = failureOf(error);
  switch (failure) {
    case 'unavailable':
      return new DatabaseError(
        'DATABASE_UNAVAILABLE',
        `The ${name} database cannot be reached; try again`,
        1,
        failure,
        error,
      );
    case 'busy':
      return new DatabaseError('DATABASE_BUSY', `The ${name} database is busy; try again`, 1, failure, error);
    case 'timeout':
      return new DatabaseError(
        'DATABASE_TIMEOUT',
        `The ${name} database did not finish a statement in time; request less data, or try again`,
        5,
        failure,
        error,
      );
    case 'full':
      return new DatabaseError(
        'DATABASE_FULL',
        `The ${name} database has no space left; nothing was changed`,
        undefined,
        failure,
        error,
      );
    case 'read-only':
      return new DatabaseError(
        'DATABASE_READ_ONLY',
        `The ${name} database accepts no changes at the moment; nothing was changed`,
        5,
        failure,
        error,
      );
    case 'canceled':
      return new DatabaseError('REQUEST_CANCELLED', 'The request was canceled', undefined, failure, error);
    default:
      return error;
  }
}

/** Whether an error is from {@link commitUnknown}. */
export const isCommitUnknown = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && error.extensions.code === 'DATABASE_COMMIT_UNKNOWN';

/** The connection was lost during a commit, so only the database knows whether the change was made. */
export function commitUnknown(error: unknown, name: string): DatabaseError {
  return new DatabaseError(
    'DATABASE_COMMIT_UNKNOWN',
    `The connection to the ${name} database was lost during the commit, so the change may have been made; send it again with the same idempotency key`,
    1,
    'unavailable',
    error,
  );
}
