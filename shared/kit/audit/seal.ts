import { createPublicKey, hash as hashed, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import { signingKeyOf } from '#base/identity/signed-identity';
import { type Proof, readLine, type Seal } from './entry';

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

/** Public keys by which seals are verified. */
export class SealKeys {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: readonly JWK[]) {
    this.keys = new Map(
      keys.map((jwk) => [String(jwk.kid), createPublicKey({ key: jwk as never, format: 'jwk' })] as const),
    );
  }

  has(keyId: string): boolean {
    return this.keys.has(keyId);
  }

  /** @param text of the seal before its signature */
  isSigned(text: string, { keyId, signature }: Seal): boolean {
    const key = this.keys.get(keyId);
    return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  }

  /** Whether one of these keys made a seal that came from elsewhere than its record. */
  isGenuine(seal: Seal): boolean {
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
