/** Who may read a field, from everyone to the few. Sensitivity classes: docs/domain.md. The policy layer enforces them. */
export type Sensitivity = 'PUBLIC' | 'GOV' | 'GOV_DELIB' | 'PROPIN' | 'PII' | 'ISVI';

/** The classes that cover each class. Different people read PROPIN, PII and ISVI, so these do not cover each other. */
const COVERED_BY: Readonly<Record<Sensitivity, readonly Sensitivity[]>> = {
  PUBLIC: ['PUBLIC', 'GOV', 'GOV_DELIB', 'PROPIN', 'PII', 'ISVI'],
  GOV: ['GOV', 'GOV_DELIB', 'PROPIN', 'PII', 'ISVI'],
  GOV_DELIB: ['GOV_DELIB'],
  PROPIN: ['PROPIN'],
  PII: ['PII'],
  ISVI: ['ISVI'],
};

/** Whether a reader of class `by` may read values of class `of`. */
export const isCovered = (of: Sensitivity, by: Sensitivity): boolean => COVERED_BY[of].includes(by);
