import { Chain, namesOf } from './chain';
import { type Entry, FIRST, readLine, type Seal } from './entry';
import { lastLine, reading } from './files';
import { linesOf } from './lines';
import { isRecordOf, recordName } from './parts';
import { type SealKey, SealKeys } from './seal';

/** What is wrong with a record, and where. */
export interface Flaw {
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly what: string;
}

/** Which other records and anchors hold seals of a record. */
export interface Anchoring {
  /** Names of these records and anchors. */
  readonly by: readonly string[];
  /** Number of the newest entry that they vouch for. */
  readonly upTo: number;
}

export interface Verification {
  readonly record: string;
  /** Number of the first existing entry; earlier parts may have been archived. */
  readonly from: number;
  /** Time of that entry. */
  readonly fromAt: string;
  readonly entries: number;
  /** Entries up to the last seal. Anyone who can write the file could have removed or forged later ones. */
  readonly sealed: number;
  readonly head: string;
  /** Time of the first entry after the last seal; empty without one. */
  readonly unsealedAt: string;
  /** Time of the last entry; empty without entries. */
  readonly lastAt: string;
  /** Number of lines before which the clock was set back. */
  readonly setBack: number;
  /** First of {@link flaws}. */
  readonly flaw: Flaw | undefined;
  /** After a flaw, entries are unverified up to the next part that a process began because of it. */
  readonly flaws: readonly Flaw[];
  /** Hashes of its seals by number. */
  readonly seals: ReadonlyMap<number, string>;
  /** Genuine seals of other records that it holds. */
  readonly heads: readonly Seal[];
}

/** The whole lines of a file. */
async function* wholeLines(file: string, bytes: number): AsyncGenerator<string> {
  if (bytes > 0) yield* linesOf(file, bytes - 1);
}

/** Size of a file, and of its whole lines, in bytes. */
const sizesOf = (file: string): Promise<readonly [all: number, whole: number]> =>
  reading(file, async (handle) => [(await handle.stat()).size, (await lastLine(handle)).size]);

/** Reads one record from its beginning, file by file. */
class Reading {
  from = 1;
  fromAt = '';
  entries = 0;
  sealed = 0;
  readonly flaws: Flaw[] = [];
  readonly seals = new Map<number, string>();
  readonly heads: Seal[] = [];
  private isBroken = false;

  constructor(
    private readonly chain: Chain,
    private readonly keys: SealKeys,
  ) {}

  /** @param isWritten whether a process may be writing the last line, or may have been killed while it did */
  async read(file: string, isWritten: boolean): Promise<void> {
    let line = 0;
    const [all, whole] = await sizesOf(file);
    for await (const text of wholeLines(file, whole)) {
      line += 1;
      if (line === 1 && !this.begin(file, text)) return;
      const what = this.chain.take(text);
      if (what !== undefined) return this.fail({ file, line, what });
      this.note(this.chain.entry!, file, line);
    }
    if (whole < all && !isWritten && !this.isBroken) this.fail({ file, line: line + 1, what: 'it is truncated' });
    if (line === 0 && !this.isBroken)
      this.fail({ file, line: 0, what: 'the file is empty: each file of a record begins with a seal' });
  }

  /** @returns whether to read the file */
  private begin(file: string, text: string): boolean {
    const { number, hash } = this.chain.standing;
    const breach = this.chain.resume(text);
    if (breach) {
      const { standing } = this.chain;
      if (!this.isBroken && this.entries > 0 && (standing.number !== number || standing.hash !== hash))
        this.flaws.push({
          file,
          line: 1,
          what: 'it does not follow the previous part: a part was removed or replaced',
        });
      const { file: where, line, what } = breach;
      this.flaws.push({
        file,
        line: 1,
        what: `a process found the record broken before this part (${where}, line ${line}: ${what})`,
      });
      this.isBroken = false;
      return true;
    }
    if (this.isBroken) return false;
    // earlier parts may be archived; the first seal states their end
    if (this.entries === 0) this.beginAt(text);
    this.chain.beginFile();
    return true;
  }

  private beginAt(text: string): void {
    const entry = readLine(text)?.entry;
    if (entry?.kind !== 'seal') return;
    this.from = entry.number;
    this.fromAt = entry.at;
    if (entry.number > 1) this.chain.standing = { number: entry.number - 1, hash: entry.before, at: '' };
  }

  private note(entry: Entry, file: string, line: number): void {
    this.entries += 1;
    if (entry.kind === 'head') this.noteHead(entry.head, file, line);
    if (entry.kind !== 'seal') return;
    this.sealed = this.entries;
    this.seals.set(entry.number, entry.hash);
  }

  /** Notes a seal of another record. No process stores one that a key of another subgraph signed. */
  private noteHead(head: Seal, file: string, line: number): void {
    if (this.keys.isGenuine(head)) {
      this.heads.push(head);
      return;
    }
    const { record, subgraph, keyId } = head;
    const sealedBy = this.keys.subgraphsOf(keyId);
    if (!sealedBy || (sealedBy.has(subgraph) && isRecordOf(record, subgraph))) return;
    const what = `it holds a seal of the record "${record}" that was signed with the key of ${namesOf(sealedBy)}`;
    this.flaws.push({ file, line, what });
  }

  private fail(flaw: Flaw): void {
    this.flaws.push(flaw);
    this.isBroken = true;
  }
}

/**
 * Verifies a record from its beginning.
 * @param files of the record, in order: see `parts.ts` @param keys public keys that seal it
 */
export async function verifyRecord(
  files: readonly string[],
  keys: readonly SealKey[],
  record = recordName(files.at(-1)!),
): Promise<Verification> {
  const sealKeys = new SealKeys(keys);
  const chain = new Chain({ record }, sealKeys);
  const read = new Reading(chain, sealKeys);
  for (const file of files) await read.read(file, file === files.at(-1));
  const { from, fromAt, entries, sealed, flaws, seals, heads } = read;
  const { hash, at } = chain.standing;
  return {
    ...{ record, from, fromAt, entries, sealed, flaws, flaw: flaws[0], seals, heads },
    ...{ head: entries === 0 ? FIRST : hash, lastAt: at, setBack: chain.setBack },
    unsealedAt: chain.unsealed > 0 ? chain.unsealedAt : '',
  };
}

/** Compares a record with its seals stored elsewhere. @param held seals by holder */
export function compareHeads(
  { record, from, seals }: Pick<Verification, 'record' | 'from' | 'seals'>,
  held: ReadonlyMap<string, readonly Seal[]>,
): Anchoring & { readonly flaws: readonly Flaw[] } {
  const flaws: Flaw[] = [];
  const by: string[] = [];
  let upTo = 0;
  for (const [holder, heads] of held) {
    const sealsOfRecord = heads.filter((head) => head.record === record && head.number >= from);
    const missing = sealsOfRecord.find(({ number, hash }) => seals.get(number) !== hash);
    if (missing)
      flaws.push({
        file: record,
        line: 0,
        what: `${holder} holds seal number ${missing.number} of ${missing.at}, which the record does not contain: the record was truncated or rewritten`,
      });
    if (sealsOfRecord.length > 0) by.push(holder);
    for (const { number, hash } of sealsOfRecord) if (seals.get(number) === hash) upTo = Math.max(upTo, number);
  }
  return { by, upTo, flaws };
}
