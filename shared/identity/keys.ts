import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import { OperatorError } from '../errors';
import type { IdentityKeys } from './signed-identity';

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

/** A key, or a set of keys, from its file. @throws OperatorError */
function readJson(file: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(
      `${what} cannot be read from "${file}": ${(error as Error).message}`,
      'Check the path and that this process may read the file; `ordergraph keys FOLDER` makes keys',
    );
  }
}

/** A private key. @param what it is, for the error @throws OperatorError */
export function readPrivateKey(file: string, what: string): JWK {
  return readJson(file, what) as JWK;
}

/** The private key that a file keeps for its owner alone; made when there is none. @throws OperatorError */
export async function privateKeyIn(file: string, what: string): Promise<JWK> {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(file, JSON.stringify(await newKey()), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // another process was first
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return readPrivateKey(file, what);
}

/** The public keys of gateways, read again when a newer one is met: so keys are changed while everything runs. @throws OperatorError */
export function readIdentityKeys(file: string): IdentityKeys {
  const read = (): JSONWebKeySet => {
    const set = readJson(
      file,
      'The set of public keys (--identity-keys, ORDERGRAPH_IDENTITY_KEYS, or --keys of audit)',
    ) as JSONWebKeySet;
    if (!Array.isArray(set.keys) || set.keys.some((key) => 'd' in key))
      throw new OperatorError(
        `"${file}" is no set of public keys`,
        'It is {"keys": […]} without any private part; `ordergraph keys FOLDER` writes one',
      );
    return set;
  };
  let known = read();
  return {
    current: known,
    reload: () => {
      try {
        known = read();
      } catch {
        // half-written: what was known goes on
      }
      return known;
    },
  };
}
