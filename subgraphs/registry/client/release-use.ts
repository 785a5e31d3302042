import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { ClientRelease } from './client-release';

/** Releases of one statement. */
const BATCH = 100;

/** Notes the day on which clients sent something, on their releases in use. */
export async function noteUse(
  database: Database,
  uses: readonly { readonly client: string; readonly version: string }[],
  day: string,
): Promise<void> {
  const sent = new Set(uses.map(({ client, version }) => `${client}@${version}`));
  const table = database.table(ClientRelease);
  const behind = await database.query<{ readonly id: string; readonly client: string; readonly version: string }>(
    `SELECT id, client, client_version AS version FROM ${table}
     WHERE retired_at IS NULL AND exercise = 0 AND (last_used_on IS NULL OR last_used_on < ?)`,
    [day],
  );
  const ids = behind.filter(({ client, version }) => sent.has(`${client}@${version}`)).map(({ id }) => id);
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    await database.query(`UPDATE ${table} SET last_used_on = ? WHERE id IN (${marks(batch)})`, [day, ...batch]);
  }
}
