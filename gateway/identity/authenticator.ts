import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { addressKey } from '#base/http/address';
import type { Principal } from '#base/identity/principal';
import { AuthenticationError, type Issuer, refused, type Verified } from './issuers';
import { VerificationBudget } from './verification-budget';

/** Most characters of a token that are looked at. */
const MOST_CHARACTERS = 8_192;
/** Most tokens whose verification is remembered. */
const MOST_KEPT = 10_000;
/** Milliseconds after which a token is verified again, so that an issuer's withdrawn key counts. */
const VERIFIED_MS = 5 * 60_000;
/** Milliseconds for which a token whose signature was refused is refused unseen: a client that goes on with it pays for one check. */
const REFUSED_MS = 10_000;
const MOST_REFUSED_KEPT = 1_000;

interface AuthenticatorOptions {
  /** Whether a token has been withdrawn, by its `jti` or its principal. */
  readonly isRevoked?: (tokenId: string | undefined, principal: Principal) => boolean;
  /** Signature checks in vain of one address a minute, before it goes on at a reserved rate; 0 for no limit. */
  readonly mostRefused?: number;
}

/** Says who a caller is, by the token it brings. */
export class Authenticator {
  private readonly issuers: ReadonlyMap<string, Issuer>;
  private readonly verified = new LRUCache<string, Verified>({ max: MOST_KEPT });
  private readonly refused = new LRUCache<string, AuthenticationError>({ max: MOST_REFUSED_KEPT, ttl: REFUSED_MS });
  /** Tokens that are being verified, so that a page's requests with one new token cost one check. */
  private readonly pending = new Map<string, Promise<Verified>>();
  private readonly budget: VerificationBudget;
  private readonly isRevoked: NonNullable<AuthenticatorOptions['isRevoked']>;

  constructor(issuers: readonly Issuer[], { isRevoked = () => false, mostRefused = 0 }: AuthenticatorOptions = {}) {
    this.issuers = new Map(issuers.map((issuer) => [issuer.settings.issuer, issuer]));
    this.isRevoked = isRevoked;
    this.budget = new VerificationBudget(mostRefused);
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

  /**
   * Looks at a token that is not known. What can be seen without its signature is looked at first, and costs nothing that would have to be
   * counted; a token that was valid before is verified again whatever its address has sent.
   */
  private async tryAnew(authorization: string, address: string): Promise<Principal> {
    const before = this.refused.get(authorization);
    if (before) throw before;
    let verifying = this.pending.get(authorization);
    if (!verifying) {
      verifying = this.verify(authorization, address).finally(() => this.pending.delete(authorization));
      this.pending.set(authorization, verifying);
    }
    return this.unlessRevoked(await verifying);
  }

  private async verify(authorization: string, address: string): Promise<Verified> {
    const token = tokenIn(authorization);
    const wasValid = this.verified.has(authorization);
    let isPaid = false;
    let refund = () => {};
    const pay = () => {
      if (!wasValid) refund = this.budget.spend(addressKey(address));
      isPaid = true;
    };
    try {
      const verified = await this.issuerOf(token).verify(token, pay);
      refund();
      this.verified.set(authorization, {
        ...verified,
        expiresAt: Math.min(verified.expiresAt, Date.now() + VERIFIED_MS),
      });
      return verified;
    } catch (error) {
      if (error instanceof AuthenticationError && error.status === 401) {
        this.verified.delete(authorization);
        if (isPaid) this.refused.set(authorization, error);
      }
      throw error;
    }
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

/** The token of the header. @throws AuthenticationError when it has not the form of one */
function tokenIn(authorization: string): string {
  if (authorization.length > MOST_CHARACTERS) throw refused('it is too long');
  const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
  if (!token) throw refused('write "authorization: Bearer <token>", the token a JWT');
  return token;
}
