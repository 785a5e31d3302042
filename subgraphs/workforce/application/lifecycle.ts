import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { ApplicationStatus, CandidateStatus, CertificateStatus } from './application';

/** Facts that guards of applications may read. */
export interface ApplicationFacts {
  /** Whether the announcement accepted applications when this one was submitted. */
  readonly wasOpen: boolean;
  /** Whether the agency has an application of the candidate to the announcement already. */
  readonly isKnown: boolean;
  readonly candidateStatus: CandidateStatus;
  readonly hasReason: boolean;
  /** Whether the caller is the specialist who rated the application. */
  readonly isRater: boolean;
  readonly isCertificateOpen: boolean;
  readonly isCanceled: boolean;
  /** Hiring requests of the agency on the announcement that are open. */
  readonly openRequests: number;
  /** Candidates who are selected for one of them, or have an offer. */
  readonly liveSelections: number;
  readonly requestId: string | null;
  /** Whether the position to fill is frozen. */
  readonly isFrozen: boolean;
}

const guard = guardOf<ApplicationFacts>();

const announcementOpen = guard(
  'announcementOpen',
  ['wasOpen'],
  ({ wasOpen }) => wasOpen,
  'The announcement did not accept applications at "submittedAt", or has ended: choose a time from its opening to its closing day, and record applications before it ends',
);
const onePerCandidate = guard(
  'onePerCandidate',
  ['isKnown'],
  ({ isKnown }) => !isKnown,
  'The candidate has applied to the announcement already: change that application',
);
const candidateActive = guard(
  'candidateActive',
  ['candidateStatus'],
  ({ candidateStatus }) => candidateStatus === 'ACTIVE',
  'The data of the candidate are erased, or will be: record the candidate again',
);
const reasonGiven = guard(
  'reasonGiven',
  ['hasReason'],
  ({ hasReason }) => hasReason,
  'A rating of INELIGIBLE needs a reason: give it as "reason"',
);
const secondSpecialist = guard(
  'secondSpecialist',
  ['isRater'],
  ({ isRater }) => !isRater,
  'You rated the application: another specialist has to reconsider it',
);
const certificateOpen = guard(
  'certificateOpen',
  ['isCertificateOpen'],
  ({ isCertificateOpen }) => isCertificateOpen,
  'The certificate is not under your review, or has expired: open it, or ask HR to extend it',
);
const notCanceled = guard(
  'notCanceled',
  ['isCanceled'],
  ({ isCanceled }) => !isCanceled,
  'The announcement is canceled',
);
const openingLeft = guard(
  'openingLeft',
  ['openRequests', 'liveSelections'],
  ({ openRequests, liveSelections }) => liveSelections < openRequests,
  'Each open hiring request of the announcement has a selected candidate, or its position is frozen: withdraw a selection, or unfreeze a position, first',
);
const requestKnown = guard(
  'requestKnown',
  ['requestId'],
  ({ requestId }) => requestId !== null,
  'The selection names no hiring request, since it was imported: select the candidate again',
);

const notFrozen = guard(
  'notFrozen',
  ['isFrozen'],
  ({ isFrozen }) => !isFrozen,
  'The position is frozen, which pauses its hiring: unfreeze it first, or end the selection',
);

/** Statuses of applications that are under way without a selection. They end with the announcement. */
export const UNSELECTED: readonly ApplicationStatus[] = [
  'RECEIVED',
  'ELIGIBLE',
  'INELIGIBLE',
  'REFERRED',
  'INTERVIEWED',
];
/** Statuses of applications that are under way. */
export const OPEN: readonly ApplicationStatus[] = [
  ...UNSELECTED,
  'SELECTED',
  'TENTATIVE_OFFER',
  'BACKGROUND_CHECK',
  'FINAL_OFFER',
];
const OFFERED: readonly ApplicationStatus[] = ['TENTATIVE_OFFER', 'BACKGROUND_CHECK', 'FINAL_OFFER'];

