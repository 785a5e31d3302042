import type { Logger } from 'pino';
import { isRequestId, REQUEST_ID_HEADER } from '../http/request-id';
import { ClockSkew } from './clock-skew';
import type { Principal } from './principal';
import { IDENTITY_HEADER, IdentityError, type IdentityKeys, IdentityVerifier } from './signed-identity';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Authenticates callers of a subgraph. */
export interface Door {
  /** @returns null for the public. @throws IdentityError */
  enter(headers: Headers): Promise<Principal | null>;
  /** Number of rejected requests, by flaw of their identity. */
  readonly refused?: ReadonlyMap<string, number>;
  /** Difference from the gateway's clock. */
  readonly clockSkew?: ClockSkew;
}

/** Accepts only callers with an identity signed by the gateway. */
export class SignedDoor implements Door {
  /** Number of rejected requests, by flaw. */
  readonly refused = new Map<string, number>();
  readonly clockSkew: ClockSkew;
  private readonly verifier: IdentityVerifier;

  constructor(
    keys: IdentityKeys,
    subgraph: string,
    private readonly log?: Logger,
  ) {
    this.clockSkew = new ClockSkew(subgraph, log);
    this.verifier = new IdentityVerifier(keys, subgraph, this.clockSkew);
  }

  async enter(headers: Headers): Promise<Principal | null> {
    const identity = headers[IDENTITY_HEADER];
    try {
      return (await this.verifier.verify(typeof identity === 'string' ? identity : undefined)).principal;
    } catch (error) {
      if (error instanceof IdentityError) {
        const count = (this.refused.get(error.flaw) ?? 0) + 1;
        this.refused.set(error.flaw, count);
        const requestId = headers[REQUEST_ID_HEADER];
        this.log?.warn(
          {
            flaw: error.flaw,
            refused: count,
            // untrusted text
            requestId: isRequestId(requestId) ? requestId : undefined,
            // JSON has no NaN
            ...(Number.isFinite(error.age) ? { ageSeconds: Math.round(error.age) } : {}),
          },
          'rejected a request without a valid identity from the gateway',
        );
      }
      throw error;
    }
  }
}

/** Treats every caller as the same principal. For benchmarks and local development. */
export const openDoor = (principal: Principal): Door => ({ enter: async () => principal });

/** Rejects every caller; the default of a subgraph. */
export const closedDoor: Door = {
  enter: async () => {
    throw new IdentityError('unsigned');
  },
};
