import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Protected } from '../policy/policy';
import { type Entry, isOfGovernment, listDigest, type ReadObjects, readLine } from './entry';
import { reading } from './files';
import { IndexBuilder, IndexInvalidError, keptBlocks, type PartIndex, StoredIndex, type TermKind } from './part-index';
import { filesOfRecord, recordName, recordsIn } from './parts';
import type { SealingKey } from './seal';

/** What is looked for in the records of a subgraph; what is not said does not matter. */
export interface Sought {
  readonly kind?: 'read' | 'attempt' | 'change';
  readonly subject?: string;
  readonly agency?: string;
  /** Key of an object that was read or changed. */
  readonly object?: string;
  /** Keys of objects of which at least one was read. */
  readonly objects?: ReadonlySet<string>;
  /** Whether the caller had a government role. */
  readonly byGovernment?: true;
  readonly type?: string;
  readonly sensitivity?: Protected;
  /** Id of the client's request. */
  readonly request?: string;
  /** RFC 3339, UTC: from then on, and before then. */
  readonly from?: string;
  readonly until?: string;
}

/** Where an entry stands among all of a subgraph: when, in which record, and there its number. */
export type Position = readonly [at: string, record: string, number: number];

export interface Found {
  readonly position: Position;
  /** Of long lists of keys, it has the first thousand. */
  readonly entry: Entry;
  /** Types of the objects that were looked for and read. */
  readonly types: readonly string[];
}

const isBefore = ([at, record, number]: Position, other: Position): boolean =>
  at !== other[0] ? at < other[0] : record !== other[1] ? record < other[1] : number < other[2];

/** Which of the entries that fit: at most so many, between two others, from the newest on or from the oldest on. */
export interface Span {
  readonly most: number;
  /** Only entries before this one. */
  readonly before?: Position;
  /** Only entries after this one. */
  readonly after?: Position;
  readonly oldest?: boolean;
}

/** A file of a record, and what leads to its lines. */
interface Part {
  readonly file: string;
  readonly record: string;
  readonly index: PartIndex;
}

const KEPT_INDEXES = 1_000;

/**
 * Searches the records of a subgraph by an index of each file. An index is made from its file, and only leads to lines, which are read
 * and compared with what is sought; one that does not fit its file, or that no process with the key made, is made anew.
 */
export class RecordSearch {
  /** For tests and operators: lines of records that were read because an index led to them, and files that were indexed. */
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

  /** The newest entries that fit, or the oldest; newest first in either case. */
  async find(sought: Sought, span: Span): Promise<Found[]> {
    const parts = await this.parts();
    const { oldest = false } = span;
    parts.sort(({ index: a }, { index: b }) => (oldest ? compare(a.minAt, b.minAt) : compare(b.maxAt, a.maxAt)));
    let found: Found[] = [];
    for (const part of parts) {
      if (found.length >= span.most && isBeyond(part, found.at(-1)!, oldest)) break;
      if (!mayHold(part.index, sought, span)) continue;
      found.push(...(await this.findIn(part, sought, span)));
      found.sort((a, b) => (isBefore(a.position, b.position) === oldest ? -1 : 1));
      found = found.slice(0, span.most);
    }
    const filled = await this.withKeys(found, parts);
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

  /** The index of a file that grows, in memory. Undefined when the file has just become a part. */
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
    const index = await StoredIndex.open(file, this.key, this.blocks).catch(() => this.indexAnew(file));
    this.stored.set(file, index);
    return index;
  }

  private async indexAnew(file: string): Promise<PartIndex> {
    const builder = new IndexBuilder(file);
    await builder.catchUp();
    this.counts.filesIndexed += 1;
    try {
      await builder.store(this.key);
      return await StoredIndex.open(file, this.key, this.blocks);
    } catch (error) {
      this.log.warn({ err: error, file }, 'could not store the index of a part of the record; it is kept in memory');
      return builder;
    }
  }

  private async findIn(part: Part, sought: Sought, span: Span): Promise<Found[]> {
    try {
      return await this.lookIn(part, sought, span);
    } catch (error) {
      if (!(error instanceof IndexInvalidError)) throw error;
      this.log.error({ file: part.file }, 'the index of a part of the record was changed; it is made anew');
      const index = await this.indexAnew(part.file);
      this.stored.set(part.file, index);
      return this.lookIn({ ...part, index }, sought, span);
    }
  }

  private async lookIn(part: Part, sought: Sought, span: Span): Promise<Found[]> {
    const { index } = part;
    const likely = await listsWith(index, sought);
    const lists = new Map<string, boolean>();
    const [begin, end] = await linesWithin(index, sought, span);
    const lines = (await candidates(index, sought)).filter((line) => line >= begin && line < end);
    const found: Found[] = [];
    for (const line of await inOrder(index, lines, span.oldest ?? false)) {
      const [at, offset, length] = await index.place(line);
      if ((sought.from !== undefined && at < sought.from) || (sought.until !== undefined && at >= sought.until))
        continue;
      if ((span.before && at > span.before[0]) || (span.after && at < span.after[0])) continue;
      const entry = await this.entryAt(part.file, offset, length);
      if (entry.at !== at) throw new IndexInvalidError();
      const position: Position = [at, part.record, entry.number];
      if ((span.before && !isBefore(position, span.before)) || (span.after && !isBefore(span.after, position)))
        continue;
      for (const list of listsOf(entry))
        if (likely.has(list) && !lists.has(list)) lists.set(list, await this.holdsSought(part, list, sought));
      const types = typesRead(entry, sought, lists);
      if (!fits(entry, sought, types)) continue;
      found.push({ position, entry, types });
      if (found.length >= span.most) break;
    }
    return found;
  }

