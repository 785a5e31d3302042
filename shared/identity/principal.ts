import { RequestError } from '../errors';

/** The request header in which a caller says who it is, as long as there is no token that proves it. */
export const PRINCIPAL_HEADER = 'ordergraph-principal';

/** Roles by which callers may change something in the voluntary framework. */
export const ROLES = ['developer-submitter', 'intake-officer', 'agency-reviewer'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Principal {
  /** The person or program, by whatever name its organisation gives it. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Key of the developer organisation it acts for. */
  readonly organization: string | null;
  /** Key of the agency it acts for. */
  readonly agency: string | null;
}

/** In which capacity something is done: what the tables of transitions speak of. */
export type Actor = 'DEVELOPER' | 'INTAKE' | 'AGENCY' | 'SYSTEM';

/** What happens by itself: the clock, and the consequences of what others did. */
export const SYSTEM: Principal = { subject: 'system', roles: [], organization: null, agency: null };

const ACTOR_OF_ROLE: Record<Role, Actor> = {
  'developer-submitter': 'DEVELOPER',
  'intake-officer': 'INTAKE',
  'agency-reviewer': 'AGENCY',
};

/** The capacities a principal can act in. */
export function actorsOf(principal: Principal): readonly Actor[] {
  return principal.roles.map((role) => ACTOR_OF_ROLE[role]);
}

/** A header as it is written. */
export const PRINCIPAL_EXAMPLE = 'role=developer-submitter; organization=exercise-alder; subject=alice';
const VALUE = /^[A-Za-z0-9][A-Za-z0-9@._-]{0,99}$/;

function invalid(why: string): RequestError {
  return new RequestError(
    'INVALID_PRINCIPAL',
    `The header "${PRINCIPAL_HEADER}" ${why}. Write it like "${PRINCIPAL_EXAMPLE}"`,
  );
}

/**
 * Reads the header: `role=agency-reviewer; agency=nsa; subject=reviewer-1`, several roles joined by commas. Nobody has
 * verified what it claims.
 * @returns null without a header. @throws RequestError INVALID_PRINCIPAL
 */
export function readPrincipal(header: string | undefined): Principal | null {
  if (header === undefined || header.trim() === '') return null;
  const given = new Map<string, string>();
  for (const part of header.split(';')) {
    const [name = '', value = '', ...rest] = part.split('=').map((text) => text.trim());
    if (rest.length > 0 || !['role', 'organization', 'agency', 'subject'].includes(name) || given.has(name))
      throw invalid(`has a part "${part.trim()}" that is none of role, organization, agency and subject`);
    given.set(name, value);
  }
  const roles = (given.get('role') ?? '').split(',').map((role) => role.trim()) as Role[];
  const unknown = roles.find((role) => !ROLES.includes(role));
  if (unknown !== undefined) throw invalid(`names no role, or one ("${unknown}") that is none of ${ROLES.join(', ')}`);
  for (const [name, value] of given)
    if (name !== 'role' && !VALUE.test(value))
      throw invalid(`has a ${name} that is not 1 to 100 letters, digits or @._-`);
  const principal: Principal = {
    subject: given.get('subject') ?? '',
    roles,
    organization: given.get('organization') ?? null,
    agency: given.get('agency') ?? null,
  };
  if (principal.subject === '') throw invalid('names no subject');
  if (roles.includes('developer-submitter') && principal.organization === null)
    throw invalid('names a developer-submitter without an organization');
  if (roles.includes('agency-reviewer') && principal.agency === null)
    throw invalid('names an agency-reviewer without an agency');
  return principal;
}
