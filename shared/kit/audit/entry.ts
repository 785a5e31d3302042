import { hash as hashed } from 'node:crypto';
import type { Origin } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import { roleSpec } from '#base/identity/roles';
import type { Protected } from '../policy/policy';

/** Objects of one type of which fields of one class were read, or which were listed without such fields. */
export interface ReadObjects {
  readonly type: string;
  readonly sensitivity: Protected;
  /** Keys of the objects, never field values. Empty in a line whose keys are in {@link lists}. */
  readonly keys: readonly string[];
  readonly count: number;
  /** Digests of the lists with the keys: lines of kind `keys` earlier in the same file. */
  readonly lists?: readonly string[];
  /** Only the existence of the objects was revealed, no field of a recorded class. The class is that of their type. */
  readonly idsOnly?: true;
}

/** Use of protected fields of one type and class by lists. A caller who filters by a field learns its values without reading it. */
export interface FieldsUsed {
  readonly type: string;
  readonly sensitivity: Protected;
  /** `list`: objects of the type were listed. */
  readonly how: 'filter' | 'order' | 'count' | 'aggregate' | 'list';
  /** Sorted field names, never values. Empty for `list`. */
  readonly fields: readonly string[];
}

/** Why the record before a new part is broken. */
export interface Breach {
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly what: string;
}

/** Additional members of a seal. Its signature covers the whole line. */
export interface Sealing {
  readonly kind: 'seal';
  /** Name of the record in its folder. */
  readonly record: string;
  /** Random id of the record, which never changes. */
  readonly instance: string;
  /** Number of the first entry in the seal's file. */
  readonly first: number;
  /** Hash of the last line of the previous part; 64 zeros in the first part. */
  readonly previous: string;
  readonly keyId: string;
  /** Only in the first line of a part that follows a broken one. */
  readonly breach?: Breach;
}

/** Events that a record documents. */
export type Happening =
  | { readonly kind: 'read'; readonly objects: readonly ReadObjects[]; readonly uses?: readonly FieldsUsed[] }
  | {
      readonly kind: 'attempt';
      readonly mutation: string;
      readonly inputDigest: string;
      /** Digest of the idempotency key, which links an attempt to its change. */
      readonly key?: string;
    }
  | {
      readonly kind: 'change';
      readonly mutation: string;
      readonly object: string;
      readonly replayed: boolean;
      readonly key?: string;
      /** Place among the changes of a bulk mutation, from 1, and their number. Undefined for a mutation of one object. */
      readonly part?: readonly [place: number, of: number];
      /** Recovered from the database, after the process stopped or lost its connection before it knew of the commit. */
      readonly recovered?: true;
    }
  /** Newest seal of another record, for which this one vouches. */
  | { readonly kind: 'head'; readonly head: Seal };

export type Change = Happening & { readonly kind: 'change' };

/** A change of each object of one call. The last one completes the attempt, so a crash between the lines loses no change. */
export function changesOf(
  call: Omit<Change, 'kind' | 'object' | 'part'>,
  objects: readonly string[],
): readonly Change[] {
  const isBulk = objects.length > 1;
  return objects.map((object, index) => ({
    kind: 'change',
    ...call,
    object,
    ...(isBulk ? { part: [index + 1, objects.length] as const } : {}),
  }));
}

/** Lines that the record adds by itself. */
export type Housekeeping =
  | Sealing
  /** Keys to which reads in the same file refer by the digest of the list. */
  | { readonly kind: 'keys'; readonly list: string; readonly keys: readonly string[] };

interface Line {
  /** From 1, without gaps. Defines the order, since clocks can be set back. */
  readonly number: number;
  /** RFC 3339, UTC, by the clock of the process. */
  readonly at: string;
  /** Time of the previous line if it is later, because the clock was set back. */
  readonly behind?: string;
  readonly subgraph: string;
  readonly who: Omit<Principal, 'scopes'> | null;
  readonly origin: Origin | null;
  /** Hash of the previous line; 64 zeros in the first line. */
  readonly before: string;
  /** SHA-256 of the line's text before this member. */
  readonly hash: string;
}

/** A line of the record. A seal has a `signature`; other lines have a `mac`, by which the process recognizes its own lines. */
export type Entry = Line & ((Happening & { readonly mac?: string }) | (Housekeeping & { readonly mac?: string }));
/** A seal, which covers the record up to here. */
export type Seal = Line & Sealing & { readonly signature: string };

/** An entry without hash and proof. */
export type Unproved = Omit<Line, 'hash'> & (Happening | Housekeeping);

/** The hash before the first line. */
export const FIRST = '0'.repeat(64);

/** Maximum lines between two seals. */
export const SEAL_ENTRIES = 1_000;
/** Maximum milliseconds between an unsealed line and the next line without a seal between them. */
export const SEAL_MS = 60_000;
/** Maximum keys of one list. */
export const LIST_KEYS = 1_000;

const HASH_BYTES = 75;
// one call, since creating a hash object costs more than hashing a line
const sha256 = (text: string): string => hashed('sha256', text);

export const listDigest = (keys: readonly string[]): string => sha256(keys.join('\n')).slice(0, 32);

/** Proof of a line's origin: a `mac`, or the `signature` of a seal. */
export type Proof = readonly [name: 'mac' | 'signature', value: string];

/** Text and hash of an entry. @param prove proves the text of the line before the proof */
export function lineOf(
  entry: Unproved,
  prove: (text: string) => Proof,
): { readonly text: string; readonly hash: string } {
  const body = JSON.stringify(entry).slice(0, -1);
  const [name, value] = prove(body);
  const proved = `${body},"${name}":"${value}"`;
  const hash = sha256(proved);
  return { text: `${proved},"hash":"${hash}"}`, hash };
}

/** A parsed line. */
export interface ReadLine {
  readonly entry: Entry;
  /** Text that the proof covers. */
  readonly body: string;
  readonly proof: Proof;
  /** Whether the hash matches the text. */
  readonly isWhole: boolean;
}

/** Undefined for text that is not a line of a record of this release. */
export function readLine(text: string): ReadLine | undefined {
  const proved = text.slice(0, -HASH_BYTES);
  const [, hash] = /^,"hash":"([0-9a-f]{64})"\}$/.exec(text.slice(-HASH_BYTES)) ?? [];
  const entry = hash === undefined ? undefined : parsed(text);
  if (!entry) return undefined;
  const name = entry.kind === 'seal' ? 'signature' : 'mac';
  const place = proved.lastIndexOf(`,"${name}":"`);
  const value = (entry as unknown as Record<string, unknown>)[name];
  if (place < 0 || typeof value !== 'string' || proved.slice(place) !== `,"${name}":"${value}"`) return undefined;
  return { entry, body: proved.slice(0, place), proof: [name, value], isWhole: sha256(proved) === hash };
}

function parsed(text: string): Entry | undefined {
  try {
    const entry = JSON.parse(text) as Entry | null;
    return Number.isSafeInteger(entry?.number) && typeof entry?.at === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a government role asked. Entries of earlier releases have roles only. */
export const isOfGovernment = (who: Entry['who']): boolean =>
  (who?.governmentRoles ?? who?.roles.filter((role) => roleSpec(role)?.isGovernment) ?? []).length > 0;
