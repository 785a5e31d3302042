import { Index } from 'typeorm';
import { civilDate } from '#base/civil';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  textList,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { Submission } from '../submission';

export const ConsultationStatus = enumeration('ConsultationStatus', 'Status of a consultation.', {
  OPEN: 'Open for messages.',
  CLOSED: 'Closed by either side.',
});

export const ConsultationSide = enumeration('ConsultationSide', 'Side of a consultation.', {
  AGENCY: 'Agency.',
  DEVELOPER: 'Developer.',
});

@model('Thread in which one agency and the developer work together on one submission.', {
  order: ['-openedAt'],
  sensitivity: 'PROPIN',
})
export class Consultation {
  @generatedId('con') id!: string;
  @refersTo(() => Submission, 'Submission that the consultation is about.', { as: 'submission', length: 30 })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that takes part.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => ConsultationSide, 'Side that opened the consultation.', { filter: true }) openedBy!: ValueOf<
    typeof ConsultationSide
  >;
  @dateTime('Time the consultation was opened.', { filter: true, order: true }) openedAt!: string;
  @oneOf(() => ConsultationStatus, 'Status of the consultation.', { filter: true }) status!: ValueOf<
    typeof ConsultationStatus
  >;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ConsultationMessage, 'consultationId', 'Messages, oldest first.') messages!: unknown;
}

@model('Message in a consultation. A message with a due date requests information.', {
  entity: false,
  order: ['sentAt'],
  sensitivity: 'PROPIN',
})
@Index(['overdueNoted', 'dueOn'])
export class ConsultationMessage {
  @generatedId('msg') id!: string;
  @belongsTo(() => Consultation, 'Consultation that the message belongs to.', { as: 'consultation', filter: true })
  consultationId!: string;
  @oneOf(() => ConsultationSide, 'Side that sent the message.', { filter: true }) from!: ValueOf<
    typeof ConsultationSide
  >;
  @dateTime('Time the message was sent.', { filter: true, order: true }) sentAt!: string;
  @longText('Text of the message.') body!: string;
  @textList('SHA-256 digests of attached documents.') attachments!: string[];
  @flag('Whether the message requests information.', { filter: true }) requestsInformation!: boolean;
  @date('Date by which an answer would help; not a deadline.', { nullable: true, filter: true, order: true }) dueOn!:
    | string
    | null;
  @dateTime('Time the request was answered.', { nullable: true, filter: true }) answeredAt!: string | null;
  @dateTime('Time the other side marked the message as read.', { nullable: true }) readAt!: string | null;
  /** Whether the timeline already has the INFORMATION_OVERDUE event. */
  @kept({ type: 'boolean', default: false }) overdueNoted!: boolean;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether the request is open and its due date has passed.')
  overdue({ clock }: Context): boolean {
    return this.dueOn !== null && this.answeredAt === null && this.dueOn < civilDate(clock.now());
  }
}

@model('Written advice from an agency to a developer. Advice is never a condition of release.', {
  order: ['-sentAt'],
  sensitivity: 'PROPIN',
})
export class Advice {
  @generatedId('adv') id!: string;
  @refersTo(() => Submission, 'Submission that the advice is about.', { as: 'submission', length: 30 })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that gives the advice.', { as: 'agency' }) agencyKey!: string;
  @dateTime('Time the advice was sent.', { filter: true, order: true }) sentAt!: string;
  @longText('Text of the advice.') body!: string;
  @exerciseFlag() exercise!: boolean;
}
