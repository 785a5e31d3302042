import { createHash } from 'node:crypto';
import type { Principal } from '../identity/principal';
import type { Protected } from '../policy/policy';

/** Objects of one type whose fields of one class were read. */
export interface ReadObjects {
  readonly type: string;
  readonly sensitivity: Protected;
  /** Their keys, the first thousand of them. Never what was read of them. */
  readonly keys: readonly string[];
  readonly count: number;
}

/** How lists used protected fields of one type and class. A caller who filters by a value learns about it without reading it. */
export interface FieldsUsed {
  readonly type: string;
  readonly sensitivity: Protected;
  readonly how: 'filter' | 'order' | 'count';
  /** Field names, sorted; never the values they were compared with. */
  readonly fields: readonly string[];
}

/** Where a request came from, as the gateway tells it. */
export interface Origin {
  /** One request of a client has one id, in all subgraphs. */
  readonly request: string | null;
  /** The client's name for the operation. */
  readonly operation: string | null;
  readonly address: string | null;
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
  | { readonly kind: 'checkpoint'; readonly signature: string; readonly keyId: string };

/** A line of the record. */
export type Entry = {
  /** From 1, without a gap. */
  readonly number: number;
  /** RFC 3339, UTC; never before that of the line before. */
  readonly at: string;
  readonly subgraph: string;
  readonly who: Omit<Principal, 'scopes'> | null;
  readonly origin: Origin | null;
  /** The hash of the line before; of the first, 64 zeros. */
  readonly before: string;
  /** SHA-256 of all else in this line, as canonical JSON. */
  readonly hash: string;
} & Happening;

export const FIRST = '0'.repeat(64);

/** JSON of which one value has one text: names in order, no spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

/** The hash of a line. */
export function hashOf({ hash: _hash, ...rest }: Omit<Entry, 'hash'> & { hash?: string }): string {
  return createHash('sha256').update(canonical(rest)).digest('hex');
}

/** What a checkpoint signs: that the record came to this. */
export const sealText = (subgraph: string, number: number, before: string): Buffer =>
  Buffer.from(`ordergraph record of ${subgraph}, up to ${number - 1}: ${before}`);
