/** Callers of the workforce program, and valid inputs of its mutations. */
export const hr = (agency: string, subject = 'specialist-1') =>
  `role=hr-specialist; agency=${agency}; subject=${subject}`;
export const HR = hr('nsa');
export const hiringManager = (agency: string) => `role=hiring-manager; agency=${agency}; subject=manager-1`;

export const recordsOfficer = (agency: string) => `role=records-officer; agency=${agency}; subject=officer-1`;

export const POSITION = 'position { id revision status statusBeforeFreeze title }';
export const GOAL = 'hiringGoal { id revision status target }';

export const positionInput = (change: Record<string, unknown> = {}) => ({
  title: 'Incident Responder',
  series: '2210',
  payPlan: 'GS',
  gradeLow: 12,
  gradeHigh: 13,
  primaryWorkRole: '531',
  talentArea: 'CYBERSECURITY',
  clearance: 'SECRET',
  dutyStation: 'Fort Meade, MD',
  supportsProgram: 'DEFENSE',
  ...change,
});

export const goalInput = (change: Record<string, unknown> = {}) => ({
  workRole: '531',
  fiscalYear: 2026,
  target: 5,
  ...change,
});

export const HIRING_REQUEST =
  'hiringRequest { id revision status needValidatedAt offerAcceptedAt enteredOnDutyAt hrSpecialist position { id status statusBeforeFreeze revision } }';
export const ANNOUNCEMENT =
  'announcement { controlNumber revision status closeDate applicationCount hiringRequests { id status } }';
export const CANDIDATE = 'candidate { id revision name email status retainUntil }';
export const APPLICATION = 'application { id revision status ineligibleReason hiringRequest { id } }';
export const CERTIFICATE = 'certificate { id revision status expiresAt }';
