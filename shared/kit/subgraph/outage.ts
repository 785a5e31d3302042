import type { GraphQLFormattedError } from 'graphql';

/** Error codes after which the whole request can be retried in a second. */
const OUTAGES: ReadonlySet<unknown> = new Set(['DATABASE_UNAVAILABLE', 'DATABASE_BUSY']);

/**
 * The error of a query that returned no data because the database was unavailable; undefined if it returned any data or has another
 * error. The response has status 503, which gateways retry.
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
