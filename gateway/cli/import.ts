import { createWriteStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '#base/errors';
import type { Database } from '#kit/database/database';
import type { Validators } from '#kit/import/edition';
import { type Importer, type ImportReport, runImport } from '#kit/import/importer';
import { printable } from '#kit/import/printable';
import { progressOn } from '#kit/import/progress';
import { requireReadable } from '#kit/import/readers';
import { formatReject } from '#kit/import/reject';
import type { OpenSubgraph, Subgraph } from '#kit/subgraph/subgraph';
import { databaseUrl, unlimited } from './databases';
import { wrappingKeysOf } from './person-keys';
import type { SettingsOf, StoreSettings } from './settings';
import { subgraphs } from './subgraphs';

interface Source {
  readonly importer: Importer;
  readonly subgraph: Subgraph;
}

const sources: readonly Source[] = subgraphs.flatMap((subgraph) =>
  subgraph.parts.importers.map((importer) => ({ importer, subgraph })),
);

/** The list of sources for the help text. */
export function describeSources(): string {
  const lines = sources.map(
    ({ importer, subgraph }) => `  ${importer.source.padEnd(26)} ${importer.description} → ${subgraph.name}`,
  );
  return `\nSources:\n${lines.join('\n')}\n`;
}

export interface ImportOptions {
  source: string;
  /** File, URL, or with "all" a folder. */
  file: string;
  settingsOf: SettingsOf<StoreSettings>;
  rejectsFile?: string;
  /** Why to apply an edition of a catalog although its checks fail. */
  force?: string;
  /** Maximum bytes of a downloaded file; 1 GiB by default. */
  maxDownloadBytes?: number;
}

/** Imports one source, or the files of all sources in a folder. @throws OperatorError when a file cannot be imported. */
export async function importData({
  source,
  file,
  settingsOf,
  rejectsFile,
  force,
  maxDownloadBytes = MAX_DOWNLOAD_BYTES,
}: ImportOptions): Promise<void> {
  const open = new Map<Subgraph, OpenSubgraph>();
  const work = source === 'all' ? findAll(file) : [{ ...sourceNamed(source), path: file }];
  const reports: ImportReport[] = [];
  try {
    for (const { importer, subgraph, path } of work) {
      if (!open.has(subgraph)) {
        const settings = settingsOf(subgraph.name);
        const databaseAt = databaseUrl(subgraph.name, settings);
        const wrappingKeys = await wrappingKeysOf(subgraph, settings);
        open.set(subgraph, await subgraph.open({ databaseUrl: databaseAt, limits: unlimited(settings), wrappingKeys }));
      }
      const { database } = open.get(subgraph)!;
      const report = await importFile(database, { importer, subgraph, path }, force ?? null, maxDownloadBytes);
      if (!report) {
        process.stdout.write(`${importer.source}: not modified since the last import\n`);
        continue;
      }
      reports.push(report);
      process.stdout.write(describeReport(report));
    }
  } finally {
    await Promise.all([...open.values()].map((subgraph) => subgraph.close()));
  }
  const rejects = reports.flatMap((report) => report.rejects);
  if (rejectsFile) await writeFile(rejectsFile, rejects.map((reject) => `${formatReject(reject)}\n`).join(''));
  if (reports.length > 1) process.stdout.write(describeTotal(reports));
}

/** Imports one file, downloaded if it is a URL. @returns null if it has not changed since the last edition from there */
async function importFile(
  database: Database,
  { importer, subgraph, path }: Source & { path: string },
  force: string | null,
  maxBytes: number,
): Promise<ImportReport | null> {
  const known = isUrl(path) ? await importer.edition?.validators(database, path) : null;
  return withLocalFile(path, known ?? null, maxBytes, (local, validators) => {
    const progress = progressOn(process.stderr, importer.source);
    const source = isUrl(path) ? path : basename(path);
    return runImport(database, importer, local, progress, subgraph.parts.entities, { ...validators, source, force });
  });
}

const isUrl = (path: string): boolean => /^https?:\/\//.test(path);

/**
 * Imports the editions of a catalog from a URL as they appear, until `stop` aborts. A failure is printed, and the next attempt follows after
 * the usual time.
 * @param minutes between two requests
 * @throws OperatorError unless the source has editions and the file is a URL
 */
export async function watchData(options: ImportOptions, minutes: number, stop: AbortSignal): Promise<void> {
  if (!isUrl(options.file) || !sourceNamed(options.source).importer.edition)
    throw new OperatorError(
      '--watch needs a source with editions, and a URL',
      'For example: import -- kev https://… --watch',
    );
  while (!stop.aborted) {
    await importData(options).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
    });
    await sleep(minutes * 60_000, undefined, { signal: stop }).catch(() => {});
  }
}

function sourceNamed(name: string): Source {
  const source = sources.find(({ importer }) => importer.source === name);
  if (!source)
    throw new OperatorError(
      `Unknown source "${name}"`,
      `Choose one of ${sources.map(({ importer }) => importer.source).join(', ')}, or all`,
    );
  return source;
}

