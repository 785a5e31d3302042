import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { padded } from '../collection/cursor';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type PlainValue = string | number | boolean;

/** A value that is encrypted when it is written. */
export class Plain {
  constructor(readonly value: PlainValue) {}
}

/** Begins every encrypted value, and no value that an earlier release stored as plain text. */
export const ENCRYPTED_PREFIX = 'enc1.';

/** An encrypted value, as a column stores it: {@link ENCRYPTED_PREFIX}, then nonce, ciphertext, and tag in base64url. */
export class Encrypted {
  constructor(readonly text: string) {}
}

/** What the property of an encrypted column holds. Values that were read are {@link Encrypted}; those to write may be {@link Plain}. */
export type EncryptedColumn = Encrypted | Plain | null;

/** A value to encrypt; null stays null. */
export function plain(value: PlainValue): Plain;
export function plain(value: PlainValue | null): Plain | null;
export function plain(value: PlainValue | null): Plain | null {
  return value === null ? null : new Plain(value);
}

/**
 * Encrypts bytes by AES-256-GCM with a random nonce.
 * @param place where they are stored; decryption at another place fails
 * @returns base64url
 */
export function encryptBytes(key: KeyObject, place: string, bytes: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** @throws Error if the text was altered, belongs to another place, or was encrypted by another key */
export function decryptBytes(key: KeyObject, place: string, text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('too short for an encrypted value');
  const tagAt = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(tagAt));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
}

/** Encrypts a value. It is padded, so that its length reveals little: neither true from false, nor one score from another. */
export const encryptValue = (key: KeyObject, place: string, { value }: Plain): Encrypted =>
  new Encrypted(ENCRYPTED_PREFIX + encryptBytes(key, place, padded(JSON.stringify(value))));

/** @throws Error like {@link decryptBytes} */
export function decryptValue(key: KeyObject, place: string, { text }: Encrypted): Plain {
  if (!text.startsWith(ENCRYPTED_PREFIX)) throw new Error('not an encrypted value');
  const bytes = decryptBytes(key, place, text.slice(ENCRYPTED_PREFIX.length));
  return new Plain(JSON.parse(bytes.toString('utf8')) as PlainValue);
}
