import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { ClientRelease } from './client-release';

/** Notes the day on which clients sent something, on their releases in use. */
export async function noteUse(
  database: Database,
  uses: readonly { readonly client: string; readonly version: string }[],
  day: string,
): Promise<void> {
  const sent = new Set(uses.map(({ client, version }) => `${client}@${version}`));
  const behind = await database.query<{ readonly id: string; readonly client: string; readonly version: string }>(
    `SELECT id, client, client_version AS version FROM ${database.table(ClientRelease)}
     WHERE retired_at IS NULL AND exercise = 0 AND (last_used_on IS NULL OR last_used_on < ?)`,
    [day],
  );
  const ids = behind.filter(({ client, version }) => sent.has(`${client}@${version}`)).map(({ id }) => id);
  if (ids.length > 0) await database.updateWhere(ClientRelease, { lastUsedOn: day }, `id IN (${marks(ids)})`, ids);
}
