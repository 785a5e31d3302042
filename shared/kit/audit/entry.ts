import { hash as hashed } from 'node:crypto';
import type { Origin } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import { roleSpec } from '#base/identity/roles';
import type { Protected } from '../policy/policy';

/** Objects of one type whose fields of one class were read, or which were shown without such a field. */
export interface ReadObjects {
  readonly type: string;
  readonly sensitivity: Protected;
  /** Their keys, never what was read of them. Empty in a line whose keys are in {@link lists}. */
  readonly keys: readonly string[];
  readonly count: number;
  /** Digests of the lists that hold the keys: lines of kind `keys` earlier in the same file. */
  readonly lists?: readonly string[];
  /** No field of a recorded class was read of them: only which objects there are. The class is that of their type. */
  readonly idsOnly?: true;
}

/** How lists used protected fields of one type and class. A caller who filters by a value learns about it without reading it. */
export interface FieldsUsed {
  readonly type: string;
  readonly sensitivity: Protected;
  /** `list`: objects of the type were listed. */
  readonly how: 'filter' | 'order' | 'count' | 'list';
  /** Field names, sorted; never the values they were compared with. Empty of `list`. */
  readonly fields: readonly string[];
}

/** Why a process began a new part although the record before it was not intact. */
export interface Breach {
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly what: string;
}

/** What a seal says beside what every line says. Its signature covers all of the line. */
export interface Sealing {
  readonly kind: 'seal';
  /** Name of the record among those of its folder. */
  readonly record: string;
  /** Random id of the record, from its beginning. */
  readonly instance: string;
  /** Number of the first entry of the file that the seal is in. */
  readonly first: number;
  /** The hash of the last line of the part before; of the first part, 64 zeros. */
  readonly previous: string;
  readonly keyId: string;
  /** Only in the first line of a part that follows a broken one. */
  readonly breach?: Breach;
}

/** What happened. */
export type Happening =
  | { readonly kind: 'read'; readonly objects: readonly ReadObjects[]; readonly uses?: readonly FieldsUsed[] }
  | {
      readonly kind: 'attempt';
      readonly mutation: string;
      readonly inputDigest: string;
      /** Digest of the idempotency key, by which the attempt's change is found. */
      readonly key?: string;
    }
  | {
      readonly kind: 'change';
      readonly mutation: string;
      readonly object: string;
      readonly replayed: boolean;
      readonly key?: string;
      /** Found in the database: the process had stopped, or lost its connection, before it knew of the commit. */
      readonly recovered?: true;
    }
  /** The newest seal of another record, for which this one vouches from now on. */
  | { readonly kind: 'head'; readonly head: Seal };

/** Lines that the record adds by itself. */
export type Housekeeping =
  | Sealing
  /** Keys that reads of the same file refer to by the digest of the list. */
  | { readonly kind: 'keys'; readonly list: string; readonly keys: readonly string[] };

interface Line {
  /** From 1, without a gap. The order of the record: clocks can be set back. */
  readonly number: number;
  /** RFC 3339, UTC: what the clock of the process showed. */
  readonly at: string;
  /** The time of the line before, where that is later: the clock was set back. */
  readonly behind?: string;
  readonly subgraph: string;
  readonly who: Omit<Principal, 'scopes'> | null;
  readonly origin: Origin | null;
  /** The hash of the line before; of the first, 64 zeros. */
  readonly before: string;
  /** SHA-256 of all of the line before this member, as it is written. */
  readonly hash: string;
}

/** A line of the record. A seal has a `signature`; every other line a `mac`, by which the process that wrote it knows it again. */
export type Entry = Line & ((Happening & { readonly mac?: string }) | (Housekeeping & { readonly mac?: string }));
/** A seal, and by it the record up to there. */
export type Seal = Line & Sealing & { readonly signature: string };

/** An entry before it has its hash. */
export type Unproved = Omit<Line, 'hash'> & (Happening | Housekeeping);

/** The hash before the first line. */
export const FIRST = '0'.repeat(64);

/** Most lines between two seals. */
export const SEAL_ENTRIES = 1_000;
/** Milliseconds after a line without a seal in which no other line follows without one. */
export const SEAL_MS = 60_000;
/** Most keys of one list. */
export const LIST_KEYS = 1_000;

const HASH_BYTES = 75;
// in one call: a hash object costs more than the hash of a line
const sha256 = (text: string): string => hashed('sha256', text);

export const listDigest = (keys: readonly string[]): string => sha256(keys.join('\n')).slice(0, 32);

/** What proves where a line comes from: `mac` of a process's own key, or the `signature` of a seal. */
export type Proof = readonly [name: 'mac' | 'signature', value: string];

/** An entry as it is written. @param prove over all of the line that comes before the proof */
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

/** A line as it was read. */
export interface ReadLine {
  readonly entry: Entry;
  /** What its proof is over. */
  readonly body: string;
  readonly proof: Proof;
  /** Whether its hash is that of its text. */
  readonly isWhole: boolean;
}

/** Undefined for what is no line of a record of this release. */
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
