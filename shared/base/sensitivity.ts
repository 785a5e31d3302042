/** Sensitivity class of a field, which determines who may read it. See docs/domain.md. */
export type Sensitivity = 'PUBLIC' | 'GOV' | 'GOV_DELIB' | 'PROPIN' | 'PII' | 'ISVI';

/** From least to most restricted. */
export const CLASSES: readonly Sensitivity[] = ['PUBLIC', 'GOV', 'GOV_DELIB', 'PROPIN', 'PII', 'ISVI'];

/** Classes that cover each class. PROPIN, PII, and ISVI have different readers, so they do not cover each other. */
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
