import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressKey } from '#base/http/address';
import { type Principal, personKey, principalKey } from '#base/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import type { RequestRate } from '../policy/request-rate';
import type { Authenticator } from './authenticator';
import type { DevelopmentIssuer } from './development-issuer';
import { AuthenticationError, BeyondIssuerError } from './issuers';

/** The caller of a request. */
export interface Caller {
  /** Null for the public. */
  readonly principal: Principal | null;
  /** Callers with the same key may share an answer. */
  readonly key: string;
  /** The person or program, independent of its roles; requests and costs are counted by it. */
  readonly person: string;
  /** Signed identity headers by subgraph. */
  readonly identities: ReadonlyMap<string, Readonly<Record<string, string>>> | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Key of the public in the cache of callers, which is keyed by principal. */
const PUBLIC = {};

/** Every caller of a graph without authentication. */
const ANYONE: Caller = { principal: null, key: '', person: '', identities: undefined };

export interface IdentityParts {
  readonly authenticator: Authenticator;
  readonly signer: IdentitySigner;
  /** Issuer of tokens for development. */
  readonly development?: DevelopmentIssuer;
}

/** Milliseconds for which signed identities of a caller are cached. */
const CACHED_MS = 20_000;

/**
 * Authenticates the caller before the request's body is read. Without parts, authentication is off.
 * @param rate counts requests with rejected tokens by client address
 */
export function addIdentity(
  server: FastifyInstance,
  parts: IdentityParts | undefined,
  subgraphs: () => readonly string[],
  rate: RequestRate | undefined,
): void {
  server.decorateRequest('caller', null as unknown as Caller);
  // keyed by principal, which is one object while its token's verification is cached
  let callers = new WeakMap<object, { readonly caller: Caller; readonly until: number }>();
  let signedFor = subgraphs();
  let signedWith = parts?.signer.key;
  const cachedCaller = (principal: Principal | null): Caller | undefined => {
    const entry = callers.get(principal ?? PUBLIC);
    return entry && entry.until > Date.now() ? entry.caller : undefined;
  };
  const callerOf = async (principal: Principal | null, { signer }: IdentityParts): Promise<Caller> => {
    const identities = new Map<string, Record<string, string>>();
    // while this signs, a new supergraph may replace `callers`
    const into = callers;
    for (const name of subgraphs()) identities.set(name, { [IDENTITY_HEADER]: await signer.sign(principal, name) });
    const person = principal === null ? '' : personKey(principal);
    const caller: Caller = { principal, key: principalKey(principal), person, identities };
    into.set(principal ?? PUBLIC, { caller, until: Date.now() + CACHED_MS });
    return caller;
  };
  const establish = async (
    request: FastifyRequest,
    authenticated: Principal | null | Promise<Principal>,
    identityParts: IdentityParts,
  ): Promise<void> => {
    const principal = await authenticated;
    request.caller = cachedCaller(principal) ?? (await callerOf(principal, identityParts));
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
      const sendError = () => {
        if (error.status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
        else reply.header('retry-after', error.retrySeconds ?? 5);
        reply
          .code(error.status)
          .header('cache-control', 'no-store')
          .send({ errors: [publicErrorOf(error, request)] });
      };
      if (rate) rate.check(addressKey(request.ip), reply, (tooMany) => (tooMany ? next(tooMany) : sendError()));
      else sendError();
    };
    const { key } = parts.signer;
    // a new supergraph may have other subgraphs, and subgraphs soon stop accepting a replaced key
    if (signedFor !== subgraphs() || signedWith !== key) {
      signedFor = subgraphs();
      signedWith = key;
      callers = new WeakMap();
    }
    try {
      const authenticated = parts.authenticator.authenticate(request.headers.authorization, request);
      // hot path: no promise for cached callers
      const caller = authenticated instanceof Promise ? undefined : cachedCaller(authenticated);
      if (caller) {
        request.caller = caller;
        next();
      } else establish(request, authenticated, parts).then(() => next(), refuse);
    } catch (error) {
      refuse(error);
    }
  });
}

/** The key that requests are counted by: the caller, or the address of a caller without a token. */
export const payerOf = ({ caller, ip }: FastifyRequest): string => (caller.principal ? caller.person : addressKey(ip));

/** The error as the caller sees it. Operators find the details of a token that exceeds its issuer's scope in the log, by the reference. */
function publicErrorOf(error: AuthenticationError, request: FastifyRequest): object {
  const publicError = error.toJSON();
  if (!(error instanceof BeyondIssuerError)) return publicError;
  const { issuer, subject, claim, value } = error;
  const reference = request.id;
  request.log.warn(
    { issuer, subject, claim, value, reference },
    'rejected a token with a claim that its issuer may not make',
  );
  return { ...publicError, extensions: { ...publicError.extensions, reference } };
}
