import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, integer, key, longText, oneOf, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';

export const Catalog = enumeration('Catalog', 'Published catalog that is imported by edition.', {
  KEV: 'Catalog of known exploited vulnerabilities (CISA).',
});
export type Catalog = ValueOf<typeof Catalog>;

export const EditionStatus = enumeration('EditionStatus', 'Whether an edition of a catalog was applied.', {
  APPLIED: 'Applied.',
  REFUSED: 'Refused by a check; nothing of it was written.',
});
export type EditionStatus = ValueOf<typeof EditionStatus>;

@model('Edition of a published catalog, as imported.', { order: ['-receivedAt'] })
export class CatalogEdition {
  @key('Catalog and version, such as "kev/2026.08.21". A refused edition adds the first digits of its SHA-256.', {
    as: 'name',
    length: 100,
  })
  id!: string;
  @oneOf(() => Catalog, 'Catalog.', { filter: true, order: true }) catalog!: Catalog;
  @text('Version, as published.', { filter: true, order: true, length: 40 }) version!: string;
  @dateTime('Time of release, as published. Null if not published.', { nullable: true, filter: true, order: true })
  releasedAt!: string | null;
  @dateTime('Time of the last import of the edition.', { filter: true, order: true }) receivedAt!: string;
  @oneOf(() => EditionStatus, 'Whether the edition was applied.', { filter: true, order: true }) status!: EditionStatus;
  @longText('Why it was refused, or why it was applied although a check failed. Null otherwise.', { nullable: true })
  reason!: string | null;
  @integer('Number of entries.', { filter: true, order: true }) rows!: number;
  @integer('Number of entries that the edition before did not list.', { filter: true, order: true }) added!: number;
  @integer('Number of entries that differ from the edition before.', { filter: true, order: true }) changed!: number;
  @integer('Number of entries that only the edition before listed.', { filter: true, order: true }) removed!: number;
  @sha256('SHA-256 digest of the file.') sha256!: string;
  @text('URL or name of the file.', { filter: true, length: 500 }) source!: string;
  @text('ETag of the download.', { hidden: true, nullable: true, length: 200 }) etag!: string | null;
  @text('Last-Modified of the download.', { hidden: true, nullable: true, length: 60 }) lastModified!: string | null;
}