  /** Whether a list has a key that is sought. */
  private async holdsSought({ file, index }: Part, digest: string, { object, objects }: Sought): Promise<boolean> {
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

  /** Entries with the first of their lists of keys in place. */
  private async withKeys(found: readonly Found[], parts: readonly Part[]): Promise<Found[]> {
    const lists = new Map<string, readonly string[]>();
    const keysOf = async (record: string, digest: string): Promise<readonly string[]> => {
      const kept = lists.get(digest);
      if (kept) return kept;
      const keys = await this.listOf(parts, record, digest);
      lists.set(digest, keys);
      return keys;
    };
    return Promise.all(
      found.map(async (one) => {
        const { entry, position } = one;
        if (entry.kind !== 'read' || !entry.objects.some((objects) => objects.lists)) return one;
        const objects = await Promise.all(
          entry.objects.map(async ({ lists: [first] = [], ...objects }): Promise<ReadObjects> => {
            return first === undefined ? objects : { ...objects, keys: await keysOf(position[1], first) };
          }),
        );
        return { ...one, entry: { ...entry, objects } };
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

/** Whether nothing in a part, nor in those after it, comes before what was found. */
const isBeyond = ({ index }: Part, { position: [at] }: Found, oldest: boolean): boolean =>
  oldest ? index.minAt > at : index.maxAt < at;

/** Whether a part may have lines of the time that is looked at. */
function mayHold({ count, minAt, maxAt }: PartIndex, { from, until }: Sought, { before, after }: Span): boolean {
  if (count === 0) return false;
  if ((from !== undefined && maxAt < from) || (until !== undefined && minAt >= until)) return false;
  return !(before && minAt > before[0]) && !(after && maxAt < after[0]);
}

/** The lines that may be of the time that is looked at: from one on, and before another. */
async function linesWithin(
  index: PartIndex,
  { from, until }: Sought,
  { before, after }: Span,
): Promise<[number, number]> {
  if (!index.isOrdered) return [0, index.count];
  const earliest = [from, after?.[0]].filter((at) => at !== undefined);
  const latest = [until, before?.[0]].filter((at) => at !== undefined);
  const begin = Math.max(0, ...(await all(earliest, (time) => firstWhere(index, (at) => at >= time))));
  // a position has lines of its own time on both sides
  const end = Math.min(index.count, ...(await all(latest, (time) => firstWhere(index, (at) => at > time))));
  return [begin, end];
}

/** The first line whose time is one of the later ones, by halves. */
async function firstWhere(index: PartIndex, isLate: (at: string) => boolean): Promise<number> {
  let [low, high] = [0, index.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isLate((await index.place(middle))[0])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Lines in the order in which they were written, from the end that is asked for. */
async function inOrder(index: PartIndex, lines: readonly number[], oldest: boolean): Promise<readonly number[]> {
  if (index.isOrdered) return oldest ? lines : lines.toReversed();
  const dated = await Promise.all(lines.map(async (line) => [line, (await index.place(line))[0]] as const));
  dated.sort(([a, atOfA], [b, atOfB]) => compare(atOfA, atOfB) || a - b);
  return (oldest ? dated : dated.reverse()).map(([line]) => line);
}

/** The lines that have every term that is sought; all of them without any. */
async function candidates(index: PartIndex, sought: Sought): Promise<readonly number[]> {
  const { kind, subject, agency, request, type, sensitivity, object, objects, byGovernment } = sought;
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

/** Lines that name a key, or a list that holds it. */
async function linesOfKeys(index: PartIndex, keys: Iterable<string>): Promise<readonly number[]> {
  const wanted = [...keys];
  const lists = union(await all(wanted, (key) => index.linesOf('member', key)));
  const named = await all(wanted, (key) => index.linesOf('object', key));
  return union([...named, ...(await all(lists, (list) => index.linesOf('list', String(list))))]);
}

/** Digests of the lists that seem to hold a key that is sought: their terms have its hash. */
async function listsWith(index: PartIndex, { object, objects }: Sought): Promise<ReadonlySet<string>> {
  const keys = [...(objects ?? []), ...(object === undefined ? [] : [object])];
  const places = union(await all(keys, (key) => index.linesOf('member', key)));
  if (places.length === 0) return new Set();
  const lists = await index.lists();
  return new Set(places.map((place) => lists[place]![0]));
}

const listsOf = (entry: Entry): readonly string[] =>
  entry.kind === 'read' ? entry.objects.flatMap(({ lists = [] }) => lists) : [];

/** Types that a line of reads has of what was looked for: of objects that were read, and of lists that used their fields. */
function typesRead(
  entry: Entry,
  { object, objects, type, sensitivity }: Sought,
  lists: ReadonlyMap<string, boolean>,
): string[] {
  if (entry.kind !== 'read') return [];
  const isSought = (key: string) =>
    (object === undefined || key === object) && (objects === undefined || objects.has(key));
  const holds = (read: ReadObjects) =>
    (object === undefined && objects === undefined) ||
    read.keys.some(isSought) ||
    read.lists?.some((list) => lists.get(list));
  const read = entry.objects.filter(
    (one) =>
      (type === undefined || one.type === type) &&
      (sensitivity === undefined || one.sensitivity === sensitivity) &&
      holds(one),
  );
  // a list that is narrowed or counted by fields is of no object in particular
  const used = object === undefined && objects === undefined ? (entry.uses ?? []) : [];
  const uses = used.filter(
    (one) =>
      (type === undefined || one.type === type) && (sensitivity === undefined || one.sensitivity === sensitivity),
  );
  return [...new Set([...read, ...uses].map((one) => one.type))];
}

function fits(entry: Entry, sought: Sought, types: readonly string[]): boolean {
  const { kind, subject, agency, object, objects, byGovernment, type, sensitivity, request } = sought;
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
