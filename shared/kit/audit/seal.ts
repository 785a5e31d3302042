import { createPublicKey, hash as hashed, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isPublicKey, publicKey, watchKeys } from '#base/identity/keys';
import { signingKeyOf } from '#base/identity/signed-identity';
import { type Proof, readLine, type Seal } from './entry';
import { isRecordOf } from './parts';

/** What a process proves its lines by. */
export interface SealingKey {
  /** The name of the key that signs seals. */
  readonly id: string;
  readonly publicKey: JWK;
  readonly seal: (text: string) => Proof;
  /** For lines between seals: only a process with this key can write them. */
  readonly mac: (text: string) => Proof;
}

/** Characters of a code, which are 128 bits and more. */
const MAC_LENGTH = 22;

/** @param jwk a private Ed25519 key. @throws Error for any other value */
export function sealingKeyOf(jwk: JWK): SealingKey {
  const { secret, id } = signingKeyOf(jwk);
  const { d, ...publicKey } = jwk;
  const [inner, outer] = [macKey(d!, 'inner'), macKey(d!, 'outer')];
  return {
    id,
    publicKey,
    seal: (text) => ['signature', sign(null, Buffer.from(text), secret).toString('base64url')],
    // NMAC: what HMAC does with one key, in two calls that take no object each
    mac: (text) => ['mac', hashed('sha256', outer + hashed('sha256', inner + text), 'base64url').slice(0, MAC_LENGTH)],
  };
}

/** A block of SHA-256 that only who has the private key knows. */
const macKey = (d: string, use: string): string =>
  Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', `ordergraph record lines, ${use}`, 32)).toString(
    'hex',
  );

/**
 * A public key, and the subgraph whose records it seals. Of a key that once sealed the records of several subgraphs there is one for
 * each.
 */
export type SealKey = JWK & { readonly subgraph: string };

export const sealKeyOf = (key: JWK, subgraph: string): SealKey => ({ ...publicKey(key), subgraph });

/** @throws Error when the text is not a set of public keys of subgraphs */
export function sealKeysIn(text: string): readonly SealKey[] {
  const { keys } = (JSON.parse(text) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || !keys.every(isSealKey))
    throw new Error(
      'it is not a set of keys of records: {"keys": […]} of public Ed25519 keys, each with a "kid" and a "subgraph"; `ordergraph keys FOLDER` adds the subgraphs to a set of an earlier release',
    );
  return keys as SealKey[];
}

const isSealKey = (key: SealKey | null): boolean => isPublicKey(key) && typeof key?.subgraph === 'string';

/** Public keys that may be replaced while the process runs. */
export interface SealKeySource {
  /** The same array until they are replaced. */
  readonly current: readonly SealKey[];
  /** Looks now whether they were replaced. */
  look?(): void;
}

/** Public keys from a file. @throws OperatorError */
export const readSealKeys = (file: string, log?: Logger): SealKeySource =>
  watchKeys(file, 'the public keys of records (ORDERGRAPH_AUDIT_KEYS, or --keys of audit)', sealKeysIn, log);

/** A public key and the subgraphs whose records it seals. */
interface KnownKey {
  readonly key: KeyObject;
  readonly subgraphs: ReadonlySet<string>;
}

/** Public keys by which seals are verified: each seals the records of its subgraph, and of no other. */
export class SealKeys {
  private known: ReadonlyMap<string, KnownKey> = new Map();
  private listed: readonly SealKey[] | undefined;

  /** @param source further keys */
  constructor(
    private readonly keys: readonly SealKey[],
    private readonly source: SealKeySource = { current: [] },
  ) {}

  private find(keyId: string): KnownKey | undefined {
    this.refresh();
    if (!this.known.has(keyId)) {
      this.source.look?.();
      this.refresh();
    }
    return this.known.get(keyId);
  }

  private refresh(): void {
    const { current } = this.source;
    if (current === this.listed) return;
    this.listed = current;
    const byId = Map.groupBy([...this.keys, ...current], ({ kid }) => String(kid));
    this.known = new Map(
      [...byId].map(([id, [first, ...others]]) => {
        const { subgraph, ...jwk } = first!;
        const subgraphs = new Set([subgraph, ...others.map((other) => other.subgraph)]);
        return [id, { key: createPublicKey({ key: jwk as never, format: 'jwk' }), subgraphs }];
      }),
    );
  }

  /** The subgraphs whose records a key seals; undefined of an unknown key. */
  subgraphsOf(keyId: string): ReadonlySet<string> | undefined {
    return this.find(keyId)?.subgraphs;
  }

  /** Whether the key that a seal names is one of its subgraph, and made it. @param text of the seal before its signature */
  isSigned(text: string, { keyId, subgraph, signature }: Seal): boolean {
    const known = this.find(keyId);
    if (!known?.subgraphs.has(subgraph)) return false;
    return verify(null, Buffer.from(text), known.key, Buffer.from(signature, 'base64url'));
  }

  /** Whether a key of its subgraph made a seal that came from elsewhere than its record. */
  isGenuine(seal: Seal): boolean {
    if (!isRecordOf(seal.record, seal.subgraph)) return false;
    const line = readLine(JSON.stringify(seal));
    return line?.entry.kind === 'seal' && line.isWhole && this.isSigned(line.body, seal);
  }
}

/** Longest seal that is taken from elsewhere, in characters. */
const MAX_SEAL = 4_000;
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const sealSchema = z.looseObject({
  number: z.int().min(1),
  at: z.iso.datetime(),
  subgraph: z.string().max(60),
  before: hash,
  kind: z.literal('seal'),
  record: z.string().max(100),
  instance: z.string().max(60),
  first: z.int().min(1),
  previous: hash,
  keyId: z.string().max(200),
  signature: z.string().max(200),
  hash,
});

/** A seal that came from elsewhere; undefined for any other text. Says nothing about its signature. */
export function parseSeal(text: string): Seal | undefined {
  if (text.length > MAX_SEAL) return undefined;
  try {
    const seal = JSON.parse(text) as Seal;
    return sealSchema.safeParse(seal).success ? seal : undefined;
  } catch {
    return undefined;
  }
}
