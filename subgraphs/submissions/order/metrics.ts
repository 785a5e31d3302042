import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate, fiscalYear, fiscalYearPeriod, type Period } from '../../../shared/calendar/civil';
import type { Database } from '../../../shared/database/database';
import type { ValueOf } from '../../../shared/model/enumeration';
import { sensitivity } from '../../../shared/model/fields';
import { GraphQLInstant } from '../../../shared/model/scalars';
import { median, part, Ratio, valueObject } from '../../../shared/model/value-object';
import type { Context } from '../../../shared/subgraph/context';
import { WindowPhase } from '../submission/submission';
import { ExecutiveOrder } from './executive-order';

@valueObject('How many submissions were withdrawn in a phase.')
export class WithdrawalCount {
  @part(() => WindowPhase, 'The phase they were in.') phase!: ValueOf<typeof WindowPhase>;
  @part(() => Int, 'How many.') count!: number;
}

@valueObject('How the intake programme stands. Figures of a fiscal year count what was filed in it.')
export class SubmissionMetrics {
  @part(() => GraphQLInstant, 'When the figures were worked out.') asOf!: string;
  @part(() => Int, 'Fiscal year they are of; null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(() => Int, 'Submissions filed.') filed!: number;
  @part(() => Int, 'Submissions whose window is open now, whenever filed.') inWindow!: number;
  @part(() => Int, 'Filed submissions whose model is launched.') launched!: number;
  @part(() => Int, 'Filed submissions that were withdrawn.') withdrawn!: number;
  @part(() => [WithdrawalCount], 'Withdrawn submissions by the phase they had reached.')
  withdrawnByPhase!: WithdrawalCount[];
  @part(() => Float, 'Median days from filing to the planned launch; null of none.', { nullable: true })
  medianLeadDays!: number | null;
  @part(() => Float, 'Median days of the window that were left at filing, 30 at most; null of none.', {
    nullable: true,
  })
  medianUsableWindowDays!: number | null;
  @part(() => Ratio, 'Share filed inside the window.') filedInsideWindow!: Ratio;
  @part(() => Ratio, 'Changes of launch plan per submission.') planChanges!: Ratio;
  @part(() => Int, 'Changes to a later launch.') plansMovedLater!: number;
  @part(() => Int, 'Changes to an earlier launch.') plansMovedEarlier!: number;
}

interface FiledRow {
  id: string;
  lifecycle: string;
  leadDays: number;
  usableDays: number;
  phase: string | null;
  inside: number;
}

async function submissionMetrics(database: Database, now: Date, year: number | null): Promise<SubmissionMetrics> {
  const period: Period = year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year);
  const { daysBetween } = database.dialect;
  const rows = await database.query<FiledRow>(
    `SELECT s.id AS id, s.lifecycle AS lifecycle, s.withdrawal_phase AS phase,
            ${daysBetween('s.filed_at', 's.planned_launch_at')} AS leadDays,
            ${daysBetween('CASE WHEN s.filed_at > s.window_opens_at THEN s.filed_at ELSE s.window_opens_at END', 's.window_closes_at')} AS usableDays,
            CASE WHEN s.filed_at >= s.window_opens_at THEN 1 ELSE 0 END AS inside
     FROM submission s WHERE s.filed_at >= ? AND s.filed_at < ?`,
    [period.from, period.until],
  );
  const [open] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM submission s WHERE s.lifecycle = 'FILED' AND s.window_opens_at <= ? AND s.window_closes_at > ?`,
    [now.toISOString(), now.toISOString()],
  );
  const [moved] = await database.query<{ later: number | null; earlier: number | null }>(
    `SELECT SUM(CASE WHEN p.planned_launch_at > q.planned_launch_at THEN 1 ELSE 0 END) AS later,
            SUM(CASE WHEN p.planned_launch_at < q.planned_launch_at THEN 1 ELSE 0 END) AS earlier
     FROM launch_plan p
     JOIN launch_plan q ON q.submission_id = p.submission_id AND q.plan_version = p.plan_version - 1
     JOIN submission s ON s.id = p.submission_id
     WHERE s.filed_at >= ? AND s.filed_at < ?`,
    [period.from, period.until],
  );
  const withdrawn = rows.filter(({ lifecycle }) => lifecycle === 'WITHDRAWN');
  const later = Number(moved?.later ?? 0);
  const earlier = Number(moved?.earlier ?? 0);
  return Object.assign(new SubmissionMetrics(), {
    asOf: now.toISOString(),
    fiscalYear: year,
    filed: rows.length,
    inWindow: Number(open!.n),
    launched: rows.filter(({ lifecycle }) => lifecycle === 'LAUNCHED' || lifecycle === 'CLOSED').length,
    withdrawn: withdrawn.length,
    withdrawnByPhase: Object.values(WindowPhase)
      .map((phase) => ({ phase, count: withdrawn.filter((row) => row.phase === phase).length }))
      .filter(({ count }) => count > 0),
    medianLeadDays: median(rows.map(({ leadDays }) => Number(leadDays))),
    medianUsableWindowDays: median(rows.map(({ usableDays }) => Number(usableDays))),
    filedInsideWindow: Ratio.of(rows.filter(({ inside }) => Number(inside) === 1).length, rows.length),
    planChanges: Ratio.of(later + earlier, rows.length),
    plansMovedLater: later,
    plansMovedEarlier: earlier,
  });
}

@Resolver(() => ExecutiveOrder)
export class SubmissionMetricsResolver {
  @FieldResolver(() => SubmissionMetrics, { nullable: true, description: 'How the intake programme stands.' })
  @sensitivity('GOV')
  submissionMetrics(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Only what was filed in this fiscal year (October to September).',
    })
    year?: number,
  ): Promise<SubmissionMetrics> {
    return submissionMetrics(database, clock.now(), year ?? null);
  }

  @FieldResolver(() => Int, {
    description: 'The fiscal year of today: ask for it, and the one before, to compare years.',
  })
  @sensitivity('PUBLIC')
  currentFiscalYear(@Ctx() { clock }: Context): number {
    return fiscalYear(civilDate(clock.now()));
  }
}
