import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { OperatorError, RequestError } from '#base/errors';
import { NEEDS, type Principal, principalOf, ROLES, type Role } from '#base/identity/principal';
import { nearest } from '#base/nearest';
import { readText } from '#base/read-text';
import { agencies } from '#domain/agency/agencies';

/** Signature algorithms that a token may have: asymmetric ones only, and never none. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const isSafe = (text: string): boolean => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
};
const address = z.url().refine(isSafe, { message: 'must be https, or http on this machine' });

const AGENCY_KEYS = agencies.map(({ key }) => key);
const agencyKey = z.string().refine((key) => AGENCY_KEYS.includes(key), {
  error: ({ input }) => `"${String(input)}" is not the key of an agency${nearest(String(input), AGENCY_KEYS)}`,
});

const issuerSchema = z.strictObject({
  /** The `iss` of its tokens. */
  issuer: address,
  /** What its tokens for this graph name as `aud`. */
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** Where its keys are; found by OpenID discovery when it is not said. */
  jwksUri: address.optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
  /** Seconds that its clock may differ from ours. */
  clockToleranceSeconds: z.number().int().min(0).max(300).default(30),
  /** Names of claims, with dots where they are nested. */
  claims: z
    .strictObject({
      subject: z.string().default('sub'),
      roles: z.string().default('roles'),
      organization: z.string().default('organization'),
      agency: z.string().default('agency'),
      caseNumber: z.string().default('case_number'),
      scopes: z.string().default('scope'),
    })
    .prefault({}),
  /** Our role by the issuer's name of it: the roles that it may give. Other names give nothing, even if they are those of our roles. */
  roles: z.record(z.string(), z.enum(ROLES)).default({}),
  /** Keys of the agencies that it may speak for; "*" for all. */
  agencies: z.union([z.literal('*'), z.array(agencyKey)]).default([]),
  /** Keys of the developer organizations that it may speak for; "*" for all. */
  organizations: z.union([z.literal('*'), z.array(z.string().min(1))]).default([]),
});

/** For whom an issuer may speak, by the claim. */
const SCOPES_OF_ISSUERS = { agency: 'agencies', organization: 'organizations' } as const;
type BoundClaim = keyof typeof SCOPES_OF_ISSUERS;
const BOUND_CLAIMS = Object.keys(SCOPES_OF_ISSUERS) as readonly BoundClaim[];

/** What is wrong with settings that are each valid; undefined when nothing is. */
function contradictionIn({ roles, ...settings }: IssuerSettings): { path: string; message: string } | undefined {
  for (const role of Object.values(roles))
    for (const claim of BOUND_CLAIMS) {
      const path = SCOPES_OF_ISSUERS[claim];
      if (NEEDS[role] === claim && settings[path].length === 0)
        return {
          path,
          message: `list the keys that it may speak for, or write "*": its role ${role} is exercised for one ${claim}`,
        };
    }
  return undefined;
}

export type IssuerSettings = z.output<typeof issuerSchema>;

/** Reads a file of trusted issuers: a JSON list. @throws OperatorError */
export function readIssuers(file: string): readonly IssuerSettings[] {
  const fix = 'It is a JSON list of {"issuer", "audience", …}; see docs/identity.md';
  let given: unknown;
  try {
    given = JSON.parse(readText(file, 'The file of trusted issuers (--auth, ORDERGRAPH_AUTH)'));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`"${file}" is no JSON: ${(error as Error).message}`, fix);
  }
  const parsed = z.array(issuerSchema).min(1).safeParse(given);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new OperatorError(`"${file}", at ${path.join('.') || 'its top'}: ${message}`, fix);
  }
  for (const [place, settings] of parsed.data.entries()) {
    const wrong = contradictionIn(settings);
    if (wrong) throw new OperatorError(`"${file}", at ${place}.${wrong.path}: ${wrong.message}`, fix);
    if (parsed.data.findIndex(({ issuer }) => issuer === settings.issuer) < place)
      throw new OperatorError(`"${file}", at ${place}.issuer: "${settings.issuer}" is listed twice`, fix);
  }
  return parsed.data;
}

/** Why a caller's token is not taken. */
export class AuthenticationError extends RequestError {
  constructor(
    code: 'UNAUTHENTICATED' | 'AUTHENTICATION_UNAVAILABLE' | 'TOO_MANY_REQUESTS',
    message: string,
    readonly status: 401 | 429 | 503,
    /** After which it may be tried again. */
    readonly retrySeconds?: number,
  ) {
    super(code, message);
  }
}

