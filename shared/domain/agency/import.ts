import type { ImportSession } from '#kit/import/importer';
import { findAgency } from './directory';

/**
 * The key of the first agency that the graph knows among names given from the most to the least specific; null, and noted in
 * the report, when it knows none.
 */
export function agencyKeyOf(session: ImportSession, ...names: readonly (string | null)[]): string | null {
  for (const name of names) {
    const match = name === null ? undefined : findAgency(name);
    if (match) return match.agency.key;
  }
  session.unmatched('agency', names.findLast((name) => name !== null) ?? '(none)');
  return null;
}
