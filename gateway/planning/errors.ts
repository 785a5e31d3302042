import { GraphQLError } from 'graphql';

/** No plan could be made for an operation; the message says why and what the caller can do. */
export class PlanningError extends GraphQLError {
  constructor(
    code: 'PLANNING_TIMEOUT' | 'PLANNING_FAILED' | 'PLAN_NOT_SUPPORTED' | 'OPERATION_TOO_LARGE',
    message: string,
    options: { status: number; cause?: unknown },
  ) {
    super(message, {
      extensions: { code, http: { status: options.status } },
      originalError: options.cause instanceof Error ? options.cause : undefined,
    });
  }
}
