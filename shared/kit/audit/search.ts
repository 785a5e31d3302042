import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Protected } from '../policy/policy';
import { type Entry, isOfGovernment, listDigest, type ReadObjects, readLine } from './entry';
import { reading } from './files';
import { IndexBuilder, IndexInvalidError, keptBlocks, type PartIndex, StoredIndex, type TermKind } from './part-index';
import { filesOfRecord, recordName, recordsIn } from './parts';
import type { SealingKey } from './seal';

/** Conditions for entries in the records of a subgraph; undefined ones match everything. */
export interface SearchCriteria {
  readonly kind?: 'read' | 'attempt' | 'change';
  readonly subject?: string;
  readonly agency?: string;
  /** Key of a read or changed object. */
  readonly object?: string;
  /** Keys of which at least one was read. */
  readonly objects?: ReadonlySet<string>;
  /** Whether the caller had a government role. */
  readonly byGovernment?: true;
  readonly type?: string;
  readonly sensitivity?: Protected;
  /** Id of the client's request. */
  readonly request?: string;
  /** RFC 3339, UTC; `from` is inclusive, `until` exclusive. */
  readonly from?: string;
  readonly until?: string;
}

/** Position of an entry among all records of a subgraph. */
export type Position = readonly [at: string, record: string, number: number];

export interface SearchHit {
  readonly position: Position;
  /** Long lists of keys are cut to the first thousand. */
  readonly entry: Entry;
  /** Types of the matching objects that were read. */
  readonly types: readonly string[];
}

const isBefore = ([at, record, number]: Position, other: Position): boolean =>
  at !== other[0] ? at < other[0] : record !== other[1] ? record < other[1] : number < other[2];

/** Page of the matching entries. */
export interface Span {
  readonly limit: number;
  /** Only entries before this one. */
  readonly before?: Position;
  /** Only entries after this one. */
  readonly after?: Position;
  /** Starts with the oldest entries rather than the newest. */
  readonly oldest?: boolean;
}

/** A file of a record, with its index. */
interface Part {
  readonly file: string;
  readonly record: string;
  readonly index: PartIndex;
}

const KEPT_INDEXES = 1_000;

/**
 * Searches the records of a subgraph with an index of each file. An index only leads to lines, which are then read and compared with the
 * criteria. An index that does not match its file, or was not made with the key, is rebuilt.
 */
