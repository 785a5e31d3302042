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

export const InformationRequestStatus = enumeration(
  'InformationRequestStatus',
  'Where a request for information stands.',
  {
    OPEN: 'Not answered yet.',
    ANSWERED: 'Answered.',
    CLOSED: 'Closed without an answer; nothing depends on it.',
  },
);

@model('A question of the intake office to a developer. It stops no clock.', { order: ['dueOn'], sensitivity: 'GOV' })
@Index(['overdueNoted', 'dueOn'])
export class InformationRequest {
  @generatedId('inf') id!: string;
  @belongsTo(() => Submission, 'The submission it is about.', { as: 'submission', filter: true, sensitivity: 'PROPIN' })
  submissionId!: string;
  @longText('What is asked.') question!: string;
  @dateTime('When it was asked.', { order: true, filter: true }) askedAt!: string;
  @date('By when an answer would help.', { order: true, filter: true }) dueOn!: string;
  @dateTime('When it was answered.', { nullable: true }) answeredAt!: string | null;
  @longText('The answer.', { nullable: true, sensitivity: 'PROPIN' }) answer!: string | null;
  @oneOf(() => InformationRequestStatus, 'Where it stands.', { filter: true, index: true })
  status!: ValueOf<typeof InformationRequestStatus>;
  /** Whether its being overdue is on the timeline. */
  @kept({ type: 'boolean', default: false }) overdueNoted!: boolean;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether it is open past its day.')
  overdue({ clock }: Context): boolean {
    return this.status === InformationRequestStatus.OPEN && this.dueOn < civilDate(clock.now());
  }
}
