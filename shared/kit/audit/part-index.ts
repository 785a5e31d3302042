import { hash as hashed, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LRUCache } from 'lru-cache';
import { type Entry, isOfGovernment, type ReadObjects } from './entry';
import { reading } from './files';
import { indexPath } from './parts';
import type { SealingKey } from './seal';

/** Time and location of a line. */
export type Place = readonly [at: string, offset: number, length: number];
/** Name of the directory of an index; another one makes indexes of earlier releases invalid, so that they are rebuilt. */
const DIRECTORY = 'directory 2';

/** Location of a list of keys. */
export type ListPlace = readonly [digest: string, offset: number, length: number];

/** Search terms. `list` leads from the place of a list to the reads that refer to it; `member` from a key to the lists that contain it. */
export type TermKind =
  | 'kind'
  | 'subject'
  | 'agency'
  | 'government'
  | 'request'
  | 'type'
  | 'class'
  | 'object'
  | 'list'
  | 'member';

/**
 * Search index of one file of a record; lines are numbered by their order in the file. Terms are stored as 32-bit hashes, which can
 * collide, so the caller must compare the lines with its criteria.
 */
export interface PartIndex {
  /** Indexed bytes of the file. */
  readonly size: number;
  /** Earliest and latest time; empty without lines. */
  readonly minAt: string;
  readonly maxAt: string;
  /** Whether the times of the lines never decrease. */
  readonly isOrdered: boolean;
  readonly count: number;
  linesOf(kind: TermKind, value: string): Promise<readonly number[]>;
  place(line: number): Promise<Place>;
  lists(): Promise<readonly ListPlace[]>;
}

const BUCKETS = 256;
const BLOCK_LINES = 1_000;
const TRAILER_BYTES = 16;
/** Above the number of lines of any file: hash and line together are an exact number. */
const MAX_LINES = 2 ** 21;

/** FNV-1a over the kind and the value. */
function termHash(kind: TermKind, value: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < kind.length; place++) hash = Math.imul(hash ^ kind.charCodeAt(place), 0x01000193);
  for (let place = 0; place < value.length; place++) hash = Math.imul(hash ^ value.charCodeAt(place), 0x01000193);
  return hash >>> 0;
}

/** Lines of a term among the postings of its bucket. A posting combines hash and line; lines ascend. */
function linesAmong(postings: Iterable<number>, hash: number): number[] {
  const lines: number[] = [];
  const from = hash * MAX_LINES;
  for (const posting of postings) {
    const line = posting - from;
    if (line >= 0 && line < MAX_LINES && lines.at(-1) !== line) lines.push(line);
  }
  return lines;
}

/** Builds the index of a file by reading it, and extends it when the file has grown. */
export class IndexBuilder implements PartIndex {
  size = 0;
  minAt = '';
  maxAt = '';
  isOrdered = true;
  /** Postings by bucket. */
  private readonly postings = Array.from({ length: BUCKETS }, (): number[] => []);
  private readonly places: Place[] = [];
  private readonly listPlaces: ListPlace[] = [];
  private readonly listOf = new Map<string, number>();
  private lastAt = '';
  private reading: Promise<void> | undefined;

  constructor(private readonly path: string) {}

  get count(): number {
    return this.places.length;
  }

