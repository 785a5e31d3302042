import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { AccessGrant } from './access-grant';
import type { Submission } from './submission';

/** All that the conditions of a submission's transitions may look at. */
export interface SubmissionFacts {
  readonly now: string;
  readonly plannedLaunchAt: string;
  /** The launch that is being recorded. */
  readonly launchedAt: string | null;
  /** Public evidence of it. */
  readonly evidence: string | null;
  /** Reviews that are still open. Only closing the file of a launched model may ask for it (N3). */
  readonly openReviews: number;
}

const guard = guardOf<SubmissionFacts>();

const launchAhead = guard(
  'launchAhead',
  ['now', 'plannedLaunchAt'],
  ({ now, plannedLaunchAt }) => now < plannedLaunchAt,
  'The planned launch has passed: change the launch plan first, and file before the launch',
);
const launchHasHappened = guard(
  'launchHasHappened',
  ['now', 'launchedAt'],
  ({ now, launchedAt }) => launchedAt !== null && launchedAt <= now,
  'A launch is recorded once it has happened: "launchedAt" lies in the future',
);
const publicEvidence = guard(
  'publicEvidence',
  ['evidence'],
  ({ evidence }) => evidence !== null,
  'The intake office records a launch on public evidence only: give its address as "evidence"',
);
const noOpenReview = guard(
  'noOpenReview',
  ['openReviews'],
  ({ openReviews }) => openReviews === 0,
  'Reviews of the submission are still open; the file is closed after them',
);

type Lifecycle = Submission['lifecycle'];

/**
 * The lifecycle of a submission. Nothing in it waits for the government: the developer can take it out of FILED at any time, and the
 * intake office only to LAUNCHED on public evidence (N1 to N3 in docs/domain.md; tests check them on this table).
 * Rows that stay in their state say what a party can do in it.
 */
