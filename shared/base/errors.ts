import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import type { ErrorCode } from './error-codes';

/**
 * An error without a stack trace. Where the code noticed a caller's mistake helps nobody, and a trace takes far longer than all else about
 * an error, of which one answer may have thousands.
 */
class UntracedError extends GraphQLError {
  constructor(message: string, options: GraphQLErrorOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What a caller of the graph did wrong, or cannot have. `extensions.code` is part of the API; messages may improve. */
export class RequestError extends UntracedError {
  /** @param path of the field; of an error without one, graphql-js makes another, with a trace */
  constructor(
    code: ErrorCode,
    message: string,
    /** Where in the input: argument name first, then input fields. */
    readonly inputPath: readonly (string | number)[] = [],
    /** What else a program can act on. */
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

/** @throws RevisionConflictError when a change is based on another revision of an object than the current one. */
export function requireRevision(type: string, { revision }: { revision: number }, expected: number): void {
  if (revision !== expected) throw new RevisionConflictError(type, expected, revision);
}

/** Runs `work`; whatever it does not find, the object of the caller's input is what is not found. */
export async function orNotFound<T>(missing: NotFoundError, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof NotFoundError ? missing : error;
  }
}

/** The key names nothing that the caller may know of; whether it exists for others is not said. */
export class NotFoundError extends RequestError {
  constructor(type: string, key: string, field: string) {
    super('NOT_FOUND', `There is no ${type} "${key}"`, ['input', field]);
  }
}

/** A key in the input names nothing that exists. */
export class UnknownReferenceError extends RequestError {
  constructor(type: string, key: string, inputPath: readonly (string | number)[]) {
    super('UNKNOWN_REFERENCE', `There is no ${type} "${key}"`, inputPath);
  }
}

/** A value of the input is not what it must be. */
export class InputError extends RequestError {
  constructor(message: string, inputPath: readonly (string | number)[]) {
    super('BAD_USER_INPUT', message, inputPath);
  }
}

/** A page size outside 1 … max, or arguments that contradict each other. */
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
      `"${argument}" is not a cursor of this list: ${why}. Pass a cursor that the same field returned under the same orderBy, or leave it out to start again.`,
      [argument],
    );
  }
}

/** An order that would tell what the caller may not read. */
export class InvalidOrderError extends RequestError {
  constructor(message: string) {
    super('INVALID_ORDER', message, ['orderBy']);
  }
}

/** A filter that has no meaning. */
export class InvalidFilterError extends RequestError {
  constructor(message: string, path: readonly (string | number)[]) {
    super('INVALID_FILTER', message, ['filter', ...path]);
  }
}

/** Something an operator of the product can mend: wrong flag, unreadable file, database down. Shown without a stack. */
export class OperatorError extends Error {
  /** @param what what went wrong and where. @param fix what to do about it. */
  constructor(
    readonly what: string,
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(`${what}\n  ${fix}`, options);
    this.name = 'OperatorError';
  }
}
