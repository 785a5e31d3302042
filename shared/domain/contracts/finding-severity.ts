import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Part of the contract between programs: a finding keeps its severity wherever it is shared. */
export const FindingSeverity = enumeration('FindingSeverity', 'Severity of a finding.', {
  INFORMATIONAL: 'Informational.',
  LOW: 'Low.',
  MODERATE: 'Moderate.',
  HIGH: 'High.',
  CRITICAL: 'Critical.',
});
export type FindingSeverity = ValueOf<typeof FindingSeverity>;
