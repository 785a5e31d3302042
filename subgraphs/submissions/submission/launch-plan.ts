import { Temporal } from 'temporal-polyfill';
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
import { Submission } from './submission';
import { reviewWindow } from './window';

export const LaunchReference = enumeration('LaunchReference', 'Which event the 30 days are counted back from.', {
  PUBLIC_LAUNCH: 'The public launch.',
  TRUSTED_PARTNER_RELEASE: 'The release to other trusted partners, as the order words it.',
});

@model('When a developer plans to launch: one version of its plan. The highest is the current one.', {
  order: ['planVersion'],
  sensitivity: 'PROPIN',
})
export class LaunchPlan {
  @generatedId('lpl') id!: string;
  @belongsTo(() => Submission, 'The submission it is for.', { as: 'submission' }) submissionId!: string;
  @integer('Version of the plan, from 1.', { filter: true, order: true }) planVersion!: number;
  @dateTime('The planned instant; for a plan by day its first instant.', { filter: true, order: true })
  plannedLaunchAt!: string;
  @date('The planned day, when the hour is not known.', { nullable: true }) plannedLaunchDate!: string | null;
  @oneOf(() => LaunchReference, 'Which event it is.', { filter: true }) reference!: ValueOf<typeof LaunchReference>;
  @dateTime('When the plan was made.', { filter: true, order: true }) changedAt!: string;
  @oneOf(() => Actor, 'Party that made it.', { lowerCase: true, length: 255 }) changedBy!: Actor;
  @longText('Why, if the developer says so.', { nullable: true }) reason!: string | null;
  @exerciseFlag() exercise!: boolean;

  @computed(
    () => GraphQLInstant,
    'When the window of this plan opens: 30 civil days before, at the same time of day.',
    {
      derivedFrom: ['LaunchPlan.plannedLaunchAt'],
    },
  )
  windowOpensAt(): string {
    return reviewWindow({ at: this.plannedLaunchAt }).opens;
  }

  /** Whole days by which it lies later than another plan; negative when earlier. */
  daysLaterThan(other: LaunchPlan): number {
    const hours = Temporal.Instant.from(other.plannedLaunchAt).until(this.plannedLaunchAt).total('hours');
    return Math.trunc(hours / 24);
  }
}
