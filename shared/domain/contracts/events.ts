import { z } from 'zod';
import { eventType } from '#kit/events/event';
import { CaseStatus } from './case-status';
import { DesignationOutcome } from './designation-outcome';
import { FindingSeverity } from './finding-severity';
import { SectorRiskLevel } from './sector-risk-level';

/**
 * Events between the programs. Their data carry only keys and facts that readers need, and nothing proprietary beyond what the rules of a
 * reader depend on. `docs/events.md` is generated from this file.
 */

const instant = z.iso.datetime().describe('Date and time, RFC 3339 in UTC.');
const key = z.string().min(1).max(60);
const keys = z.array(key).max(100);
const day = z.iso.date().describe('Civil day.');
const roleCodes = keys.describe('Codes of work roles.');
const exercise = z.boolean().describe('Whether it is exercise data.');

export const submissionFiled = eventType(
  'submissions.filed',
  'submissions',
  'A developer filed a submission. Each agency that it is shared with is invited to issue a determination.',
  ['reviews'],
  z.object({
    number: z.string().describe('Submission number.'),
    developerKey: key.describe('Developer that shares the model.'),
    modelId: key,
    versionId: key,
    filedAt: instant,
    planVersion: z.int().min(1),
    plannedLaunchAt: instant,
    windowOpensAt: instant,
    agencyKeys: keys.describe('Agencies it is shared with.'),
    exercise: z.boolean().describe('Whether it is exercise data.'),
  }),
);

export const submissionAmended = eventType(
  'submissions.amended',
  'submissions',
  'A developer changed which agencies a filed submission is shared with, or which version of the model it is about.',
  ['reviews'],
  z.object({ versionId: key, agencyKeys: keys }),
);

export const launchPlanChanged = eventType(
  'submissions.plan-changed',
  'submissions',
  'A developer moved a planned launch. Windows, targets, and access follow.',
  ['reviews'],
  z.object({ planVersion: z.int().min(1), plannedLaunchAt: instant, windowOpensAt: instant, changedAt: instant }),
);

export const accessChanged = eventType(
  'submissions.access-changed',
  'submissions',
  "An agency's access to a model was offered, started, paused, or ended.",
  ['reviews'],
  z.object({
    grantId: key,
    agencyKey: key,
    mode: z.string(),
    status: z.string(),
    startsAt: instant,
    endsAt: instant,
    postLaunchConsent: z.boolean(),
    revoked: z.boolean().describe('Whether the developer revoked the grant.'),
  }),
);

export const submissionLaunched = eventType(
  'submissions.launched',
  'submissions',
  'A launch was recorded. Open reviews continue after it.',
  ['reviews'],
  z.object({ launchedAt: instant }),
);

export const submissionEnded = eventType(
  'submissions.ended',
  'submissions',
  'A submission was withdrawn, or its model will not be released. Open determinations end, open reviews stop, queued runs are canceled.',
  ['reviews'],
  z.object({ lifecycle: z.enum(['WITHDRAWN', 'NOT_RELEASED']), endedAt: instant }),
);

export const submissionClosed = eventType(
  'submissions.closed',
  'submissions',
  'The file of a launched model was closed.',
  ['reviews'],
  z.object({ closedAt: instant }),
);

export const inquiryAnswered = eventType(
  'submissions.inquiry-answered',
  'submissions',
  'NSA answered a coverage inquiry, which is the subject. The answer is a designation.',
  ['reviews'],
  z.object({
    designationId: key,
    developerKey: key.describe('Developer that asked.'),
    outcome: z.enum(DesignationOutcome),
    criteriaEdition: z.string().max(80).optional().describe('Edition of the criteria used.'),
    classifiedAnnexExists: z.boolean().describe('Whether a classified annex exists outside the graph.'),
    answeredAt: instant,
    exercise: z.boolean(),
  }),
);

export const determinationIssued = eventType(
  'reviews.determination-issued',
  'reviews',
  'An agency issued its determination whether a review is necessary. Advisory: nothing waits for it.',
  ['submissions'],
  z.object({ agencyKey: key, outcome: z.string(), issuedAt: instant }),
);

