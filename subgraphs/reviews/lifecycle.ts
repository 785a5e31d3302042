import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { Consultation } from './consultation/consultation';
import type { Determination } from './determination/determination';
import type { EvaluationRun } from './evaluation/evaluation-run';
import type { Finding } from './finding/finding';
import type { Review } from './review/review';

/** What the conditions of a determination's transitions look at. */
export interface DeterminationFacts {
  readonly rationale: string | null;
  readonly outcome: string | null;
}

const determinationGuard = guardOf<DeterminationFacts>();

/** An agency's determination. Whatever becomes of it, nothing follows for the submission. */
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
          'A determination says whether a review is needed: draft it with an "outcome" first',
        ),
        determinationGuard(
          'rationaleGiven',
          ['rationale'],
          ({ rationale }) => rationale !== null,
          'A determination says why: draft it with a "rationale" first',
        ),
      ],
    },
    { trigger: 'supersede', from: 'ISSUED', to: 'SUPERSEDED', by: ['AGENCY'] },
    { trigger: 'dropDetermination', from: 'DRAFT', to: 'NOT_ISSUED', by: ['AGENCY'] },
    { trigger: 'submissionEnded', from: 'DRAFT', to: 'NOT_ISSUED', by: ['SYSTEM'] },
  ],
);

/** What the conditions of a review's transitions look at. */
export interface ReviewFacts {
  /** Outcome of the lead agency's current determination. */
  readonly currentOutcome: string | null;
  readonly sharedWithAgency: boolean;
  readonly submissionLifecycle: string;
  readonly activeGrant: boolean;
  readonly documentsOnly: boolean;
  readonly isLead: boolean;
  /** Drafts of findings that are to be shared. */
  readonly draftFindings: number;
  /** Of these, those that nobody but their author has read as they are. */
  readonly unreadFindings: number;
  /** Findings that are neither shared, nor dropped, nor recorded as not shareable. */
  readonly unsettledFindings: number;
}

const reviewGuard = guardOf<ReviewFacts>();
const leadReviewer = reviewGuard(
  'leadReviewer',
  ['isLead'],
  ({ isLead }) => isLead,
  'The lead reviewer closes a review; handOverReview names another',
);

/** An agency's review. It runs beside the launch and never before it: no state of it stands in a submission's way. */
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
          'The submission has ended: there is nothing to review',
        ),
        reviewGuard(
          'sharedWithAgency',
          ['sharedWithAgency'],
          ({ sharedWithAgency }) => sharedWithAgency,
          'The developer does not share the submission with your agency',
        ),
        reviewGuard(
          'reviewNecessary',
          ['currentOutcome'],
          ({ currentOutcome }) => currentOutcome === 'REVIEW_NECESSARY',
          'Your agency’s current determination does not find a review necessary: issue one that does first',
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
          'Your agency has no access to the model now: evaluate on documents with "documentsOnly", or wait for access',
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
          'There is no finding to share: draft one with draftFinding',
        ),
        reviewGuard(
          'secondReviewer',
          ['unreadFindings'],
          ({ unreadFindings }) => unreadFindings === 0,
          'A second reviewer of your agency reads findings before they are shared: readFindings, by somebody who wrote none of them',
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
          'Each finding is shared, dropped, or recorded as not shareable with a reason before the review is closed',
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

/** A finding, by the custom of coordinated disclosure. A developer need not answer; nothing is ever published. */
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

/** What the conditions of a run's transitions look at. */
export interface RunFacts {
  /** Whether the lead agency has access to the model itself, not to documents alone. */
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
          'A run needs access to the model: your agency has none now',
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
