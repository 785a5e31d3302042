import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { Consultation } from './consultation/consultation';
import type { Determination } from './determination/determination';
import type { EvaluationRun } from './evaluation/evaluation-run';
import type { Finding } from './finding/finding';
import type { Review } from './review/review';

/** Facts that guards of determination transitions may read. */
export interface DeterminationFacts {
  readonly rationale: string | null;
  readonly outcome: string | null;
}

const determinationGuard = guardOf<DeterminationFacts>();

/** Lifecycle of an agency's determination. No state of it affects the submission. */
export const determinationLifecycle = new StateMachine<Determination['status'], DeterminationFacts>(
  'determination',
  ['DRAFT', 'ISSUED', 'SUPERSEDED', 'NOT_ISSUED'],
  [
    { trigger: 'inviteAgency', from: null, to: 'DRAFT', by: ['SYSTEM'] },
    { trigger: 'draftDetermination', from: null, to: 'DRAFT', by: ['AGENCY'] },
    { trigger: 'draftDetermination', from: 'DRAFT', to: 'DRAFT', by: ['AGENCY'] },
    {
      trigger: 'issueDetermination',
      from: 'DRAFT',
      to: 'ISSUED',
      by: ['AGENCY'],
      guards: [
        determinationGuard(
          'outcomeGiven',
          ['outcome'],
          ({ outcome }) => outcome !== null,
          'The determination has no outcome: draft it with an "outcome" first',
        ),
        determinationGuard(
          'rationaleGiven',
          ['rationale'],
          ({ rationale }) => rationale !== null,
          'The determination has no rationale: draft it with a "rationale" first',
        ),
      ],
    },
    { trigger: 'supersede', from: 'ISSUED', to: 'SUPERSEDED', by: ['AGENCY'] },
    { trigger: 'dropDetermination', from: 'DRAFT', to: 'NOT_ISSUED', by: ['AGENCY'] },
    { trigger: 'submissionEnded', from: 'DRAFT', to: 'NOT_ISSUED', by: ['SYSTEM'] },
  ],
);

/** Facts that guards of review transitions may read. */
export interface ReviewFacts {
  /** Outcome of the lead agency's current determination. */
  readonly currentOutcome: string | null;
  readonly sharedWithAgency: boolean;
  readonly submissionLifecycle: string;
  readonly activeGrant: boolean;
  readonly documentsOnly: boolean;
  readonly isLead: boolean;
  /** Drafts of findings ready to share. */
  readonly draftFindings: number;
  /** Drafts of which only the author has read the current revision. */
  readonly unreadFindings: number;
  /** Findings not yet shared, dropped, or recorded as not shareable. */
  readonly unsettledFindings: number;
}

const reviewGuard = guardOf<ReviewFacts>();
const leadReviewer = reviewGuard(
  'leadReviewer',
  ['isLead'],
  ({ isLead }) => isLead,
  'Only the lead reviewer can close a review: ask the lead, or use handOverReview',
);

/** Lifecycle of an agency's review. It runs beside the submission: no state of it affects the launch. */
export const reviewLifecycle = new StateMachine<Review['status'], ReviewFacts>(
  'review',
  ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED', 'CLOSED', 'CLOSED_NO_FINDINGS', 'STOPPED'],
  [
    {
      trigger: 'openReview',
      from: null,
      to: 'OPENED',
      by: ['AGENCY'],
      guards: [
        reviewGuard(
          'submissionGoesOn',
          ['submissionLifecycle'],
          ({ submissionLifecycle: state }) => state === 'FILED' || state === 'LAUNCHED',
          'The submission has ended, so it can no longer be reviewed',
        ),
        reviewGuard(
          'sharedWithAgency',
          ['sharedWithAgency'],
          ({ sharedWithAgency }) => sharedWithAgency,
          'The developer does not share this submission with your agency',
        ),
        reviewGuard(
          'reviewNecessary',
          ['currentOutcome'],
          ({ currentOutcome }) => currentOutcome === 'REVIEW_NECESSARY',
          "Your agency's current determination does not find a review necessary: issue one that does first",
        ),
      ],
    },
    {
      trigger: 'startEvaluation',
      from: 'OPENED',
      to: 'EVALUATING',
      by: ['AGENCY'],
      guards: [
        reviewGuard(
          'accessOrDocuments',
          ['activeGrant', 'documentsOnly'],
          ({ activeGrant, documentsOnly }) => activeGrant || documentsOnly,
          'Your agency has no access to the model now: wait for access, or set "documentsOnly"',
        ),
      ],
    },
    { trigger: 'concludeEvaluation', from: 'EVALUATING', to: 'FINDINGS_DRAFTED', by: ['AGENCY'] },
    {
      trigger: 'shareFindings',
      from: 'FINDINGS_DRAFTED',
      to: 'FINDINGS_SHARED',
      by: ['AGENCY'],
      guards: [
        reviewGuard(
          'somethingToShare',
          ['draftFindings'],
          ({ draftFindings }) => draftFindings > 0,
          'The review has no finding to share: draft one with draftFinding',
        ),
        reviewGuard(
          'secondReviewer',
          ['unreadFindings'],
          ({ unreadFindings }) => unreadFindings === 0,
          'Some findings have no second reader: another reviewer of your agency must call readFindings first',
        ),
      ],
    },
    {
      trigger: 'closeReview',
      from: 'FINDINGS_SHARED',
      to: 'CLOSED',
      by: ['AGENCY'],
      guards: [
        leadReviewer,
        reviewGuard(
          'findingsSettled',
          ['unsettledFindings'],
          ({ unsettledFindings }) => unsettledFindings === 0,
          'Some findings are unsettled: share or drop each one, or record why it is not shareable',
        ),
      ],
    },
    {
      trigger: 'closeReview',
      from: ['OPENED', 'EVALUATING'],
      to: 'CLOSED_NO_FINDINGS',
      by: ['AGENCY'],
      guards: [leadReviewer],
    },
    {
      trigger: 'stopReview',
      from: ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED'],
      to: 'STOPPED',
      by: ['SYSTEM'],
    },
  ],
);

