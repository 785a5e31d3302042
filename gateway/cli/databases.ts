import { join } from 'node:path';
import type { DatabaseLimits } from '#kit/database/limits';
import type { StoreSettings } from './settings';

/** URL of a subgraph's database: the configured one, else a SQLite file in the data folder. */
export const databaseUrl = (name: string, { database, data }: Pick<StoreSettings, 'database' | 'data'>): string =>
  database || join(data, `${name}.sqlite`);

/** Limits of a serving process's connections. */
export const databaseLimits = ({
  databaseConnections,
  databaseTimeoutMs,
}: Pick<StoreSettings, 'databaseConnections' | 'databaseTimeoutMs'>): DatabaseLimits => ({
  connections: databaseConnections,
  timeoutMs: databaseTimeoutMs,
});

/** Limits for imports and migrations, whose statements have no timeout. */
export const unlimited = (settings: Pick<StoreSettings, 'databaseConnections'>): DatabaseLimits =>
  databaseLimits({ ...settings, databaseTimeoutMs: 0 });
