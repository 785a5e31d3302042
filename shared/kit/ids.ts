import { createHash, randomFillSync } from 'node:crypto';
import { ulid } from 'ulid';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const PREFIX = /^[a-z]{3}$/;

/** Validates the prefix of a type's ids: three lower-case letters. Composition rejects a prefix that two types use. */
export function idPrefix(prefix: string): string {
  if (!PREFIX.test(prefix)) throw new Error(`"${prefix}" is not a valid id prefix: use three lower-case letters`);
  return prefix;
}

/** Random bytes in stock: a call for each digit would cost more than all else about an insert. */
const stock = Buffer.alloc(4_096);
let used = stock.length;

/** A random number from 0 to 1, exclusive, from a cryptographic source. */
function random(): number {
  if (used === stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  const byte = stock[used]!;
  used += 1;
  return byte / 256;
}

/**
 * Creates an id: a prefix and a ULID whose time is the start of the month. Ids are public, but the time of creation may not be, such as
 * that of a submission. Ids of later months sort later, so that new rows are stored close together.
 */
export function newId(prefix: string, now: string): string {
  return `${prefix}_${ulid(Date.parse(`${now.slice(0, 7)}-01T00:00:00Z`), random)}`;
}

/**
 * Creates a deterministic id for imported and generated objects: a prefix and 26 Crockford base-32 digits, as in a ULID, from a SHA-256
 * digest of the parts. 130 bits make accidental collisions negligible.
 */
export function stableId(prefix: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  let bits = 0n;
  for (const byte of digest.subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = CROCKFORD[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** Id of a public model version by its label in published benchmarks; the same in every subgraph. */
export function publishedVersionId(label: string): string {
  return stableId('mdv', 'public', label.trim());
}
