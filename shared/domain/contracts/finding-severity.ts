import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Shared, because a finding keeps its severity across programs. */
export const FindingSeverity = enumeration('FindingSeverity', 'Severity of a finding.', {
  INFORMATIONAL: 'Informational.',
  LOW: 'Low.',
  MODERATE: 'Moderate.',
  HIGH: 'High.',
  CRITICAL: 'Critical.',
});
export type FindingSeverity = ValueOf<typeof FindingSeverity>;
