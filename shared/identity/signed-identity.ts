import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { RequestError } from '../errors';
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
const CLOCK_TOLERANCE_SECONDS = 5;
const MOST_KEPT = 10_000;

/** Signs who asks, for one subgraph at a time; EdDSA. */
export class IdentitySigner {
  private readonly signed = new LRUCache<string, string>({ max: MOST_KEPT, ttl: RENEWED_AFTER_MS });
  private constructor(
    private readonly key: CryptoKey,
    private readonly keyId: string,
  ) {}

  /** @param jwk a private Ed25519 key with a `kid`. @throws Error when it is none */
  static async of(jwk: JWK): Promise<IdentitySigner> {
    if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string' || typeof jwk.kid !== 'string')
      throw new Error('it is no private Ed25519 key with a "kid"');
    return new IdentitySigner((await importJWK(jwk, ALGORITHM)) as CryptoKey, jwk.kid);
  }

  /** An identity for a subgraph; null is the public. Kept for a while: signing costs more than a small request. */
  sign(principal: Principal | null, subgraph: string): string | Promise<string> {
    const kept = `${subgraph}\n${principalKey(principal)}`;
    return this.signed.get(kept) ?? this.signAnew(principal, subgraph, kept);
  }

  private async signAnew(principal: Principal | null, subgraph: string, kept: string): Promise<string> {
    const claims = principal === null ? { public: true } : { principal };
    const token = await new SignJWT(claims as Record<string, unknown>)
      .setProtectedHeader({ alg: ALGORITHM, kid: this.keyId })
      .setIssuer(ISSUER)
      .setAudience(subgraph)
      .setIssuedAt()
      .setExpirationTime(`${VALID_SECONDS}s`)
      .sign(this.key);
    this.signed.set(kept, token);
    return token;
  }
}

/** Public keys that identities are verified by, and how newer ones are read. */
export interface IdentityKeys {
  readonly current: JSONWebKeySet;
  /** Reads them anew; called when an identity is signed by a key that is not among them. */
  readonly reload?: () => JSONWebKeySet;
}

/** Milliseconds between two readings of the keys: strangers who make up key ids cause no more. */
const RELOAD_EVERY_MS = 5_000;

/** Who asks, as the gateway has signed it for one subgraph. */
export class IdentityVerifier {
  private keys: ReturnType<typeof createLocalJWKSet>;
  private reloadedAt = Number.NEGATIVE_INFINITY;
  private readonly verified = new LRUCache<string, { principal: Principal | null }>({ max: MOST_KEPT });

  constructor(
    private readonly source: IdentityKeys,
    private readonly subgraph: string,
  ) {
    this.keys = createLocalJWKSet(source.current);
  }

  /** @returns null for the public. @throws IdentityError */
  verify(token: string | undefined): { principal: Principal | null } | Promise<{ principal: Principal | null }> {
    if (!token) throw new IdentityError('unsigned');
    return this.verified.get(token) ?? this.verifyAnew(token);
  }

  private async verifyAnew(token: string): Promise<{ principal: Principal | null }> {
    const claims = await this.claims(token);
    let found: { principal: Principal | null };
    try {
      found = { principal: claims.public === true ? null : principalOf((claims.principal ?? {}) as Principal) };
    } catch {
      throw new IdentityError('malformed');
    }
    const left = claims.exp! * 1_000 - Date.now();
    if (left > 0) this.verified.set(token, found, { ttl: left });
    return found;
  }

  private async claims(token: string) {
    try {
      return await this.decode(token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.reload()) throw new IdentityError(reasonOf(error));
    }
    try {
      return await this.decode(token);
    } catch (error) {
      throw new IdentityError(reasonOf(error));
    }
  }

  private async decode(token: string) {
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

  private reload(): boolean {
    if (!this.source.reload || performance.now() - this.reloadedAt < RELOAD_EVERY_MS) return false;
    this.reloadedAt = performance.now();
    this.keys = createLocalJWKSet(this.source.reload());
    return true;
  }
}

/** Why an identity is refused: for the log and for counting; the caller learns only that it is. */
export type IdentityFlaw = 'unsigned' | 'forged' | 'stale' | 'misdirected' | 'malformed';

function reasonOf(error: unknown): IdentityFlaw {
  if (error instanceof errors.JWTExpired) return 'stale';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'aud' ? 'misdirected' : error.claim === 'iat' ? 'stale' : 'forged';
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'malformed';
  return 'forged';
}

/** Whoever asked a subgraph is not the gateway, or not any more. */
export class IdentityError extends RequestError {
  constructor(readonly flaw: IdentityFlaw) {
    super('IDENTITY_REQUIRED', 'This subgraph answers the gateway only');
  }
}
