import { RequestError } from '#base/errors';
import type { Actors } from '#kit/mutation/actors';
import type { Work } from '#kit/mutation/work';

/** Capacities in which callers change objects of the infrastructure program. */
export const INFRASTRUCTURE_ACTORS: Actors = { 'infrastructure-officer': 'CISO', coordinator: 'COORDINATOR' };

/** Agencies that lead the clearinghouse. */
export const CLEARINGHOUSE = ['treasury', 'cisa'] as const;
/** Agencies that issue directives and memoranda. */
export const DIRECTIVE_ISSUERS = ['cisa', 'omb'] as const;
/** Agency that coordinates everything else across agencies. */
export const CISA = ['cisa'] as const;

/**
 * Requires that a coordinator belongs to one of the agencies. Callers in another capacity pass.
 * @throws RequestError FORBIDDEN
 */
export function requireCoordinatorOf({ actor, principal }: Work, agencies: readonly string[]): void {
  if (actor !== 'COORDINATOR' || agencies.includes(principal.agency ?? '')) return;
  const belongs = principal.agency === null ? 'names no agency' : `is of "${principal.agency}"`;
  throw new RequestError(
    'FORBIDDEN',
    `Only coordinators of ${agencies.map((key) => `"${key}"`).join(' or ')} may do this; the caller ${belongs}`,
  );
}
