import type { ImportSession } from '#kit/import/importer';
import { findAgency } from './directory';

/**
 * Key of the first matching agency among names from the most to the least specific. Returns null and reports the name if none matches.
 */
export function agencyKeyOf(session: ImportSession, ...names: readonly (string | null)[]): string | null {
  for (const name of names) {
    const match = name === null ? undefined : findAgency(name);
    if (match) return match.agency.key;
  }
  session.unmatched('agency', names.findLast((name) => name !== null) ?? '(none)');
  return null;
}
