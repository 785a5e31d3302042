import { createHash } from 'node:crypto';

/**
 * The text of a JSON value; as UTF-8 where it is long. A long string is decoded, joined and encoded again by copying all of it each
 * time, into memory that V8 gets for it alone and gives back: see docs/performance.md.
 */
export type JsonText = string | Buffer;

/** Bytes from which text is long: what does not fit into the pages that V8 has for many. */
export const LONG_TEXT = 131_072;

export function joined(texts: readonly JsonText[]): JsonText {
  if (texts.length === 1) return texts[0]!;
  if (texts.every((text) => typeof text === 'string')) return texts.join('');
  return Buffer.concat(texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text)));
}

export function isSameText(a: JsonText, b: JsonText): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b;
  return Buffer.from(a as string).equals(Buffer.from(b as string));
}

/** What is the same for texts of one form that are the same, and for no others: a digest of the long. */
export function keyOfText(text: JsonText): string {
  return typeof text === 'string' ? text : createHash('sha256').update(text).digest('base64');
}