export const submissionLifecycle = new StateMachine<Lifecycle, SubmissionFacts>(
  'submission',
  ['DRAFT', 'DISCARDED', 'FILED', 'LAUNCHED', 'NOT_RELEASED', 'WITHDRAWN', 'CLOSED'],
  [
    { trigger: 'draftSubmission', from: null, to: 'DRAFT', by: ['DEVELOPER'] },
    { trigger: 'fileSubmission', from: 'DRAFT', to: 'FILED', by: ['DEVELOPER'], guards: [launchAhead] },
    { trigger: 'discardDraft', from: 'DRAFT', to: 'DISCARDED', by: ['DEVELOPER'] },
    {
      trigger: 'recordLaunch',
      from: 'FILED',
      to: 'LAUNCHED',
      by: ['DEVELOPER'],
      guards: [launchHasHappened],
    },
    {
      trigger: 'recordLaunch',
      from: 'FILED',
      to: 'LAUNCHED',
      by: ['INTAKE'],
      guards: [publicEvidence, launchHasHappened],
    },
    { trigger: 'declareNotReleased', from: 'FILED', to: 'NOT_RELEASED', by: ['DEVELOPER'] },
    { trigger: 'withdrawSubmission', from: ['FILED', 'LAUNCHED'], to: 'WITHDRAWN', by: ['DEVELOPER'] },
    { trigger: 'closeSubmission', from: 'LAUNCHED', to: 'CLOSED', by: ['INTAKE'], guards: [noOpenReview] },

    { trigger: 'amendSubmission', from: 'DRAFT', to: 'DRAFT', by: ['DEVELOPER'] },
    { trigger: 'amendSubmission', from: 'FILED', to: 'FILED', by: ['DEVELOPER'] },
    { trigger: 'changeLaunchPlan', from: 'DRAFT', to: 'DRAFT', by: ['DEVELOPER'] },
    { trigger: 'changeLaunchPlan', from: 'FILED', to: 'FILED', by: ['DEVELOPER'] },
    { trigger: 'attachArtifact', from: 'DRAFT', to: 'DRAFT', by: ['DEVELOPER'] },
    { trigger: 'attachArtifact', from: 'FILED', to: 'FILED', by: ['DEVELOPER'] },
    { trigger: 'attachArtifact', from: 'LAUNCHED', to: 'LAUNCHED', by: ['DEVELOPER'] },
    { trigger: 'offerAccess', from: 'FILED', to: 'FILED', by: ['DEVELOPER'] },
    { trigger: 'offerAccess', from: 'LAUNCHED', to: 'LAUNCHED', by: ['DEVELOPER'] },
    { trigger: 'completeIntakeCheck', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'completeIntakeCheck', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
    { trigger: 'requestInformation', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'requestInformation', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
    { trigger: 'assignAgency', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'assignAgency', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
  ],
);

/** All that the conditions of a grant's transitions may look at. */
export interface GrantFacts {
  readonly now: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly windowOpensAt: string;
  readonly windowClosesAt: string;
  readonly launched: boolean;
  readonly postLaunchConsent: boolean;
  /** Seconds of access before launch that the submission has left. */
  readonly secondsLeft: number;
}

const grantGuard = guardOf<GrantFacts>();

/** What must hold for an agency to have access now (T3, T4). */
const mayHaveAccess = [
  grantGuard(
    'started',
    ['now', 'startsAt'],
    ({ now, startsAt }) => now >= startsAt,
    'The access that was offered begins later: see "startsAt"',
  ),
  grantGuard(
    'notOver',
    ['now', 'endsAt'],
    ({ now, endsAt }) => now < endsAt,
    'The access that was offered has ended: see "endsAt"',
  ),
  grantGuard(
    'insideWindow',
    ['now', 'windowOpensAt', 'windowClosesAt', 'launched', 'postLaunchConsent'],
    ({ now, windowOpensAt, windowClosesAt, launched, postLaunchConsent }) =>
      launched ? postLaunchConsent : now >= windowOpensAt && (now < windowClosesAt || postLaunchConsent),
    'Access lies inside the 30 days before the planned launch, and beyond only with the consent of the developer',
  ),
  grantGuard(
    'hoursLeft',
    ['launched', 'secondsLeft'],
    ({ launched, secondsLeft }) => launched || secondsLeft > 0,
    'The 720 hours of access before launch are used up',
  ),
];

type GrantStatus = AccessGrant['recordedStatus'];

/** The states of a grant of access. What the system does here follows from the clock, a changed plan, a launch or an end. */
export const grantLifecycle = new StateMachine<GrantStatus, GrantFacts>(
  'grant',
  ['OFFERED', 'ACTIVE', 'PAUSED', 'ENDED', 'RESCINDED', 'DECLINED'],
  [
    { trigger: 'offerAccess', from: null, to: 'OFFERED', by: ['DEVELOPER'] },
    { trigger: 'acceptAccess', from: 'OFFERED', to: 'ACTIVE', by: ['AGENCY'], guards: mayHaveAccess },
    { trigger: 'declineAccess', from: 'OFFERED', to: 'DECLINED', by: ['AGENCY'] },
    { trigger: 'pauseAccess', from: 'ACTIVE', to: 'PAUSED', by: ['DEVELOPER'] },
    { trigger: 'resumeAccess', from: 'PAUSED', to: 'ACTIVE', by: ['DEVELOPER'], guards: mayHaveAccess },
    { trigger: 'revokeAccess', from: 'OFFERED', to: 'RESCINDED', by: ['DEVELOPER'] },
    { trigger: 'revokeAccess', from: ['ACTIVE', 'PAUSED'], to: 'ENDED', by: ['DEVELOPER'] },
    { trigger: 'planMoved', from: 'ACTIVE', to: 'PAUSED', by: ['SYSTEM'] },
    { trigger: 'windowOpened', from: 'PAUSED', to: 'ACTIVE', by: ['SYSTEM'], guards: mayHaveAccess },
    { trigger: 'launchDue', from: 'ACTIVE', to: 'PAUSED', by: ['SYSTEM'] },
    { trigger: 'hoursUsed', from: ['ACTIVE', 'PAUSED'], to: 'ENDED', by: ['SYSTEM'] },
    { trigger: 'timeUp', from: ['ACTIVE', 'PAUSED'], to: 'ENDED', by: ['SYSTEM'] },
    { trigger: 'over', from: ['ACTIVE', 'PAUSED'], to: 'ENDED', by: ['SYSTEM'] },
    { trigger: 'over', from: 'OFFERED', to: 'RESCINDED', by: ['SYSTEM'] },
  ],
);
