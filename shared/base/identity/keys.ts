import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '../errors';
import { WatchedFile } from '../files/watched-file';
import { reasonOf } from '../read-text';
import { withoutSecrets } from '../settings';
import { type IdentityKeys, IdentitySigner, type SigningKey, signingKeyOf } from './signed-identity';

/** Generates a private Ed25519 key; its `kid` is its thumbprint (RFC 7638). */
export async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
}

/** Public part of a private key. */
export function publicKey({ d: _private, ...jwk }: JWK): JWK {
  return jwk;
}

const KEY_FILE_FIX = 'Check the path and its permissions; `ordergraph keys FOLDER` creates keys';

/** Opens a key file, and reloads it when it is replaced. @param what its content, for errors @throws OperatorError */
export function watchKeys<T>(
  file: string,
  what: string,
  parse: (text: string) => T,
  log: Logger | undefined,
): WatchedFile<T> {
  try {
    return new WatchedFile(file, { what, parse, log });
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `Could not read ${what} from "${withoutSecrets(file)}": ${reasonOf(error, file)}`,
      KEY_FILE_FIX,
    );
  }
}

/** Reads a private Ed25519 key. @param what its use, for errors @throws OperatorError */
export function readPrivateKey(file: string, what: string): JWK {
  return watchKeys(file, what, privateKeyOf, undefined).current;
}

/** @throws Error if the text is not a private Ed25519 key */
export function privateKeyOf(text: string): JWK {
  const key = JSON.parse(text) as JWK;
  signingKeyOf(key);
  return key;
}

/** Private key from a file, reloaded when the file is replaced. @throws OperatorError */
export function identityKeyIn(file: string, log: Logger): () => SigningKey {
  const key = watchKeys(
    file,
    'the identity signing key (--identity-key, ORDERGRAPH_IDENTITY_KEY)',
    (text) => signingKeyOf(JSON.parse(text) as JWK),
    log,
  );
  return () => key.current;
}

/** Signs with the private key of a file, reloaded when the file is replaced. @throws OperatorError */
export const signerOf = (file: string, log: Logger): IdentitySigner => new IdentitySigner(identityKeyIn(file, log));

/** Private key from a file that only its owner can read. Creates a missing file. @throws OperatorError */
export async function privateKeyIn(file: string, what: string): Promise<JWK> {
  if (!existsSync(file)) createSecretFile(file, await newKey());
  return readPrivateKey(file, what);
}

/** Creates a file that only its owner can read, unless another process creates it first. */
export function createSecretFile(file: string, content: object): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 });
  try {
    // atomic, since other processes of a development graph read the file as soon as it exists
    linkSync(temporary, file);
  } catch (error) {
    // another process was first
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
}

/** Public keys of gateways, reloaded when the file is replaced. @throws OperatorError */
export const readIdentityKeys = (file: string, log?: Logger): IdentityKeys =>
  readPublicKeys(file, 'the public keys (--identity-keys, ORDERGRAPH_IDENTITY_KEYS, or --keys of audit)', log);

/** Public keys, reloaded when the file is replaced. @param what their use, for errors @throws OperatorError */
export function readPublicKeys(file: string, what: string, log?: Logger): IdentityKeys {
  const keys = watchKeys(file, what, publicKeysIn, log);
  return {
    get current() {
      return keys.current;
    },
    look: () => keys.look(),
  };
}

/** @throws Error if the text is not a set of public keys */
function publicKeysIn(text: string): JSONWebKeySet {
  const set = JSON.parse(text) as Partial<JSONWebKeySet> | null;
  if (!Array.isArray(set?.keys) || !set.keys.every(isPublicKey))
    throw new Error(
      'expected a set of public keys: {"keys": […]} of Ed25519 keys, each with a "kid" and without a private part',
    );
  return set as JSONWebKeySet;
}

/** Whether a JWK is a public Ed25519 key with an id. */
export const isPublicKey = (key: JWK | null): boolean =>
  key?.kty === 'OKP' &&
  key.crv === 'Ed25519' &&
  typeof key.x === 'string' &&
  typeof key.kid === 'string' &&
  !('d' in key);
