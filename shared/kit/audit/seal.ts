import { createPublicKey, hash as hashed, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isPublicKey, publicKey, watchKeys } from '#base/identity/keys';
import { signingKeyOf } from '#base/identity/signed-identity';
import { type Proof, readLine, type Seal } from './entry';
import { isRecordOf } from './parts';

/** Key with which a process signs its lines. */
export interface SealingKey {
  /** Key id (`kid`). */
  readonly id: string;
  readonly publicKey: JWK;
  readonly seal: (text: string) => Proof;
  /** For lines between seals: only a process with this key can write them. */
  readonly mac: (text: string) => Proof;
}

/** Characters of a MAC: more than 128 bits. */
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
    // NMAC: like HMAC with a fixed key, but in two one-shot hash calls
    mac: (text) => ['mac', hashed('sha256', outer + hashed('sha256', inner + text), 'base64url').slice(0, MAC_LENGTH)],
  };
}

/** A secret of one SHA-256 block, derived from the private key. */
const macKey = (d: string, use: string): string =>
  Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', `ordergraph record lines, ${use}`, 32)).toString(
    'hex',
  );

/** A public key and the subgraph whose records it seals. A key of several subgraphs is listed once for each. */
export type SealKey = JWK & { readonly subgraph: string };

export const sealKeyOf = (key: JWK, subgraph: string): SealKey => ({ ...publicKey(key), subgraph });

/** @throws Error when the text is not a set of public keys of subgraphs */
export function sealKeysIn(text: string): readonly SealKey[] {
  const { keys } = (JSON.parse(text) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || !keys.every(isSealKey))
    throw new Error(
      'expected a set of record keys: {"keys": […]} of public Ed25519 keys, each with a "kid" and a "subgraph"; to add subgraphs to a set from an earlier release, run `ordergraph keys FOLDER`',
    );
  return keys as SealKey[];
}

const isSealKey = (key: SealKey | null): boolean => isPublicKey(key) && typeof key?.subgraph === 'string';

/** Public keys, which may be replaced at runtime. */
export interface SealKeySource {
  /** The same array until the keys are replaced. */
  readonly current: readonly SealKey[];
  /** Checks now whether the keys were replaced. */
  look?(): void;
}

/** Public keys from a file. @throws OperatorError */
export const readSealKeys = (file: string, log?: Logger): SealKeySource =>
  watchKeys(file, 'the public keys of records (ORDERGRAPH_AUDIT_KEYS, or --keys of audit)', sealKeysIn, log);

/** A public key and the subgraphs whose records it seals. */
interface VerificationKey {
  readonly key: KeyObject;
  readonly subgraphs: ReadonlySet<string>;
}

/** Public keys that verify seals: each only for the records of its subgraph. */
export class SealKeys {
  private byId: ReadonlyMap<string, VerificationKey> = new Map();
  private listed: readonly SealKey[] | undefined;

  /** @param source additional keys */
  constructor(
    private readonly keys: readonly SealKey[],
    private readonly source: SealKeySource = { current: [] },
  ) {}

  private find(keyId: string): VerificationKey | undefined {
    this.refresh();
    if (!this.byId.has(keyId)) {
      this.source.look?.();
      this.refresh();
    }
    return this.byId.get(keyId);
  }

  private refresh(): void {
    const { current } = this.source;
    if (current === this.listed) return;
    this.listed = current;
    const groups = Map.groupBy([...this.keys, ...current], ({ kid }) => String(kid));
    this.byId = new Map(
      [...groups].map(([id, [first, ...others]]) => {
        const { subgraph, ...jwk } = first!;
        const subgraphs = new Set([subgraph, ...others.map((other) => other.subgraph)]);
        return [id, { key: createPublicKey({ key: jwk as never, format: 'jwk' }), subgraphs }];
      }),
    );
  }

  /** Subgraphs whose records a key seals; undefined for an unknown key. */
  subgraphsOf(keyId: string): ReadonlySet<string> | undefined {
    return this.find(keyId)?.subgraphs;
  }

  /** Whether a key of its subgraph signed the seal. @param text of the seal before its signature */
  isSigned(text: string, { keyId, subgraph, signature }: Seal): boolean {
    const match = this.find(keyId);
    if (!match?.subgraphs.has(subgraph)) return false;
    return verify(null, Buffer.from(text), match.key, Buffer.from(signature, 'base64url'));
  }

  /** Whether a key of its subgraph signed a seal from outside of its record. */
  isGenuine(seal: Seal): boolean {
    if (!isRecordOf(seal.record, seal.subgraph)) return false;
    const line = readLine(JSON.stringify(seal));
    return line?.entry.kind === 'seal' && line.isWhole && this.isSigned(line.body, seal);
  }
}

/** Maximum characters of a seal from outside of its record. */
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

/** Parses a seal from outside of its record, without verifying its signature; undefined for any other text. */
export function parseSeal(text: string): Seal | undefined {
  if (text.length > MAX_SEAL) return undefined;
  try {
    const seal = JSON.parse(text) as Seal;
    return sealSchema.safeParse(seal).success ? seal : undefined;
  } catch {
    return undefined;
  }
}
