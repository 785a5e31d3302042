import { civilDate } from '#base/civil';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Submission } from './submission';

@model('Obligation of a holder to destroy what it holds of a withdrawn submission, and its attestation.', {
  order: ['dueOn', 'holder'],
  sensitivity: 'PROPIN',
})
export class DestructionObligation {
  @generatedId('dst') id!: string;
  @belongsTo(() => Submission, 'Withdrawn submission.', { as: 'submission', filter: true })
  submissionId!: string;
  @text('Key of the agency that holds material; "intake" for the intake office.', {
    length: 60,
    filter: true,
    order: true,
  })
  holder!: string;
  @date('Due date: ten business days after the withdrawal.', {
    filter: true,
    order: true,
    derivedFrom: ['Withdrawal.withdrawnAt'],
  })
  dueOn!: string;
  @dateTime('Time the holder attested to the destruction.', { nullable: true, filter: true }) attestedAt!:
    | string
    | null;
  @text('Party that attested to the destruction.', { nullable: true }) attestedBy!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether the due date has passed without an attestation.')
  overdue({ clock }: Pick<Context, 'clock'>): boolean {
    return this.attestedAt === null && this.dueOn < civilDate(clock.now());
  }
}