export const reviewOpened = eventType(
  'reviews.review-opened',
  'reviews',
  'An agency opened a review.',
  ['submissions'],
  z.object({ reviewId: key, agencyKey: key, openedAt: instant }),
);

export const reviewEnded = eventType(
  'reviews.review-ended',
  'reviews',
  'A review ended.',
  ['submissions'],
  z.object({ reviewId: key, agencyKey: key, status: z.string(), endedAt: instant }),
);

const severity = z.enum(FindingSeverity);

export const findingShared = eventType(
  'reviews.finding-shared',
  'reviews',
  'An agency shared a finding with the developer, who can read it from then on, whatever happens to the submission.',
  ['submissions'],
  z.object({
    reviewId: key,
    agencyKey: key,
    sharedAt: instant,
    findingId: key,
    title: z.string(),
    detail: z.string(),
    severity,
  }),
);

export const findingReferred = eventType(
  'reviews.finding-referred',
  'reviews',
  'An agency referred a finding as a flaw in deployed software. The clearinghouse opens a case.',
  ['infrastructure'],
  z.object({
    caseId: key,
    findingId: key,
    agencyKey: key,
    title: z.string(),
    severity,
    sectorKeys: keys,
    referredAt: instant,
    exercise: z.boolean(),
  }),
);

export const caseMoved = eventType(
  'infrastructure.case-moved',
  'infrastructure',
  'A clearinghouse case that came from a finding has a new status. It changes nothing but what the finding shows.',
  ['reviews'],
  z.object({ findingId: key, status: z.enum(CaseStatus), movedAt: instant }),
);

const staffingChange = z.object({
  positionId: key,
  agencyKey: key,
  roleCodes: roleCodes.describe('Codes of the work roles of the position.'),
  on: day,
  exercise,
});

export const enteredOnDuty = eventType(
  'workforce.entered-on-duty',
  'workforce',
  'A new hire entered on duty in a position, which is the subject. It names no person.',
  ['reviews', 'infrastructure'],
  staffingChange,
);

export const employeeReassigned = eventType(
  'workforce.employee-reassigned',
  'workforce',
  'An employee of the agency was reassigned to a vacant position, which is the subject. It is no hire, and names no person.',
  ['reviews', 'infrastructure'],
  staffingChange,
);

export const positionVacated = eventType(
  'workforce.position-vacated',
  'workforce',
  'An employee left a position, which is the subject. It names no person.',
  ['reviews', 'infrastructure'],
  staffingChange,
);

const tier = z.int().min(1).max(4);

export const gapRecorded = eventType(
  'infrastructure.gap-recorded',
  'infrastructure',
  'An agency has a new current assessment of an outcome of the NIST Cybersecurity Framework. The gap ends when the tier reaches the target.',
  ['workforce'],
  z.object({
    agencyKey: key,
    dimensionId: z.string().min(1).max(20),
    tier,
    target: tier,
    roleCodes: roleCodes.describe('Codes of the work roles that contribute to the outcome.'),
    assessedOn: day,
    exercise,
  }),
);

export const sectorAssessed = eventType(
  'infrastructure.sector-assessed',
  'infrastructure',
  'A risk management agency reported the risk of a sector, which is the subject.',
  ['reviews'],
  z.object({ sectorKey: key, level: z.enum(SectorRiskLevel), asOf: day, exercise }),
);

const rows = z.int().min(0);

export const editionApplied = eventType(
  'infrastructure.edition-applied',
  'infrastructure',
  'An edition of a published catalog, which is the subject, was imported. Importing the same edition again sends no event.',
  [],
  z.object({
    catalog: z.enum(['KEV']).describe('KEV is the catalog of known exploited vulnerabilities (CISA).'),
    version: z.string().max(40).describe('Version, as published.'),
    releasedAt: instant.nullable().describe('Time of release, as published.'),
    appliedAt: instant.describe('Time of the import.'),
    rows: rows.describe('Number of entries.'),
    added: rows.describe('Number of entries that the edition before did not list.'),
    changed: rows.describe('Number of entries that differ from the edition before.'),
    removed: rows.describe('Number of entries that only the edition before listed.'),
  }),
);
