import { type ModelClass, modelOf } from '../model/model';
import type { Work } from '../mutation/work';
import type { Policies } from './policy';

/**
 * The object with this key, if the caller of a change may see it in the graph. A hidden object takes the same statement as a missing one and is not
 * locked, so that the time of the answer does not show which of them it is.
 */
export async function visible<T extends object>(
  { database, principal, actor }: Work,
  policies: Policies,
  target: ModelClass<T>,
  key: string,
): Promise<T | undefined> {
  const reach = actor === 'SYSTEM' || policies.of(target).rows(principal);
  if (reach === false) return undefined;
  let aliases = 0;
  const fresh = () => `v${++aliases}`;
  const among = reach === true ? { sql: '1 = 1', parameters: [] } : reach({ database, target, alias: 't', fresh });
  const [row] = await database.query(
    `SELECT ${database.selection(target, 't')} FROM ${database.table(target)} t
     WHERE t.${database.column(target, modelOf(target).key)} = ? AND ${among.sql}`,
    [key, ...among.parameters],
  );
  return row && database.hydrate(target, row);
}
