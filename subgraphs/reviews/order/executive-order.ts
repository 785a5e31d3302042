import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate, fiscalYearPeriod } from '#base/civil';
import type { Role } from '#base/identity/roles';
import { businessDaysBetween } from '#domain/business-days';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { stub, stubKey } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, median, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { FOUND } from '../finding/found';

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

async function reviewMetrics(database: Database, asOf: string, year: number | null): Promise<ReviewMetrics> {
  const { from, until } = year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year);
  const period = [from, until, asOf];
  const [open] = await database.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM review WHERE opened_at <= ? AND (closed_at IS NULL OR closed_at > ?)',
    [asOf, asOf],
  );
  const [reviews] = await database.query<{ opened: number; before: number | null; later: number | null }>(
    `SELECT COUNT(*) AS opened,
            SUM(CASE WHEN closed_at <= ? AND closed_at < launch_bound_at THEN 1 ELSE 0 END) AS ${database.dialect.quote('before')},
            SUM(CASE WHEN closed_at <= ? AND closed_at >= launch_bound_at THEN 1 ELSE 0 END) AS later
     FROM review WHERE opened_at >= ? AND opened_at < ? AND opened_at <= ?`,
    [asOf, asOf, ...period],
  );
  const invited = await database.query<{
    createdAt: string;
    issuedAt: string | null;
    outcome: string | null;
    plannedLaunchAt: string | null;
  }>(
    `SELECT d.created_at AS createdAt, d.issued_at AS issuedAt, d.outcome AS outcome, n.planned_launch_at AS plannedLaunchAt
     FROM determination d LEFT JOIN submission_notice n ON n.id = d.submission_id
     WHERE d.created_at >= ? AND d.created_at < ? AND d.created_at <= ?`,
    period,
  );
  const findings = await database.query<{
    sharedAt: string | null;
    respondedAt: string | null;
    launchBoundAt: string;
  }>(
    `SELECT f.shared_at AS sharedAt, f.responded_at AS respondedAt, r.launch_bound_at AS launchBoundAt
     FROM finding f JOIN review r ON r.id = f.review_id
     WHERE f.created_at >= ? AND f.created_at < ? AND f.created_at <= ?`,
    period,
  );
  const issued = invited.filter(({ issuedAt }) => issuedAt !== null && issuedAt <= asOf);
  const shared = findings.filter(({ sharedAt }) => sharedAt !== null && sharedAt <= asOf);
  const answered = shared.filter(({ respondedAt }) => respondedAt !== null && respondedAt <= asOf);
  return Object.assign(new ReviewMetrics(), {
    asOf,
    fiscalYear: year,
    openReviews: Number(open!.n),
    opened: Number(reviews!.opened),
    closedBeforeLaunch: Number(reviews!.before ?? 0),
    closedAfterLaunch: Number(reviews!.later ?? 0),
    determinationCoverage: Ratio.of(issued.length, invited.length),
    answeredBeforeLaunch: Ratio.of(
      issued.filter(({ issuedAt, plannedLaunchAt }) => plannedLaunchAt !== null && issuedAt! < plannedLaunchAt).length,
      invited.length,
    ),
    reviewNecessary: Ratio.of(issued.filter(({ outcome }) => outcome === 'REVIEW_NECESSARY').length, issued.length),
    medianDeterminationBusinessDays: median(
      issued.map(({ createdAt, issuedAt }) => businessDaysBetween(civilDate(createdAt), civilDate(issuedAt!))),
    ),
    findings: findings.length,
    findingsShared: shared.length,
    findingsSharedBeforeLaunch: shared.filter(({ sharedAt, launchBoundAt }) => sharedAt! < launchBoundAt).length,
    medianResponseDays: median(
      answered.map(({ sharedAt, respondedAt }) => (Date.parse(respondedAt!) - Date.parse(sharedAt!)) / DAY_MS),
    ),
  });
}

const DAY_MS = 86_400_000;

@Resolver(() => ExecutiveOrder)
export class ReviewMetricsResolver {
  @FieldResolver(() => ReviewMetrics, { nullable: true, description: 'Figures on the review program.' })
  @sensitivity('GOV')
  @figure(500, yearsOf('review.opened_at', 'determination.created_at', 'finding.created_at'))
  reviewMetrics(
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
    return reviewMetrics(database, figuresAsOf(FOUND, asOf, principal, clock), year ?? null);
  }
}
