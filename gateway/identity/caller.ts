import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressKey } from '#base/http/address';
import { type Principal, personKey, principalKey } from '#base/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import type { RequestRate } from '../policy/request-rate';
import type { Authenticator } from './authenticator';
import type { DevelopmentIssuer } from './development-issuer';
import { AuthenticationError, BeyondIssuerError } from './issuers';

/** Who asks, as the gateway knows and tells it. */
export interface Caller {
  /** Null for the public. */
  readonly principal: Principal | null;
  /** What callers must have in common to share an answer. */
  readonly key: string;
  /** The person or program, whatever its roles: by whom requests and costs are counted. */
  readonly person: string;
  /** By subgraph, the headers that tell it who asks. */
  readonly identities: ReadonlyMap<string, Readonly<Record<string, string>>> | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

/** What stands for the public where callers are told apart by their principals. */
const PUBLIC = {};

/** Everyone, where nobody is asked who they are. */
const ANYONE: Caller = { principal: null, key: '', person: '', identities: undefined };

export interface IdentityParts {
  readonly authenticator: Authenticator;
  readonly signer: IdentitySigner;
  /** Whose tokens are believed where nothing is secret. */
  readonly development?: DevelopmentIssuer;
}

/** Milliseconds after which a caller's identities are asked of the signer again. */
const KEPT_MS = 20_000;

/**
 * Establishes who asks before anything of a request is read. Without parts, everyone may ask.
 * @param rate counts requests whose token is refused: for their address
 */
export function addIdentity(
  server: FastifyInstance,
  parts: IdentityParts | undefined,
  subgraphs: () => readonly string[],
  rate: RequestRate | undefined,
): void {
  server.decorateRequest('caller', null as unknown as Caller);
  // by the principal itself, which is one object for as long as its token's verification is remembered
  let callers = new WeakMap<object, { readonly caller: Caller; readonly until: number }>();
  let signedFor = subgraphs();
  let signedWith = parts?.signer.key;
  const known = (principal: Principal | null): Caller | undefined => {
    const kept = callers.get(principal ?? PUBLIC);
    return kept && kept.until > Date.now() ? kept.caller : undefined;
  };
  const callerOf = async (principal: Principal | null, { signer }: IdentityParts): Promise<Caller> => {
    const identities = new Map<string, Record<string, string>>();
    // not into those of a supergraph that comes meanwhile
    const into = callers;
    for (const name of subgraphs()) identities.set(name, { [IDENTITY_HEADER]: await signer.sign(principal, name) });
    const person = principal === null ? '' : personKey(principal);
    const caller: Caller = { principal, key: principalKey(principal), person, identities };
    into.set(principal ?? PUBLIC, { caller, until: Date.now() + KEPT_MS });
    return caller;
  };
  const establish = async (
    request: FastifyRequest,
    authenticated: Principal | null | Promise<Principal>,
    found: IdentityParts,
  ): Promise<void> => {
    const principal = await authenticated;
    request.caller = known(principal) ?? (await callerOf(principal, found));
  };
  server.addHook('onRequest', (request, reply, next) => {
    if (!parts) {
      request.caller = ANYONE;
      next();
      return;
    }
    const refuse = (error: unknown): void => {
      if (!(error instanceof AuthenticationError)) {
        next(error as Error);
        return;
      }
      const turnAway = () => {
        if (error.status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
        else reply.header('retry-after', error.retrySeconds ?? 5);
        reply
          .code(error.status)
          .header('cache-control', 'no-store')
          .send({ errors: [toldOf(error, request)] });
      };
      if (rate) rate.check(addressKey(request.ip), reply, (tooMany) => (tooMany ? next(tooMany) : turnAway()));
      else turnAway();
    };
    const { key } = parts.signer;
    // another supergraph may have other subgraphs, and subgraphs may not know a replaced key for long
    if (signedFor !== subgraphs() || signedWith !== key) {
      signedFor = subgraphs();
      signedWith = key;
      callers = new WeakMap();
    }
    try {
      const authenticated = parts.authenticator.authenticate(request.headers.authorization, request);
      // without a promise where there is nothing to wait for: this is in the way of every request
      const caller = authenticated instanceof Promise ? undefined : known(authenticated);
      if (caller) {
        request.caller = caller;
        next();
      } else establish(request, authenticated, parts).then(() => next(), refuse);
    } catch (error) {
      refuse(error);
    }
  });
}

/** What requests are counted under: the caller, or the address of one without a token. */
export const payerOf = ({ caller, ip }: FastifyRequest): string => (caller.principal ? caller.person : addressKey(ip));

/** What the caller learns. A token that goes beyond its issuer is a mistake of operators: they find it in the log by the reference. */
function toldOf(error: AuthenticationError, request: FastifyRequest): object {
  const told = error.toJSON();
  if (!(error instanceof BeyondIssuerError)) return told;
  const { issuer, subject, claim, value } = error;
  const reference = request.id;
  request.log.warn(
    { issuer, subject, claim, value, reference },
    'refused a token: its issuer may not speak for what it claims',
  );
  return { ...told, extensions: { ...told.extensions, reference } };
}
