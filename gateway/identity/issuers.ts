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
import { type Principal, principalOf } from '#base/identity/principal';
import { type Role, roleNames, roleSpec } from '#base/identity/roles';
import { nearest } from '#base/nearest';
import { readText } from '#base/read-text';
import { agencies } from '#domain/agency/agencies';

/** Allowed signature algorithms: asymmetric only, never `none`. */
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
  /** The `iss` claim of its tokens. */
  issuer: address,
  /** Another issuer of the list, if both name each person alike: the same subject of either is one caller. */
  subjectsOf: z.string().optional(),
  /** The `aud` claim of its tokens for this graph. */
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** URL of its keys; OpenID discovery by default. */
  jwksUri: address.optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
  /** Maximum difference between its clock and the gateway's, in seconds. */
  clockToleranceSeconds: z.number().int().min(0).max(300).default(30),
  /** Names of claims, with dots for nested claims. */
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
  /** Graph role by issuer role: the roles that it may grant. Unmapped names grant nothing, even if they equal a graph role. */
  roles: z.record(z.string(), z.string()).default({}),
  /** Keys of the agencies that its tokens may claim; "*" for all. */
  agencies: z.union([z.literal('*'), z.array(agencyKey)]).default([]),
  /** Keys of the developer organizations that its tokens may claim; "*" for all. */
  organizations: z.union([z.literal('*'), z.array(z.string().min(1))]).default([]),
});

/** The setting that limits each claim. */
const SCOPES_OF_ISSUERS = { agency: 'agencies', organization: 'organizations' } as const;
type BoundClaim = keyof typeof SCOPES_OF_ISSUERS;
const BOUND_CLAIMS = Object.keys(SCOPES_OF_ISSUERS) as readonly BoundClaim[];

/** A contradiction between settings that are valid individually. */
function contradictionIn({ roles, ...settings }: FileSettings): { path: string; message: string } | undefined {
  for (const [name, role] of Object.entries(roles)) {
    const names = roleNames();
    if (names.length > 0 && roleSpec(role) === undefined)
      return {
        path: `roles.${name}`,
        message: `"${role}" is not a role of this graph${nearest(role, names)} Roles: ${names.join(', ')}`,
      };
    for (const claim of BOUND_CLAIMS) {
      const path = SCOPES_OF_ISSUERS[claim];
      if (roleSpec(role)?.needs === claim && settings[path].length === 0)
        return {
          path,
          message: `list the keys that its tokens may claim, or "*": its role ${role} requires one ${claim}`,
        };
    }
  }
  return undefined;
}

type FileSettings = z.output<typeof issuerSchema>;

/** Settings of an issuer; the roles of its tokens by mapping, or "*" for those it names. */
export type IssuerSettings = Omit<FileSettings, 'roles'> & { readonly roles: FileSettings['roles'] | '*' };

/** Reads a file of trusted issuers: a JSON list. @throws OperatorError */
export function readIssuers(file: string): readonly IssuerSettings[] {
  const fix = 'The file must contain a JSON list of {"issuer", "audience", …}; see docs/identity.md';
  let content: unknown;
  try {
    content = JSON.parse(readText(file, 'The file of trusted issuers (--auth, ORDERGRAPH_AUTH)'));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`"${file}" is not valid JSON: ${(error as Error).message}`, fix);
  }
  const parsed = z.array(issuerSchema).min(1).safeParse(content);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new OperatorError(`"${file}", at ${path.join('.') || 'the top level'}: ${message}`, fix);
  }
  for (const [place, settings] of parsed.data.entries()) {
    const contradiction = contradictionIn(settings);
    if (contradiction)
      throw new OperatorError(`"${file}", at ${place}.${contradiction.path}: ${contradiction.message}`, fix);
    if (parsed.data.findIndex(({ issuer }) => issuer === settings.issuer) < place)
      throw new OperatorError(`"${file}", at ${place}.issuer: "${settings.issuer}" is listed twice`, fix);
    const { subjectsOf: other } = settings;
    const named = parsed.data.find(({ issuer }) => issuer === other);
    if (other !== undefined && (named === undefined || named.subjectsOf !== undefined))
      throw new OperatorError(
        `"${file}", at ${place}.subjectsOf: "${other}" is not an issuer of this list with subjects of its own`,
        fix,
      );
  }
  return parsed.data;
}

