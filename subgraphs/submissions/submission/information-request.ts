import { Index } from 'typeorm';
import { civilDate } from '#base/civil';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  revisionNumber,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { Submission } from './submission';

export const InformationRequestStatus = enumeration('InformationRequestStatus', 'Status of an information request.', {
  OPEN: 'Waiting for an answer.',
  ANSWERED: 'Answered by the developer.',
  CLOSED: 'Closed without an answer. This has no consequence.',
});
export type InformationRequestStatus = ValueOf<typeof InformationRequestStatus>;

@model('Question of the intake office to a developer. It stops no clock.', { order: ['dueOn'], sensitivity: 'GOV' })
@Index(['overdueNoted', 'dueOn'])
export class InformationRequest {
  @generatedId('inf') id!: string;
  @belongsTo(() => Submission, 'Submission that the question is about.', {
    as: 'submission',
    filter: true,
    sensitivity: 'PROPIN',
  })
  submissionId!: string;
  @longText('Question of the intake office.') question!: string;
  @dateTime('Time the question was asked.', { order: true, filter: true }) askedAt!: string;
  @date('Date by which an answer would help; not a deadline.', { order: true, filter: true }) dueOn!: string;
  @dateTime("Time of the developer's answer.", { nullable: true }) answeredAt!: string | null;
  @longText('Answer of the developer.', { nullable: true, sensitivity: 'PROPIN' }) answer!: string | null;
  @oneOf(() => InformationRequestStatus, 'Status of the request.', { filter: true, index: true })
  status!: InformationRequestStatus;
  /** Whether the timeline already has the INFORMATION_OVERDUE event. */
  @kept({ type: 'boolean', default: false }) overdueNoted!: boolean;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether the request is open and its due date has passed.')
  overdue({ clock }: Context): boolean {
    return this.status === InformationRequestStatus.OPEN && this.dueOn < civilDate(clock.now());
  }
}
