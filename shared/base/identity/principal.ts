import { createHash } from 'node:crypto';
import { RequestError } from '../errors';
import { type Role, roleSpec } from './roles';

/** An authenticated caller. A subject is unique only together with its issuer. */
export interface Principal {
  /** Issuer of the token (`iss`). */
  readonly issuer: string;
  /** Person or client program, as named by the issuer. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Those of its roles that work for the government. The gateway says so: a subgraph need not know the roles of others. */
  readonly governmentRoles: readonly Role[];
  /** Key of the developer organization that it acts for. */
  readonly organization: string | null;
  /** Key of the agency that it acts for. */
  readonly agency: string | null;
  /** Case under which an inspector reads. */
  readonly caseNumber: string | null;
  /** OAuth scopes, for rules of the schema such as @requiresScopes. */
  readonly scopes: readonly string[];
}

/** Principal of scheduled tasks and event handlers. */
export const SYSTEM: Principal = {
  issuer: 'urn:ordergraph:system',
  subject: 'system',
  roles: [],
  governmentRoles: [],
  organization: null,
  agency: null,
  caseNumber: null,
  scopes: [],
};

/** Issuer of development tokens, recognizable as such. */
export const DEVELOPMENT_ISSUER = 'https://development-only.ordergraph.invalid';

const NAME = /^[A-Za-z0-9][A-Za-z0-9@._|:-]{0,199}$/;
const ISSUER = /^[\x21-\x7e]{1,500}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

const invalid = (why: string): RequestError => new RequestError('INVALID_PRINCIPAL', why);

/** Creates a principal from verified claims. @throws RequestError INVALID_PRINCIPAL */
export function principalOf(claims: {
  readonly issuer?: unknown;
  readonly subject?: unknown;
  readonly roles?: readonly unknown[];
  /** Government roles that this process need not know. */
  readonly governmentRoles?: readonly unknown[];
  readonly organization?: unknown;
  readonly agency?: unknown;
  readonly caseNumber?: unknown;
  readonly scopes?: readonly string[];
}): Principal {
  const { issuer, subject, roles = [], scopes = [] } = claims;
  if (typeof issuer !== 'string' || !ISSUER.test(issuer)) throw invalid('The caller has no valid issuer');
  if (typeof subject !== 'string' || !NAME.test(subject)) throw invalid('The caller has no valid subject');
  const misnamed = roles.find((role) => typeof role !== 'string' || !NAME.test(role));
  if (misnamed !== undefined) throw invalid(`"${String(misnamed).slice(0, 50)}" is not a valid role name`);
  // the meaning of a role that this process knows is never another's to say
  const isGovernment = (role: Role): boolean => {
    const spec = roleSpec(role);
    return spec ? spec.isGovernment === true : (claims.governmentRoles?.includes(role) ?? false);
  };
  const claimOf = (name: 'organization' | 'agency' | 'caseNumber'): string | null => {
    const value = claims[name] ?? null;
    if (value !== null && (typeof value !== 'string' || !NAME.test(value)))
      throw invalid(`The ${name} is invalid: use 1 to 200 letters, digits, and @ . _ | : -`);
    return value;
  };
  const principal: Principal = {
    issuer,
    subject,
    roles: [...new Set(roles as readonly Role[])].sort(),
    governmentRoles: [...new Set(roles as readonly Role[])].filter(isGovernment).sort(),
    organization: claimOf('organization'),
    agency: claimOf('agency'),
    caseNumber: claimOf('caseNumber'),
    scopes: [...new Set(scopes.filter((scope) => SCOPE.test(scope)))].sort(),
  };
  for (const role of principal.roles) {
    const needed = roleSpec(role)?.needs;
    if (needed && principal[needed] === null) throw invalid(`The role ${role} requires ${needed}=…`);
  }
  return principal;
}

/** Example of a principal on the command line. */
export const PRINCIPAL_EXAMPLE = 'role=developer-submitter; organization=exercise-alder; subject=alice';
const PARTS: Record<string, string> = {
  role: 'roles',
  organization: 'organization',
  agency: 'agency',
  issuer: 'issuer',
  subject: 'subject',
  case: 'caseNumber',
  scope: 'scopes',
};

/**
 * Parses a principal on the command line: `role=agency-reviewer; agency=nsa; subject=reviewer-1`, with several roles or scopes separated
 * by commas. @throws RequestError INVALID_PRINCIPAL
 */
export function parsePrincipal(text: string): Principal {
  const claims = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const claim = PARTS[name];
    if (claim === undefined || rest.length > 0 || claims.has(claim))
      throw invalid(
        `"${part.trim()}" is not valid: use each of ${Object.keys(PARTS).join(', ')} at most once, as in "${PRINCIPAL_EXAMPLE}"`,
      );
    claims.set(claim, value);
  }
  const listed = (name: string) =>
    claims
      .get(name)
      ?.split(',')
      .map((item) => item.trim());
  return principalOf({
    issuer: DEVELOPMENT_ISSUER,
    ...Object.fromEntries(claims),
    roles: listed('roles'),
    scopes: listed('scopes'),
  });
}

/**
 * Key of a person or client program, independent of roles. Includes the issuer, since two issuers may use the same subject. Begins with a
 * slash, which no subject does. @param party distinguishes the parties that the person acts for
 */
export function personKey({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>, party?: string): string {
  const text = JSON.stringify(party === undefined ? [issuer, subject] : [issuer, subject, party]);
  return `/${createHash('sha256').update(text).digest('base64url')}`;
}

/** Key of a principal with all its rights: principals with the same key have the same access. */
export function principalKey(principal: Principal | null): string {
  return principal === null ? 'public' : createHash('sha256').update(JSON.stringify(principal)).digest('base64url');
}
