import {
  type Breach,
  type Entry,
  FIRST,
  listDigest,
  type ReadLine,
  readLine,
  SEAL_ENTRIES,
  SEAL_MS,
  type Seal,
} from './entry';
import { isRecordOf } from './parts';
import type { SealingKey, SealKeys } from './seal';

/** Subgraphs in words. */
export const namesOf = (subgraphs: Iterable<string>): string =>
  [...subgraphs].map((subgraph) => `"${subgraph}"`).join(' and ');

/** What a line is wrong about, in words; undefined when it is right. */
type Wrong = string | undefined;

/** Who a record belongs to; what is undefined is taken from its first seal. */
export interface Owner {
  readonly record: string;
  readonly subgraph?: string;
}

/** Where a record stands after a line. */
export interface Standing {
  readonly number: number;
  readonly hash: string;
  readonly at: string;
}

export const BEGINNING: Standing = { number: 0, hash: FIRST, at: '' };

/**
 * Takes the lines of a record one after the other and says what is wrong with the first that does not belong there: one rule for the
 * command that verifies records and for the process that goes on with one.
 */
export class Chain {
  /** Lines since the last seal. */
  unsealed = 0;
  /** The time of the first of them. */
  unsealedAt = '';
  /** The last seal. */
  seal: Seal | undefined;
  /** A key that is not among those by which seals are verified. */
  unknownKey: string | undefined;
  /** Lines that say that the clock was set back. */
  setBack = 0;
  instance: string | undefined;
  subgraph: string | undefined;
  /** The first line after the last seal that was not written with the process's own key. */
  foreign: number | undefined;
  /** The last line that was taken. */
  entry: Entry | undefined;
  /** Number of the first entry of the file; 0 before it. */
  first = 0;
  previous = FIRST;
  private readonly lists = new Set<string>();

  constructor(
    private readonly owner: Owner,
    private readonly keys: SealKeys,
    public standing: Standing = BEGINNING,
    /** Knows the lines that this process wrote, or one before it; the command has no such key. */
    private readonly own?: SealingKey,
  ) {
    this.subgraph = owner.subgraph;
  }

  /** A file of the record begins: its next line is a seal. */
  beginFile(): void {
    this.first = 0;
    this.previous = this.standing.hash;
    this.lists.clear();
  }

  /** Goes on at a first line that is signed as that of a part after a broken one. @returns what was broken */
  resume(text: string): Breach | undefined {
    const line = readLine(text);
    if (line?.entry.kind !== 'seal' || !line.entry.breach) return undefined;
    const { number, before, previous, instance } = line.entry;
    const standing = { number: number - 1, hash: before, at: '' };
    const chain = new Chain(this.owner, this.keys, standing);
    chain.beginFile();
    chain.previous = previous;
    if (chain.take(text) !== undefined) return undefined;
    this.standing = standing;
    this.beginFile();
    this.previous = previous;
    this.instance = instance;
    this.subgraph = this.owner.subgraph;
    this.unsealed = 0;
    return line.entry.breach;
  }

  /** Takes the last line of a part after its first one, without those between them. @returns what is wrong with it */
  leap(text: string): Wrong {
    const line = readLine(text);
    if (line?.entry.kind !== 'seal' || !line.isWhole) return 'the last line of a part is a seal, and this one is not';
    const wrong = this.sealWrong(line, line.entry as Seal);
    if (wrong !== undefined) return wrong;
    const { number, hash, at } = line.entry;
    if (number < this.standing.number) return 'its last line comes before its first';
    this.standing = { number, hash, at };
    this.seal = line.entry as Seal;
    return undefined;
  }

  /** @returns what is wrong with the line */
  take(text: string): Wrong {
    const line = readLine(text);
    if (!line) return 'it is not an entry of a record, or an earlier release wrote it';
    const { entry } = line;
    const wrong = this.linkWrong(line) ?? this.timeWrong(entry) ?? this.kindWrong(line);
    if (wrong !== undefined) return wrong;
    this.standing = { number: entry.number, hash: entry.hash, at: entry.at };
    this.entry = entry;
    this.count(line);
    return undefined;
  }

