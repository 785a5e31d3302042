import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '../../shared/identity/principal';
import { AuthenticationError, type Issuer, refused, type Verified } from './issuers';

/** Most characters of a token that are looked at. */
const MOST_CHARACTERS = 8_192;
/** Most tokens whose verification is remembered. */
const MOST_KEPT = 10_000;
/** Milliseconds after which a token is verified again, so that an issuer's withdrawn key counts. */
const VERIFIED_MS = 5 * 60_000;
/** Milliseconds for which a token that was refused is refused unseen: a client that goes on with an old one costs nothing, and counts once. */
const REFUSED_MS = 10_000;
const MOST_REFUSED_KEPT = 1_000;

interface AuthenticatorOptions {
  /** Whether a token has been withdrawn, by its `jti` or its principal. */
  readonly isRevoked?: (tokenId: string | undefined, principal: Principal) => boolean;
  /** Most tokens of one address a minute that are looked at in vain; 0 for no limit. */
  readonly mostRefused?: number;
}

/** Says who a caller is, by the token it brings. */
export class Authenticator {
  private readonly issuers: ReadonlyMap<string, Issuer>;
  private readonly verified = new LRUCache<string, Verified>({ max: MOST_KEPT });
  private readonly refused = new LRUCache<string, AuthenticationError>({ max: MOST_REFUSED_KEPT, ttl: REFUSED_MS });
  private readonly refusals: RateLimiterMemory | undefined;
  private readonly isRevoked: NonNullable<AuthenticatorOptions['isRevoked']>;

  constructor(issuers: readonly Issuer[], { isRevoked = () => false, mostRefused = 0 }: AuthenticatorOptions = {}) {
    this.issuers = new Map(issuers.map((issuer) => [issuer.settings.issuer, issuer]));
    this.isRevoked = isRevoked;
    this.refusals = mostRefused > 0 ? new RateLimiterMemory({ points: mostRefused, duration: 60 }) : undefined;
  }

  /**
   * @param authorization the header; without it the caller is the public, which is null.
   * @param from where the request comes from; its address is only looked at when the token is not known
   * @throws AuthenticationError
   */
  authenticate(
    authorization: string | undefined,
    from?: { readonly ip: string },
  ): Principal | null | Promise<Principal> {
    if (authorization === undefined) return null;
    const known = this.verified.get(authorization);
    if (known && known.expiresAt > Date.now()) return this.unlessRevoked(known);
    return this.tryAnew(authorization, from?.ip ?? '');
  }

  /** Looks at a token, unless it, or too many of the same address, have just been looked at in vain. */
  private async tryAnew(authorization: string, address: string): Promise<Principal> {
    const before = this.refused.get(authorization);
    if (before) throw before;
    const tried: RateLimiterRes | null | undefined = await this.refusals?.get(address);
    if (tried && tried.consumedPoints >= this.refusals!.points)
      throw new AuthenticationError(
        'TOO_MANY_REQUESTS',
        'Too many tokens from this address were not taken; wait a minute',
        429,
        Math.ceil(tried.msBeforeNext / 1_000),
      );
    try {
      return await this.authenticateAnew(authorization);
    } catch (error) {
      if (error instanceof AuthenticationError && error.status === 401) {
        this.refused.set(authorization, error);
        await this.refusals?.penalty(address);
      }
      throw error;
    }
  }

  private async authenticateAnew(authorization: string): Promise<Principal> {
    if (authorization.length > MOST_CHARACTERS) throw refused('it is too long');
    const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
    if (!token) throw refused('write "authorization: Bearer <token>", the token a JWT');
    const verified = await this.issuerOf(token).verify(token);
    const expiresAt = Math.min(verified.expiresAt, Date.now() + VERIFIED_MS);
    this.verified.set(authorization, { ...verified, expiresAt });
    return this.unlessRevoked(verified);
  }

  private issuerOf(token: string): Issuer {
    let named: unknown;
    try {
      named = decodeJwt(token).iss;
    } catch {
      throw refused('it is no JWT');
    }
    const issuer = typeof named === 'string' ? this.issuers.get(named) : undefined;
    if (!issuer) throw refused('its issuer is not one that this graph trusts');
    return issuer;
  }

  private unlessRevoked({ principal, tokenId }: Verified): Principal {
    if (this.isRevoked(tokenId, principal)) throw refused('it has been revoked');
    return principal;
  }
}