/** A token could not be accepted. */
export class AuthenticationError extends RequestError {
  constructor(
    code: 'UNAUTHENTICATED' | 'AUTHENTICATION_UNAVAILABLE' | 'TOO_MANY_REQUESTS',
    message: string,
    readonly status: 401 | 429 | 503,
    /** Seconds after which the client may retry. */
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
      `Invalid token: its issuer may not claim the ${claim} "${value}"; contact the operator of this graph with the reference`,
      401,
    );
  }
}

/** The contents of a valid token. */
export interface Verified {
  readonly principal: Principal;
  /** Expiration, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly token: TokenName;
}

/** What names a token. */
export interface TokenName {
  /** Undefined for a token without `jti`. */
  readonly id: string | undefined;
  /** Its `iss`, which the principal has unless its subjects are those of another issuer. */
  readonly issuer: string;
}

type KeyLookup = Parameters<typeof jwtVerify>[1];

/** A trusted token issuer. */
export class Issuer {
  constructor(
    readonly settings: IssuerSettings,
    private readonly keys: () => Promise<KeyLookup>,
    private readonly log?: Logger,
  ) {}

  /** Graph roles seen in tokens without a mapping; each is logged once. */
  private readonly unmapped = new Set<string>();

  static remote(settings: IssuerSettings, log: Logger): Issuer {
    const keys = new RemoteKeys(settings, log);
    return new Issuer(settings, () => keys.lookup(), log);
  }

  /**
   * @param beforeSignature called after all checks but the signature's; its errors propagate
   * @throws AuthenticationError
   */
  async verify(token: string, beforeSignature: () => void = () => {}): Promise<Verified> {
    const { audience, algorithms, clockToleranceSeconds, issuer } = this.settings;
    let payload: JWTPayload;
    try {
      requireHeader(token, algorithms);
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
      token: { id: typeof payload.jti === 'string' ? payload.jti : undefined, issuer },
    };
  }

  private principal(payload: JWTPayload): Principal {
    const { issuer, subjectsOf, claims } = this.settings;
    let principal: Principal;
    try {
      principal = principalOf({
        issuer: subjectsOf ?? issuer,
        subject: claimAt(payload, claims.subject),
        roles: listOf(claimAt(payload, claims.roles)).flatMap((name) => this.roleOf(name)),
        organization: claimAt(payload, claims.organization),
        agency: claimAt(payload, claims.agency),
        caseNumber: claimAt(payload, claims.caseNumber),
        scopes: listOf(claimAt(payload, claims.scopes)),
      });
    } catch (error) {
      throw invalidToken((error as Error).message);
    }
    for (const claim of BOUND_CLAIMS) this.requireWithin(claim, principal);
    return principal;
  }

  private roleOf(name: string): Role[] {
    const { issuer, roles } = this.settings;
    if (roles === '*') return [name as Role];
    if (Object.hasOwn(roles, name)) return [roles[name] as Role];
    if (roleSpec(name) && !this.unmapped.has(name)) {
      this.unmapped.add(name);
      this.log?.warn({ issuer, role: name }, 'ignored a role: the issuer\'s "roles" do not map it');
    }
    return [];
  }

