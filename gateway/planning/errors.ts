import { GraphQLError } from 'graphql';

export type PlanningErrorCode = 'PLANNING_TIMEOUT' | 'PLANNING_FAILED' | 'PLAN_NOT_SUPPORTED' | 'OPERATION_TOO_LARGE';

/** No plan could be made for an operation; the message says why and what the caller can do. */
export class PlanningError extends GraphQLError {
  constructor(code: PlanningErrorCode, message: string, options: { status: number; cause?: unknown }) {
    super(message, {
      extensions: { code, http: { status: options.status } },
      originalError: options.cause instanceof Error ? options.cause : undefined,
    });
  }
}

/** No plan was found, and not because the operation asks for what this gateway does not support. */
export function noWay(cause: unknown): PlanningError {
  return new PlanningError('PLANNING_FAILED', 'No way was found to answer this operation from the subgraphs', {
    status: 500,
    cause: cause instanceof Error ? cause : new Error(String(cause)),
  });
}
