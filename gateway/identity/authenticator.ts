import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { addressKey } from '#base/http/address';
import type { Principal } from '#base/identity/principal';
import { AuthenticationError, type Issuer, invalidToken, type TokenName, type Verified } from './issuers';
import { VerificationBudget } from './verification-budget';

/** Maximum characters of a token. */
const MAX_CHARACTERS = 8_192;
/** Maximum verified tokens in the cache, and maximum characters of them and their principals. */
const MAX_VERIFIED = 10_000;
const MAX_VERIFIED_CHARACTERS = 64 * 1024 * 1024;
/** Milliseconds after which a token is verified again, so that a withdrawn issuer key takes effect. */
const VERIFIED_MS = 5 * 60_000;
/** Milliseconds for which a token with an invalid signature is rejected unchecked, so that a client that retries it costs one check. */
const REJECTED_MS = 10_000;
const MAX_REJECTED = 1_000;

interface AuthenticatorOptions {
  /** Whether a token has been revoked, by its `jti` or its principal. */
  readonly isRevoked?: (token: TokenName, principal: Principal) => boolean;
  /** Maximum failed signature checks per address and minute before a reserved rate applies; 0 disables the limit. */
  readonly maxInvalidTokens?: number;
}

/** Authenticates callers by their tokens. */
export class Authenticator {
  private readonly issuers: ReadonlyMap<string, Issuer>;
  private readonly verified = new LRUCache<string, Verified>({
    ...{ max: MAX_VERIFIED, maxSize: MAX_VERIFIED_CHARACTERS },
    // a principal is about as long as its token
    sizeCalculation: (_verified, authorization) => 2 * authorization.length,
  });
  private readonly rejected = new LRUCache<string, AuthenticationError>({ max: MAX_REJECTED, ttl: REJECTED_MS });
  /** Verifications in progress, so that parallel requests with one new token cost one check. */
  private readonly pending = new Map<string, Promise<Verified>>();
  private readonly budget: VerificationBudget;
  private readonly isRevoked: NonNullable<AuthenticatorOptions['isRevoked']>;

  constructor(
    issuers: readonly Issuer[],
    { isRevoked = () => false, maxInvalidTokens = 0 }: AuthenticatorOptions = {},
  ) {
    this.issuers = new Map(issuers.map((issuer) => [issuer.settings.issuer, issuer]));
    this.isRevoked = isRevoked;
    this.budget = new VerificationBudget(maxInvalidTokens);
  }

  /**
   * @param authorization the header; without it, the caller is the public (null)
   * @param from the client, whose address is read only if the token is not cached
   * @throws AuthenticationError
   */
  authenticate(
    authorization: string | undefined,
    from?: { readonly ip: string },
  ): Principal | null | Promise<Principal> {
    if (authorization === undefined) return null;
    const cached = this.verified.get(authorization);
    if (cached && cached.expiresAt > Date.now()) return this.unlessRevoked(cached);
    return this.verifyOnce(authorization, from?.ip ?? '');
  }

  /**
   * For requests that take long: a token that was accepted may expire meanwhile, but must not be revoked.
   * @throws AuthenticationError
   */
  requireUnrevoked(authorization: string, principal: Principal): void {
    const { jti: id, iss: issuer = '' } = decodeJwt(tokenIn(authorization));
    if (this.isRevoked({ id, issuer }, principal)) throw invalidToken('revoked');
  }

  /**
   * Verifies a token that is not cached. Checks that need no signature come first and do not count against the budget. A token that was
   * valid before is verified again regardless of its address's budget.
   */
  private async verifyOnce(authorization: string, address: string): Promise<Principal> {
    const rejection = this.rejected.get(authorization);
    if (rejection) throw rejection;
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
        if (isPaid) this.rejected.set(authorization, error);
      }
      throw error;
    }
  }

  private issuerOf(token: string): Issuer {
    let name: unknown;
    try {
      name = decodeJwt(token).iss;
    } catch {
      throw invalidToken('not a JWT');
    }
    const issuer = typeof name === 'string' ? this.issuers.get(name) : undefined;
    if (!issuer) throw invalidToken('unknown issuer');
    return issuer;
  }

  private unlessRevoked({ principal, token }: Verified): Principal {
    if (this.isRevoked(token, principal)) throw invalidToken('revoked');
    return principal;
  }
}

/** The token in the header. @throws AuthenticationError for malformed headers */
function tokenIn(authorization: string): string {
  if (authorization.length > MAX_CHARACTERS) throw invalidToken('too long');
  const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
  if (!token) throw invalidToken('send "authorization: Bearer <token>" with a JWT');
  return token;
}
