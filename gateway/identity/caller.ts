import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Principal, principalKey } from '../../shared/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '../../shared/identity/signed-identity';
import type { Authenticator } from './authenticator';
import type { DevelopmentIssuer } from './development-issuer';
import { AuthenticationError } from './issuers';

/** Who asks, as the gateway knows and tells it. */
export interface Caller {
  /** Null for the public. */
  readonly principal: Principal | null;
  /** What callers must have in common to share an answer. */
  readonly key: string;
  /** By subgraph, the headers that tell it who asks. */
  readonly identities: ReadonlyMap<string, Readonly<Record<string, string>>> | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Everyone, where nobody is asked who they are. */
const ANYONE: Caller = { principal: null, key: '', identities: undefined };

export interface IdentityParts {
  readonly authenticator: Authenticator;
  readonly signer: IdentitySigner;
  /** Whose tokens are believed where nothing is secret. */
  readonly development?: DevelopmentIssuer;
}

/** Milliseconds after which a caller's identities are asked of the signer again. */
const KEPT_MS = 20_000;

/** Establishes who asks before anything of a request is read. Without parts, everyone may ask. */
export function addIdentity(
  server: FastifyInstance,
  parts: IdentityParts | undefined,
  subgraphs: () => readonly string[],
): void {
  server.decorateRequest('caller', null as unknown as Caller);
  const callers = new LRUCache<string, Caller>({ max: 10_000, ttl: KEPT_MS });
  let signedFor = subgraphs();
  const callerOf = async (principal: Principal | null, { signer }: IdentityParts): Promise<Caller> => {
    const key = principalKey(principal);
    const identities = new Map<string, Record<string, string>>();
    for (const name of subgraphs()) identities.set(name, { [IDENTITY_HEADER]: await signer.sign(principal, name) });
    const caller: Caller = { principal, key, identities };
    callers.set(key, caller);
    return caller;
  };
  // by the principal itself, which is one object for as long as its token's verification is remembered
  const keys = new WeakMap<Principal, string>();
  const keyOf = (principal: Principal | null): string => {
    if (principal === null) return 'public';
    let key = keys.get(principal);
    if (key === undefined) {
      key = principalKey(principal);
      keys.set(principal, key);
    }
    return key;
  };
  const establish = async (
    request: FastifyRequest,
    authenticated: Principal | null | Promise<Principal>,
    found: IdentityParts,
  ): Promise<void> => {
    const principal = await authenticated;
    request.caller = callers.get(keyOf(principal)) ?? (await callerOf(principal, found));
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
      if (error.status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
      else reply.header('retry-after', error.retrySeconds ?? 5);
      reply
        .code(error.status)
        .header('cache-control', 'no-store')
        .send({ errors: [error.toJSON()] });
    };
    // another supergraph may have other subgraphs
    if (signedFor !== subgraphs()) {
      signedFor = subgraphs();
      callers.clear();
    }
    try {
      const authenticated = parts.authenticator.authenticate(request.headers.authorization, request);
      // without a promise where there is nothing to wait for: this is in the way of every request
      const known = authenticated instanceof Promise ? undefined : callers.get(keyOf(authenticated));
      if (known) {
        request.caller = known;
        next();
      } else establish(request, authenticated, parts).then(() => next(), refuse);
    } catch (error) {
      refuse(error);
    }
  });
}
