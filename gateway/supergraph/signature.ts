import { createHash } from 'node:crypto';
import { createLocalJWKSet, FlattenedSign, flattenedVerify, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import { OperatorError } from '#base/errors';

/** Use of the signature, so that no other signature of the same key counts. */
const TYPE = 'ordergraph-supergraph';
/** By which the clock of the publisher may be ahead. */
const MAX_AHEAD_SECONDS = 300;
/** The last line of a signed supergraph: a JSON Web Signature with detached content (RFC 7515, appendix F). */
const LINE = /^# signature: ([\w-]+)\.\.([\w-]+)\n?$/;

/** The text of a supergraph with a signature, as its last line. @param key private Ed25519 key @param now in milliseconds since 1970 */
export async function signSupergraph(sdl: string, key: JWK, now = Date.now()): Promise<string> {
  const content = withoutSignature(sdl);
  const text = content.endsWith('\n') ? content : `${content}\n`;
  return `${text}${await signatureOf(text, key, now)}`;
}

/** The line that signs a supergraph, to be appended to it. @param text without a signature, with a line feed at its end */
export async function signatureOf(text: string, key: JWK, now = Date.now()): Promise<string> {
  const { protected: header, signature } = await new FlattenedSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: TYPE, iat: Math.floor(now / 1_000) })
    .sign(await importJWK(key, 'EdDSA'));
  return `# signature: ${header}..${signature}\n`;
}

/** When a line signed a supergraph, in seconds since 1970; 0 for a line that is no signature. Verifies nothing. */
export function signedAt(line: string): number {
  const [, header] = LINE.exec(line) ?? [];
  if (header === undefined) return 0;
  const { iat } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { iat?: unknown };
  return typeof iat === 'number' ? iat : 0;
}

/** A supergraph without its signature. */
export function withoutSignature(sdl: string): string {
  const start = sdl.lastIndexOf('# signature: ');
  return start >= 0 && LINE.test(sdl.slice(start)) ? sdl.slice(0, start) : sdl;
}

/** SHA-256 of a supergraph without its signature, in hexadecimal. */
export const supergraphHash = (sdl: string): string => createHash('sha256').update(withoutSignature(sdl)).digest('hex');

/** A supergraph whose signature was accepted. */
export interface VerifiedSupergraph {
  /** With its signature, if it has one. */
  readonly text: string;
  /** Without it. */
  readonly content: string;
  /** In seconds since 1970; 0 where no signature is required. */
  readonly signedAt: number;
}

/**
 * Verifies the signature of a supergraph, where one is required.
 * @param keys public keys of those who may publish one; undefined to accept any @param source file or URL, for errors
 * @param servedSince when the supergraph was signed that it would replace, in seconds since 1970
 * @throws OperatorError also for one that was signed before the one that it would replace
 */
export async function verifySupergraph(
  text: string,
  keys: JSONWebKeySet | undefined,
  source: string,
  servedSince = 0,
): Promise<VerifiedSupergraph> {
  const signedAt = keys ? await requireSignature(text, keys, source) : 0;
  if (keys && signedAt < servedSince)
    throw new OperatorError(
      `The supergraph "${source}" was signed before the one that was served last`,
      'To return to it, sign it again: it may allow what its owners no longer consent to',
    );
  return { text, content: withoutSignature(text), signedAt };
}

/**
 * Verifies the signature of a supergraph.
 * @param keys public keys of those who may publish one @param source file or URL, for errors
 * @returns when it was signed, in seconds since 1970 @throws OperatorError
 */
export async function requireSignature(
  sdl: string,
  keys: JSONWebKeySet,
  source: string,
  now = Date.now(),
): Promise<number> {
  const start = sdl.lastIndexOf('# signature: ');
  const [, header, signature] = (start >= 0 && LINE.exec(sdl.slice(start))) || [];
  if (!header || !signature) throw unsigned(source, 'has no signature at its end');
  const payload = Buffer.from(sdl.slice(0, start)).toString('base64url');
  try {
    const { protectedHeader } = await flattenedVerify(
      { protected: header, payload, signature },
      createLocalJWKSet(keys),
      { algorithms: ['EdDSA'] },
    );
    const { typ, iat } = protectedHeader ?? {};
    if (typ !== TYPE || typeof iat !== 'number') throw new Error('the signature is for another use');
    // it would make every later one look old
    if (iat > now / 1_000 + MAX_AHEAD_SECONDS) throw new Error('it was signed in the future');
    return iat;
  } catch (error) {
    throw unsigned(source, `has an invalid signature: ${(error as Error).message}`, error);
  }
}

const unsigned = (source: string, what: string, cause?: unknown): OperatorError =>
  new OperatorError(
    `The supergraph "${source}" ${what}`,
    'Sign it by `ordergraph compose --sign-key FILE`, with a key whose public part is in the file of --supergraph-keys',
    { cause },
  );
