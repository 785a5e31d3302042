import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Entry } from './entry';
import { reading } from './files';
import { indexPath } from './parts';
import type { SealingKey } from './seal';

/** Where a line is, and when it was written. */
export type Place = readonly [at: string, offset: number, length: number];
/** Where a list of keys is. */
export type ListPlace = readonly [digest: string, offset: number, length: number];

/**
 * What leads to the lines of one file of a record without reading it. A term is a kind and a value, such as `s:ann`; its lines are
 * numbered by their order in the file. `m:` terms lead from a key to the lists that hold it.
 */
export interface PartIndex {
  /** Bytes of the file that are indexed. */
  readonly size: number;
  /** The earliest and the latest time; empty without a line. */
  readonly minAt: string;
  readonly maxAt: string;
  /** Whether no line is dated before the one before it. */
  readonly isOrdered: boolean;
  readonly count: number;
  linesOf(term: string): Promise<readonly number[]>;
  place(line: number): Promise<Place>;
  lists(): Promise<readonly ListPlace[]>;
}

const BUCKETS = 256;
const BLOCK_LINES = 1_000;
const TRAILER_BYTES = 16;

/** The terms by which an entry is found, except those of its keys in lists. */
function termsOf(entry: Entry): string[] {
  const { kind, who, origin } = entry;
  const terms = [`k:${kind}`, ...(who?.roles ?? []).map((role) => `r:${role}`)];
  if (who?.subject) terms.push(`s:${who.subject}`);
  if (who?.agency) terms.push(`a:${who.agency}`);
  if (origin?.request) terms.push(`q:${origin.request}`);
  if (kind === 'change') terms.push(`o:${entry.object}`);
  if (kind === 'read')
    for (const { type, sensitivity, keys } of entry.objects)
      terms.push(`t:${type}`, `c:${sensitivity}`, ...keys.map((key) => `o:${key}`));
  return terms;
}

/** The index of a file, made by reading it; goes on where it stopped when the file has grown. */
export class IndexBuilder implements PartIndex {
  size = 0;
  minAt = '';
  maxAt = '';
  isOrdered = true;
  /** In the buckets in which they are stored. */
  private readonly terms = Array.from({ length: BUCKETS }, () => new Map<string, number[]>());
  private readonly places: Place[] = [];
  private readonly listPlaces: ListPlace[] = [];
  private readonly listOf = new Map<string, number>();
  private lastAt = '';
  private reading: Promise<void> | undefined;

  constructor(private readonly path: string) {}

  get count(): number {
    return this.places.length;
  }

  /** Reads what the file has grown by. */
  async catchUp(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  private async read(): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.path, { start: this.size })) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
      let start = 0;
      for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
        this.add(bytes.toString('utf8', start, end), end - start);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  }

  private add(text: string, length: number): void {
    const offset = this.size;
    this.size += length + 1;
    let entry: Entry;
    try {
      entry = JSON.parse(text) as Entry;
    } catch {
      // the command that verifies says so
      return;
    }
    if (entry.kind === 'keys') this.addList(entry.list, entry.keys, offset, length);
    else if (entry.kind === 'read' || entry.kind === 'attempt' || entry.kind === 'change')
      this.addLine(entry, offset, length);
  }

  private addList(list: string, keys: readonly string[], offset: number, length: number): void {
    const place = this.listPlaces.push([list, offset, length]) - 1;
    this.listOf.set(list, place);
    for (const key of keys) this.addTerm(`m:${key}`, place);
  }

  private addLine(entry: Entry, offset: number, length: number): void {
    const { at } = entry;
    const line = this.places.push([at, offset, length]) - 1;
    if (this.minAt === '' || at < this.minAt) this.minAt = at;
    if (at > this.maxAt) this.maxAt = at;
    if (at < this.lastAt) this.isOrdered = false;
    this.lastAt = at;
    for (const term of termsOf(entry)) this.addTerm(term, line);
    if (entry.kind !== 'read') return;
    for (const { lists = [] } of entry.objects)
      for (const list of lists) if (this.listOf.has(list)) this.addTerm(`l:${this.listOf.get(list)}`, line);
  }

  private addTerm(term: string, line: number): void {
    const terms = this.terms[bucketOf(term)]!;
    const lines = terms.get(term);
    if (!lines) terms.set(term, [line]);
    else if (lines.at(-1) !== line) lines.push(line);
  }

  async linesOf(term: string): Promise<readonly number[]> {
    return this.terms[bucketOf(term)]!.get(term) ?? [];
  }

  async place(line: number): Promise<Place> {
    return this.places[line]!;
  }

  async lists(): Promise<readonly ListPlace[]> {
    return this.listPlaces;
  }

  /** Writes the index beside its file, so that it need not be made again. */
  async store(key: SealingKey): Promise<void> {
    const path = indexPath(this.path);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await write(file, basename(this.path), key, this, this.blocks());
    } catch (error) {
      await rm(`${path}.new`, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  /** One after the other: whoever writes them lets requests in between. */
  private *blocks(): Generator<readonly [name: string, block: unknown]> {
    for (const [place, terms] of this.terms.entries())
      yield [`t${place}`, Object.fromEntries([...terms].map(([term, lines]) => [term, steps(lines)]))];
    for (let place = 0; place < this.places.length; place += BLOCK_LINES)
      yield [`p${place / BLOCK_LINES}`, this.places.slice(place, place + BLOCK_LINES)];
    yield ['lists', this.listPlaces];
  }
}

/** Rising numbers as their differences, which are shorter. */
const steps = (lines: readonly number[]): number[] =>
  lines.map((line, place) => line - (place === 0 ? 0 : lines[place - 1]!));

/** FNV-1a. */
function bucketOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < term.length; place++) hash = Math.imul(hash ^ term.charCodeAt(place), 0x01000193);
  return (hash >>> 0) % BUCKETS;
}

