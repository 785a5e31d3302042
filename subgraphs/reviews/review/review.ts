import { Int } from 'type-graphql';
import { civilDate, daysBetween } from '#base/civil';
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
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AgencyWorkRole } from '../entities';
import { EvaluationRun } from '../evaluation/evaluation-run';
import { Finding } from '../finding/finding';
import { RiskDomain } from '../risk';
import { Submission } from '../submission';
import { WorkRole } from '../work-role';
import { ReviewAssignment } from './reviewer';

export const ReviewStatus = enumeration('ReviewStatus', 'Where a review stands.', {
  OPENED: 'Opened.',
  EVALUATING: 'Evaluations run.',
  FINDINGS_DRAFTED: 'Findings are written.',
  FINDINGS_SHARED: 'Findings are shared with the developer.',
  CLOSED: 'Ended with findings.',
  CLOSED_NO_FINDINGS: 'Ended without findings.',
  STOPPED: 'Ended because the submission was withdrawn or access ended.',
});

/** The states in which a review is still worked on. */
export const OPEN_REVIEW_STATUSES = ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED'] as const;
/** The same, as an SQL list. */
export const OPEN_REVIEW_SQL = OPEN_REVIEW_STATUSES.map((status) => `'${status}'`).join(', ');

export const ReviewTiming = enumeration(
  'ReviewTiming',
  'Whether a review runs, or ended, before the launch or after it. Worked out from the clock.',
  {
    PRE_LAUNCH: 'Before the launch, or its planned time.',
    POST_LAUNCH: 'After it: the review outlasted the window. The developer is not late.',
  },
);

/** What follows the launch plan is as protected as the plan. */
const OF_PLAN = { sensitivity: 'PROPIN', derivedFrom: ['LaunchPlan.plannedLaunchAt'] } as const;

const until = (column: (property: string) => string, now: string) => `COALESCE(${column('closedAt')}, ${now})`;

@model(
  'A review of a model by an agency that found one necessary. It holds nothing up: a launch does not wait for it.',
  {
    order: ['-openedAt'],
    sensitivity: 'GOV',
  },
)
export class Review {
  @generatedId('rev') id!: string;
  @refersTo(() => Submission, 'The submission reviewed.', { as: 'submission', length: 30, sensitivity: 'PROPIN' })
  submissionId!: string;
  @refersTo(() => Agency, 'Who leads it.', { as: 'leadAgency' }) leadAgencyKey!: string;
  @listOf(() => RiskDomain, 'Risks it looks at.') scope!: RiskDomain[];
  @oneOf(() => ReviewStatus, 'Where it stands.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['Submission.lifecycle'],
    coarsened: 'STOPPED says that a submission was withdrawn or access ended, of a submission that is not named.',
  })
  status!: ValueOf<typeof ReviewStatus>;
  @dateTime('When it was opened.', { filter: true, order: true }) openedAt!: string;
  @dateTime('When its findings are hoped for: two days before the planned launch.', {
    filter: true,
    order: true,
    index: true,
    ...OF_PLAN,
  })
  targetAt!: string;
  @dateTime('The launch, or the planned launch when that is earlier: what ends the time before launch.', {
    filter: true,
    order: true,
    index: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt', 'LaunchRecord.launchedAt'],
  })
  launchBoundAt!: string;
  @flag('Whether a launch that was moved closer has shortened the time to the target.', { default: false, ...OF_PLAN })
  targetCompressed!: boolean;
  @flag('Whether it evaluates on documents only, without access to the model.', { filter: true, default: false })
  documentsOnly!: boolean;
  @dateTime('When the agency gave documents back.', { nullable: true }) documentsReturnedAt!: string | null;
  /** Person key of the lead reviewer. */
  @kept({ length: 100, default: '' }) leadSubject!: string;
  /** The end of the time before launch for which its going on is on the timeline. */
  @kept({ length: 24, nullable: true }) postLaunchNotedFor!: string | null;
  @integer('Evaluations planned.', { filter: true }) plannedRuns!: number;
  @integer('People working on it.', { filter: true }) teamSize!: number;
  @longText('What the developer is told.', { nullable: true, sensitivity: 'PROPIN' }) summaryForDeveloper!:
    | string
    | null;
  @dateTime('When it ended. A withdrawal ends it at once.', {
    nullable: true,
    filter: true,
    order: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Withdrawal.withdrawnAt'],
  })
  closedAt!: string | null;
  @text('Why it ended.', { nullable: true, sensitivity: 'PROPIN', derivedFrom: ['Submission.lifecycle'] }) closeReason!:
    | string
    | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Finding, 'reviewId', 'What it found.') findings!: unknown;
  @hasMany(() => EvaluationRun, 'reviewId', 'Evaluations it ran.') runs!: unknown;
  @hasMany(() => RequiredWorkRole, 'reviewId', 'Work roles its team needs.') requiredWorkRoles!: unknown;
  @hasMany(() => ReviewAssignment, 'reviewId', 'Who works on it.') assignments!: unknown;

  @computed(() => ReviewTiming, 'Whether it runs, or ended, before the launch or after it.', {
    values: () => ReviewTiming,
    sensitivity: 'PROPIN',
    derivedFrom: ['Review.launchBoundAt', 'Review.closedAt'],
    conditions: {
      PRE_LAUNCH: (column, now) => `${until(column, now)} < ${column('launchBoundAt')}`,
      POST_LAUNCH: (column, now) => `${until(column, now)} >= ${column('launchBoundAt')}`,
    },
  })
  timing({ clock }: Pick<Context, 'clock'>): ValueOf<typeof ReviewTiming> {
    return (this.closedAt ?? clock.now().toISOString()) < this.launchBoundAt
      ? ReviewTiming.PRE_LAUNCH
      : ReviewTiming.POST_LAUNCH;
  }

  @computed(() => Int, 'Civil days that it went, or goes, on after the launch; 0 while before it.', {
    sensitivity: 'PROPIN',
    derivedFrom: ['Review.launchBoundAt', 'Review.closedAt'],
  })
  daysPastLaunch({ clock }: Context): number {
    const end = this.closedAt ?? clock.now().toISOString();
    return Math.max(0, daysBetween(civilDate(this.launchBoundAt), civilDate(end)));
  }

  @computed(() => Boolean, 'Whether it is still worked on.', {
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
    description: 'Agencies that take part beside the lead.',
  },
);

@model('How many people of a work role a review needs.', { entity: false, sensitivity: 'GOV' })
export class RequiredWorkRole {
  @key('Review and work role.', { length: 40 }) id!: string;
  @belongsTo(() => Review, 'The review.', { as: 'review' }) reviewId!: string;
  @refersTo(() => WorkRole, 'The work role.', { as: 'workRole', length: 10 }) workRoleCode!: string;
  @integer('How many.', { filter: true, order: true }) count!: number;
  @refersTo(() => AgencyWorkRole, 'How the lead agency staffs the role.', { as: 'staffing', filter: false })
  staffingId!: string;
  @exerciseFlag() exercise!: boolean;
}
