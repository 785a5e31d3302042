import { GraphQLError } from 'graphql';
import type { ErrorCode } from '#base/error-codes';

export type PlanningErrorCode = Extract<ErrorCode, `PLAN${string}` | 'OPERATION_TOO_LARGE'>;

/** An operation could not be planned. The message states the reason and what the caller can do. */
export class PlanningError extends GraphQLError {
  constructor(code: PlanningErrorCode, message: string, options: { status: number; cause?: unknown }) {
    super(message, {
      extensions: { code, ...(code === 'PLANNER_BUSY' && { retryable: true }), http: { status: options.status } },
      originalError: options.cause instanceof Error ? options.cause : undefined,
    });
  }
}

/** The planner found no valid plan; the cause is for logs. */
export function noPlan(cause: unknown): PlanningError {
  return new PlanningError('PLANNING_FAILED', 'The query planner found no plan for this operation', {
    status: 500,
    cause: cause instanceof Error ? cause : new Error(String(cause)),
  });
}

export function planningTimeout(timeoutMs: number): PlanningError {
  return new PlanningError(
    'PLANNING_TIMEOUT',
    `The query planner found no plan for this operation within ${timeoutMs} ms; request fewer fields at once`,
    // no fault of this gateway, which a load balancer would take out of service
    { status: 504 },
  );
}

/** Planning was stopped because others waited. It says nothing about the operation, which may be planned at once the next time. */
export function plannerBusy(afterMs: number): PlanningError {
  return new PlanningError(
    'PLANNER_BUSY',
    `The query planner stopped this operation after ${afterMs} ms, because others waited; try again, or request fewer fields at once`,
    { status: 503 },
  );
}

/** Many operations of one caller wait to be planned. */
export function tooManyPlanned(waiting: number): PlanningError {
  return new PlanningError(
    'PLANNER_BUSY',
    `${waiting} of your operations that were never sent before wait for the query planner; try again, or send fewer new ones at once`,
    { status: 429 },
  );
}

/** The request ended while its operation waited for others of its caller, or was planned. */
export function notPlannedInTime(): PlanningError {
  return new PlanningError(
    'PLANNER_BUSY',
    'The request ended before the query planner had a plan; send fewer new operations at once, or request fewer fields',
    { status: 429 },
  );
}

/** A {@link PlanningError} as plain data, which threads and processes can send. */
export interface PlanningFailure {
  readonly code: PlanningErrorCode;
  readonly message: string;
  readonly status: number;
  readonly cause: string | undefined;
}

export function failureOf(error: unknown): PlanningFailure {
  const { message, extensions, originalError } = error instanceof PlanningError ? error : noPlan(error);
  return {
    code: extensions.code as PlanningErrorCode,
    message,
    status: (extensions.http as { status: number }).status,
    cause: originalError?.message,
  };
}

export function errorOf({ code, message, status, cause }: PlanningFailure): PlanningError {
  return new PlanningError(code, message, { status, cause: cause === undefined ? undefined : new Error(cause) });
}