/** Where a block of the index file is, and the code by which a process with its key knows it again. */
type BlockPlace = readonly [offset: number, length: number, mac: string];

interface Directory {
  readonly size: number;
  readonly count: number;
  readonly minAt: string;
  readonly maxAt: string;
  readonly isOrdered: boolean;
  readonly blocks: Readonly<Record<string, BlockPlace>>;
}

const macOf = (key: SealingKey, part: string, block: string, text: string): string =>
  key.mac(`index of ${part}, ${block}\n${text}`)[1];

/** Blocks, the directory, and how long that is. */
async function write(
  file: FileHandle,
  part: string,
  key: SealingKey,
  { size, count, minAt, maxAt, isOrdered }: PartIndex,
  blocks: Iterable<readonly [name: string, block: unknown]>,
): Promise<void> {
  const places: Record<string, BlockPlace> = {};
  let offset = 0;
  for (const [name, block] of blocks) {
    const text = JSON.stringify(block);
    const bytes = Buffer.from(text);
    await file.appendFile(bytes);
    places[name] = [offset, bytes.length, macOf(key, part, name, text)];
    offset += bytes.length;
  }
  const directory: Directory = { size, count, minAt, maxAt, isOrdered, blocks: places };
  const text = JSON.stringify(directory);
  const signed = Buffer.from(`${text}\n${macOf(key, part, 'directory', text)}`);
  await file.appendFile(Buffer.concat([signed, Buffer.from(String(signed.length).padStart(TRAILER_BYTES))]));
}

/** The index does not belong to its file, or was changed: it is made anew. */
export class IndexInvalidError extends Error {}

/** Blocks of all indexes of a search that are kept in memory. */
export type KeptBlocks = LRUCache<string, object>;

const KEPT_BYTES = 64 * 1024 * 1024;

export const keptBlocks = (): KeptBlocks => new LRUCache({ maxSize: KEPT_BYTES });

/** An index that was written beside its file. Every block that is used is checked: whoever changes it cannot hide a line. */
export class StoredIndex implements PartIndex {
  /** Tells its blocks from those of an index that it replaces. */
  private readonly id = randomUUID();
  readonly size: number;
  readonly count: number;
  readonly minAt: string;
  readonly maxAt: string;
  readonly isOrdered: boolean;

  private constructor(
    private readonly part: string,
    private readonly key: SealingKey,
    private readonly kept: KeptBlocks,
    private readonly directory: Directory,
  ) {
    const { size, count, minAt, maxAt, isOrdered } = directory;
    [this.size, this.count, this.minAt, this.maxAt, this.isOrdered] = [size, count, minAt, maxAt, isOrdered];
  }

  /** @throws IndexInvalidError or the file system's error when there is none that fits the part */
  static async open(part: string, key: SealingKey, kept: KeptBlocks): Promise<StoredIndex> {
    const text = await reading(indexPath(part), async (file) => {
      const { size } = await file.stat();
      const length = Number(await textAt(file, size - TRAILER_BYTES, TRAILER_BYTES));
      if (!Number.isInteger(length) || length <= 0 || length > size) throw new IndexInvalidError();
      return textAt(file, size - TRAILER_BYTES - length, length);
    });
    const end = text.lastIndexOf('\n');
    if (macOf(key, basename(part), 'directory', text.slice(0, end)) !== text.slice(end + 1))
      throw new IndexInvalidError();
    const directory = JSON.parse(text.slice(0, end)) as Directory;
    if ((await stat(part)).size !== directory.size) throw new IndexInvalidError();
    return new StoredIndex(part, key, kept, directory);
  }

  private async block<Block extends object>(name: string): Promise<Block> {
    const kept = this.kept.get(`${this.id} ${name}`);
    if (kept !== undefined) return kept as Block;
    const place = this.directory.blocks[name];
    if (!place) throw new IndexInvalidError();
    const [offset, length, mac] = place;
    const text = await reading(indexPath(this.part), (file) => textAt(file, offset, length));
    if (macOf(this.key, basename(this.part), name, text) !== mac) throw new IndexInvalidError();
    const block = JSON.parse(text) as Block;
    this.kept.set(`${this.id} ${name}`, block, { size: length });
    return block;
  }

  async linesOf(term: string): Promise<readonly number[]> {
    const bucket = await this.block<Record<string, number[]>>(`t${bucketOf(term)}`);
    let line = 0;
    return (Object.hasOwn(bucket, term) ? bucket[term]! : []).map((step) => (line += step));
  }

  async place(line: number): Promise<Place> {
    const block = await this.block<Place[]>(`p${Math.floor(line / BLOCK_LINES)}`);
    return block[line % BLOCK_LINES]!;
  }

  lists(): Promise<readonly ListPlace[]> {
    return this.block('lists');
  }
}

/** @throws IndexInvalidError when the file ends before */
async function textAt(file: FileHandle, offset: number, length: number): Promise<string> {
  if (offset < 0) throw new IndexInvalidError();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  if (bytesRead < length) throw new IndexInvalidError();
  return buffer.toString('utf8');
}
