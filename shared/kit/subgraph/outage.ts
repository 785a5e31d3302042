import type { GraphQLFormattedError } from 'graphql';

/** Errors after which the whole request may be sent again in a second. */
const OUTAGES: ReadonlySet<unknown> = new Set(['DATABASE_UNAVAILABLE', 'DATABASE_BUSY']);

/**
 * The error of a query that brought nothing because the database could not be used; undefined when it brought anything, or failed
 * for another reason too. Such a query is answered with HTTP 503, which gateways retry.
 */
export function outageOf(result: {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}): GraphQLFormattedError | undefined {
  const { data, errors = [] } = result;
  const [first] = errors;
  if (!first || !errors.every(({ extensions }) => OUTAGES.has(extensions?.code))) return undefined;
  return Object.values(data ?? {}).every(isEmpty)
    ? { message: first.message, extensions: first.extensions }
    : undefined;
}

const isEmpty = (value: unknown): boolean => value === null || (Array.isArray(value) && value.every(isEmpty));
