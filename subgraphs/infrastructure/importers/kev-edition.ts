import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { civilDate } from '#base/civil';
import { editionApplied } from '#domain/contracts/events';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import {
  type EditionCounts,
  type EditionFacts,
  type EditionFile,
  EditionRefused,
  type EditionRules,
} from '#kit/import/edition';
import { jsonOf, rowsAt } from '#kit/import/readers';
import type { Row } from '#kit/import/row';
import type { Work } from '#kit/mutation/work';
import { CatalogEdition } from '../catalog/catalog-edition';
import { matchInventory } from '../matching/match';
import { productKey } from '../matching/product-key';
import { recomputeDueDates } from '../remediation/recompute';
import { IN_KEV_SQL } from '../vulnerability/kev-listing';
import { Vulnerability } from '../vulnerability/vulnerability';

/** Fields without which an edition cannot be imported. */
const REQUIRED = [
  'cveID',
  'vendorProject',
  'product',
  'vulnerabilityName',
  'dateAdded',
  'shortDescription',
  'requiredAction',
  'dueDate',
];
const KNOWN = new Set([...REQUIRED, 'knownRansomwareCampaignUse', 'notes', 'cwes', 'forensicTriage']);

/** Version of an edition that states none, which only a forced import applies. */
const NO_VERSION = 'unknown';

/** First day of the catalog. Its entries may have the due dates of earlier directives, which precede it. */
const FIRST_DAY = '2021-11-03';

/** An edition as published. */
interface Published extends EditionFacts {
  readonly entries: readonly Row[];
  readonly missing: readonly string[];
}

async function readEdition(path: string): Promise<Published> {
  const bytes = await readFile(path);
  const document = jsonOf(path, bytes) as Record<string, unknown>;
  const entries = rowsAt(path, document, 'vulnerabilities');
  const text = (name: string) => (typeof document[name] === 'string' ? document[name] : null);
  const [version, releasedAt] = [text('catalogVersion'), instantOf(text('dateReleased'))];
  return {
    version: version?.slice(0, 40) ?? NO_VERSION,
    releasedAt,
    rows: entries.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    entries,
    missing: [
      ...(version === null ? ['catalogVersion'] : []),
      ...(releasedAt === null ? ['dateReleased'] : []),
      ...(entries.length > 0 ? REQUIRED.filter((name) => entries.every((row) => row.raw(name) === undefined)) : []),
    ],
  };
}

