import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Estimated bytes of what is derived from one selection, and of a derived value without selections. */
const BYTES_A_SELECTION = 1_000;
const BYTES_A_VALUE = 2_000;

/** Estimated bytes of a value that is derived from a document. @param characters of the texts that belong to it */
export const derivedBytes = (selections: number, characters: number): number =>
  BYTES_A_VALUE + selections * BYTES_A_SELECTION + characters;

interface Entry<T> {
  readonly value: T;
  readonly key: string;
  /** Keys cached for the same document. */
  readonly siblings: Set<string>;
}

/**
 * Values derived from documents, such as their normalized operations. One limit applies to the values of all documents: the size of a value
 * follows neither from the length of its document, whose fragments multiply, nor from their number.
 */
export class DocumentCache<T> {
  private readonly documents = new WeakMap<DocumentNode, { readonly id: number; readonly keys: Set<string> }>();
  private readonly entries: LRUCache<string, Entry<T>>;
  private ids = 0;

  /** @param maxBytes of all values @param bytesOf estimated bytes of one */
  constructor(maxBytes: number, bytesOf: (value: T) => number) {
    this.entries = new LRUCache({
      maxSize: maxBytes,
      // the key is in the cache and in its document's set
      sizeCalculation: ({ value, key }) => bytesOf(value) + key.length,
      dispose: ({ key, siblings }) => siblings.delete(key),
    });
  }

  /** Estimated bytes of all values. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }

  /** The value of a document under a key, derived anew if it is not cached. */
  get(document: DocumentNode, key: string, derive: () => T): T {
    let known = this.documents.get(document);
    if (!known) {
      known = { id: this.ids++, keys: new Set() };
      this.documents.set(document, known);
    }
    const { id, keys: siblings } = known;
    const cached = this.entries.get(`${id}\n${key}`);
    if (cached) return cached.value;
    const value = derive();
    siblings.add(key);
    // a value above the limit is not kept
    this.entries.set(`${id}\n${key}`, { value, key, siblings });
    if (!this.entries.has(`${id}\n${key}`)) siblings.delete(key);
    return value;
  }

  /** Keys cached for a document, most recently derived first. */
  keys(document: DocumentNode): string[] {
    return [...(this.documents.get(document)?.keys ?? [])].reverse();
  }
}