/** A token claims what its issuer may not grant. */
export class BeyondIssuerError extends AuthenticationError {
  constructor(
    readonly issuer: string,
    readonly subject: string,
    readonly claim: string,
    readonly value: string,
  ) {
    super(
      'UNAUTHENTICATED',
      `The token is not taken: its issuer may not speak for the ${claim} "${value}"; ask the operator of this graph, and give the reference`,
      401,
    );
  }
}

/** What a token that holds says. */
export interface Verified {
  readonly principal: Principal;
  /** Milliseconds since 1970 at which it ends. */
  readonly expiresAt: number;
  readonly tokenId: string | undefined;
}

type KeyLookup = Parameters<typeof jwtVerify>[1];

/** Whoever issues tokens that are trusted. */
export class Issuer {
  constructor(
    readonly settings: IssuerSettings,
    private readonly keys: () => Promise<KeyLookup>,
    private readonly log?: Logger,
  ) {}

  /** Names of our roles that were met without a mapping, each logged once. */
  private readonly unmapped = new Set<string>();

  static remote(settings: IssuerSettings, log: Logger): Issuer {
    const keys = new RemoteKeys(settings, log);
    return new Issuer(settings, () => keys.lookup(), log);
  }

  /**
   * @param beforeSignature called once everything but the signature is valid; its error is passed on
   * @throws AuthenticationError
   */
  async verify(token: string, beforeSignature: () => void = () => {}): Promise<Verified> {
    const { audience, algorithms, clockToleranceSeconds, issuer } = this.settings;
    let payload: JWTPayload;
    try {
      requireAlgorithm(token, algorithms);
      requireClaims(decodeJwt(token), this.settings);
      const lookup = (await this.keys()) as JWTVerifyGetKey;
      const keyOf: JWTVerifyGetKey = async (header, content) => {
        const key = await lookup(header, content);
        beforeSignature();
        return key;
      };
      ({ payload } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
      }));
    } catch (error) {
      throw refusalOf(error);
    }
    return {
      principal: this.principal(payload),
      expiresAt: payload.exp! * 1_000,
      tokenId: typeof payload.jti === 'string' ? payload.jti : undefined,
    };
  }

  private principal(payload: JWTPayload): Principal {
    const { issuer, claims } = this.settings;
    let principal: Principal;
    try {
      principal = principalOf({
        issuer,
        subject: claimAt(payload, claims.subject),
        roles: listOf(claimAt(payload, claims.roles)).flatMap((name) => this.roleOf(name)),
        organization: claimAt(payload, claims.organization),
        agency: claimAt(payload, claims.agency),
        caseNumber: claimAt(payload, claims.caseNumber),
        scopes: listOf(claimAt(payload, claims.scopes)),
      });
    } catch (error) {
      throw refused((error as Error).message);
    }
    for (const claim of BOUND_CLAIMS) this.requireWithin(claim, principal);
    return principal;
  }

  private roleOf(name: string): Role[] {
    const { issuer, roles } = this.settings;
    if (Object.hasOwn(roles, name)) return [roles[name]!];
    if (ROLES.includes(name as Role) && !this.unmapped.has(name)) {
      this.unmapped.add(name);
      this.log?.warn(
        { issuer, role: name },
        'an issuer names a role of this graph that its "roles" do not map; it gives nothing',
      );
    }
    return [];
  }

  /** @throws BeyondIssuerError */
  private requireWithin(claim: BoundClaim, principal: Principal): void {
    const [value, allowed] = [principal[claim], this.settings[SCOPES_OF_ISSUERS[claim]]];
    if (value === null || allowed === '*' || allowed.includes(value)) return;
    throw new BeyondIssuerError(principal.issuer, principal.subject, claim, value);
  }
}

/** Checks before the signature what jose checks after it. Most rejected tokens have expired. */
function requireClaims(payload: JWTPayload, { audience, clockToleranceSeconds }: IssuerSettings): void {
  const now = Date.now() / 1_000;
  if (typeof payload.exp === 'number' && payload.exp + clockToleranceSeconds < now)
    throw refused('it has expired; get a new one');
  for (const claim of ['exp', 'sub'] as const)
    if (payload[claim] === undefined) throw refused(`its claim "${claim}" does not fit`);
  const named = [payload.aud].flat();
  if (![audience].flat().some((one) => named.includes(one))) throw refused('its claim "aud" does not fit');
}

