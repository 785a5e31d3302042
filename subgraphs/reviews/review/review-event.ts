import { Index } from 'typeorm';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, integer, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Submission } from '../submission';

export const ReviewEventKind = enumeration(
  'ReviewEventKind',
  'Kind of event on the timeline of a submission at the agencies.',
  {
    INVITED: 'An agency was invited to make a determination.',
    DETERMINATION_DRAFTED: 'An agency started the draft of a determination.',
    DETERMINATION_SUPERSEDED: 'A later determination of the same agency replaced a determination.',
    DETERMINATION_ISSUED: 'An agency issued a determination.',
    DETERMINATION_NOT_ISSUED: 'The draft of a determination ended without being issued.',
    DESIGNATED: 'NSA made a designation.',
    REVIEW_OPENED: 'An agency opened a review.',
    PARTICIPANT_INVITED: 'An agency was invited to take part in a review.',
    RUN_QUEUED: 'An evaluation run was queued.',
    RUN_STARTED: 'An evaluation run started.',
    RUN_ENDED: 'An evaluation run finished, failed, or was canceled.',
    EVALUATION_STARTED: 'A review started to evaluate the model.',
    FINDINGS_DRAFTED: 'A review finished evaluating, and its findings are being drafted.',
    FINDINGS_SHARED: 'A review shared its findings with the developer.',
    FINDING_DRAFTED: 'An agency drafted a finding.',
    FINDING_EDITED: 'An agency edited the draft of a finding.',
    FINDING_DROPPED: 'An agency dropped the draft of a finding.',
    FINDING_NOT_SHAREABLE: 'An agency recorded a finding as not shareable.',
    FINDINGS_READ: "A reviewer read the drafts of a review's findings.",
    FINDING_SHARED: 'A finding was shared with the developer.',
    FINDING_LAPSED: 'A finding was noted after 45 days without a response.',
    FINDING_CLOSED: 'An agency closed a finding.',
    FINDING_REFERRED: 'An agency referred a finding to the clearinghouse.',
    DOCUMENTS_RETURNED: 'An agency returned or destroyed the documents of a review.',
    CONSULTATION_OPENED: 'A consultation was opened.',
    MESSAGE_SENT: 'A message was sent in a consultation.',
    INFORMATION_REQUESTED: 'A message requested information.',
    INFORMATION_PROVIDED: 'A message answered a request for information.',
    INFORMATION_OVERDUE: 'A request for information is still open after its due date. This has no consequence.',
    CONSULTATION_CLOSED: 'A consultation was closed.',
    PLAN_CHANGED: 'The developer changed the launch plan; targets follow.',
    LAUNCHED: 'The model was launched.',
    WITHDRAWN: 'The developer withdrew the submission.',
    NOT_RELEASED: 'The developer declared that it will not release the model.',
    REVIEW_POST_LAUNCH: 'A review continues after the launch. The developer is not late.',
    DEVELOPER_RESPONDED: 'The developer responded to a finding.',
    RISK_ASSESSED: 'An agency assessed a risk.',
    ADVICE_SENT: 'An agency sent advice to the developer.',
    REVIEW_CLOSED: 'The lead reviewer closed a review.',
    REVIEW_STOPPED: "A review stopped because the submission or the agency's access ended.",
  },
);
export type ReviewEventKind = ValueOf<typeof ReviewEventKind>;

@model('Entry on the timeline of a submission at the agencies. Entries are never changed or deleted.', {
  order: ['occurredAt', 'sequence'],
  // it shows when a submission was filed, and how its launch plan moved
  sensitivity: 'PROPIN',
  entity: false,
})
@Index(['submissionId', 'sequence'], { unique: true })
export class ReviewEvent {
  @generatedId('evt') id!: string;
  @refersTo(() => Submission, 'Submission that the entry belongs to.', { as: 'submission', length: 30 })
  submissionId!: string;
  @integer('Position on the timeline of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('Time of the event.', {
    filter: true,
    order: true,
    derivedFrom: [
      ...['SubmissionEvent.occurredAt', 'Submission.filedAt', 'Withdrawal.withdrawnAt'],
      ...['Determination.createdAt', 'Determination.issuedAt', 'Designation.madeAt', 'RiskAssessment.assessedAt'],
      ...['Review.openedAt', 'Review.closedAt', 'EvaluationRun.queuedAt', 'EvaluationRun.startedAt'],
      ...['EvaluationRun.endedAt', 'Finding.createdAt', 'Finding.sharedAt', 'Finding.respondedAt', 'Advice.sentAt'],
    ],
  })
  occurredAt!: string;
  @oneOf(() => ReviewEventKind, 'Kind of event.', { filter: true, order: true }) kind!: ReviewEventKind;
  @oneOf(() => Actor, 'Party that caused the event.', { filter: true, lowerCase: true }) actor!: Actor;
  @refersTo(() => Agency, 'Agency concerned, if any.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('Key of the object concerned: a determination, review, run, finding, assessment, or consultation.', {
    nullable: true,
    length: 40,
  })
  objectId!: string | null;
  @text('State before the event, of the object concerned.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('State after the event, of the object concerned.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('Further details.', {
    nullable: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt', 'Finding.clearinghouseCase'],
    coarsened: "Of a clearinghouse case it shows the key alone, to readers of the referring agency's timeline.",
  })
  detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
