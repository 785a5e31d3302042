import { z } from 'zod';
import { eventType } from '#kit/events/event';
import { FindingSeverity } from './finding-severity';

/**
 * The events between the programs: the one place where they are declared. Data carry keys and facts that the reader needs,
 * nothing proprietary beyond what its rules work on. `docs/events.md` is generated from here.
 */

const instant = z.iso.datetime().describe('An instant, RFC 3339 in UTC.');
const key = z.string().min(1).max(60);
const keys = z.array(key).max(100);

export const submissionFiled = eventType(
  'submissions.filed',
  'submissions',
  'A developer filed a submission. The agencies it is shared with are invited to a determination.',
  ['reviews'],
  z.object({
    number: z.string().describe('Number of the file.'),
    developerKey: key.describe('Who shares the model.'),
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
  'A developer moved a planned launch. Windows, targets and access follow.',
  ['reviews'],
  z.object({ planVersion: z.int().min(1), plannedLaunchAt: instant, windowOpensAt: instant, changedAt: instant }),
);

export const accessChanged = eventType(
  'submissions.access-changed',
  'submissions',
  "An agency's access to a model began, rested, ended or was offered.",
  ['reviews'],
  z.object({
    grantId: key,
    agencyKey: key,
    mode: z.string(),
    status: z.string(),
    startsAt: instant,
    endsAt: instant,
    postLaunchConsent: z.boolean(),
    revoked: z.boolean().describe('Whether the developer took it back.'),
  }),
);

export const submissionLaunched = eventType(
  'submissions.launched',
  'submissions',
  'A launch was recorded. Open reviews go on, after the launch.',
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

export const determinationIssued = eventType(
  'reviews.determination-issued',
  'reviews',
  'An agency said whether it finds a review necessary. Advisory: nothing waits for it.',
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
  'An agency shared a finding with the developer, who sees it from then on, whatever becomes of the submission.',
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
  'A finding is a flaw in deployed software: the clearinghouse opens a case.',
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
