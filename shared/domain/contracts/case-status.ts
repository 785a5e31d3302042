import { enumeration, type ValueOf } from '#kit/model/enumeration';

/** Shared, because a finding shows the status of its case. */
export const CaseStatus = enumeration('CaseStatus', 'Status of a clearinghouse case.', {
  PENDING: 'Received, not yet triaged.',
  OPEN: 'Accepted for handling.',
  DECLINED: 'Declined.',
  NOT_A_FLAW: 'Closed because the report does not describe a flaw.',
  VALIDATED: 'Flaw confirmed.',
  PATCH_IN_PROGRESS: 'Patch in development.',
  PATCH_AVAILABLE: 'Patch available.',
  PUBLISHED: 'Case published.',
  CLOSED: 'Closed.',
});
export type CaseStatus = ValueOf<typeof CaseStatus>;
