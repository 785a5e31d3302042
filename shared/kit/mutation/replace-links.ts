import type { Database } from '../database/database';
import type { Link } from '../model/links';
import type { ModelClass } from '../model/model';

/** Replaces all targets of an owner in a link table. */
export async function replaceLinks(
  database: Database,
  table: ModelClass<Link>,
  ownerKey: string,
  targets: readonly string[],
): Promise<void> {
  await database.query(`DELETE FROM ${database.table(table)} WHERE owner_key = ?`, [ownerKey]);
  await database.insert(
    table,
    targets.map((targetKey) => ({ ownerKey, targetKey })),
  );
}