export class RecordSearch {
  /** For tests and operators: lines read because an index led to them, indexed files, and opened indexes. */
  readonly counts = { linesRead: 0, filesIndexed: 0, indexesOpened: 0 };
  private readonly stored = new LRUCache<string, PartIndex>({ max: KEPT_INDEXES });
  private readonly written = new Map<string, { readonly inode: bigint; readonly index: IndexBuilder }>();
  private readonly blocks = keptBlocks();
  private indexing: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly folder: string,
    private readonly subgraph: string,
    private readonly key: SealingKey,
    private readonly log: Logger,
  ) {}

  /** Matching entries, newest first even when the oldest are requested. */
  async find(criteria: SearchCriteria, span: Span): Promise<SearchHit[]> {
    if (span.limit === 0) return [];
    const parts = await this.parts();
    const { oldest = false } = span;
    parts.sort(({ index: a }, { index: b }) => (oldest ? compare(a.minAt, b.minAt) : compare(b.maxAt, a.maxAt)));
    let hits: SearchHit[] = [];
    for (const part of parts) {
      if (hits.length >= span.limit && isBeyond(part, hits.at(-1)!, oldest)) break;
      if (!mayHold(part.index, criteria, span)) continue;
      hits.push(...(await this.findIn(part, criteria, span)));
      hits.sort((a, b) => (isBefore(a.position, b.position) === oldest ? -1 : 1));
      hits = hits.slice(0, span.limit);
    }
    const filled = await this.withKeys(hits, parts);
    return oldest ? filled.reverse() : filled;
  }

  /** Opens or makes the index of every part in the background, so that no search waits for all of them. */
  prepare(): Promise<void> {
    this.indexing ??= this.indexParts()
      .catch((error: unknown) => this.log.warn({ err: error }, 'could not index a part of the record'))
      .finally(() => {
        this.indexing = undefined;
      });
    return this.indexing;
  }

  private async indexParts(): Promise<void> {
    for (const path of recordsIn(this.folder, this.subgraph))
      for (const file of filesOfRecord(path)) if (file !== path && !this.isClosed) await this.indexOfPart(file);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.indexing;
  }

  private async parts(): Promise<Part[]> {
    const parts: Part[] = [];
    for (const path of recordsIn(this.folder, this.subgraph)) {
      const record = recordName(path);
      for (const file of filesOfRecord(path)) {
        if (this.isClosed) return parts;
        const index = file === path ? await this.indexOfWritten(file) : await this.indexOfPart(file);
        if (index) parts.push({ file, record, index });
      }
    }
    return parts;
  }

  /** In-memory index of the current file; undefined when the file has just become a part. */
  private async indexOfWritten(file: string): Promise<PartIndex | undefined> {
    const present = await stat(file, { bigint: true }).catch(() => undefined);
    if (!present) return undefined;
    let kept = this.written.get(file);
    if (!kept || kept.inode !== present.ino || kept.index.size > present.size) {
      kept = { inode: present.ino, index: new IndexBuilder(file) };
      this.written.set(file, kept);
    }
    await kept.index.catchUp();
    return kept.index;
  }

  private async indexOfPart(file: string): Promise<PartIndex> {
    const kept = this.stored.get(file);
    if (kept) return kept;
    this.counts.indexesOpened += 1;
    const index = await StoredIndex.open(file, this.key, this.blocks).catch(() => this.rebuildIndex(file));
    this.stored.set(file, index);
    return index;
  }

  private async rebuildIndex(file: string): Promise<PartIndex> {
    const builder = new IndexBuilder(file);
    await builder.catchUp();
    this.counts.filesIndexed += 1;
    try {
      await builder.store(this.key);
      return await StoredIndex.open(file, this.key, this.blocks);
    } catch (error) {
      this.log.warn({ err: error, file }, 'could not store the index of a part of the record; keeping it in memory');
      return builder;
    }
  }

  private async findIn(part: Part, criteria: SearchCriteria, span: Span): Promise<SearchHit[]> {
    try {
      return await this.searchPart(part, criteria, span);
    } catch (error) {
      if (!(error instanceof IndexInvalidError)) throw error;
      this.log.error({ file: part.file }, 'index of a part of the record was changed; rebuilding it');
      const index = await this.rebuildIndex(part.file);
      this.stored.set(part.file, index);
      return this.searchPart({ ...part, index }, criteria, span);
    }
  }

  private async searchPart(part: Part, criteria: SearchCriteria, span: Span): Promise<SearchHit[]> {
    const { index } = part;
    const likely = await listsWith(index, criteria);
    const lists = new Map<string, boolean>();
    const [begin, end] = await linesWithin(index, criteria, span);
    const lines = (await candidates(index, criteria)).filter((line) => line >= begin && line < end);
    const hits: SearchHit[] = [];
    for (const line of await inOrder(index, lines, span.oldest ?? false)) {
      const [at, offset, length] = await index.place(line);
      if ((criteria.from !== undefined && at < criteria.from) || (criteria.until !== undefined && at >= criteria.until))
        continue;
      if ((span.before && at > span.before[0]) || (span.after && at < span.after[0])) continue;
      const entry = await this.entryAt(part.file, offset, length);
      if (entry.at !== at) throw new IndexInvalidError();
      const position: Position = [at, part.record, entry.number];
      if ((span.before && !isBefore(position, span.before)) || (span.after && !isBefore(span.after, position)))
        continue;
      for (const list of listsOf(entry))
        if (likely.has(list) && !lists.has(list)) lists.set(list, await this.hasWantedKey(part, list, criteria));
      const types = typesRead(entry, criteria, lists);
      if (!fits(entry, criteria, types)) continue;
      hits.push({ position, entry, types });
      if (hits.length >= span.limit) break;
    }
    return hits;
  }

  /** Whether a list has a wanted key. */
  private async hasWantedKey(
    { file, index }: Part,
    digest: string,
    { object, objects }: SearchCriteria,
  ): Promise<boolean> {
    const place = (await index.lists()).find(([list]) => list === digest);
    const entry = place && (await this.entryAt(file, place[1], place[2]));
    if (entry?.kind !== 'keys') return false;
    return entry.keys.some((key) => key === object || objects?.has(key));
  }

  private async entryAt(file: string, offset: number, length: number): Promise<Entry> {
    this.counts.linesRead += 1;
    const text = await reading(file, async (handle) => {
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.toString('utf8');
    });
    const entry = readLine(text)?.entry;
    if (!entry) throw new IndexInvalidError();
    return entry;
  }

  /** Fills in the first list of keys of each entry. */
  private async withKeys(hits: readonly SearchHit[], parts: readonly Part[]): Promise<SearchHit[]> {
    const lists = new Map<string, readonly string[]>();
    const keysOf = async (record: string, digest: string): Promise<readonly string[]> => {
      const kept = lists.get(digest);
      if (kept) return kept;
      const keys = await this.listOf(parts, record, digest);
      lists.set(digest, keys);
      return keys;
    };
    return Promise.all(
      hits.map(async (hit) => {
        const { entry, position } = hit;
        if (entry.kind !== 'read' || !entry.objects.some((objects) => objects.lists)) return hit;
        const objects = await Promise.all(
          entry.objects.map(async ({ lists: [first] = [], ...objects }): Promise<ReadObjects> => {
            return first === undefined ? objects : { ...objects, keys: await keysOf(position[1], first) };
          }),
        );
        return { ...hit, entry: { ...entry, objects } };
      }),
    );
  }

  /** The same keys have the same digest in every part. */
  private async listOf(parts: readonly Part[], record: string, digest: string): Promise<readonly string[]> {
    for (const part of parts) {
      if (part.record !== record) continue;
      const place = (await part.index.lists()).find(([list]) => list === digest);
      const entry = place && (await this.entryAt(part.file, place[1], place[2]));
      if (entry?.kind === 'keys' && listDigest(entry.keys) === digest) return entry.keys;
    }
    return [];
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether all entries of a part, and of the parts after it, come after a hit. */
const isBeyond = ({ index }: Part, { position: [at] }: SearchHit, oldest: boolean): boolean =>
  oldest ? index.minAt > at : index.maxAt < at;

/** Whether a part may have lines in the time range. */
function mayHold(
  { count, minAt, maxAt }: PartIndex,
  { from, until }: SearchCriteria,
  { before, after }: Span,
): boolean {
  if (count === 0) return false;
  if ((from !== undefined && maxAt < from) || (until !== undefined && minAt >= until)) return false;
  return !(before && minAt > before[0]) && !(after && maxAt < after[0]);
}

/** Lines that may be in the time range: first (inclusive) and last (exclusive). */
async function linesWithin(
  index: PartIndex,
  { from, until }: SearchCriteria,
  { before, after }: Span,
): Promise<[number, number]> {
  if (!index.isOrdered) return [0, index.count];
  const earliest = [from, after?.[0]].filter((at) => at !== undefined);
  const latest = [until, before?.[0]].filter((at) => at !== undefined);
  const begin = Math.max(0, ...(await all(earliest, (time) => firstWhere(index, (at) => at >= time))));
  // other lines with a position's time may be on either side of it
  const end = Math.min(index.count, ...(await all(latest, (time) => firstWhere(index, (at) => at > time))));
  return [begin, end];
}

/** First line whose time is late, by binary search. */
async function firstWhere(index: PartIndex, isLate: (at: string) => boolean): Promise<number> {
  let [low, high] = [0, index.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isLate((await index.place(middle))[0])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Lines by time, newest or oldest first. */
async function inOrder(index: PartIndex, lines: readonly number[], oldest: boolean): Promise<readonly number[]> {
  if (index.isOrdered) return oldest ? lines : lines.toReversed();
  const dated = await Promise.all(lines.map(async (line) => [line, (await index.place(line))[0]] as const));
  dated.sort(([a, atOfA], [b, atOfB]) => compare(atOfA, atOfB) || a - b);
  return (oldest ? dated : dated.reverse()).map(([line]) => line);
}

/** Lines that have all wanted terms; all lines without criteria. */
async function candidates(index: PartIndex, criteria: SearchCriteria): Promise<readonly number[]> {
  const { kind, subject, agency, request, type, sensitivity, object, objects, byGovernment } = criteria;
  const terms: [TermKind, string | undefined][] = [
    ['kind', kind],
    ['subject', subject],
    ['agency', agency],
    ['request', request],
    ['type', type],
    ['class', sensitivity],
  ];
  const conditions: (readonly number[])[] = [];
  for (const [of, value] of terms) if (value !== undefined) conditions.push(await index.linesOf(of, value));
  if (object !== undefined) conditions.push(await linesOfKeys(index, [object]));
  if (objects !== undefined) conditions.push(await linesOfKeys(index, objects));
  if (byGovernment) conditions.push(await index.linesOf('government', ''));
  if (conditions.length === 0) return Array.from({ length: index.count }, (_, line) => line);
  const [shortest, ...others] = conditions.toSorted((a, b) => a.length - b.length);
  const sets = others.map((lines) => new Set(lines));
  return shortest!.filter((line) => sets.every((lines) => lines.has(line)));
}

const union = (sets: readonly (readonly number[])[]): readonly number[] =>
  sets.length === 1 ? sets[0]! : [...new Set(sets.flat())].sort((a, b) => a - b);

async function all<Key, Result>(keys: Iterable<Key>, work: (key: Key) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const key of keys) results.push(await work(key));
  return results;
}

/** Lines that contain a key, or refer to a list with it. */
async function linesOfKeys(index: PartIndex, keys: Iterable<string>): Promise<readonly number[]> {
  const wanted = [...keys];
  const lists = union(await all(wanted, (key) => index.linesOf('member', key)));
  const named = await all(wanted, (key) => index.linesOf('object', key));
  return union([...named, ...(await all(lists, (list) => index.linesOf('list', String(list))))]);
}

/** Digests of the lists that may have a wanted key: their terms have its hash. */
async function listsWith(index: PartIndex, { object, objects }: SearchCriteria): Promise<ReadonlySet<string>> {
  const keys = [...(objects ?? []), ...(object === undefined ? [] : [object])];
  const places = union(await all(keys, (key) => index.linesOf('member', key)));
  if (places.length === 0) return new Set();
  const lists = await index.lists();
  return new Set(places.map((place) => lists[place]![0]));
}

const listsOf = (entry: Entry): readonly string[] =>
  entry.kind === 'read' ? entry.objects.flatMap(({ lists = [] }) => lists) : [];

/** Matching types in an entry: of read objects, and of fields that lists used. */
function typesRead(
  entry: Entry,
  { object, objects, type, sensitivity }: SearchCriteria,
  lists: ReadonlyMap<string, boolean>,
): string[] {
  if (entry.kind !== 'read') return [];
  const isWanted = (key: string) =>
    (object === undefined || key === object) && (objects === undefined || objects.has(key));
  const holds = (read: ReadObjects) =>
    (object === undefined && objects === undefined) ||
    read.keys.some(isWanted) ||
    read.lists?.some((list) => lists.get(list));
  const read = entry.objects.filter(
    (objects) =>
      (type === undefined || objects.type === type) &&
      (sensitivity === undefined || objects.sensitivity === sensitivity) &&
      holds(objects),
  );
  // filtering or counting by fields concerns no particular object
  const used = object === undefined && objects === undefined ? (entry.uses ?? []) : [];
  const uses = used.filter(
    (use) =>
      (type === undefined || use.type === type) && (sensitivity === undefined || use.sensitivity === sensitivity),
  );
  return [...new Set([...read, ...uses].map((match) => match.type))];
}

function fits(entry: Entry, criteria: SearchCriteria, types: readonly string[]): boolean {
  const { kind, subject, agency, object, objects, byGovernment, type, sensitivity, request } = criteria;
  if (kind !== undefined && entry.kind !== kind) return false;
  if (subject !== undefined && entry.who?.subject !== subject) return false;
  if (agency !== undefined && entry.who?.agency !== agency) return false;
  if (request !== undefined && entry.origin?.request !== request) return false;
  if (byGovernment && !isOfGovernment(entry.who)) return false;
  if (object === undefined && objects === undefined && type === undefined && sensitivity === undefined) return true;
  if (entry.kind === 'change')
    return objects === undefined && type === undefined && sensitivity === undefined && entry.object === object;
  return entry.kind === 'read' && types.length > 0;
}