/** A published time with milliseconds. Null if it is none. */
function instantOf(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** What is stored of an entry of the catalog. */
interface Stored extends Record<string, unknown> {
  readonly cveId: string;
  readonly added: string;
  readonly due: string | null;
  readonly triage: number | null;
  readonly productKey: string | null;
}

async function listedEntries(database: Database): Promise<Map<string, Stored>> {
  const rows = await database.query<Stored>(
    `SELECT cve_id AS cveId, kev_date_added AS added, kev_due_date AS due, kev_forensic_triage AS triage, product_key AS productKey
     FROM vulnerability WHERE exercise = 0 AND ${IN_KEV_SQL}`,
  );
  return new Map(rows.map((row) => [row.cveId, row]));
}

/** The last applied edition; null before the first. */
async function lastEdition(database: Database): Promise<CatalogEdition | null> {
  const [row] = await database.query(
    `SELECT ${database.selection(CatalogEdition, 'e')} FROM catalog_edition e
     WHERE catalog = 'KEV' AND status = 'APPLIED' ORDER BY version DESC, released_at DESC LIMIT 1`,
  );
  return row ? database.hydrate(CatalogEdition, row) : null;
}

/** Why an edition must not be applied. */
function flawsOf(edition: Published, listed: ReadonlyMap<string, Stored>, last: CatalogEdition | null): string[] {
  const ids = edition.entries.map((row) => String(row.raw('cveID')));
  const counts = Map.groupBy(ids, (id) => id);
  const duplicates = [...counts].filter(([, rows]) => rows.length > 1).map(([id]) => id);
  const gone = [...listed.keys()].filter((id) => !counts.has(id)).length;
  const early = edition.entries.filter(isDueBeforeListing).map((row) => String(row.raw('cveID')));
  return [
    ...(edition.missing.length > 0 ? [`it has no ${edition.missing.join(', ')}`] : []),
    ...(2 * gone > listed.size ? [`${gone} of ${listed.size} entries are gone`] : []),
    ...(duplicates.length > 0 ? [`it lists ${some(duplicates)} more than once`] : []),
    ...(early.length > 0 ? [`the due date precedes the listing of ${some(early)}`] : []),
    ...(last && isOlder(edition, last) ? [`it is older than edition ${last.version}, which was applied`] : []),
  ];
}

function isDueBeforeListing(row: Row): boolean {
  const [added, due] = [row.raw('dateAdded'), row.raw('dueDate')];
  return typeof added === 'string' && typeof due === 'string' && due < added && added !== FIRST_DAY;
}

const isOlder = (edition: EditionFacts, last: CatalogEdition): boolean =>
  (last.version !== NO_VERSION && edition.version < last.version) ||
  (edition.version === last.version && (edition.releasedAt ?? '') < (last.releasedAt ?? ''));

const SHOWN = 5;
const some = (ids: readonly string[]): string =>
  ids.length > SHOWN ? `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} more` : ids.join(', ');

const rowOf = (edition: EditionFacts, file: EditionFile, now: string) => ({
  catalog: 'KEV' as const,
  version: edition.version,
  releasedAt: edition.releasedAt,
  receivedAt: now,
  rows: edition.rows,
  sha256: edition.sha256,
  source: file.source.slice(0, 500),
  etag: file.etag,
  lastModified: file.lastModified,
});

/** Marks entries that the edition no longer lists. */
async function markRemoved(database: Database, removed: readonly string[], releasedAt: string): Promise<void> {
  for (let start = 0; start < removed.length; start += 1_000) {
    const keys = removed.slice(start, start + 1_000);
    const condition = `cve_id IN (${marks(keys)})`;
    await database.updateWhere(Vulnerability, { kevRemovedOn: civilDate(releasedAt) }, condition, keys);
  }
}

/** Entries of which the deadlines or the matches may change. */
function touchedBy(entries: readonly Row[], listed: ReadonlyMap<string, Stored>): string[] {
  return entries.flatMap((row) => {
    const id = String(row.raw('cveID'));
    const stored = listed.get(id);
    const isSame =
      stored &&
      stored.added === row.raw('dateAdded') &&
      stored.due === row.raw('dueDate') &&
      (stored.triage === null ? null : Boolean(stored.triage)) === forensicTriage(row) &&
      stored.productKey === productKey(String(row.raw('vendorProject')), String(row.raw('product')));
    return isSame ? [] : [id];
  });
}

/** Whether an entry asks for forensic triage. Editions before the fall of 2026 do not say. */
export function forensicTriage(row: Row): boolean | null {
  const value = row.raw('forensicTriage');
  return value === 'Yes' ? true : value === 'No' ? false : null;
}

/** Editions of the KEV catalog. */
export const kevEditions: EditionRules = {
  async begin(work, file) {
    const { database } = work;
    const edition = await readEdition(file.path);
    const [listed, last] = [await listedEntries(database), await lastEdition(database)];
    const flaws = flawsOf(edition, listed, last);
    if (flaws.length > 0 && file.force === null) throw new EditionRefused(edition, flaws);
    return { rows: edition.entries, finish: (counts) => finish(work, file, edition, listed, { flaws, counts }) };
  },

  async recordRefusal({ database, now }, file, { edition, reasons }) {
    const id = `kev/${edition.version}/${edition.sha256.slice(0, 8)}`;
    const none = { added: 0, changed: 0, removed: 0 };
    const refusal = {
      ...rowOf(edition, file, now),
      ...none,
      id,
      status: 'REFUSED',
      reason: reasons.join('; '),
    } as const;
    await database.upsert(CatalogEdition, [refusal]);
  },

  async validators(database, source) {
    const last = await lastEdition(database);
    return last?.source === source ? { etag: last.etag, lastModified: last.lastModified } : null;
  },
};

interface Outcome {
  readonly flaws: readonly string[];
  readonly counts: EditionCounts;
}

async function finish(
  work: Work,
  file: EditionFile,
  edition: Published,
  listed: ReadonlyMap<string, Stored>,
  { flaws, counts }: Outcome,
): Promise<string[]> {
  const { database, now } = work;
  const ids = new Set(edition.entries.map((row) => String(row.raw('cveID'))));
  const removed = [...listed.keys()].filter((id) => !ids.has(id));
  // rows that were rejected are not written
  const added = counts.written.filter((id) => !listed.has(id)).length;
  const changed = counts.imported + counts.updated - added;
  await markRemoved(database, removed, edition.releasedAt ?? now);
  const touched = touchedBy(edition.entries, listed);
  await recomputeDueDates(work, { cves: [...touched, ...removed] }, 'CATALOG');
  const suspected = touched.length > 0 ? await matchInventory(work, { cves: touched }) : 0;
  const unknown = [...new Set(edition.entries.flatMap((row) => row.columns()))].filter((name) => !KNOWN.has(name));
  await recordApplied(work, file, edition, { added, changed, removed: removed.length, flaws });
  return [
    `edition ${edition.version}: ${added} added, ${changed} changed, ${removed.length} removed`,
    ...(suspected > 0 ? [`${suspected} suspected findings raised`] : []),
    ...(unknown.length > 0 ? [`unknown fields were not imported: ${unknown.join(', ')}`] : []),
    ...(flaws.length > 0 ? [`applied although ${flaws.join('; ')}`] : []),
  ];
}

interface Difference {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly flaws: readonly string[];
}

/**
 * Records an edition as applied, and sends the event. An edition that was applied before, and now changes nothing, keeps its numbers and sends
 * no event.
 */
async function recordApplied(
  work: Work,
  file: EditionFile,
  edition: Published,
  { flaws, ...counts }: Difference,
): Promise<void> {
  const { database, now } = work;
  const id = `kev/${edition.version}`;
  const [before] = await database.findBy(CatalogEdition, 'id', [id]);
  const isChange = counts.added + counts.changed + counts.removed > 0;
  if (before && !isChange) {
    if (before.etag === file.etag && before.source === file.source) return;
    const { added, changed, removed, reason } = before;
    const row = { ...rowOf(edition, file, now), added, changed, removed, reason };
    return database.upsert(CatalogEdition, [{ ...row, id, status: 'APPLIED' }]);
  }
  const reason = flaws.length > 0 ? `${file.force}, although ${flaws.join('; ')}` : null;
  await database.upsert(CatalogEdition, [{ ...rowOf(edition, file, now), ...counts, id, reason, status: 'APPLIED' }]);
  const { version, releasedAt, rows } = edition;
  work.emit(editionApplied, id, { catalog: 'KEV', version, releasedAt, appliedAt: now, rows, ...counts });
}