/** Lifecycle of a finding, by the custom of coordinated disclosure. The developer need not answer; no finding is published. */
export const findingLifecycle = new StateMachine<Finding['status']>(
  'finding',
  ['DRAFT', 'DROPPED', 'SHARED_WITH_DEVELOPER', 'ACKNOWLEDGED', 'MITIGATION_REPORTED', 'DISPUTED', 'NOTED', 'CLOSED'],
  [
    { trigger: 'draftFinding', from: null, to: 'DRAFT', by: ['AGENCY'] },
    { trigger: 'editFinding', from: 'DRAFT', to: 'DRAFT', by: ['AGENCY'] },
    { trigger: 'markFindingNotShareable', from: 'DRAFT', to: 'DRAFT', by: ['AGENCY'] },
    { trigger: 'dropFinding', from: 'DRAFT', to: 'DROPPED', by: ['AGENCY'] },
    { trigger: 'shareFindings', from: 'DRAFT', to: 'SHARED_WITH_DEVELOPER', by: ['AGENCY'] },
    { trigger: 'acknowledgeFinding', from: 'SHARED_WITH_DEVELOPER', to: 'ACKNOWLEDGED', by: ['DEVELOPER'] },
    { trigger: 'reportMitigation', from: 'ACKNOWLEDGED', to: 'MITIGATION_REPORTED', by: ['DEVELOPER'] },
    { trigger: 'disputeFinding', from: 'ACKNOWLEDGED', to: 'DISPUTED', by: ['DEVELOPER'] },
    { trigger: 'noteFinding', from: 'ACKNOWLEDGED', to: 'NOTED', by: ['DEVELOPER'] },
    { trigger: 'lapse', from: ['SHARED_WITH_DEVELOPER', 'ACKNOWLEDGED'], to: 'NOTED', by: ['SYSTEM'] },
    { trigger: 'closeFinding', from: ['MITIGATION_REPORTED', 'DISPUTED', 'NOTED'], to: 'CLOSED', by: ['AGENCY'] },
  ],
);

/** Facts that guards of run transitions may read. */
export interface RunFacts {
  /** Whether the lead agency has access to the model itself, beyond documents. */
  readonly modelAccess: boolean;
}

const runGuard = guardOf<RunFacts>();

export const runLifecycle = new StateMachine<EvaluationRun['status'], RunFacts>(
  'evaluation run',
  ['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'],
  [
    { trigger: 'queueEvaluationRun', from: null, to: 'QUEUED', by: ['AGENCY'] },
    {
      trigger: 'startEvaluationRun',
      from: 'QUEUED',
      to: 'RUNNING',
      by: ['AGENCY'],
      guards: [
        runGuard(
          'modelAccess',
          ['modelAccess'],
          ({ modelAccess }) => modelAccess,
          'Your agency has no access to the model now: wait for access before starting a run',
        ),
      ],
    },
    { trigger: 'finishEvaluationRun', from: 'RUNNING', to: 'DONE', by: ['AGENCY'] },
    { trigger: 'failEvaluationRun', from: 'RUNNING', to: 'FAILED', by: ['AGENCY'] },
    { trigger: 'cancelEvaluationRun', from: ['QUEUED', 'RUNNING'], to: 'CANCELLED', by: ['AGENCY', 'SYSTEM'] },
  ],
);

export const consultationLifecycle = new StateMachine<Consultation['status']>(
  'consultation',
  ['OPEN', 'CLOSED'],
  [
    { trigger: 'openConsultation', from: null, to: 'OPEN', by: ['AGENCY', 'DEVELOPER'] },
    { trigger: 'sendMessage', from: 'OPEN', to: 'OPEN', by: ['AGENCY', 'DEVELOPER'] },
    { trigger: 'closeConsultation', from: 'OPEN', to: 'CLOSED', by: ['AGENCY', 'DEVELOPER'] },
  ],
);
