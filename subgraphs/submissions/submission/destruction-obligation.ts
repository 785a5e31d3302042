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

@model(
  'After a withdrawal: that a holder is to destroy what it holds of the submission, and whether it attests to have.',
  {
    order: ['dueOn', 'holder'],
    sensitivity: 'PROPIN',
  },
)
export class DestructionObligation {
  @generatedId('dst') id!: string;
  @belongsTo(() => Submission, 'The submission that was withdrawn.', { as: 'submission', filter: true })
  submissionId!: string;
  @text('Key of the agency that holds something; "intake" for the intake office.', {
    length: 60,
    filter: true,
    order: true,
  })
  holder!: string;
  @date('By when: ten business days after the withdrawal.', {
    filter: true,
    order: true,
    derivedFrom: ['Withdrawal.withdrawnAt'],
  })
  dueOn!: string;
  @dateTime('When the holder attested the destruction.', { nullable: true, filter: true }) attestedAt!: string | null;
  @text('Who attested it.', { nullable: true }) attestedBy!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether it is not attested and its day has passed.')
  overdue({ clock }: Pick<Context, 'clock'>): boolean {
    return this.attestedAt === null && this.dueOn < civilDate(clock.now());
  }
}
