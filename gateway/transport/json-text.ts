import { createHash } from 'node:crypto';

/**
 * The text of a JSON value; long texts are UTF-8 bytes. Decoding, joining, and encoding a long string would copy all of it each
 * time, into memory that V8 allocates for it alone: see docs/performance.md.
 */
export type JsonText = string | Buffer;

/** Minimum bytes of a long text: objects of this size do not fit into V8's shared pages. */
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

/** A key that is equal exactly for equal texts of one form; a digest for long texts. */
export function keyOfText(text: JsonText): string {
  return typeof text === 'string' ? text : createHash('sha256').update(text).digest('base64');
}
