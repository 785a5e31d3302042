import { OperatorError } from '#base/errors';

/** Limits of the connections to one database. */
export interface DatabaseLimits {
  /** Maximum connections to a server, at least two: a migration holds one while it uses another. SQLite uses two. */
  readonly connections: number;
  /** Milliseconds a statement may take; 0 for no limit. Applies to servers only. */
  readonly timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The limits that the environment sets. @throws OperatorError for a value out of range. */
export function databaseLimits(environment: Environment = process.env): DatabaseLimits {
  return {
    connections: wholeNumber(environment, 'ORDERGRAPH_DATABASE_CONNECTIONS', 10, 2, 1_000),
    timeoutMs: wholeNumber(environment, 'ORDERGRAPH_DATABASE_TIMEOUT_MS', 20_000, 0, 3_600_000),
  };
}

/** Those of a command whose statements take as long as they take: an import, a migration. */
export function unlimited(environment: Environment = process.env): DatabaseLimits {
  return { ...databaseLimits(environment), timeoutMs: 0 };
}

function wholeNumber(environment: Environment, name: string, standard: number, min: number, max: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new OperatorError(`${name} is "${text}"`, `Set it to a whole number from ${min} to ${max}, or leave it out`);
  return value;
}
