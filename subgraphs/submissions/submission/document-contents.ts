import { RequestError } from '#base/errors';
import { readSettings } from '#base/settings';
import { documentSettings } from '#domain/settings';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import type { ContentStore } from '#kit/files/content-store';
import { type SortableGroup, sortableGroups, sumOfGroups } from '#kit/model/scalars';
import { DeveloperOrganization } from '../developer/developer-organization';
import { Artifact, type ArtifactStorage } from './artifact';
import { DOCUMENT_STATES } from './lifecycle';

const { organizationBytes: MAX_BYTES } = readSettings(documentSettings);

/**
 * Locks the documents with a digest until the end of the transaction, so that an upload and a removal of the same content exclude each
 * other. A removal finds a destroyed document to lock, which every upload of the digest locks, too.
 * @returns their storage states
 */
export async function lockContent(database: Database, sha256: string): Promise<readonly ArtifactStorage[]> {
  const rows = await database.query<{ storage: ArtifactStorage }>(
    `SELECT storage FROM artifact WHERE sha256 = ? ORDER BY id ${database.dialect.forUpdate}`,
    [sha256],
  );
  return rows.map(({ storage }) => storage);
}

/** Removes a content from the store, unless a document stores it. A document that awaits its upload does not. */
export async function removeContent(database: Database, store: ContentStore, sha256: string): Promise<void> {
  if ((await lockContent(database, sha256)).includes('STORED')) return;
  await store.remove(sha256);
  await database.updateWhere(Artifact, { contentRemoved: true }, `sha256 = ? AND storage = 'DESTROYED'`, [sha256]);
}

/** Bytes of an organization's documents in the store, and of those that may still be uploaded. */
async function bytesInUse(database: Database, developerKey: string): Promise<number> {
  const { select, groupBy } = sortableGroups('a.bytes');
  const groups = await database.query<SortableGroup>(
    `SELECT ${select} FROM submission s JOIN artifact a ON a.submission_id = s.id
     WHERE s.developer_key = ? AND (a.storage = 'STORED'
       OR (a.storage = 'AWAITING_UPLOAD' AND s.lifecycle IN (${marks(DOCUMENT_STATES)})))
     GROUP BY ${groupBy}`,
    [developerKey, ...DOCUMENT_STATES],
  );
  return sumOfGroups(groups);
}

/**
 * Requires that an organization may announce so many more bytes. Locks the organization until the end of the transaction, so that two
 * announcements at once do not exceed the limit together.
 * @throws RequestError PRECONDITION_FAILED
 */
export async function requireRoom(database: Database, developerKey: string, bytes: number): Promise<void> {
  if (MAX_BYTES === 0) return;
  await database.lock(DeveloperOrganization, developerKey);
  const inUse = await bytesInUse(database, developerKey);
  if (inUse + bytes > MAX_BYTES)
    throw new RequestError(
      'PRECONDITION_FAILED',
      `The document has ${bytes} bytes, but the documents of your organization already use ${inUse} of at most ${MAX_BYTES}: keep the document and give a "reference", discard drafts whose documents you do not upload, or ask the intake office for a higher limit`,
      ['input', 'bytes'],
      { limit: MAX_BYTES, inUse },
    );
}
