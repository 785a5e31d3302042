import type { ModelClass } from '../model/model';
import { Database } from './database';
import type { Migration } from './migrations';

/** The statements that would bring a database's tables from what the migrations made to what the entities say. */
export async function pendingStatements(options: {
  url: string;
  name: string;
  entities: readonly ModelClass[];
  migrations: readonly Migration[];
}): Promise<string[]> {
  const database = await Database.open(options);
  try {
    const log = await database.source.driver.createSchemaBuilder().log();
    return log.upQueries.map(({ query }) => query);
  } finally {
    await database.close();
  }
}
