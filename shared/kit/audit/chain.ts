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

/** Quoted names of subgraphs, for messages. */
export const namesOf = (subgraphs: Iterable<string>): string =>
  [...subgraphs].map((subgraph) => `"${subgraph}"`).join(' and ');

/** What is wrong with a line, for messages; undefined if nothing is. */
type Wrong = string | undefined;

/** Owner of a record. Without a subgraph, the first entry determines it. */
export interface Owner {
  readonly record: string;
  readonly subgraph?: string;
}

/** State of a record after a line. */
export interface Standing {
  readonly number: number;
  readonly hash: string;
  readonly at: string;
}

export const BEGINNING: Standing = { number: 0, hash: FIRST, at: '' };

/**
 * Verifies the lines of a record in order and says what is wrong with the first invalid one. Both `ordergraph audit verify` and the
 * process that continues a record use it.
 */
export class Chain {
  /** Lines since the last seal. */
  unsealed = 0;
  /** Time of the first of them. */
  unsealedAt = '';
  /** Last seal. */
  seal: Seal | undefined;
  /** Key id of a seal whose key is not configured. */
  unknownKey: string | undefined;
  /** Number of lines before which the clock was set back. */
  setBack = 0;
  instance: string | undefined;
  subgraph: string | undefined;
  /** First line after the last seal that was not written with the process's key. */
  foreign: number | undefined;
  /** Last verified line. */
  entry: Entry | undefined;
  /** Number of the first entry of the file; 0 before it. */
  first = 0;
  previous = FIRST;
  private readonly lists = new Set<string>();

  constructor(
    private readonly owner: Owner,
    private readonly keys: SealKeys,
    public standing: Standing = BEGINNING,
    /** Key of the process, which recognizes its own lines; the command has none. */
    private readonly key?: SealingKey,
  ) {
    this.subgraph = owner.subgraph;
  }

  /** Begins a file of the record: its first line must be a seal. */
  beginFile(): void {
    this.first = 0;
    this.previous = this.standing.hash;
    this.lists.clear();
  }

  /** Continues at a signed first line of a part that follows a break. @returns the break; undefined for any other line */
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

  /** Verifies the last line of a part after its first line, skipping those between. @returns what is wrong with it */
  leap(text: string): Wrong {
    const line = readLine(text);
    if (line?.entry.kind !== 'seal' || !line.isWhole)
      return 'the last line of a part must be a seal, and this line is not';
    const wrong = this.sealWrong(line, line.entry as Seal);
    if (wrong !== undefined) return wrong;
    const { number, hash, at } = line.entry;
    if (number < this.standing.number) return 'the last line has a lower number than the first';
    this.standing = { number, hash, at };
    this.seal = line.entry as Seal;
    return undefined;
  }

  /** Verifies the next line. @returns what is wrong with it */
  take(text: string): Wrong {
    const line = readLine(text);
    if (!line) return 'it is not an entry of a record, or was written by an earlier release';
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
    if (this.key && this.key.mac(body)[1] !== value) this.foreign ??= entry.number;
  }

  private linkWrong({ entry, isWhole }: ReadLine): Wrong {
    const { number, hash } = this.standing;
    if (entry.number !== number + 1) return `it has number ${entry.number}; expected ${number + 1}`;
    if (entry.before !== hash) return 'it does not follow the previous line: a line was changed, removed, or added';
    if (!isWhole) return 'it was changed after it was written';
    this.subgraph ??= entry.subgraph;
    if (entry.subgraph !== this.subgraph)
      return `it belongs to the record of "${entry.subgraph}", not of "${this.subgraph}"`;
    return undefined;
  }

  private timeWrong({ at, behind, kind }: Entry): Wrong {
    const before = this.standing.at;
    // earlier parts are missing
    if (before === '') return undefined;
    if (at < before ? behind !== before : behind !== undefined)
      return at < before
        ? `it is dated ${at}, earlier than the previous line (${before}), without a note that the clock was set back`
        : 'it notes that the clock was set back, which is not the case';
    if (kind === 'seal' || this.unsealed === 0) return undefined;
    if (Date.parse(at) - Date.parse(this.unsealedAt) > SEAL_MS)
      return `a seal is missing before it: the last ${this.unsealed} lines are older than ${SEAL_MS / 1_000} s`;
    return undefined;
  }

  private kindWrong(line: ReadLine): Wrong {
    const { entry } = line;
    if (entry.kind === 'seal') return this.sealWrong(line, entry as Seal);
    if (this.first === 0) return 'each file of a record must begin with a seal, and this line is not a seal';
    if (this.unsealed >= SEAL_ENTRIES) return `a seal is missing before it: ${this.unsealed} lines have none`;
    if (entry.kind === 'keys') {
      if (listDigest(entry.keys) !== entry.list) return 'its list of keys does not match its digest';
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
      return `it is sealed with the unknown key "${keyId}"`;
    }
    if (!sealedBy.has(subgraph))
      return `it belongs to the record of "${subgraph}", but is sealed with the key of ${namesOf(sealedBy)}`;
    if (!this.keys.isSigned(body, seal)) return 'its signature is invalid: the record before it was rewritten';
    if (record !== this.owner.record) return `it seals the record "${record}", not "${this.owner.record}"`;
    if (!isRecordOf(record, subgraph)) return `it seals the record "${record}" in the name of "${subgraph}"`;
    this.instance ??= instance;
    if (instance !== this.instance) return 'it seals another record of the same name';
    const begins = this.first === 0;
    if (first !== (begins ? number : this.first) || previous !== this.previous)
      return 'it seals another file: a part was removed, replaced, or moved';
    this.first = first;
    return undefined;
  }
}
