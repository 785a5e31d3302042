import { RequestError } from '#base/errors';
import type { Work } from '#kit/mutation/work';
import { CISA, DIRECTIVE_ISSUERS, requireCoordinatorOf } from '../actors';

/**
 * Requires that a coordinator may act for the issuer of a directive: coordinators of CISA for each issuer, those of OMB for memoranda of OMB.
 * @throws RequestError FORBIDDEN
 */
export function requireIssuer(work: Work, issuerKey: string, path: readonly string[]): void {
  requireCoordinatorOf(work, DIRECTIVE_ISSUERS);
  const agency = work.principal.agency!;
  if ((CISA as readonly string[]).includes(agency) || agency === issuerKey) return;
  throw new RequestError('FORBIDDEN', `Coordinators of "${agency}" act for its own directives only`, path);
}