  /** Reads the lines added since the last call. */
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
      // `ordergraph audit verify` reports it
      return;
    }
    if (entry.kind === 'keys') this.addList(entry.list, entry.keys, offset, length);
    else if (entry.kind === 'read' || entry.kind === 'attempt' || entry.kind === 'change')
      this.addLine(entry, offset, length);
  }

  private addList(list: string, keys: readonly string[], offset: number, length: number): void {
    const place = this.listPlaces.push([list, offset, length]) - 1;
    this.listOf.set(list, place);
    for (const key of keys) this.addTerm('member', key, place);
  }

  private addLine(entry: Entry, offset: number, length: number): void {
    const { at } = entry;
    const line = this.places.push([at, offset, length]) - 1;
    if (this.minAt === '' || at < this.minAt) this.minAt = at;
    if (at > this.maxAt) this.maxAt = at;
    if (at < this.lastAt) this.isOrdered = false;
    this.lastAt = at;
    this.addTerms(entry, line);
  }

  private addTerms(entry: Entry, line: number): void {
    const { kind, who, origin } = entry;
    this.addTerm('kind', kind, line);
    if (isOfGovernment(who)) this.addTerm('government', '', line);
    if (who?.subject) this.addTerm('subject', who.subject, line);
    if (who?.agency) this.addTerm('agency', who.agency, line);
    if (origin?.request) this.addTerm('request', origin.request, line);
    if (kind === 'change') this.addTerm('object', entry.object, line);
    if (kind !== 'read') return;
    for (const objects of entry.objects) this.addObjects(objects, line);
    for (const { type, sensitivity } of entry.uses ?? []) {
      this.addTerm('type', type, line);
      this.addTerm('class', sensitivity, line);
    }
  }

  private addObjects({ type, sensitivity, keys, lists = [] }: ReadObjects, line: number): void {
    this.addTerm('type', type, line);
    this.addTerm('class', sensitivity, line);
    for (const key of keys) this.addTerm('object', key, line);
    for (const list of lists) if (this.listOf.has(list)) this.addTerm('list', String(this.listOf.get(list)), line);
  }

  private addTerm(kind: TermKind, value: string, line: number): void {
    const hash = termHash(kind, value);
    this.postings[hash % BUCKETS]!.push(hash * MAX_LINES + line);
  }

  async linesOf(kind: TermKind, value: string): Promise<readonly number[]> {
    const hash = termHash(kind, value);
    return linesAmong(this.postings[hash % BUCKETS]!, hash);
  }

  async place(line: number): Promise<Place> {
    return this.places[line]!;
  }

  async lists(): Promise<readonly ListPlace[]> {
    return this.listPlaces;
  }

  /** Writes the index beside its file for later use. */
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

  /** Blocks one at a time, so that writing them does not block requests. */
  private *blocks(): Generator<readonly [name: string, bytes: Buffer]> {
    for (const [place, postings] of this.postings.entries())
      yield [`t${place}`, Buffer.from(Float64Array.from(postings).sort().buffer)];
    for (let place = 0; place < this.places.length; place += BLOCK_LINES)
      yield [`p${place / BLOCK_LINES}`, json(this.places.slice(place, place + BLOCK_LINES))];
    yield ['lists', json(this.listPlaces)];
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Location of a block in the index file, and its MAC. */
type BlockPlace = readonly [offset: number, length: number, mac: string];

interface Directory {
  readonly size: number;
  readonly count: number;
  readonly minAt: string;
  readonly maxAt: string;
  readonly isOrdered: boolean;
  readonly blocks: Readonly<Record<string, BlockPlace>>;
}

const macOf = (key: SealingKey, part: string, block: string, bytes: Buffer): string =>
  key.mac(`index of ${part}, ${block}: ${hashed('sha256', bytes)}`)[1];

/** Writes the blocks, the directory, and the directory's length. */
async function write(
  file: FileHandle,
  part: string,
  key: SealingKey,
  { size, count, minAt, maxAt, isOrdered }: PartIndex,
  blocks: Iterable<readonly [name: string, bytes: Buffer]>,
): Promise<void> {
  const places: Record<string, BlockPlace> = {};
  let offset = 0;
  for (const [name, bytes] of blocks) {
    await file.appendFile(bytes);
    places[name] = [offset, bytes.length, macOf(key, part, name, bytes)];
    offset += bytes.length;
  }
  const directory: Directory = { size, count, minAt, maxAt, isOrdered, blocks: places };
  const bytes = json(directory);
  const signed = Buffer.concat([bytes, Buffer.from(`\n${macOf(key, part, DIRECTORY, bytes)}`)]);
  await file.appendFile(Buffer.concat([signed, Buffer.from(String(signed.length).padStart(TRAILER_BYTES))]));
}

/** The index does not match its file, or was changed, and must be rebuilt. */
export class IndexInvalidError extends Error {}

/** In-memory cache of index blocks. */
export type KeptBlocks = LRUCache<string, object>;

const KEPT_BYTES = 64 * 1024 * 1024;

export const keptBlocks = (): KeptBlocks => new LRUCache({ maxSize: KEPT_BYTES });

/** An index stored beside its file. Verifies the MAC of each block it uses, so that changing it cannot hide a line. */
export class StoredIndex implements PartIndex {
  /** Distinguishes its blocks from those of an index that it replaces. */
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

  /** @throws IndexInvalidError or the file system's error if the part has no matching index */
  static async open(part: string, key: SealingKey, kept: KeptBlocks): Promise<StoredIndex> {
    const bytes = await reading(indexPath(part), async (file) => {
      const { size } = await file.stat();
      const length = Number((await bytesAt(file, size - TRAILER_BYTES, TRAILER_BYTES)).toString());
      if (!Number.isInteger(length) || length <= 0 || length > size) throw new IndexInvalidError();
      return bytesAt(file, size - TRAILER_BYTES - length, length);
    });
    const end = bytes.lastIndexOf(0x0a);
    const text = bytes.subarray(0, end);
    if (macOf(key, basename(part), DIRECTORY, text) !== bytes.toString('utf8', end + 1)) throw new IndexInvalidError();
    const directory = JSON.parse(text.toString()) as Directory;
    if ((await stat(part)).size !== directory.size) throw new IndexInvalidError();
    return new StoredIndex(part, key, kept, directory);
  }

  private async block<Block extends object>(name: string, read: (bytes: Buffer) => Block): Promise<Block> {
    const kept = this.kept.get(`${this.id} ${name}`);
    if (kept !== undefined) return kept as Block;
    const place = this.directory.blocks[name];
    if (!place) throw new IndexInvalidError();
    const [offset, length, mac] = place;
    const bytes = await reading(indexPath(this.part), (file) => bytesAt(file, offset, length));
    if (macOf(this.key, basename(this.part), name, bytes) !== mac) throw new IndexInvalidError();
    const block = read(bytes);
    this.kept.set(`${this.id} ${name}`, block, { size: length + 1 });
    return block;
  }

  async linesOf(kind: TermKind, value: string): Promise<readonly number[]> {
    const hash = termHash(kind, value);
    // sorted, so the lines of a hash are adjacent
    const postings = await this.block(`t${hash % BUCKETS}`, numbers);
    let [low, high] = [0, postings.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (postings[middle]! < hash * MAX_LINES) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < postings.length && postings[end]! < (hash + 1) * MAX_LINES) end += 1;
    return linesAmong(postings.subarray(low, end), hash);
  }

  async place(line: number): Promise<Place> {
    const block = await this.block<Place[]>(`p${Math.floor(line / BLOCK_LINES)}`, parsed);
    return block[line % BLOCK_LINES]!;
  }

  lists(): Promise<readonly ListPlace[]> {
    return this.block<ListPlace[]>('lists', parsed);
  }
}

const parsed = <Value>(bytes: Buffer): Value => JSON.parse(bytes.toString()) as Value;

/** Numbers of a block. Copies it for alignment. */
const numbers = (bytes: Buffer): Float64Array => new Float64Array(Uint8Array.from(bytes).buffer);

/** @throws IndexInvalidError if the file is too short */
async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  if (offset < 0) throw new IndexInvalidError();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  if (bytesRead < length) throw new IndexInvalidError();
  return buffer;
}
