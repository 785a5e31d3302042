import type { Clock } from '#base/clock';
import type { Origin } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import {
  type Breach,
  type Happening,
  type Housekeeping,
  LIST_KEYS,
  lineOf,
  listDigest,
  type ReadObjects,
  SEAL_ENTRIES,
  SEAL_MS,
  type Seal,
  type Unproved,
} from './entry';
import type { SealingKey } from './seal';

/** Maximum keys of one class in the line of the read itself; longer lists get separate lines. */
const INLINE_KEYS = 20;
/** Lists of a file to remember, so that the same keys are not written twice. */
const MAX_REMEMBERED_LISTS = 10_000;

/** State of a record after its last line. */
export interface ComposerState {
  readonly number: number;
  readonly hash: string;
  readonly at: string;
  readonly first: number;
  readonly previous: string;
  readonly unsealed: number;
  readonly unsealedAt: string;
  /** The last seal; undefined before the first. */
  readonly seal: Seal | undefined;
  /** Last seal that covers more than seals of other records. Only these are published, or records would answer each other forever. */
  readonly news: Seal | undefined;
  readonly isNews: boolean;
}

/** Composes the lines of a record, with seals at least as often as required. */
export class Composer {
  private readonly lists = new Set<string>();

  constructor(
    private readonly owner: { readonly record: string; readonly subgraph: string; readonly instance: string },
    private readonly key: SealingKey,
    private readonly clock: Clock,
    private current: ComposerState,
  ) {}

  get state(): ComposerState {
    return this.current;
  }

  /** Discards everything composed since a state. */
  restore(state: ComposerState): void {
    this.current = state;
    this.lists.clear();
  }

  /** Line of an event, preceded by any due seal and new lists of keys. */
  lines(who: Principal | null, origin: Origin | null, what: Happening): string[] {
    const lines: string[] = [];
    const add = (happening: Happening | Housekeeping, by = who, from = origin) => {
      if (this.isSealDue()) lines.push(this.seal());
      lines.push(this.line(by, from, happening));
    };
    if (what.kind !== 'read') add(what);
    else {
      const objects = what.objects.map((read) => {
        const lists = read.keys.length <= INLINE_KEYS ? undefined : this.listsOf(read.keys);
        for (const { list, keys, isNew } of lists ?? []) if (isNew) add({ kind: 'keys', list, keys }, null, null);
        return lists ? ({ ...read, keys: [], lists: lists.map(({ list }) => list) } satisfies ReadObjects) : read;
      });
      add({ ...what, objects });
    }
    return lines;
  }

  private listsOf(keys: readonly string[]): { list: string; keys: readonly string[]; isNew: boolean }[] {
    return Array.from({ length: Math.ceil(keys.length / LIST_KEYS) }, (_, place) => {
      const chunk = keys.slice(place * LIST_KEYS, (place + 1) * LIST_KEYS);
      const list = listDigest(chunk);
      const isNew = !this.lists.has(list);
      if (isNew && this.lists.size >= MAX_REMEMBERED_LISTS) this.lists.delete(this.lists.values().next().value!);
      this.lists.add(list);
      return { list, keys: chunk, isNew };
    });
  }

  private isSealDue(): boolean {
    const { unsealed, unsealedAt } = this.current;
    if (unsealed === 0) return false;
    return unsealed >= SEAL_ENTRIES || this.clock.now().getTime() - Date.parse(unsealedAt) > SEAL_MS;
  }

  /** A seal of the file up to here. */
  seal(breach?: Breach): string {
    const { record, instance } = this.owner;
    const { first, previous } = this.current;
    return this.line(null, null, { kind: 'seal', record, instance, first, previous, keyId: this.key.id, breach });
  }

  /** At shutdown, the last seal is published whatever it covers. */
  end(): void {
    this.current = { ...this.current, news: this.current.seal };
  }

  /** First line of a new file. */
  beginFile(breach?: Breach): string {
    this.lists.clear();
    const { number, hash } = this.current;
    const isNews = this.current.isNews || number === 0 || breach !== undefined;
    this.current = { ...this.current, first: number + 1, previous: hash, isNews };
    return this.seal(breach);
  }

  private line(who: Principal | null, origin: Origin | null, what: Happening | Housekeeping): string {
    const { current, key } = this;
    const at = this.clock.now().toISOString();
    const number = current.number + 1;
    const entry: Unproved = {
      number,
      at,
      ...(at < current.at ? { behind: current.at } : {}),
      subgraph: this.owner.subgraph,
      who: who && withoutScopes(who),
      origin,
      before: current.hash,
      ...what,
    };
    const { text, hash } = lineOf(entry, what.kind === 'seal' ? key.seal : key.mac);
    this.current =
      what.kind === 'seal' ? this.sealed(number, hash, at, text) : this.grown(number, hash, at, what.kind !== 'head');
    return `${text}\n`;
  }

  private sealed(number: number, hash: string, at: string, text: string): ComposerState {
    const seal = JSON.parse(text) as Seal;
    const { current } = this;
    return {
      ...current,
      number,
      hash,
      at,
      unsealed: 0,
      seal,
      news: current.isNews ? seal : current.news,
      isNews: false,
    };
  }

  private grown(number: number, hash: string, at: string, isNews: boolean): ComposerState {
    const { current } = this;
    const unsealedAt = current.unsealed === 0 ? at : current.unsealedAt;
    return {
      ...current,
      number,
      hash,
      at,
      unsealed: current.unsealed + 1,
      unsealedAt,
      isNews: current.isNews || isNews,
    };
  }
}

const withoutScopes = ({ scopes: _scopes, ...who }: Principal): Unproved['who'] => who;
