import { Temporal } from 'temporal-polyfill';
import { Index } from 'typeorm';
import { Actor } from '#domain/actor';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  longText,
  oneOf,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { PartnerProposal } from '../partner/partner-proposal';
import { Submission } from './submission';
import { reviewWindow } from './window';

export const LaunchReference = enumeration('LaunchReference', 'Event from which the 30 days count back.', {
  PUBLIC_LAUNCH: 'Public launch.',
  TRUSTED_PARTNER_RELEASE: 'Release to other trusted partners, in the words of the order.',
});
export type LaunchReference = ValueOf<typeof LaunchReference>;

@model("Version of a developer's launch plan. The highest version is current.", {
  order: ['planVersion'],
  sensitivity: 'PROPIN',
})
// the plan at a past instant
@Index(['submissionId', 'planVersion', 'changedAt', 'plannedLaunchAt'])
export class LaunchPlan {
  @generatedId('lpl') id!: string;
  @belongsTo(() => Submission, 'Submission that the plan belongs to.', { as: 'submission' }) submissionId!: string;
  @integer('Plan version, from 1.', { filter: true, order: true }) planVersion!: number;
  @dateTime(
    'Planned time of the event that the plan dates. For a plan by day, the first instant of that day; for a release to trusted partners, the earliest agreed access of one.',
    {
      filter: true,
      order: true,
      index: true,
      derivedFrom: ['PartnerProposal.accessFrom'],
    },
  )
  plannedLaunchAt!: string;
  @date('Planned day of launch, if the developer gave no time.', { nullable: true }) plannedLaunchDate!: string | null;
  @oneOf(() => LaunchReference, 'Event that the plan dates.', { filter: true }) reference!: ValueOf<
    typeof LaunchReference
  >;
  @belongsTo(
    () => PartnerProposal,
    'Agreed trusted partner whose access the plan dates; null if the plan has the time that the developer stated.',
    { as: 'partnerProposal', nullable: true },
  )
  partnerProposalId!: string | null;
  @dateTime('Time that the developer stated, if the access of an agreed partner takes its place.', { nullable: true })
  statedLaunchAt!: string | null;
  @dateTime('Time the plan was recorded.', { filter: true, order: true }) changedAt!: string;
  @oneOf(() => Actor, 'Party that recorded the plan.', { lowerCase: true, length: 255 }) changedBy!: Actor;
  @longText('Reason for the change, if the developer gave one.', { nullable: true }) reason!: string | null;
  @exerciseFlag() exercise!: boolean;

  @computed(
    () => GraphQLInstant,
    'Time the window of this plan opens: 30 civil days before the planned launch, at the same time of day.',
    {
      derivedFrom: ['LaunchPlan.plannedLaunchAt'],
    },
  )
  windowOpensAt(): string {
    return reviewWindow({ at: this.plannedLaunchAt }).opens;
  }

  /** Whole days by which this plan is later than another; negative if earlier. */
  daysLaterThan(other: LaunchPlan): number {
    const hours = Temporal.Instant.from(other.plannedLaunchAt).until(this.plannedLaunchAt).total('hours');
    return Math.trunc(hours / 24);
  }
}
