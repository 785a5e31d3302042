import type { Clock } from '../clock';
import type { Loaders } from '../collection/loaders';
import type { Database } from '../database/database';

/** What the resolvers of one request to one subgraph share. */
export interface Context {
  readonly database: Database;
  readonly loaders: Loaders;
  readonly clock: Clock;
}
