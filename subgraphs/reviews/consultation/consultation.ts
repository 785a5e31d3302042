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

export const ConsultationStatus = enumeration('ConsultationStatus', 'Whether a consultation goes on.', {
  OPEN: 'It goes on.',
  CLOSED: 'It has ended.',
});

export const ConsultationSide = enumeration('ConsultationSide', 'A side of a consultation.', {
  AGENCY: 'The agency.',
  DEVELOPER: 'The developer.',
});

@model('The thread in which one agency and a developer work together on one submission.', {
  order: ['-openedAt'],
  sensitivity: 'PROPIN',
})
export class Consultation {
  @generatedId('con') id!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30 }) submissionId!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => ConsultationSide, 'Who began it.', { filter: true }) openedBy!: ValueOf<typeof ConsultationSide>;
  @dateTime('When it began.', { filter: true, order: true }) openedAt!: string;
  @oneOf(() => ConsultationStatus, 'Whether it goes on.', { filter: true }) status!: ValueOf<typeof ConsultationStatus>;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ConsultationMessage, 'consultationId', 'Messages, in time order.') messages!: unknown;
}

@model('A message of a consultation; some ask for information by a day.', {
  entity: false,
  order: ['sentAt'],
  sensitivity: 'PROPIN',
})
@Index(['overdueNoted', 'dueOn'])
export class ConsultationMessage {
  @generatedId('msg') id!: string;
  @belongsTo(() => Consultation, 'The thread.', { as: 'consultation', filter: true }) consultationId!: string;
  @oneOf(() => ConsultationSide, 'Who wrote it.', { filter: true }) from!: ValueOf<typeof ConsultationSide>;
  @dateTime('When it was sent.', { filter: true, order: true }) sentAt!: string;
  @longText('What it says.') body!: string;
  @textList('SHA-256 digests of what is attached.') attachments!: string[];
  @flag('Whether it asks for information.', { filter: true }) requestsInformation!: boolean;
  @date('By when an answer would help.', { nullable: true, filter: true, order: true }) dueOn!: string | null;
  @dateTime('When it was answered.', { nullable: true, filter: true }) answeredAt!: string | null;
  @dateTime('When the other side read it.', { nullable: true }) readAt!: string | null;
  /** Whether its being overdue is on the timeline. */
  @kept({ type: 'boolean', default: false }) overdueNoted!: boolean;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether it asks for information that has not come by its day.')
  overdue({ clock }: Context): boolean {
    return this.dueOn !== null && this.answeredAt === null && this.dueOn < civilDate(clock.now());
  }
}

@model('What an agency advises a developer in writing. Never a condition of release.', {
  order: ['-sentAt'],
  sensitivity: 'PROPIN',
})
export class Advice {
  @generatedId('adv') id!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30 }) submissionId!: string;
  @refersTo(() => Agency, 'Who advises.', { as: 'agency' }) agencyKey!: string;
  @dateTime('When it was sent.', { filter: true, order: true }) sentAt!: string;
  @longText('What it says.') body!: string;
  @exerciseFlag() exercise!: boolean;
}
