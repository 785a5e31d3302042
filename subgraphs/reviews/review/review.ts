import { Directive, Int } from 'type-graphql';
import { Index } from 'typeorm';
import { civilDate, daysBetween } from '#base/civil';
import { staffingChanges } from '#domain/staffing/staffing-notice';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  key,
  listOf,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { GraphQLCivilDate } from '#kit/model/scalars';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole } from '../entities';
import { EvaluationRun } from '../evaluation/evaluation-run';
import { Finding } from '../finding/finding';
import { RiskDomain } from '../risk';
import { Submission } from '../submission';
import { WorkRole } from '../work-role';
import { ReviewAssignment } from './reviewer';

export const ReviewStatus = enumeration('ReviewStatus', 'Status of a review.', {
  OPENED: 'Opened; the evaluation has not started.',
  EVALUATING: 'Evaluating the model or its documents.',
  FINDINGS_DRAFTED: 'Evaluation finished; findings are being drafted.',
  FINDINGS_SHARED: 'Findings shared with the developer.',
  CLOSED: 'Closed with findings.',
  CLOSED_NO_FINDINGS: 'Closed without findings.',
  STOPPED: "Stopped, because the submission or the agency's access ended.",
});
export type ReviewStatus = ValueOf<typeof ReviewStatus>;

/** Statuses of open reviews. */
export const OPEN_REVIEW_STATUSES = ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED'] as const;
/** The same as an SQL list. */
export const OPEN_REVIEW_SQL = OPEN_REVIEW_STATUSES.map((status) => `'${status}'`).join(', ');

export const ReviewTiming = enumeration(
  'ReviewTiming',
  'Whether a review runs, or ended, before or after the launch. Computed from the clock.',
  {
    PRE_LAUNCH: 'Before the launch and its planned time.',
    POST_LAUNCH: 'After the launch or its planned time. The developer is not late.',
  },
);
export type ReviewTiming = ValueOf<typeof ReviewTiming>;

/** Fields derived from the launch plan are as sensitive as the plan. */
const OF_PLAN = { sensitivity: 'PROPIN', derivedFrom: ['LaunchPlan.plannedLaunchAt'] } as const;

const until = (column: (property: string) => string, now: string) => `COALESCE(${column('closedAt')}, ${now})`;

