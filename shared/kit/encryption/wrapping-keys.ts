import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Logger } from 'pino';
import { watchKeys } from '#base/identity/keys';

const KEY_BYTES = 32;

/** A key that encrypts the data keys of persons. It is never in the database. */
export interface WrappingKey {
  readonly id: string;
  readonly secret: KeyObject;
}

/** Wrapping keys of a process. */
export interface WrappingKeys {
  /** Wraps new data keys. */
  readonly current: WrappingKey;
  /** A key by id; undefined if the process does not have it. */
  find(id: string): WrappingKey | undefined;
}

/** A wrapping key as its file has it: a JWK of 256 random bits. */
export type WrappingJwk = JWK & { readonly kid: string; readonly k: string };

/** Generates a wrapping key; its id is its thumbprint (RFC 7638). */
export async function newWrappingKey(): Promise<WrappingJwk> {
  const jwk = { kty: 'oct', k: randomBytes(KEY_BYTES).toString('base64url') };
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'A256GCM', use: 'enc' };
}

/** The keys in the text of a file, the current one first. @throws Error for any other text */
export function wrappingJwksIn(text: string): readonly WrappingJwk[] {
  const { keys } = (JSON.parse(text) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isWrappingJwk))
    throw new Error(
      'expected a set of person keys: {"keys": […]}, the current one first, each with "kty": "oct", a "kid", and "k" of 32 bytes in base64url',
    );
  return keys as WrappingJwk[];
}

const isWrappingJwk = (key: Partial<WrappingJwk> | null): boolean =>
  key?.kty === 'oct' &&
  typeof key.kid === 'string' &&
  typeof key.k === 'string' &&
  Buffer.from(key.k, 'base64url').length === KEY_BYTES;

/** @param jwks the current one first */
export function wrappingKeysOf(jwks: readonly WrappingJwk[]): WrappingKeys {
  const keys = jwks.map(({ kid, k }) => ({ id: kid, secret: createSecretKey(Buffer.from(k, 'base64url')) }));
  const byId = new Map(keys.map((key) => [key.id, key]));
  return { current: keys[0]!, find: (id) => byId.get(id) };
}

/** Keys from a file. Reloads a replaced file within a second, and at once for an unknown key id. @throws OperatorError */
export function readWrappingKeys(file: string, log?: Logger): WrappingKeys {
  const parse = (text: string) => wrappingKeysOf(wrappingJwksIn(text));
  const watched = watchKeys(file, 'the person keys (ORDERGRAPH_PERSON_KEYS)', parse, log);
  return {
    get current() {
      return watched.current.current;
    },
    find(id) {
      const key = watched.current.find(id);
      if (key) return key;
      watched.look();
      return watched.current.find(id);
    },
  };
}

let ofThisProcess: WrappingKeys | undefined;

/** A random key that ends with this process, for databases that do, too. */
export function processWrappingKeys(): WrappingKeys {
  ofThisProcess ??= wrappingKeysOf([
    { kty: 'oct', kid: `process-${process.pid}`, k: randomBytes(KEY_BYTES).toString('base64url') },
  ]);
  return ofThisProcess;
}
