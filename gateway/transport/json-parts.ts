/** Bytes up to which a text has too few parts to matter. */
const SMALL = 1024 * 1024;

/** Maximum parts of a JSON text. Parsing takes time and memory for each, of which a hostile text has far more than its bytes suggest. */
export const MAX_PARTS = {
  /** Objects and lists. */
  containers: 1_000_000,
  /** Members of objects and elements of lists. */
  values: 3_000_000,
  /** Different keys. An answer has no more than its operation has names, besides those in custom scalars and errors. */
  keys: 50_000,
} as const;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN = 0x7b;

/** Bits of a hash that the table of keys has. Keys that share a place count once: of 50,000 that is one in forty. */
const TABLE_BITS = 20;
/** So that no text can be made of keys that share a place. */
const SEED = Math.floor(Math.random() * 2 ** 32);

/**
 * What a JSON text has too many of, such as `more than 50000 different keys`; undefined if it may be parsed. Takes a fraction of the time of
 * parsing. The text need not be valid.
 */
export function excessOf(bytes: Buffer): string | undefined {
  const { length } = bytes;
  if (length <= SMALL) return undefined;
  const seen = new Uint8Array(2 ** TABLE_BITS);
  let [containers, values, keys] = [0, 0, 0];
  for (let at = 0; at < length; at++) {
    const code = bytes[at]!;
    if (code === QUOTE) {
      let hash = SEED;
      for (at += 1; at < length && bytes[at] !== QUOTE; at++) {
        hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
        // the character after it ends no string
        if (bytes[at] === BACKSLASH) {
          at += 1;
          hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
        }
      }
      let next = at + 1;
      while (isSpace(bytes[next])) next += 1;
      if (bytes[next] !== COLON) continue;
      const place = (hash ^ (hash >>> 15)) >>> (32 - TABLE_BITS);
      if (seen[place] === 1) continue;
      seen[place] = 1;
      keys += 1;
      if (keys > MAX_PARTS.keys) return `more than ${MAX_PARTS.keys} different keys`;
    } else if (code === COMMA) {
      values += 1;
      if (values > MAX_PARTS.values) return `more than ${MAX_PARTS.values} values`;
    } else if (code === OPEN || code === OPEN_LIST) {
      containers += 1;
      if (containers > MAX_PARTS.containers) return `more than ${MAX_PARTS.containers} objects and lists`;
    }
  }
  return undefined;
}

const isSpace = (code: number | undefined): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
