import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate, fiscalYear } from '#base/civil';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { lazyFigures } from '#kit/model/lazy-figures';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { LaunchReference } from '../submission/launch-plan';
import { WindowPhase } from '../submission/submission';
import { ExecutiveOrder } from './executive-order';
import { intakeFigures } from './intake-figures';

/** Source fields of the intake figures, and the roles that may read exact counts. */
const FILED: Counted = {
  of: ['Submission.filedAt', 'Submission.lifecycle', 'LaunchPlan.plannedLaunchAt'],
  wholeFor: ['intake-officer', 'agency-reviewer', 'inspector'],
};

@valueObject('Submissions withdrawn in one phase.')
export class WithdrawalCount {
  @part(() => WindowPhase, 'Phase at withdrawal.') phase!: WindowPhase;
  @part(() => Int, 'Number of submissions.', { counted: FILED }) count!: number;
  @part(() => Ratio, 'Share of all filed submissions.', {
    counted: { partOf: 'count', numerator: ['count'], denominator: 'filed' },
  })
  rate!: Ratio;
}

@valueObject('Submissions filed in one calendar quarter.')
export class QuarterCount {
  @part(() => String, 'Calendar quarter, such as 2026-Q3.') quarter!: string;
  @part(() => Int, 'Number of submissions.', { counted: FILED }) count!: number;
}

@valueObject('Submissions by the event from which their 30 days count back.')
export class ReferenceCount {
  @part(() => LaunchReference, 'Event that ends the 30 days.') reference!: LaunchReference;
  @part(() => Int, 'Number of submissions.', { counted: FILED }) count!: number;
}

@valueObject('Figures on the intake program. A fiscal year counts the submissions filed in it.')
export class SubmissionMetrics {
  @part(() => GraphQLInstant, 'Time the figures describe.') asOf!: string;
  @part(() => Int, 'Fiscal year of the figures; null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(() => Int, 'Submissions filed.', { counted: FILED }) filed!: number;
  @part(() => Int, 'Submissions with an open window now, from any fiscal year.', { counted: FILED })
  inWindow!: number;
  @part(() => Int, 'Filed submissions of launched models.', { counted: { partOf: 'filed' } }) launched!: number;
  @part(() => Int, 'Filed submissions that were withdrawn.', { counted: { partOf: 'filed' } }) withdrawn!: number;
  @part(() => [WithdrawalCount], 'Withdrawn submissions by phase at withdrawal.', { addUpTo: { count: 'withdrawn' } })
  withdrawnByPhase!: WithdrawalCount[];
  @part(() => Float, 'Median days from filing to the planned launch; null without filings.', {
    nullable: true,
    counted: { over: 'filed', isMeasure: true },
  })
  medianLeadDays!: number | null;
  @part(() => Float, 'Median days left in the window at filing, 30 at most; null without filings.', {
    nullable: true,
    counted: { over: 'filed', isMeasure: true },
  })
  medianUsableWindowDays!: number | null;
  @part(() => Ratio, 'Share of submissions filed inside the window.', { counted: { ...FILED, denominator: 'filed' } })
  filedInsideWindow!: Ratio;
  @part(() => Ratio, 'Average number of launch plan changes per submission.', {
    counted: { over: 'filed', numerator: ['plansMovedLater', 'plansMovedEarlier'], denominator: 'filed' },
  })
  planChanges!: Ratio;
  @part(() => Int, 'Launch plan changes to a later date.', { counted: FILED }) plansMovedLater!: number;
  @part(() => Int, 'Launch plan changes to an earlier date.', { counted: FILED }) plansMovedEarlier!: number;
  @part(() => Ratio, 'Of the launches planned at least 7 days ago, share recorded within 7 days of the planned date.', {
    counted: FILED,
  })
  launchRecordedWithinSevenDays!: Ratio;
  @part(() => [QuarterCount], 'Submissions filed by calendar quarter.', { addUpTo: { count: 'filed' } })
  filedByQuarter!: QuarterCount[];
  @part(() => [ReferenceCount], 'Submissions filed, by the event from which their 30 days count back.', {
    addUpTo: { count: 'filed' },
  })
  filedByReference!: ReferenceCount[];
  @part(
    () => Int,
    'Submissions moved out of FILED by a party other than the developer, except to LAUNCHED on public evidence. The program is voluntary, so the target is 0.',
  )
  voluntarinessBreaches!: number;
}

@Resolver(() => ExecutiveOrder)
export class SubmissionMetricsResolver {
  @FieldResolver(() => SubmissionMetrics, { nullable: true, description: 'Figures on the intake program.' })
  @sensitivity('GOV')
  @figure(500, yearsOf('submission.filed_at'))
  async submissionMetrics(
    @Ctx() { database, clock, principal }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Count only submissions filed in this fiscal year (October to September).',
    })
    year?: number,
    @Arg('asOf', () => GraphQLInstant, {
      nullable: true,
      description:
        'Time in the past to describe; defaults to now. Roles without access to submissions get the start of its month, or of today.',
    })
    asOf?: string,
  ): Promise<SubmissionMetrics> {
    const instant = figuresAsOf(FILED, asOf, principal, clock);
    const figures = Object.assign(new SubmissionMetrics(), { asOf: instant, fiscalYear: year ?? null });
    return lazyFigures(figures, intakeFigures(database, instant, year ?? null));
  }

  @FieldResolver(() => Int, {
    description: 'Current fiscal year. Use it, and the year before, to compare years.',
  })
  @sensitivity('PUBLIC')
  currentFiscalYear(@Ctx() { clock }: Context): number {
    return fiscalYear(civilDate(clock.now()));
  }
}
