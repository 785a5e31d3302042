import { createPrivateKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { ErrorCode } from '../error-codes';
import { RequestError } from '../errors';
import type { ClockSkew } from './clock-skew';
import { type Principal, principalKey, principalOf } from './principal';

/** The request header in which the gateway tells a subgraph who asks, signed for this subgraph alone. */
export const IDENTITY_HEADER = 'ordergraph-identity';

const ISSUER = 'ordergraph-gateway';
const ALGORITHM = 'EdDSA';
/** Seconds that an identity is valid: a request, and its fetches that come late. */
const VALID_SECONDS = 120;
/** Milliseconds after which another is signed: what is sent is never near its end. */
const RENEWED_AFTER_MS = 30_000;
/** Seconds that clocks of gateways and subgraphs may differ. */
const CLOCK_TOLERANCE_SECONDS = 60;
const MOST_KEPT = 10_000;

/** A private key, ready to sign. */
export interface SigningKey {
  readonly secret: KeyObject;
  readonly id: string;
}

/** @param jwk a private Ed25519 key with a `kid`. @throws Error for any other value */
export function signingKeyOf(jwk: JWK): SigningKey {
  if (jwk?.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string' || typeof jwk.kid !== 'string')
    throw new Error('it is not a private Ed25519 key with a "kid"');
  return { secret: createPrivateKey({ key: jwk as never, format: 'jwk' }), id: jwk.kid };
}

/** Signs the caller's identity for one subgraph at a time; EdDSA. */
export class IdentitySigner {
  private signed = new LRUCache<string, string>({ max: MOST_KEPT, ttl: RENEWED_AFTER_MS });
  private signedWith: SigningKey;

  /** @param source gives the key, another one once it has been replaced */
  constructor(private readonly source: () => SigningKey) {
    this.signedWith = source();
  }

  /** @param jwk a private Ed25519 key with a `kid`. @throws Error when it is none */
  static async of(jwk: JWK): Promise<IdentitySigner> {
    const key = signingKeyOf(jwk);
    return new IdentitySigner(() => key);
  }

  /** The key that signs at present; what was signed with another should not be sent any more. */
  get key(): SigningKey {
    const key = this.source();
    if (key !== this.signedWith) {
      this.signedWith = key;
      this.signed = new LRUCache<string, string>({ max: MOST_KEPT, ttl: RENEWED_AFTER_MS });
    }
    return key;
  }

  /** An identity for a subgraph; null is the public. Kept for a while: signing costs more than a small request. */
  sign(principal: Principal | null, subgraph: string): string | Promise<string> {
    const kept = `${subgraph}\n${principalKey(principal)}`;
    const { key } = this;
    return this.signed.get(kept) ?? this.signAnew(principal, subgraph, key, kept);
  }

  private async signAnew(
    principal: Principal | null,
    subgraph: string,
    { secret, id }: SigningKey,
    kept: string,
  ): Promise<string> {
    // not into the identities of a key that comes meanwhile
    const { signed } = this;
    const claims = principal === null ? { public: true } : { principal };
    const token = await new SignJWT(claims as Record<string, unknown>)
      .setProtectedHeader({ alg: ALGORITHM, kid: id })
      .setIssuer(ISSUER)
      .setAudience(subgraph)
      .setIssuedAt()
      .setExpirationTime(`${VALID_SECONDS}s`)
      .sign(secret);
    signed.set(kept, token);
    return token;
  }
}

/** Public keys that identities are verified by. */
export interface IdentityKeys {
  /** Another object once the keys have changed. */
  readonly current: JSONWebKeySet;
  /** Looks for a change at once; called when an identity is signed by a key that is not among them. */
  readonly look?: () => void;
}

type Verified = { readonly principal: Principal | null };

/** Reads who asks, as the gateway has signed it for one subgraph. */
export class IdentityVerifier {
  private set: JSONWebKeySet;
  private keys: ReturnType<typeof createLocalJWKSet>;
  private verified = new LRUCache<string, Verified>({ max: MOST_KEPT });

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
    return this.verified.get(token) ?? this.verifyAnew(token);
  }

  private async verifyAnew(token: string): Promise<Verified> {
    // not into those of keys that come meanwhile
    const { verified } = this;
    const claims = await this.claims(token);
    this.skew?.observe(ageOf(claims));
    let result: Verified;
    try {
      result = { principal: claims.public === true ? null : principalOf((claims.principal ?? {}) as Principal) };
    } catch {
      throw new IdentityError('malformed');
    }
    // no longer than it would be verified anew, whatever end another gateway gave it
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
    return payload;
  }

  /** Forgets what was verified by keys that may be gone. */
  private refresh(): void {
    const { current } = this.source;
    if (current === this.set) return;
    this.set = current;
    this.keys = createLocalJWKSet(current);
    this.verified = new LRUCache<string, Verified>({ max: MOST_KEPT });
  }

  private refusal(error: unknown): IdentityError {
    const flaw = flawOf(error);
    if (flaw !== 'stale' && flaw !== 'early') return new IdentityError(flaw);
    // only what is signed gets this far
    const age = ageOf((error as errors.JWTExpired).payload);
    if (Number.isFinite(age)) this.skew?.observe(age);
    return new IdentityError(flaw, age);
  }
}

/** Seconds since an identity was signed, by this process's clock. */
const ageOf = ({ iat }: JWTPayload): number => Date.now() / 1_000 - iat!;

/** Why an identity is refused, for the log and for counting: `early` and `stale` by the clocks, with a valid signature. */
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
  /** Of the identity in seconds, where it is refused for that; else NaN. */
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
  return { code: 'IDENTITY_REQUIRED', message: 'This subgraph answers the gateway only' };
}

const earlyText = (seconds: number): string =>
  `The gateway's clock is about ${seconds} s ahead of this subgraph's; at most ${CLOCK_TOLERANCE_SECONDS} s are allowed`;

const staleText = (seconds: number): string =>
  `The gateway's clock differs from this subgraph's, or its identity is old: signed ${seconds} s ago, valid for ${VALID_SECONDS} s and ${CLOCK_TOLERANCE_SECONDS} s tolerance`;
