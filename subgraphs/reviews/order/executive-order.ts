import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import type { Role } from '#base/identity/roles';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { lazyFigures } from '#kit/model/lazy-figures';
import { stub, stubKey } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { FOUND } from '../finding/found';
import { reviewFigures } from './review-figures';

@stub('Executive order, with figures on the programs it sets up. Each subgraph adds the figures of its program.', {
  key: 'number',
})
export class ExecutiveOrder {
  @stubKey() number!: string;
}

/** Source fields of the review figures, and the roles that may read exact counts. */
const WHOLE_FOR: readonly Role[] = ['intake-officer', 'agency-reviewer', 'inspector'];
const INVITED: Counted = { of: ['Determination.createdAt', 'LaunchPlan.plannedLaunchAt'], wholeFor: WHOLE_FOR };
const CLOSED: Counted = { of: ['Review.closedAt', 'Review.launchBoundAt'], partOf: 'opened', wholeFor: WHOLE_FOR };

@valueObject(
  'Figures on the review program. A fiscal year counts the invitations, reviews, and findings that began in it.',
)
export class ReviewMetrics {
  @part(() => GraphQLInstant, 'Time the figures describe.') asOf!: string;
  @part(() => Int, 'Fiscal year of the figures; null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(() => Int, 'Reviews that are currently open, in any fiscal year.') openReviews!: number;
  @part(() => Int, 'Reviews opened.') opened!: number;
  @part(() => Int, 'Opened reviews that ended before the launch.', { counted: CLOSED }) closedBeforeLaunch!: number;
  @part(() => Int, 'Opened reviews that ended after the launch.', { counted: CLOSED }) closedAfterLaunch!: number;
  @part(() => Ratio, 'Share of invited agencies that issued a determination.', {
    counted: { ...INVITED, numerator: ['reviewNecessary.denominator'] },
  })
  determinationCoverage!: Ratio;
  @part(() => Ratio, 'Share of invited agencies that issued a determination before the planned launch.', {
    counted: { ...INVITED, denominator: 'determinationCoverage.denominator' },
  })
  answeredBeforeLaunch!: Ratio;
  @part(() => Int, 'Findings shared with developers before the launch.', { counted: { partOf: 'findingsShared' } })
  findingsSharedBeforeLaunch!: number;
  @part(() => Ratio, 'Share of issued determinations that find a review necessary.') reviewNecessary!: Ratio;
  @part(() => Float, 'Median business days from invitation to determination; null without determinations.', {
    nullable: true,
    counted: { over: 'determinationCoverage', isMeasure: true },
  })
  medianDeterminationBusinessDays!: number | null;
  @part(() => Int, 'Findings drafted.', { counted: FOUND }) findings!: number;
  @part(() => Int, 'Findings shared with developers.', { counted: { partOf: 'findings' } }) findingsShared!: number;
  @part(() => Float, "Median days from sharing a finding to the developer's response; null without responses.", {
    nullable: true,
    counted: { over: 'findingsShared', isMeasure: true },
  })
  medianResponseDays!: number | null;
}

@Resolver(() => ExecutiveOrder)
export class ReviewMetricsResolver {
  @FieldResolver(() => ReviewMetrics, { nullable: true, description: 'Figures on the review program.' })
  @sensitivity('GOV')
  @figure(500, yearsOf('review.opened_at', 'determination.created_at', 'finding.created_at'))
  async reviewMetrics(
    @Ctx() { database, clock, principal }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description:
        'Count only invitations, reviews, and findings that began in this fiscal year (October to September).',
    })
    year?: number,
    @Arg('asOf', () => GraphQLInstant, {
      nullable: true,
      description:
        'Time in the past to describe; defaults to now. Roles without access to reviews get the start of its month, or of today.',
    })
    asOf?: string,
  ): Promise<ReviewMetrics> {
    const instant = figuresAsOf(FOUND, asOf, principal, clock);
    const figures = Object.assign(new ReviewMetrics(), { asOf: instant, fiscalYear: year ?? null });
    return lazyFigures(figures, reviewFigures(database, instant, year ?? null));
  }
}
