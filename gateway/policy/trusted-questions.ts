import { createHash } from 'node:crypto';
import { withoutAlgorithm } from './trusted-documents';

/** Saved questions that every caller may send, as the registry last listed them. */
export class TrustedQuestions {
  /** Texts by SHA-256 in hexadecimal. */
  private byHash: ReadonlyMap<string, string> = new Map();

  /** The text of a document id: the SHA-256 of the text in hexadecimal, also with the prefix `sha256:`. */
  textOf(id: string): string | undefined {
    return this.byHash.get(withoutAlgorithm(id));
  }

  has(text: string): boolean {
    return this.byHash.size > 0 && this.byHash.has(hashOf(text));
  }

  get count(): number {
    return this.byHash.size;
  }

  /** Replaces all of them. Ids follow from the texts: what a list says about its ids does not matter. */
  replace(texts: readonly string[]): void {
    this.byHash = new Map(texts.map((text) => [hashOf(text), text]));
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