  /** @throws BeyondIssuerError */
  private requireWithin(claim: BoundClaim, principal: Principal): void {
    const [value, allowed] = [principal[claim], this.settings[SCOPES_OF_ISSUERS[claim]]];
    if (value === null || allowed === '*' || allowed.includes(value)) return;
    throw new BeyondIssuerError(this.settings.issuer, principal.subject, claim, value);
  }
}

/** Checks before the signature what jose checks after it. Most rejected tokens have expired. */
function requireClaims(payload: JWTPayload, { audience, clockToleranceSeconds }: IssuerSettings): void {
  const now = Date.now() / 1_000;
  if (typeof payload.exp === 'number' && payload.exp + clockToleranceSeconds < now)
    throw invalidToken('expired; get a new one');
  for (const claim of ['exp', 'sub'] as const)
    if (payload[claim] === undefined) throw invalidToken(`missing claim "${claim}"`);
  const named = [payload.aud].flat();
  if (![audience].flat().some((name) => named.includes(name))) throw invalidToken('claim "aud" is not valid');
}

/** Types of access tokens (RFC 9068) and of tokens that state none; others, such as logout tokens, grant nothing (RFC 8725, 3.11). */
const TOKEN_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

function requireHeader(token: string, algorithms: readonly string[]): void {
  let header: { readonly alg?: unknown; readonly typ?: unknown };
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw invalidToken('not a JWT');
  }
  if (!algorithms.includes(String(header.alg))) throw invalidToken('signature algorithm is not allowed');
  const type = String(header.typ ?? 'JWT').toLowerCase();
  if (!TOKEN_TYPES.has(type.replace(/^application\//, ''))) throw invalidToken('not an access token');
}

function claimAt(payload: JWTPayload, path: string): unknown {
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Reads a claim with several values: a list, or a space-separated string. */
function listOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter(Boolean);
  return Array.isArray(claim) ? claim.filter((item) => typeof item === 'string') : [];
}

function refusalOf(error: unknown): AuthenticationError {
  if (error instanceof AuthenticationError) return error;
  if (error instanceof errors.JWTExpired) return invalidToken('expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return invalidToken(`claim "${error.claim}" is not valid`);
  if (error instanceof errors.JOSEAlgNotAllowed) return invalidToken('signature algorithm is not allowed');
  if (error instanceof errors.JWKSNoMatchingKey) return invalidToken('unknown "kid" for this issuer and algorithm');
  if (error instanceof errors.JOSEError)
    return invalidToken(
      'bad signature or not a JWT; for a development token, run `token` with the same --data as the graph',
    );
  return unavailable();
}

export const invalidToken = (reason: string): AuthenticationError =>
  new AuthenticationError('UNAUTHENTICATED', `Invalid token: ${reason}`, 401);

const unavailable = (): AuthenticationError =>
  new AuthenticationError(
    'AUTHENTICATION_UNAVAILABLE',
    "The keys of the token's issuer are temporarily unavailable; try again",
    503,
  );

/** Milliseconds after which keys are fetched again, in the background. */
const REFRESH_MS = 10 * 60_000;
/** Milliseconds for which keys stay valid while the issuer is unreachable. */
const STALE_MS = 60 * 60_000;
/** Milliseconds between fetch attempts: for unknown key ids, which anyone can make up, and while the issuer is down. */
const COOLDOWN_MS = 15_000;
const TIMEOUT_MS = 5_000;
/** Requests uncompressed responses: see SECURITY.md. */
const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };

/** Maximum bytes of an issuer's document: a few hundred keys with certificates take less. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** Fetches a JSON document of an issuer. @throws Error if it is late or too long; stops reading then */
async function fetchDocument(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: HEADERS, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`${url} returned more than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (response.status !== 200) throw new Error(`${url} returned status ${response.status}`);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The keys of an issuer, refreshed while in use and cached for a limited time during an outage. */
class RemoteKeys {
  private set: ReturnType<typeof createLocalJWKSet> | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | undefined;

  constructor(
    private readonly settings: IssuerSettings,
    private readonly log: Logger,
  ) {}

  /** @throws AuthenticationError if no recent keys are available */
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
      // each time, since an issuer may move its keys, and leave the previous ones where they were
      const uri = await this.jwksUri();
      this.set = createLocalJWKSet((await fetchDocument(uri)) as JSONWebKeySet);
      this.fetchedAt = performance.now();
    } catch (error) {
      this.log.warn({ err: error, issuer }, 'failed to fetch the keys of an issuer');
    }
  }

  /** By OpenID Connect Discovery 1.0, section 4. */
  private async jwksUri(): Promise<string> {
    const { issuer, jwksUri } = this.settings;
    if (jwksUri) return jwksUri;
    const document = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const configuration = z.object({ issuer: z.literal(issuer), jwks_uri: address }).safeParse(document);
    if (!configuration.success)
      throw new Error('invalid OpenID configuration: "issuer" or "jwks_uri" is missing or wrong');
    return configuration.data.jwks_uri;
  }
}
