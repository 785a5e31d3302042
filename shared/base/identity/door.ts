import type { Logger } from 'pino';
import { isRequestId, REQUEST_ID_HEADER } from '../http/request-id';
import { ClockSkew } from './clock-skew';
import type { Principal } from './principal';
import { IDENTITY_HEADER, IdentityError, type IdentityKeys, IdentityVerifier } from './signed-identity';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Lets callers into a subgraph, and says who they are. */
export interface Door {
  /** @returns null for the public. @throws IdentityError */
  enter(headers: Headers): Promise<Principal | null>;
  /** Requests turned away, by what was wrong with their identity. */
  readonly refused?: ReadonlyMap<string, number>;
  /** How much the gateway's clock differs. */
  readonly clockSkew?: ClockSkew;
}

/** Lets in whom the gateway has signed for, and nobody else. */
export class SignedDoor implements Door {
  /** How many were turned away, by what was wrong. */
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
    const given = headers[IDENTITY_HEADER];
    try {
      return (await this.verifier.verify(typeof given === 'string' ? given : undefined)).principal;
    } catch (error) {
      if (error instanceof IdentityError) {
        const count = (this.refused.get(error.flaw) ?? 0) + 1;
        this.refused.set(error.flaw, count);
        const requestId = headers[REQUEST_ID_HEADER];
        this.log?.warn(
          {
            flaw: error.flaw,
            refused: count,
            // text of a caller without identity
            requestId: isRequestId(requestId) ? requestId : undefined,
            // a JSON number or nothing
            ...(Number.isFinite(error.age) ? { ageSeconds: Math.round(error.age) } : {}),
          },
          'refused a request without a valid identity from the gateway',
        );
      }
      throw error;
    }
  }
}

/** Takes everyone for one principal: for benchmarks and development on a machine of one's own. */
export const openDoor = (principal: Principal): Door => ({ enter: async () => principal });

/** Lets nobody in: what a subgraph has when nothing else is said. */
export const closedDoor: Door = {
  enter: async () => {
    throw new IdentityError('unsigned');
  },
};
