import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { AccessGrant } from './access-grant';
import type { Submission } from './submission';

/** Facts that guards of submission transitions may read. */
export interface SubmissionFacts {
  readonly now: string;
  readonly plannedLaunchAt: string;
  readonly launchedAt: string | null;
  /** Address of public evidence of the launch. */
  readonly evidence: string | null;
  /** Number of open reviews. Only closeSubmission may read it (N3). */
  readonly openReviews: number;
}

const guard = guardOf<SubmissionFacts>();

const launchAhead = guard(
  'launchAhead',
  ['now', 'plannedLaunchAt'],
  ({ now, plannedLaunchAt }) => now < plannedLaunchAt,
  'The planned launch has passed: change the launch plan, then file',
);
const launchHasHappened = guard(
  'launchHasHappened',
  ['now', 'launchedAt'],
  ({ now, launchedAt }) => launchedAt !== null && launchedAt <= now,
  '"launchedAt" is in the future: record a launch once it has happened',
);
const publicEvidence = guard(
  'publicEvidence',
  ['evidence'],
  ({ evidence }) => evidence !== null,
  'The intake office needs public evidence to record a launch: give its address as "evidence"',
);
const noOpenReview = guard(
  'noOpenReview',
  ['openReviews'],
  ({ openReviews }) => openReviews === 0,
  'Reviews of the submission are still open: close the file after they end',
);

type Lifecycle = Submission['lifecycle'];

/**
 * Lifecycle of a submission. No transition waits for the government: the developer can leave FILED at any time, and the intake
 * office can move it only to LAUNCHED, on public evidence (N1 to N3 in docs/domain.md; tests check them on this table).
 * Rows with equal `from` and `to` list the mutations allowed in a state.
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
    { trigger: 'proposePartner', from: 'FILED', to: 'FILED', by: ['DEVELOPER', 'INTAKE'] },
    { trigger: 'agreeToPartner', from: 'FILED', to: 'FILED', by: ['DEVELOPER'] },
    { trigger: 'completeIntakeCheck', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'completeIntakeCheck', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
    { trigger: 'requestInformation', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'requestInformation', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
    { trigger: 'assignAgency', from: 'FILED', to: 'FILED', by: ['INTAKE'] },
    { trigger: 'assignAgency', from: 'LAUNCHED', to: 'LAUNCHED', by: ['INTAKE'] },
  ],
);

/** States in which documents can be attached and uploaded. */
export const DOCUMENT_STATES = submissionLifecycle.transitions
  .filter(({ trigger }) => trigger === 'attachArtifact')
  .flatMap((transition) => StateMachine.origins(transition) as readonly Lifecycle[]);

/** Facts that guards of grant transitions may read. */
export interface GrantFacts {
  readonly now: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly windowOpensAt: string;
  readonly windowClosesAt: string;
  readonly launched: boolean;
  readonly postLaunchConsent: boolean;
  /** Seconds left of the submission's access before launch. */
  readonly secondsLeft: number;
}

const grantGuard = guardOf<GrantFacts>();

/** Conditions for an agency to have access now (T3, T4). */
const mayHaveAccess = [
  grantGuard(
    'started',
    ['now', 'startsAt'],
    ({ now, startsAt }) => now >= startsAt,
    'The offered access has not started: wait until "startsAt"',
  ),
  grantGuard(
    'notOver',
    ['now', 'endsAt'],
    ({ now, endsAt }) => now < endsAt,
    'The offered access has ended: see "endsAt"',
  ),
  grantGuard(
    'insideWindow',
    ['now', 'windowOpensAt', 'windowClosesAt', 'launched', 'postLaunchConsent'],
    ({ now, windowOpensAt, windowClosesAt, launched, postLaunchConsent }) =>
      launched ? postLaunchConsent : now >= windowOpensAt && (now < windowClosesAt || postLaunchConsent),
    "Access requires an open 30-day window, or the developer's consent to access after launch",
  ),
  grantGuard(
    'hoursLeft',
    ['launched', 'secondsLeft'],
    ({ launched, secondsLeft }) => launched || secondsLeft > 0,
    'The 720 hours of access before launch are used up',
  ),
];

type GrantStatus = AccessGrant['recordedStatus'];

/** Lifecycle of an access grant. SYSTEM transitions follow from the clock, a changed plan, a launch, or the end of the submission. */
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