@model('Review of a model by an agency that found a review necessary. A launch does not wait for it.', {
  order: ['-openedAt'],
  sensitivity: 'GOV',
})
// for metrics, which so read the index alone
@Index(['openedAt', 'closedAt', 'launchBoundAt'])
export class Review {
  @generatedId('rev') id!: string;
  @refersTo(() => Submission, 'Submission under review.', { as: 'submission', length: 30, sensitivity: 'PROPIN' })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that leads the review.', { as: 'leadAgency' }) leadAgencyKey!: string;
  @listOf(() => RiskDomain, 'Areas of risk in scope.') scope!: RiskDomain[];
  @oneOf(() => ReviewStatus, 'Status of the review.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['Submission.lifecycle'],
    coarsened:
      'STOPPED reveals that some submission was withdrawn or some access ended, without naming the submission.',
  })
  status!: ReviewStatus;
  @dateTime('Time the review was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('Target for sharing findings: two days before the planned launch, or at once if the review opens later.', {
    filter: true,
    order: true,
    index: true,
    ...OF_PLAN,
  })
  targetAt!: string;
  @dateTime('The launch, or the planned launch if earlier: the end of the time before launch.', {
    filter: true,
    order: true,
    index: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt', 'LaunchRecord.launchedAt'],
  })
  launchBoundAt!: string;
  @flag('Whether a launch that moved closer shortened the time to the target.', { default: false, ...OF_PLAN })
  targetCompressed!: boolean;
  @flag('Whether the review evaluates documents only, without access to the model.', { filter: true, default: false })
  documentsOnly!: boolean;
  @dateTime('Time the agency returned or destroyed the documents.', { nullable: true }) documentsReturnedAt!:
    | string
    | null;
  @kept({ length: 100, default: '' }) leadSubject!: string;
  /** `launchBoundAt` for which the timeline already has the REVIEW_POST_LAUNCH event. */
  @kept({ length: 24, nullable: true }) postLaunchNotedFor!: string | null;
  @integer('Number of evaluations planned.', { filter: true }) plannedRuns!: number;
  @integer('Number of people on the team.', { filter: true }) teamSize!: number;
  @longText('Summary for the developer.', { nullable: true, sensitivity: 'PROPIN' }) summaryForDeveloper!:
    | string
    | null;
  @dateTime('Time the review ended. A withdrawal ends it at once.', {
    nullable: true,
    filter: true,
    order: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Withdrawal.withdrawnAt'],
  })
  closedAt!: string | null;
  @text('Reason for the end of the review.', {
    nullable: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.lifecycle'],
  })
  closeReason!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Finding, 'reviewId', 'Findings of the review.') findings!: unknown;
  @hasMany(() => EvaluationRun, 'reviewId', 'Evaluation runs of the review.') runs!: unknown;
  @hasMany(() => RequiredWorkRole, 'reviewId', 'Staff that the team needs, by work role.') requiredWorkRoles!: unknown;
  @hasMany(() => ReviewAssignment, 'reviewId', 'Reviewers assigned to the review.') assignments!: unknown;

  @computed(() => ReviewTiming, 'Whether the review runs, or ended, before or after the launch.', {
    values: () => ReviewTiming,
    sensitivity: 'PROPIN',
    derivedFrom: ['Review.launchBoundAt', 'Review.closedAt'],
    conditions: {
      PRE_LAUNCH: (column, now) => `${until(column, now)} < ${column('launchBoundAt')}`,
      POST_LAUNCH: (column, now) => `${until(column, now)} >= ${column('launchBoundAt')}`,
    },
  })
  timing({ clock }: Pick<Context, 'clock'>): ReviewTiming {
    return (this.closedAt ?? clock.now().toISOString()) < this.launchBoundAt
      ? ReviewTiming.PRE_LAUNCH
      : ReviewTiming.POST_LAUNCH;
  }

  @computed(() => Int, 'Civil days by which the review has outlasted the launch; 0 before it.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['Review.launchBoundAt', 'Review.closedAt'],
  })
  // weight: it computes with a calendar
  @Directive('@cost(weight: 1)')
  daysPastLaunch({ clock }: Context): number {
    const end = this.closedAt ?? clock.now().toISOString();
    return Math.max(0, daysBetween(civilDate(this.launchBoundAt), civilDate(end)));
  }

  @computed(() => Boolean, 'Whether the review is open.', {
    conditions: {
      true: (column) => `${column('status')} IN (${OPEN_REVIEW_SQL})`,
      false: (column) => `${column('status')} NOT IN (${OPEN_REVIEW_SQL})`,
    },
  })
  open(): boolean {
    return (OPEN_REVIEW_STATUSES as readonly string[]).includes(this.status);
  }
}

export const ReviewAgency = links(
  () => Review,
  'participatingAgencies',
  () => Agency,
  {
    description: 'Agencies that take part besides the lead agency.',
  },
);

@model('Staff that a review needs in one work role.', { entity: false, sensitivity: 'GOV' })
export class RequiredWorkRole {
  @key('Review id and work role code.', { length: 40 }) id!: string;
  @belongsTo(() => Review, 'Review that needs the staff.', { as: 'review' }) reviewId!: string;
  @refersTo(() => WorkRole, 'Work role needed.', { as: 'workRole', length: 10 }) workRoleCode!: string;
  @integer('Number of people needed.', { filter: true, order: true }) count!: number;
  @refersTo(() => AgencyWorkRole, 'Staffing of the work role at the lead agency.', { as: 'staffing', filter: false })
  staffingId!: string;
  @exerciseFlag() exercise!: boolean;

  @computed(
    () => GraphQLCivilDate,
    'Day on which someone last entered on duty in the role at the lead agency, or was reassigned to it, as the workforce program reported it. Null without a report.',
    { nullable: true, sensitivity: 'GOV', derivedFrom: ['HiringRequest.enteredOnDutyAt', 'Position.status'] },
  )
  async lastEntryOn({ loaders, database }: Context): Promise<string | null> {
    return (await staffingChanges(loaders, database, this.staffingId)).enteredOn;
  }

  @computed(
    () => GraphQLCivilDate,
    'Day on which someone last left the role at the lead agency, as the workforce program reported it. Null without a report.',
    { nullable: true, sensitivity: 'GOV', derivedFrom: ['Position.status'] },
  )
  async lastVacatedOn({ loaders, database }: Context): Promise<string | null> {
    return (await staffingChanges(loaders, database, this.staffingId)).vacatedOn;
  }
}