/** Lifecycle of an application. An investigation that is recognized from before leads to the final offer at once. */
export const applicationLifecycle = new StateMachine<ApplicationStatus, ApplicationFacts>(
  'application',
  [...OPEN, 'NOT_SELECTED', 'OFFER_DECLINED', 'OFFER_RESCINDED', 'ENTERED_ON_DUTY', 'WITHDRAWN'],
  [
    {
      trigger: 'recordApplication',
      from: null,
      to: 'RECEIVED',
      by: ['HR'],
      guards: [candidateActive, announcementOpen, onePerCandidate],
    },
    { trigger: 'rateEligible', from: 'RECEIVED', to: 'ELIGIBLE', by: ['HR'] },
    { trigger: 'rateIneligible', from: 'RECEIVED', to: 'INELIGIBLE', by: ['HR'], guards: [reasonGiven] },
    {
      trigger: 'reconsiderApplication',
      from: 'INELIGIBLE',
      to: 'ELIGIBLE',
      by: ['HR'],
      guards: [secondSpecialist],
    },
    { trigger: 'certificateIssued', from: 'ELIGIBLE', to: 'REFERRED', by: ['SYSTEM'] },
    { trigger: 'certificateShared', from: null, to: 'REFERRED', by: ['SYSTEM'] },
    { trigger: 'recordInterview', from: 'REFERRED', to: 'INTERVIEWED', by: ['HIRING_MANAGER'] },
    {
      trigger: 'selectCandidate',
      from: ['REFERRED', 'INTERVIEWED'],
      to: 'SELECTED',
      by: ['HIRING_MANAGER'],
      guards: [certificateOpen, notCanceled, openingLeft],
    },
    { trigger: 'withdrawSelection', from: 'SELECTED', to: 'REFERRED', by: ['HR', 'HIRING_MANAGER'] },
    { trigger: 'certificateReturned', from: ['REFERRED', 'INTERVIEWED'], to: 'NOT_SELECTED', by: ['SYSTEM'] },
    { trigger: 'announcementEnded', from: UNSELECTED, to: 'NOT_SELECTED', by: ['SYSTEM'] },
    { trigger: 'hiredElsewhere', from: ['REFERRED', 'INTERVIEWED'], to: 'NOT_SELECTED', by: ['SYSTEM'] },
    { trigger: 'extendTentativeOffer', from: 'SELECTED', to: 'TENTATIVE_OFFER', by: ['HR'], guards: [notFrozen] },
    { trigger: 'acceptTentativeOffer', from: 'TENTATIVE_OFFER', to: 'BACKGROUND_CHECK', by: ['HR'] },
    {
      trigger: 'acceptWithReciprocity',
      from: 'TENTATIVE_OFFER',
      to: 'FINAL_OFFER',
      by: ['HR'],
      guards: [notFrozen],
    },
    { trigger: 'extendFinalOffer', from: 'BACKGROUND_CHECK', to: 'FINAL_OFFER', by: ['HR'], guards: [notFrozen] },
    { trigger: 'rescindOffer', from: OFFERED, to: 'OFFER_RESCINDED', by: ['HR'] },
    { trigger: 'declineOffer', from: OFFERED, to: 'OFFER_DECLINED', by: ['HR'] },
    {
      trigger: 'recordEntryOnDuty',
      from: 'FINAL_OFFER',
      to: 'ENTERED_ON_DUTY',
      by: ['HR'],
      guards: [requestKnown, notFrozen],
    },
    { trigger: 'withdrawApplication', from: OPEN, to: 'WITHDRAWN', by: ['HR'] },
  ],
);

/** Facts that guards of certificates may read. */
export interface CertificateFacts {
  /** Whether its sharing period has not ended. */
  readonly isSharable: boolean;
}

const sharingPeriod = guardOf<CertificateFacts>()(
  'sharingPeriod',
  ['isSharable'],
  ({ isSharable }) => isSharable,
  'The period in which the certificate can be shared has ended: announce the job instead',
);

