import { createHash } from 'node:crypto';
import { RequestError } from '../errors';
import { actorOf, type Role, roleSpec } from './roles';

/** Who asks: a subject means something only together with its issuer. */
export interface Principal {
  /** Issuer of the token: the `iss` that vouches for everything below. */
  readonly issuer: string;
  /** The person or program, by whatever name the issuer gives it. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Those of its roles that work for the government. The gateway says so: a subgraph need not know the roles of others. */
  readonly governmentRoles: readonly Role[];
  /** Key of the developer organization it acts for. */
  readonly organization: string | null;
  /** Key of the agency it acts for. */
  readonly agency: string | null;
  /** The case under which an inspector reads. */
  readonly caseNumber: string | null;
  /** OAuth scopes: what the schema's own rules may ask for. */
  readonly scopes: readonly string[];
}

/** What happens by itself: the clock, and the consequences of what others did. */
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

/** The capacities in which a principal can change something in the voluntary framework. */
export function actorsOf({ roles }: Principal): readonly string[] {
  return roles.flatMap((role) => actorOf(role) ?? []);
}

/** The issuer of tokens of one machine: the `iss` by which they are known at a glance for what they are. */
export const DEVELOPMENT_ISSUER = 'https://development-only.ordergraph.invalid';

const NAME = /^[A-Za-z0-9][A-Za-z0-9@._|:-]{0,199}$/;
const ISSUER = /^[\x21-\x7e]{1,500}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

const invalid = (why: string): RequestError => new RequestError('INVALID_PRINCIPAL', why);

/** Makes a principal of claims that are known to be true. @throws RequestError INVALID_PRINCIPAL, saying what is amiss */
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
  if (typeof issuer !== 'string' || !ISSUER.test(issuer)) throw invalid('The caller has no issuer');
  if (typeof subject !== 'string' || !NAME.test(subject)) throw invalid('The caller is named by no subject');
  const misnamed = roles.find((role) => typeof role !== 'string' || !NAME.test(role));
  if (misnamed !== undefined) throw invalid(`"${String(misnamed).slice(0, 50)}" is not the name of a role`);
  const governmentRoles = claims.governmentRoles ?? roles.filter((role) => roleSpec(role as string)?.isGovernment);
  const named = (name: 'organization' | 'agency' | 'caseNumber'): string | null => {
    const value = claims[name] ?? null;
    if (value !== null && (typeof value !== 'string' || !NAME.test(value)))
      throw invalid(`The ${name} is not 1 to 200 letters, digits or @._|:-`);
    return value;
  };
  const principal: Principal = {
    issuer,
    subject,
    roles: [...new Set(roles as readonly Role[])].sort(),
    governmentRoles: (roles as readonly Role[]).filter((role) => governmentRoles.includes(role)).sort(),
    organization: named('organization'),
    agency: named('agency'),
    caseNumber: named('caseNumber'),
    scopes: [...new Set(scopes.filter((scope) => SCOPE.test(scope)))].sort(),
  };
  for (const role of principal.roles) {
    const needed = roleSpec(role)?.needs;
    if (needed && principal[needed] === null) throw invalid(`The role ${role} requires ${needed}=…`);
  }
  return principal;
}

/** A principal as people write it. */
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
 * Reads what people write on a command line: `role=agency-reviewer; agency=nsa; subject=reviewer-1`, several roles or scopes joined by
 * commas. @throws RequestError INVALID_PRINCIPAL
 */
export function parsePrincipal(text: string): Principal {
  const given = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const claim = PARTS[name];
    if (claim === undefined || rest.length > 0 || given.has(claim))
      throw invalid(
        `"${part.trim()}" is none of ${Object.keys(PARTS).join(', ')}; write it like "${PRINCIPAL_EXAMPLE}"`,
      );
    given.set(claim, value);
  }
  const listed = (name: string) =>
    given
      .get(name)
      ?.split(',')
      .map((one) => one.trim());
  return principalOf({
    issuer: DEVELOPMENT_ISSUER,
    ...Object.fromEntries(given),
    roles: listed('roles'),
    scopes: listed('scopes'),
  });
}

/**
 * Tells persons and programs apart, whatever they may do at the moment: two issuers may give one name to two of them. Begins with a
 * slash, which no subject does. @param party tells apart what one of them does for several
 */
export function personKey({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>, party?: string): string {
  const text = JSON.stringify(party === undefined ? [issuer, subject] : [issuer, subject, party]);
  return `/${createHash('sha256').update(text).digest('base64url')}`;
}

/** Tells principals apart: two of one key may see the same. */
export function principalKey(principal: Principal | null): string {
  return principal === null ? 'public' : createHash('sha256').update(JSON.stringify(principal)).digest('base64url');
}
