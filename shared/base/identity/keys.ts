import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '../errors';
import { WatchedFile } from '../files/watched-file';
import { type IdentityKeys, IdentitySigner, type SigningKey, signingKeyOf } from './signed-identity';

/** A private Ed25519 key; its `kid` is the thumbprint of RFC 7638. */
export async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
}

/** Its public half. */
export function publicKey({ d: _private, ...jwk }: JWK): JWK {
  return jwk;
}

const MAKE_KEYS = 'Check the path and that this process may read the file; `ordergraph keys FOLDER` makes keys';

/** Opens a file of keys, which is read again when it is replaced. @param what it holds @throws OperatorError */
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
    throw new OperatorError(`Could not read ${what} from "${file}": ${(error as Error).message}`, MAKE_KEYS);
  }
}

/** A private Ed25519 key. @param what it is, for the error @throws OperatorError */
export function readPrivateKey(file: string, what: string): JWK {
  return watchKeys(file, what, privateKeyOf, undefined).current;
}

function privateKeyOf(text: string): JWK {
  const key = JSON.parse(text) as JWK;
  signingKeyOf(key);
  return key;
}

/** The private key of a file, and another one soon after the file is replaced. @throws OperatorError */
export function identityKeyIn(file: string, log: Logger): () => SigningKey {
  const key = watchKeys(
    file,
    'the identity signing key (--identity-key, ORDERGRAPH_IDENTITY_KEY)',
    (text) => signingKeyOf(JSON.parse(text) as JWK),
    log,
  );
  return () => key.current;
}

/** Signs with the private key of a file, and with another one soon after the file is replaced. @throws OperatorError */
export const signerOf = (file: string, log: Logger): IdentitySigner => new IdentitySigner(identityKeyIn(file, log));

/** The private key that a file keeps for its owner alone; made when there is none. @throws OperatorError */
export async function privateKeyIn(file: string, what: string): Promise<JWK> {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const made = `${file}.${process.pid}.new`;
    writeFileSync(made, JSON.stringify(await newKey()), { mode: 0o600 });
    try {
      // at once: other processes of a development graph read it as soon as it is there
      linkSync(made, file);
    } catch (error) {
      // another process was first
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(made);
    }
  }
  return readPrivateKey(file, what);
}

/** The public keys of gateways; they change while the process runs when the file is replaced. @throws OperatorError */
export function readIdentityKeys(file: string, log?: Logger): IdentityKeys {
  const keys = watchKeys(
    file,
    'the public keys (--identity-keys, ORDERGRAPH_IDENTITY_KEYS, or --keys of audit)',
    publicKeysIn,
    log,
  );
  return {
    get current() {
      return keys.current;
    },
    look: () => keys.look(),
  };
}

/** @throws Error when the text is not a set of public keys */
function publicKeysIn(text: string): JSONWebKeySet {
  const set = JSON.parse(text) as Partial<JSONWebKeySet> | null;
  if (!Array.isArray(set?.keys) || !set.keys.every(isPublicKey))
    throw new Error('it is not a set of public keys: {"keys": […]} of Ed25519 keys with a "kid" and no private part');
  return set as JSONWebKeySet;
}

/** Whether a JWK is a public Ed25519 key with an id. */
export const isPublicKey = (key: JWK | null): boolean =>
  key?.kty === 'OKP' &&
  key.crv === 'Ed25519' &&
  typeof key.x === 'string' &&
  typeof key.kid === 'string' &&
  !('d' in key);