function requireAlgorithm(token: string, algorithms: readonly string[]): void {
  let named: unknown;
  try {
    named = decodeProtectedHeader(token).alg;
  } catch {
    throw refused('it is no JWT');
  }
  if (!algorithms.includes(String(named))) throw refused('its signature algorithm is not allowed');
}

function claimAt(payload: JWTPayload, path: string): unknown {
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A claim that lists texts: as a list, or as one text with spaces between them. */
function listOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter(Boolean);
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : [];
}

function refusalOf(error: unknown): AuthenticationError {
  if (error instanceof AuthenticationError) return error;
  if (error instanceof errors.JWTExpired) return refused('it has expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(`its claim "${error.claim}" does not fit`);
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('its signature algorithm is not allowed');
  if (error instanceof errors.JWKSNoMatchingKey) return refused('its issuer has no key with this "kid" and algorithm');
  if (error instanceof errors.JOSEError)
    return refused(
      'its signature does not hold, or it is no JWT; a token for development comes from `token` with the same --data as the graph',
    );
  return unavailable();
}

export const refused = (why: string): AuthenticationError =>
  new AuthenticationError('UNAUTHENTICATED', `The token is not taken: ${why}`, 401);

const unavailable = (): AuthenticationError =>
  new AuthenticationError(
    'AUTHENTICATION_UNAVAILABLE',
    'The keys of the token’s issuer cannot be had at the moment; try again',
    503,
  );

/** Milliseconds after which keys are fetched again, in the background. */
const REFRESH_MS = 10 * 60_000;
/** Milliseconds that keys are good for while the issuer cannot be reached. */
const STALE_MS = 60 * 60_000;
/** Milliseconds between two attempts: for unknown key ids, which anybody can make up, and while the issuer is down. */
const COOLDOWN_MS = 15_000;
const TIMEOUT_MS = 5_000;
/** Compressed answers are not asked for: see SECURITY.md. */
const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };

/** Maximum bytes of a document of an issuer: a few hundred keys with their certificates take less. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** A JSON document of an issuer. @throws Error unless it comes in time and is not too long; the rest is not read */
async function fetchDocument(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: HEADERS, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`${url} sends more than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (response.status !== 200) throw new Error(`${url} answers with status ${response.status}`);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The keys of an issuer: fetched once, refreshed while in use, kept through an outage, but not for ever. */
class RemoteKeys {
  private uri: string | undefined;
  private set: ReturnType<typeof createLocalJWKSet> | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | undefined;

  constructor(
    private readonly settings: IssuerSettings,
    private readonly log: Logger,
  ) {}

  /** @throws AuthenticationError when there are no keys, or none that are recent enough */
  async lookup(): Promise<KeyLookup> {
    const age = performance.now() - this.fetchedAt;
    if (age > REFRESH_MS) {
      const fetched = this.fetch();
      if (age > STALE_MS) await fetched;
    }
    const { set } = this;
    if (!set || performance.now() - this.fetchedAt > STALE_MS) throw unavailable();
    const key: JWTVerifyGetKey = async (header, token) => {
      try {
        return await set(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await this.fetch();
        return (this.set ?? set)(header, token);
      }
    };
    return key;
  }

  private fetch(): Promise<void> {
    if (this.fetching) return this.fetching;
    if (performance.now() - this.triedAt < COOLDOWN_MS) return Promise.resolve();
    this.triedAt = performance.now();
    this.fetching = this.fetchNow().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async fetchNow(): Promise<void> {
    const { issuer } = this.settings;
    try {
      this.uri ??= await this.jwksUri();
      this.set = createLocalJWKSet((await fetchDocument(this.uri)) as JSONWebKeySet);
      this.fetchedAt = performance.now();
    } catch (error) {
      this.log.warn({ err: error, issuer }, 'the keys of an issuer cannot be fetched');
    }
  }

  /** By OpenID Connect Discovery 1.0, section 4. */
  private async jwksUri(): Promise<string> {
    const { issuer, jwksUri } = this.settings;
    if (jwksUri) return jwksUri;
    const document = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const found = z.object({ issuer: z.literal(issuer), jwks_uri: address }).safeParse(document);
    if (!found.success) throw new Error('it has no OpenID configuration that names it and its keys');
    return found.data.jwks_uri;
  }
}
