import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Shared, because NSA answers a coverage inquiry in one program and designates in another. */
export const DesignationOutcome = enumeration('DesignationOutcome', 'Outcome of a designation.', {
  COVERED: 'Covered model. The developer gets an offer, no duty.',
  NOT_COVERED: 'Not a covered model.',
  UNDETERMINED: 'Not determined yet.',
});
export type DesignationOutcome = ValueOf<typeof DesignationOutcome>;
