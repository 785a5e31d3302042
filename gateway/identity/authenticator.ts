import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../../shared/identity/principal';
import { type Issuer, refused, type Verified } from './issuers';

/** Most characters of a token that are looked at. */
const MOST_CHARACTERS = 8_192;
/** Most tokens whose verification is remembered. */
const MOST_KEPT = 10_000;
/** Milliseconds after which a token is verified again, so that an issuer's withdrawn key counts. */
const VERIFIED_MS = 5 * 60_000;

/** Says who a caller is, by the token it brings. */
export class Authenticator {
  private readonly issuers: ReadonlyMap<string, Issuer>;
  private readonly verified = new LRUCache<string, Verified>({ max: MOST_KEPT });

  constructor(
    issuers: readonly Issuer[],
    /** Whether a token has been withdrawn, by its `jti` or subject. */
    private readonly isRevoked: (tokenId: string | undefined, subject: string) => boolean = () => false,
  ) {
    this.issuers = new Map(issuers.map((issuer) => [issuer.settings.issuer, issuer]));
  }

  /**
   * @param authorization the header; without it the caller is the public, which is null.
   * @throws AuthenticationError
   */
  authenticate(authorization: string | undefined): Principal | null | Promise<Principal> {
    if (authorization === undefined) return null;
    const known = this.verified.get(authorization);
    if (known && known.expiresAt > Date.now()) return this.unlessRevoked(known);
    return this.authenticateAnew(authorization);
  }

  private async authenticateAnew(authorization: string): Promise<Principal> {
    if (authorization.length > MOST_CHARACTERS) throw refused('it is too long');
    const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
    if (!token) throw refused('write "authorization: Bearer <token>", the token a JWT');
    const verified = await this.issuerOf(token).verify(token);
    const left = Math.min(VERIFIED_MS, verified.expiresAt - Date.now());
    if (left > 0) this.verified.set(authorization, verified, { ttl: left });
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
    if (this.isRevoked(tokenId, principal.subject)) throw refused('it has been revoked');
    return principal;
  }
}
