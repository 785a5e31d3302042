import { Index } from 'typeorm';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, integer, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Submission } from '../submission';

export const ReviewEventKind = enumeration('ReviewEventKind', 'What happened to a submission in the agencies.', {
  INVITED: 'An agency was invited to a determination.',
  DETERMINATION_DRAFTED: 'An agency began a determination.',
  DETERMINATION_SUPERSEDED: 'A determination was replaced by a later one of the same agency.',
  DETERMINATION_ISSUED: 'An agency issued a determination.',
  DETERMINATION_NOT_ISSUED: 'A determination ended without being issued.',
  DESIGNATED: 'A designation was made.',
  REVIEW_OPENED: 'A review was opened.',
  PARTICIPANT_INVITED: 'Another agency was invited to take part in a review.',
  RUN_QUEUED: 'A run of an evaluation was planned.',
  RUN_STARTED: 'A run began.',
  RUN_ENDED: 'A run ended.',
  EVALUATION_STARTED: 'Evaluations began.',
  FINDINGS_DRAFTED: 'Findings were written.',
  FINDINGS_SHARED: 'Findings were shared with the developer.',
  FINDING_DRAFTED: 'A finding was written down.',
  FINDING_EDITED: 'A draft of a finding was changed.',
  FINDING_DROPPED: 'A draft of a finding was given up.',
  FINDING_NOT_SHAREABLE: 'A finding was recorded as not shareable.',
  FINDINGS_READ: 'A reviewer read the drafts of findings.',
  FINDING_SHARED: 'A finding was shared with the developer.',
  FINDING_LAPSED: 'A finding was noted, unanswered after 45 days.',
  FINDING_CLOSED: 'A finding was closed.',
  FINDING_REFERRED: 'A finding was referred to the clearinghouse.',
  DOCUMENTS_RETURNED: 'An agency gave documents back.',
  CONSULTATION_OPENED: 'A consultation began.',
  MESSAGE_SENT: 'A message was sent.',
  INFORMATION_REQUESTED: 'A message asked for information.',
  INFORMATION_PROVIDED: 'A message answered a question.',
  INFORMATION_OVERDUE: 'A question is open past its day. Nothing follows from it.',
  CONSULTATION_CLOSED: 'A consultation ended.',
  PLAN_CHANGED: 'The launch plan changed; targets follow.',
  LAUNCHED: 'The model was launched.',
  WITHDRAWN: 'The developer withdrew the submission.',
  NOT_RELEASED: 'The developer declared that the model will not be released.',
  REVIEW_POST_LAUNCH: 'A review goes on after the launch. The developer is not late.',
  DEVELOPER_RESPONDED: 'The developer answered a finding.',
  RISK_ASSESSED: 'A risk was assessed.',
  ADVICE_SENT: 'Advice was sent.',
  REVIEW_CLOSED: 'A review ended.',
  REVIEW_STOPPED: 'A review was stopped.',
});

@model('One entry of the timeline of a submission in the agencies. Entries are only ever added.', {
  order: ['occurredAt', 'sequence'],
  // it tells when a submission was filed, and how its launch plan moved
  sensitivity: 'PROPIN',
  entity: false,
})
@Index(['submissionId', 'sequence'], { unique: true })
export class ReviewEvent {
  @generatedId('evt') id!: string;
  @refersTo(() => Submission, 'The submission it concerns.', { as: 'submission', length: 30 }) submissionId!: string;
  @integer('Its place among the entries of the submission, from 1.', { order: true }) sequence!: number;
  @dateTime('When it happened.', {
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
  @oneOf(() => ReviewEventKind, 'What happened.', { filter: true, order: true }) kind!: ValueOf<typeof ReviewEventKind>;
  @oneOf(() => Actor, 'Party that did it.', { filter: true, lowerCase: true }) actor!: Actor;
  @refersTo(() => Agency, 'The agency it concerns.', { as: 'agency', nullable: true, index: false }) agencyKey!:
    | string
    | null;
  @text('Key of what it happened to: a determination, review, run, finding, assessment or consultation.', {
    nullable: true,
    length: 40,
  })
  objectId!: string | null;
  @text('State before.', { nullable: true, length: 40 }) fromState!: string | null;
  @text('State after.', { nullable: true, length: 40 }) toState!: string | null;
  @longText('What else is worth knowing.', {
    nullable: true,
    derivedFrom: ['LaunchPlan.plannedLaunchAt', 'Finding.clearinghouseCase'],
    coarsened:
      'Of a clearinghouse case it has the key alone, for those who read the timeline of the agency that referred it.',
  })
  detail!: string | null;
  @exerciseFlag() exercise!: boolean;
}