  private count({ entry, body, proof: [, value] }: ReadLine): void {
    if (entry.behind !== undefined) this.setBack += 1;
    if (entry.kind === 'seal') {
      this.unsealed = 0;
      this.foreign = undefined;
      this.seal = entry as Seal;
      return;
    }
    if (this.unsealed === 0) this.unsealedAt = entry.at;
    this.unsealed += 1;
    if (this.own && this.own.mac(body)[1] !== value) this.foreign ??= entry.number;
  }

  private linkWrong({ entry, isWhole }: ReadLine): Wrong {
    const { number, hash } = this.standing;
    if (entry.number !== number + 1) return `it is number ${entry.number}, and ${number + 1} should stand here`;
    if (entry.before !== hash) return 'it does not follow the line before it: one was changed, removed or added';
    if (!isWhole) return 'it was changed after it was written';
    this.subgraph ??= entry.subgraph;
    if (entry.subgraph !== this.subgraph)
      return `it belongs to the record of "${entry.subgraph}", not of "${this.subgraph}"`;
    return undefined;
  }

  private timeWrong({ at, behind, kind }: Entry): Wrong {
    const before = this.standing.at;
    // only where the parts before are not there
    if (before === '') return undefined;
    if (at < before ? behind !== before : behind !== undefined)
      return at < before
        ? `it is dated ${at}, before the line before it (${before}), and does not say that the clock was set back`
        : 'it says that the clock was set back, and it was not';
    if (kind === 'seal' || this.unsealed === 0) return undefined;
    if (Date.parse(at) - Date.parse(this.unsealedAt) > SEAL_MS)
      return `a seal is missing before it: the last ${this.unsealed} lines are older than ${SEAL_MS / 1_000} s`;
    return undefined;
  }

  private kindWrong(line: ReadLine): Wrong {
    const { entry } = line;
    if (entry.kind === 'seal') return this.sealWrong(line, entry as Seal);
    if (this.first === 0) return 'a file of a record begins with a seal, and this line is not one';
    if (this.unsealed >= SEAL_ENTRIES)
      return `a seal is missing before it: there are ${this.unsealed} lines without one`;
    if (entry.kind === 'keys') {
      if (listDigest(entry.keys) !== entry.list) return 'its list of keys is not that of its digest';
      this.lists.add(entry.list);
    }
    const lists = entry.kind === 'read' ? entry.objects.flatMap((objects) => objects.lists ?? []) : [];
    const missing = lists.find((list) => !this.lists.has(list));
    return missing === undefined ? undefined : `it refers to a list of keys that is not in this file (${missing})`;
  }

  private sealWrong({ body }: ReadLine, seal: Seal): Wrong {
    const { keyId, subgraph, record, instance, first, previous, number } = seal;
    const sealedBy = this.keys.subgraphsOf(keyId);
    if (!sealedBy) {
      this.unknownKey = keyId;
      return `it is sealed by a key that is not among those named ("${keyId}")`;
    }
    if (!sealedBy.has(subgraph))
      return `it belongs to the record of "${subgraph}", and is sealed by the key of ${namesOf(sealedBy)}`;
    if (!this.keys.isSigned(body, seal)) return 'its signature is not valid: the record before it was written anew';
    if (record !== this.owner.record) return `it seals the record "${record}", not "${this.owner.record}"`;
    if (!isRecordOf(record, subgraph)) return `it seals the record "${record}" in the name of "${subgraph}"`;
    this.instance ??= instance;
    if (instance !== this.instance) return 'it seals another record of the same name';
    const begins = this.first === 0;
    if (first !== (begins ? number : this.first) || previous !== this.previous)
      return 'it seals another file: a part was removed, replaced or put elsewhere';
    this.first = first;
    return undefined;
  }
}
