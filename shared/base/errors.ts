import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import type { ErrorCode } from './error-codes';

/**
 * An error without a stack trace. The trace of a caller's mistake is useless, and it dominates the cost of an error, of which a response may
 * have thousands.
 */
class UntracedError extends GraphQLError {
  constructor(message: string, options: GraphQLErrorOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A request that is invalid or not allowed. `extensions.code` is part of the API; messages may change. */
export class RequestError extends UntracedError {
  /** @param path of the field; without it, graphql-js wraps the error in another one with a trace */
  constructor(
    code: ErrorCode,
    message: string,
    /** Path in the input: argument name first, then input fields. */
    readonly inputPath: readonly (string | number)[] = [],
    /** Additional extensions, for programs. */
    details: Readonly<Record<string, unknown>> = {},
    path?: readonly (string | number)[],
  ) {
    super(message, { path, extensions: { code, ...(inputPath.length > 0 ? { inputPath } : {}), ...details } });
  }
}

/** The object was changed since the caller read it. */
export class RevisionConflictError extends RequestError {
  constructor(type: string, expected: number, current: number) {
    super(
      'REVISION_CONFLICT',
      `The ${type} is at revision ${current}, but the change is based on revision ${expected}: read it again, then retry`,
      ['input', 'expectedRevision'],
      { expected, current },
    );
  }
}

/** @throws RevisionConflictError if a change is not based on the current revision of an object */
export function requireRevision(type: string, { revision }: { revision: number }, expected: number): void {
  if (revision !== expected) throw new RevisionConflictError(type, expected, revision);
}

/** Runs `work`, and reports any missing object as the object of the caller's input. */
export async function orNotFound<T>(missing: NotFoundError, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof NotFoundError ? missing : error;
  }
}

/** The object does not exist, or the caller may not see it; the error does not reveal which. */
export class NotFoundError extends RequestError {
  constructor(type: string, key: string, field: string) {
    super('NOT_FOUND', `No ${type} has the key "${key}"`, ['input', field]);
  }
}

/** A key in the input does not exist. */
export class UnknownReferenceError extends RequestError {
  constructor(type: string, key: string, inputPath: readonly (string | number)[]) {
    super('UNKNOWN_REFERENCE', `No ${type} has the key "${key}"`, inputPath);
  }
}

/** A value of the input is invalid. */
export class InputError extends RequestError {
  constructor(message: string, inputPath: readonly (string | number)[]) {
    super('BAD_USER_INPUT', message, inputPath);
  }
}

/** A page size out of range, or contradicting arguments. */
export class InvalidPageError extends RequestError {
  constructor(message: string, argument: string) {
    super('INVALID_PAGE', message, [argument]);
  }
}

/** A cursor that this list did not issue under this order. */
export class InvalidCursorError extends RequestError {
  constructor(argument: string, why: string) {
    super(
      'INVALID_CURSOR',
      `"${argument}" is not a cursor of this list: ${why}. Pass a cursor that the same field returned under the same orderBy, or omit it to start from the beginning.`,
      [argument],
    );
  }
}

/** An invalid order, or an order that would reveal a field that the caller may not read. */
export class InvalidOrderError extends RequestError {
  constructor(message: string) {
    super('INVALID_ORDER', message, ['orderBy']);
  }
}

/** An invalid grouping or figure, or one that would reveal a field that the caller may not read. */
export class InvalidAggregateError extends RequestError {
  constructor(message: string, path: readonly (string | number)[]) {
    super('INVALID_AGGREGATE', message, path);
  }
}

/** A stored value that cannot be decrypted. Other values can be read all the same. */
export class DataUnreadableError extends RequestError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super('DATA_UNREADABLE', message, [], details);
  }
}

/** An invalid filter. */
export class InvalidFilterError extends RequestError {
  constructor(message: string, path: readonly (string | number)[]) {
    super('INVALID_FILTER', message, ['filter', ...path]);
  }
}

/** An error that an operator can fix: wrong flag, unreadable file, database down. Shown without a stack trace. */
export class OperatorError extends Error {
  /** @param what what failed and where @param fix what to do about it */
  constructor(
    readonly what: string,
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(`${what}\n  ${fix}`, options);
    this.name = 'OperatorError';
  }
}
