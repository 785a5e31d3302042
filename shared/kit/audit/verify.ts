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

/** What other records and anchors hold of a record, and what is wrong by it. */
export interface Anchoring {
  /** Names of the records and files that hold seals of it. */
  readonly by: readonly string[];
  /** Number of the newest entry that one of them vouches for. */
  readonly upTo: number;
}

export interface Verification {
  readonly record: string;
  /** The first entry that is there; those before it, if any, were put away and removed. */
  readonly from: number;
  /** When that was written. */
  readonly fromAt: string;
  readonly entries: number;
  /** Entries up to the last seal. Whoever can write the file could have cut off or made up what comes after it. */
  readonly sealed: number;
  readonly head: string;
  /** When the first entry after the last seal was written; empty when there is none. */
  readonly unsealedAt: string;
  /** When the last entry was written; empty of no entries. */
  readonly lastAt: string;
  /** Lines that say that the clock was set back. */
  readonly setBack: number;
  /** The first of {@link flaws}. */
  readonly flaw: Flaw | undefined;
  /** After one, what follows is not known to be true, up to a part that a process began because of it. */
  readonly flaws: readonly Flaw[];
  /** Hashes of its seals by their numbers. */
  readonly seals: ReadonlyMap<number, string>;
  /** Seals of other records that it holds; of each record, those that one of the keys signed. */
  readonly heads: readonly Seal[];
}

/** The whole lines of a file. */
async function* wholeLines(file: string, bytes: number): AsyncGenerator<string> {
  if (bytes > 0) yield* linesOf(file, bytes - 1);
}

/** Bytes of a file, and of its whole lines. */
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

  /** @param isWritten whether a process may be writing its last line, or have been killed while it did. */
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
    if (whole < all && !isWritten && !this.isBroken) this.fail({ file, line: line + 1, what: 'it is cut off' });
    if (line === 0 && !this.isBroken)
      this.fail({ file, line: 0, what: 'it is empty: a file of a record begins with a seal' });
  }

  /** @returns whether the file is to be read */
  private begin(file: string, text: string): boolean {
    const { number, hash } = this.chain.standing;
    const breach = this.chain.resume(text);
    if (breach) {
      const { standing } = this.chain;
      if (!this.isBroken && this.entries > 0 && (standing.number !== number || standing.hash !== hash))
        this.flaws.push({ file, line: 1, what: 'it does not follow the part before it: one was removed or replaced' });
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
    // parts before it may be gone: its first seal says what they came to
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

  /** A seal of another record. No process takes one in that a key of another subgraph made. */
  private noteHead(head: Seal, file: string, line: number): void {
    if (this.keys.isGenuine(head)) {
      this.heads.push(head);
      return;
    }
    const { record, subgraph, keyId } = head;
    const sealedBy = this.keys.subgraphsOf(keyId);
    if (!sealedBy || (sealedBy.has(subgraph) && isRecordOf(record, subgraph))) return;
    const what = `it holds a seal of the record "${record}" that was made with the key of ${namesOf(sealedBy)}`;
    this.flaws.push({ file, line, what });
  }

  private fail(flaw: Flaw): void {
    this.flaws.push(flaw);
    this.isBroken = true;
  }
}

/**
 * Reads a record from its beginning and says whether it is as it was written.
 * @param files of the record, in order: see `parts.ts` @param keys public keys of those who seal it
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

/** What of a record's seals is held elsewhere. @param held seals of it, by who holds them */
export function compareHeads(
  { record, from, seals }: Pick<Verification, 'record' | 'from' | 'seals'>,
  held: ReadonlyMap<string, readonly Seal[]>,
): Anchoring & { readonly flaws: readonly Flaw[] } {
  const flaws: Flaw[] = [];
  const by: string[] = [];
  let upTo = 0;
  for (const [holder, heads] of held) {
    const own = heads.filter((head) => head.record === record && head.number >= from);
    const missing = own.find(({ number, hash }) => seals.get(number) !== hash);
    if (missing)
      flaws.push({
        file: record,
        line: 0,
        what: `${holder} holds seal number ${missing.number} of ${missing.at}, which the record does not contain: the record was truncated or rewritten`,
      });
    if (own.length > 0) by.push(holder);
    for (const { number, hash } of own) if (seals.get(number) === hash) upTo = Math.max(upTo, number);
  }
  return { by, upTo, flaws };
}
