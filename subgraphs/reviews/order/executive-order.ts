import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { businessDaysBetween } from '../../../shared/calendar/business-days';
import { civilDate, fiscalYearPeriod } from '../../../shared/calendar/civil';
import type { Database } from '../../../shared/database/database';
import { sensitivity } from '../../../shared/model/fields';
import { stub, stubKey } from '../../../shared/model/model';
import { GraphQLInstant } from '../../../shared/model/scalars';
import { median, part, Ratio, valueObject } from '../../../shared/model/value-object';
import type { Context } from '../../../shared/subgraph/context';
import { OPEN_REVIEW_SQL } from '../review/review';

/** The executive order, as the reviews programme extends it. */
@stub('An executive order and how its programmes stand: each subgraph adds the figures of its own.', { key: 'number' })
export class ExecutiveOrder {
  @stubKey() number!: string;
}

@valueObject('How the review programme stands. Figures of a fiscal year count what began in it.')
export class ReviewMetrics {
  @part(() => GraphQLInstant, 'When the figures were worked out.') asOf!: string;
  @part(() => Int, 'Fiscal year they are of; null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(() => Int, 'Reviews that are open now, whenever opened.') openReviews!: number;
  @part(() => Int, 'Reviews opened.') opened!: number;
  @part(() => Int, 'Reviews opened that ended before the launch.') closedBeforeLaunch!: number;
  @part(() => Int, 'Reviews opened that ended after it.') closedAfterLaunch!: number;
  @part(() => Ratio, 'Share of invited agencies that issued a determination.') determinationCoverage!: Ratio;
  @part(() => Ratio, 'Share of issued determinations that find a review necessary.') reviewNecessary!: Ratio;
  @part(() => Float, 'Median business days from invitation to determination; null of none.', { nullable: true })
  medianDeterminationBusinessDays!: number | null;
  @part(() => Int, 'Findings written down.') findings!: number;
  @part(() => Int, 'Findings shared with developers.') findingsShared!: number;
  @part(() => Float, "Median days from sharing a finding to the developer's answer; null of none.", { nullable: true })
  medianResponseDays!: number | null;
}

async function reviewMetrics(database: Database, now: Date, year: number | null): Promise<ReviewMetrics> {
  const { from, until } = year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year);
  const period = [from, until];
  const [open] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM review WHERE status IN (${OPEN_REVIEW_SQL})`,
  );
  const [reviews] = await database.query<{ opened: number; before: number | null; later: number | null }>(
    `SELECT COUNT(*) AS opened,
            SUM(CASE WHEN closed_at < launch_bound_at THEN 1 ELSE 0 END) AS ${database.dialect.quote('before')},
            SUM(CASE WHEN closed_at >= launch_bound_at THEN 1 ELSE 0 END) AS later
     FROM review WHERE opened_at >= ? AND opened_at < ?`,
    period,
  );
  const determinations = await database.query<{ createdAt: string; issuedAt: string | null; outcome: string | null }>(
    'SELECT created_at AS createdAt, issued_at AS issuedAt, outcome FROM determination WHERE created_at >= ? AND created_at < ?',
    period,
  );
  const findings = await database.query<{ shared: string | null; days: number | null }>(
    `SELECT shared_at AS shared, ${database.dialect.daysBetween('shared_at', 'responded_at')} AS days
     FROM finding WHERE created_at >= ? AND created_at < ?`,
    period,
  );
  const issued = determinations.filter(({ issuedAt }) => issuedAt !== null);
  return Object.assign(new ReviewMetrics(), {
    asOf: now.toISOString(),
    fiscalYear: year,
    openReviews: Number(open!.n),
    opened: Number(reviews!.opened),
    closedBeforeLaunch: Number(reviews!.before ?? 0),
    closedAfterLaunch: Number(reviews!.later ?? 0),
    determinationCoverage: Ratio.of(issued.length, determinations.length),
    reviewNecessary: Ratio.of(issued.filter(({ outcome }) => outcome === 'REVIEW_NECESSARY').length, issued.length),
    medianDeterminationBusinessDays: median(
      issued.map(({ createdAt, issuedAt }) => businessDaysBetween(civilDate(createdAt), civilDate(issuedAt!))),
    ),
    findings: findings.length,
    findingsShared: findings.filter(({ shared }) => shared !== null).length,
    medianResponseDays: median(findings.filter(({ days }) => days !== null).map(({ days }) => Number(days))),
  });
}

@Resolver(() => ExecutiveOrder)
export class ReviewMetricsResolver {
  @FieldResolver(() => ReviewMetrics, { nullable: true, description: 'How the review programme stands.' })
  @sensitivity('GOV')
  reviewMetrics(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Only what began in this fiscal year (October to September).',
    })
    year?: number,
  ): Promise<ReviewMetrics> {
    return reviewMetrics(database, clock.now(), year ?? null);
  }
}
