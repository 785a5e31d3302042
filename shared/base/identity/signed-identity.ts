import { createPrivateKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { ErrorCode } from '../error-codes';
import { RequestError } from '../errors';
import type { ClockSkew } from './clock-skew';
import { type Principal, principalKey, principalOf } from './principal';

/** Request header with the caller's identity, which the gateway signs for one subgraph. */
export const IDENTITY_HEADER = 'ordergraph-identity';

const ISSUER = 'ordergraph-gateway';
const ALGORITHM = 'EdDSA';
/** Validity of an identity in seconds, which includes late fetches of a request. */
const VALID_SECONDS = 120;
/** Milliseconds after which an identity is signed again, long before it expires. */
const RENEWED_AFTER_MS = 30_000;
/** Maximum clock difference between gateways and subgraphs in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Limits of the caches, in entries and characters: a principal may have many scopes. */
const MAX_CACHED = 10_000;
const MAX_CACHED_CHARACTERS = 32 * 1024 * 1024;

const signedIdentities = () =>
  new LRUCache<string, string>({
    ...{ max: MAX_CACHED, maxSize: MAX_CACHED_CHARACTERS, ttl: RENEWED_AFTER_MS },
    sizeCalculation: (token, key) => token.length + key.length,
  });

/** A principal is about as long as its token. */
const verifiedIdentities = () =>
  new LRUCache<string, Verified>({
    ...{ max: MAX_CACHED, maxSize: MAX_CACHED_CHARACTERS },
    sizeCalculation: (_verified, token) => 2 * token.length,
  });

/** A private key for signing. */
export interface SigningKey {
  readonly secret: KeyObject;
  readonly id: string;
}

/** @param jwk a private Ed25519 key with a `kid`. @throws Error for any other value */
export function signingKeyOf(jwk: JWK): SigningKey {
  if (jwk?.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string' || typeof jwk.kid !== 'string')
    throw new Error('expected a private Ed25519 key with a "kid"');
  return { secret: createPrivateKey({ key: jwk as never, format: 'jwk' }), id: jwk.kid };
}

/** Signs the caller's identity for a subgraph (EdDSA). */
export class IdentitySigner {
  private signed = signedIdentities();
  private signedWith: SigningKey;

  /** @param source returns the current key */
  constructor(private readonly source: () => SigningKey) {
    this.signedWith = source();
  }

  /** @param jwk a private Ed25519 key with a `kid`. @throws Error for any other value */
  static async of(jwk: JWK): Promise<IdentitySigner> {
    const key = signingKeyOf(jwk);
    return new IdentitySigner(() => key);
  }

  /** Current signing key. Do not send identities signed with an earlier one. */
  get key(): SigningKey {
    const key = this.source();
    if (key !== this.signedWith) {
      this.signedWith = key;
      this.signed = signedIdentities();
    }
    return key;
  }

  /** Signs an identity for a subgraph; null is the public. Caches it, since signing costs more than a small request. */
  sign(principal: Principal | null, subgraph: string): string | Promise<string> {
    const cacheKey = `${subgraph}\n${principalKey(principal)}`;
    const { key } = this;
    return this.signed.get(cacheKey) ?? this.signUncached(principal, subgraph, key, cacheKey);
  }

  private async signUncached(
    principal: Principal | null,
    subgraph: string,
    { secret, id }: SigningKey,
    cacheKey: string,
  ): Promise<string> {
    // the cache of this key, even if the key is replaced meanwhile
    const { signed } = this;
    const claims = principal === null ? { public: true } : { principal };
    const token = await new SignJWT(claims as Record<string, unknown>)
      .setProtectedHeader({ alg: ALGORITHM, kid: id })
      .setIssuer(ISSUER)
      .setAudience(subgraph)
      .setIssuedAt()
      .setExpirationTime(`${VALID_SECONDS}s`)
      .sign(secret);
    signed.set(cacheKey, token);
    return token;
  }
}

/** Public keys for verifying identities. */
export interface IdentityKeys {
  /** The same object until the keys change. */
  readonly current: JSONWebKeySet;
  /** Checks now whether the keys changed. Called for an unknown key id. */
  readonly look?: () => void;
}

type Verified = { readonly principal: Principal | null };

/** Verifies identities that the gateway signed for one subgraph. */
export class IdentityVerifier {
  private set: JSONWebKeySet;
  private keys: ReturnType<typeof createLocalJWKSet>;
  private verified = verifiedIdentities();

  constructor(
    private readonly source: IdentityKeys,
    private readonly subgraph: string,
    private readonly skew?: ClockSkew,
  ) {
    this.set = source.current;
    this.keys = createLocalJWKSet(this.set);
  }

  /** @returns null for the public. @throws IdentityError */
  verify(token: string | undefined): Verified | Promise<Verified> {
    if (!token) throw new IdentityError('unsigned');
    this.refresh();
    return this.verified.get(token) ?? this.verifyUncached(token);
  }

  private async verifyUncached(token: string): Promise<Verified> {
    // the cache of these keys, even if they are replaced meanwhile
    const { verified } = this;
    const claims = await this.claims(token);
    this.skew?.observe(ageOf(claims));
    let result: Verified;
    try {
      result = { principal: claims.public === true ? null : principalOf((claims.principal ?? {}) as Principal) };
    } catch {
      throw new IdentityError('malformed');
    }
    // no longer than verification would accept it, whatever its expiration
    const until = Math.min(claims.exp!, claims.iat! + VALID_SECONDS) + CLOCK_TOLERANCE_SECONDS;
    const left = until * 1_000 - Date.now();
    if (left > 0) verified.set(token, result, { ttl: left });
    return result;
  }

  private async claims(token: string): Promise<JWTPayload> {
    try {
      return await this.decode(token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw this.refusal(error);
    }
    this.source.look?.();
    this.refresh();
    return this.decode(token).catch((error: unknown) => {
      throw this.refusal(error);
    });
  }

  private async decode(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.keys, {
      issuer: ISSUER,
      audience: this.subgraph,
      algorithms: [ALGORITHM],
      requiredClaims: ['exp', 'iat'],
      maxTokenAge: VALID_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    // a list would be accepted with this subgraph in it
    if (typeof payload.aud !== 'string')
      throw new errors.JWTClaimValidationFailed('"aud" must be one subgraph', payload, 'aud', 'check_failed');
    return payload;
  }

  /** Clears the cache when the keys change. */
  private refresh(): void {
    const { current } = this.source;
    if (current === this.set) return;
    this.set = current;
    this.keys = createLocalJWKSet(current);
    this.verified = verifiedIdentities();
  }

  private refusal(error: unknown): IdentityError {
    const flaw = flawOf(error);
    if (flaw !== 'stale' && flaw !== 'early') return new IdentityError(flaw);
    // the signature is valid
    const age = ageOf((error as errors.JWTExpired).payload);
    if (Number.isFinite(age)) this.skew?.observe(age);
    return new IdentityError(flaw, age);
  }
}

/** Seconds since an identity was signed, by this process's clock. */
const ageOf = ({ iat }: JWTPayload): number => Date.now() / 1_000 - iat!;

/** Why an identity is rejected, for logs and metrics. `early` and `stale` identities have a valid signature. */
export type IdentityFlaw = 'unsigned' | 'forged' | 'early' | 'stale' | 'misdirected' | 'malformed';

function flawOf(error: unknown): IdentityFlaw {
  if (error instanceof errors.JWTExpired) return 'stale';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'aud' ? 'misdirected' : isEarly(error) ? 'early' : 'forged';
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'malformed';
  return 'forged';
}

const isEarly = ({ claim, reason }: errors.JWTClaimValidationFailed): boolean =>
  claim === 'iat' && reason === 'check_failed';

/** A request without a valid identity from the gateway. */
export class IdentityError extends RequestError {
  readonly flaw: IdentityFlaw;
  /** Age in seconds of an `early` or `stale` identity; else NaN. */
  readonly age: number;

  constructor(flaw: IdentityFlaw, age = Number.NaN) {
    const { code, message } = describe(flaw, Math.round(age));
    super(code, message);
    this.flaw = flaw;
    this.age = age;
  }
}

function describe(flaw: IdentityFlaw, age: number): { code: ErrorCode; message: string } {
  if (flaw === 'early') return { code: 'IDENTITY_CLOCK_SKEW', message: earlyText(-age) };
  if (flaw === 'stale') return { code: 'IDENTITY_CLOCK_SKEW', message: staleText(age) };
  return { code: 'IDENTITY_REQUIRED', message: 'This subgraph accepts requests only from the gateway' };
}

const earlyText = (seconds: number): string =>
  `The gateway's clock is about ${seconds} s ahead of this subgraph's; at most ${CLOCK_TOLERANCE_SECONDS} s are allowed`;

const staleText = (seconds: number): string =>
  `The gateway's clock differs from this subgraph's, or the identity is too old: signed ${seconds} s ago, valid for ${VALID_SECONDS} s plus ${CLOCK_TOLERANCE_SECONDS} s tolerance`;