/** The files of a folder that belong to a source. Files that others refer to come first. */
function findAll(folder: string): (Source & { path: string })[] {
  let files: string[];
  try {
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new OperatorError(
      `Cannot search "${folder}" for files: ${(error as Error).message}`,
      'Pass the folder with the published files',
    );
  }
  const matches = files.sort().flatMap((path) => {
    const source = sources.find(({ importer }) =>
      importer.files.some((name) => name === basename(path) || path.endsWith(join('/', name))),
    );
    return source ? [{ ...source, path: join(folder, path) }] : [];
  });
  if (matches.length === 0)
    throw new OperatorError(
      `"${folder}" contains no file of any source`,
      `Files are recognized by name: ${sources.flatMap(({ importer }) => importer.files).join(', ')}`,
    );
  return inOrder(matches);
}

function inOrder<T extends Source>(items: readonly T[]): T[] {
  const ordered: T[] = [];
  const place = (item: T) => {
    if (ordered.includes(item)) return;
    for (const name of item.importer.after ?? [])
      for (const earlier of items.filter(({ importer }) => importer.source === name)) place(earlier);
    ordered.push(item);
  };
  for (const item of items) place(item);
  return ordered;
}

const DOWNLOAD_MS = 120_000;
/** Maximum bytes of a downloaded file, decompressed. Published files are far smaller. */
const MAX_DOWNLOAD_BYTES = 1024 ** 3;

const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

/**
 * Calls `work` with a local file: the path itself, or a download that is removed afterward.
 * @param known validators of the file as last imported, which make the request conditional
 * @returns null if the file on the server is the same
 */
async function withLocalFile<T>(
  path: string,
  known: Validators | null,
  maxBytes: number,
  work: (file: string, validators: Validators) => Promise<T>,
): Promise<T | null> {
  if (!isUrl(path)) {
    await requireReadable(path);
    return work(path, NO_VALIDATORS);
  }
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-import-'));
  try {
    const file = join(folder, basename(new URL(path).pathname) || 'download');
    const validators = await download(path, file, known, maxBytes);
    return validators && (await work(file, validators));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A value that fits its column; null otherwise. */
const fitting = (value: string | null, max: number): string | null => (value && value.length <= max ? value : null);

/** Statuses that name another address. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Downloads a file. Follows no redirects, which could lead to a server of the internal network, or from HTTPS to HTTP.
 * @returns its validators; null if it is the one that is known @throws OperatorError
 */
async function download(
  url: string,
  file: string,
  known: Validators | null,
  maxBytes: number,
): Promise<Validators | null> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(DOWNLOAD_MS),
      headers: {
        'accept-encoding': 'gzip',
        ...(known?.etag ? { 'if-none-match': known.etag } : {}),
        ...(known?.lastModified ? { 'if-modified-since': known.lastModified } : {}),
      },
    });
    const header = (name: string, max: number) => fitting(response.headers.get(name), max);
    if (response.status === 304 && known) return null;
    if (REDIRECTS.has(response.status)) {
      const address = printable(header('location', 500) ?? 'another address');
      throw new Error(`the server redirects to ${address}, which you can import from if you trust it`);
    }
    if (!response.ok || !response.body) throw new Error(`the server returned HTTP ${response.status}`);
    await pipeline(Readable.fromWeb(response.body as never), atMost(maxBytes), createWriteStream(file));
    return { etag: header('etag', 200), lastModified: header('last-modified', 60) };
  } catch (error) {
    throw new OperatorError(
      `Cannot download "${url}": ${(error as Error).message}`,
      'Check the address and the network, or download it and pass the file',
    );
  }
}

/** Passes bytes on, up to a limit. They are counted decompressed, since a small answer can become any size. */
function atMost(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`the file has more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}

const SHOWN_REJECTS = 10;
const SHOWN_UNMATCHED = 8;

export function describeReport({
  source,
  file,
  read,
  imported,
  updated,
  unchanged,
  rejects,
  unmatched,
  notes,
}: ImportReport): string {
  const lines = [
    `${source}: ${read} rows of ${file}: ${imported} imported, ${updated} updated, ${unchanged} unchanged, ${rejects.length} rejected`,
  ];
  lines.push(...notes.map((note) => `  ${printable(note)}`));
  for (const reject of rejects.slice(0, SHOWN_REJECTS)) lines.push(`  rejected ${formatReject(reject)}`);
  if (rejects.length > SHOWN_REJECTS)
    lines.push(`  … and ${rejects.length - SHOWN_REJECTS} more; use --rejects FILE to write all of them`);
  for (const [kind, values] of unmatched) {
    const sorted = [...values].sort(([, a], [, b]) => b - a);
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    const shown = sorted.slice(0, SHOWN_UNMATCHED).map(([value, count]) => `${printable(value)} (${count})`);
    lines.push(
      `  ${total} rows name an unknown ${kind}, stored as text: ${shown.join(', ')}${sorted.length > SHOWN_UNMATCHED ? ', …' : ''}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function describeTotal(reports: readonly ImportReport[]): string {
  const sum = (count: (report: ImportReport) => number) => reports.reduce((total, report) => total + count(report), 0);
  return `${reports.length} files, ${sum(({ read }) => read)} rows: ${sum(({ imported }) => imported)} imported, ${sum(({ updated }) => updated)} updated, ${sum(
    ({ unchanged }) => unchanged,
  )} unchanged, ${sum(({ rejects }) => rejects.length)} rejected\n`;
}
