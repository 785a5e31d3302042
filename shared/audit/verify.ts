import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { JWK } from 'jose';
import { type Entry, FIRST, hashOf, sealText } from './entry';

/** What is wrong with a record, and where. */
export interface Flaw {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly what: string;
}

export interface Verification {
  /** The first entry that is there; those before it, if any, were put away and removed. */
  readonly from: number;
  readonly entries: number;
  /** Entries up to the last signature. What comes after it, somebody who can write the file could have made up. */
  readonly sealed: number;
  readonly head: string;
  /** When the last entry was written; empty of no entries. */
  readonly lastAt: string;
  /** The first only: whatever follows it is not known to be true. */
  readonly flaw: Flaw | undefined;
}

/**
 * Reads a record from its beginning and says whether it is as it was written.
 * @param files of the record, in order: see `parts.ts` @param keys public keys of those who seal it
 */
export async function verifyRecord(files: readonly string[], keys: readonly JWK[]): Promise<Verification> {
  let [from, entries, sealed, head, lastAt] = [1, 0, 0, FIRST, ''];
  for (const file of files) {
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      const entry = readEntry(text);
      if (entry && entries === 0 && isBeginningOfPart(entry)) {
        from = entry.number;
        head = entry.before;
      }
      const what = entry ? flawOf(entry, from + entries, head, lastAt, keys) : 'it is no entry of a record';
      if (!entry || what) return { from, entries, sealed, head, lastAt, flaw: { file, line, what: what! } };
      entries += 1;
      head = entry.hash;
      lastAt = entry.at;
      if (entry.kind === 'checkpoint') sealed = entries;
    }
  }
  return { from, entries, sealed, head, lastAt, flaw: undefined };
}

/** What comes first when the parts before it are gone: a signature of what they came to. */
const isBeginningOfPart = ({ kind, number }: Entry): boolean => kind === 'checkpoint' && number > 1;

function readEntry(text: string): Entry | undefined {
  try {
    const entry = JSON.parse(text) as Entry;
    return typeof entry === 'object' && entry !== null && typeof entry.number === 'number' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function flawOf(
  entry: Entry,
  number: number,
  before: string,
  lastAt: string,
  keys: readonly JWK[],
): string | undefined {
  if (entry.number !== number) return `it is number ${entry.number}, and ${number} should stand here`;
  if (entry.before !== before) return 'it does not follow the line before it: one was changed, removed or put in';
  if (hashOf(entry) !== entry.hash) return 'it was changed after it was written';
  if (entry.at < lastAt) return 'it is dated before the line before it';
  if (entry.kind !== 'checkpoint') return undefined;
  const jwk = keys.find(({ kid }) => kid === entry.keyId);
  if (!jwk) return `it is sealed by a key that is not among those given ("${entry.keyId}")`;
  const holds = verifySignature(
    null,
    sealText(entry.subgraph, entry.number, entry.before),
    createPublicKey({ key: jwk as never, format: 'jwk' }),
    Buffer.from(entry.signature, 'base64url'),
  );
  return holds ? undefined : 'its signature does not hold: the record before it was written anew';
}