/** Lifecycle of a certificate of eligible candidates. */
export const certificateLifecycle = new StateMachine<CertificateStatus, CertificateFacts>(
  'certificate',
  ['ISSUED', 'IN_MANAGER_REVIEW', 'RETURNED', 'AUDITED', 'EXPIRED'],
  [
    { trigger: 'issueCertificate', from: null, to: 'ISSUED', by: ['HR'] },
    { trigger: 'openCertificate', from: 'ISSUED', to: 'IN_MANAGER_REVIEW', by: ['HIRING_MANAGER'] },
    { trigger: 'returnCertificate', from: 'IN_MANAGER_REVIEW', to: 'RETURNED', by: ['HIRING_MANAGER'] },
    { trigger: 'auditCertificate', from: 'RETURNED', to: 'AUDITED', by: ['HR'] },
    { trigger: 'reissueCertificate', from: 'IN_MANAGER_REVIEW', to: 'ISSUED', by: ['HR'] },
    { trigger: 'expire', from: ['ISSUED', 'IN_MANAGER_REVIEW'], to: 'EXPIRED', by: ['SYSTEM'] },

    ...(['ISSUED', 'IN_MANAGER_REVIEW'] as const).map((state) => ({
      trigger: 'extendCertificate',
      from: state,
      to: state,
      by: ['HR'],
    })),
    // the certificate that the other agency receives begins as ISSUED
    ...(['ISSUED', 'IN_MANAGER_REVIEW', 'RETURNED', 'AUDITED'] as const).map((state) => ({
      trigger: 'shareCertificate',
      from: state,
      to: state,
      by: ['HR'],
      guards: [sharingPeriod],
    })),
  ],
);

/** Facts that guards of candidates may read. */
export interface CandidateFacts {
  /** Whether an application of the candidate, to any agency, is under way. */
  readonly hasOpenApplication: boolean;
  readonly legalHold: string | null;
  /** Text of the legal hold to place. */
  readonly holdReason: string;
  readonly isRetentionOver: boolean;
  /** Reference of the records officer's decision, if the caller is one. */
  readonly recordsRef: string | null;
}

const guardCandidate = guardOf<CandidateFacts>();

const noOpenApplication = guardCandidate(
  'noOpenApplication',
  ['hasOpenApplication'],
  ({ hasOpenApplication }) => !hasOpenApplication,
  'An application of the candidate is under way: wait until it ends, or record that it was withdrawn',
);
const noLegalHold = guardCandidate(
  'noLegalHold',
  ['legalHold'],
  ({ legalHold }) => legalHold === null,
  'The data are under a legal hold: lift it first',
);
const keepsHold = guardCandidate(
  'keepsHold',
  ['legalHold', 'holdReason'],
  ({ legalHold, holdReason }) => legalHold === null || (holdReason !== legalHold && holdReason.includes(legalHold)),
  'The data are under a legal hold already: lift it first (releaseCandidate), or extend its text: send it as "reason" with the further reason added',
);
const retentionOver = guardCandidate(
  'retentionOver',
  ['isRetentionOver', 'recordsRef'],
  ({ isRetentionOver, recordsRef }) => isRetentionOver || recordsRef !== null,
  'The retention period has not ended: a records officer of the agency may end it (endRetention), or erase the data with "recordsRef"',
);

/** Lifecycle of the data of a candidate. */
export const candidateLifecycle = new StateMachine<CandidateStatus, CandidateFacts>(
  'candidate',
  ['ACTIVE', 'ERASURE_REQUESTED', 'ERASED'],
  [
    { trigger: 'recordCandidate', from: null, to: 'ACTIVE', by: ['HR'] },
    { trigger: 'requestErasure', from: 'ACTIVE', to: 'ERASURE_REQUESTED', by: ['RECORDS_OFFICER', 'HR'] },
    {
      trigger: 'eraseCandidate',
      from: ['ACTIVE', 'ERASURE_REQUESTED'],
      to: 'ERASED',
      by: ['RECORDS_OFFICER', 'HR', 'SYSTEM'],
      guards: [noOpenApplication, noLegalHold, retentionOver],
    },

    ...(
      [
        ['correctCandidate', 'HR'],
        ['holdCandidate', 'HR', [keepsHold]],
        ['releaseCandidate', 'HR'],
        ['endRetention', 'RECORDS_OFFICER'],
      ] as const
    ).flatMap(([trigger, actor, guards = []]) =>
      (['ACTIVE', 'ERASURE_REQUESTED'] as const).map((state) => {
        return { trigger, from: state, to: state, by: [actor], guards };
      }),
    ),
  ],
);
