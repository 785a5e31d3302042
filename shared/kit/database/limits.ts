/** Limits of the connections to one database. */
export interface DatabaseLimits {
  /** Maximum connections to a server, at least two: a migration holds one while it uses another. SQLite uses two. */
  readonly connections: number;
  /** Milliseconds a statement may take; 0 for no limit. Applies to servers only. */
  readonly timeoutMs: number;
}

export const DATABASE_LIMITS: DatabaseLimits = { connections: 10, timeoutMs: 20_000 };
