import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate, fiscalYear, fiscalYearPeriod, type Period } from '#base/civil';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, median, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { LaunchReference } from '../submission/launch-plan';
import { WindowPhase } from '../submission/submission';
import { reviewWindow } from '../submission/window';
import { ExecutiveOrder } from './executive-order';

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

interface FiledRow {
  filedAt: string;
  plannedLaunchAt: string;
  reference: LaunchReference;
  launchedAt: string | null;
  launchRecordedAt: string | null;
  withdrawnAt: string | null;
  endedAt: string | null;
  phase: WindowPhase | null;
}

const DAY_MS = 86_400_000;
const daysFrom = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** Submissions filed by an instant, each with its launch plan at that instant. */
function filedBy(database: Database, asOf: string): Promise<FiledRow[]> {
  return database.query<FiledRow>(
    `SELECT s.filed_at AS filedAt, p.planned_launch_at AS plannedLaunchAt, p.reference AS reference,
            s.launched_at AS launchedAt, s.launch_recorded_at AS launchRecordedAt, s.withdrawn_at AS withdrawnAt,
            s.ended_at AS endedAt, s.withdrawal_phase AS phase
     FROM submission s JOIN launch_plan p ON p.submission_id = s.id
     WHERE s.filed_at <= ? AND p.plan_version =
       (SELECT MAX(q.plan_version) FROM launch_plan q WHERE q.submission_id = s.id AND q.changed_at <= ?)`,
    [asOf, asOf],
  );
}

/** `lifecycle` at an instant, from facts recorded by then. */
function stateAt({ withdrawnAt, launchRecordedAt, endedAt }: FiledRow, asOf: string) {
  if (withdrawnAt !== null && withdrawnAt <= asOf) return 'WITHDRAWN';
  if (launchRecordedAt !== null && launchRecordedAt <= asOf) return 'LAUNCHED';
  return endedAt !== null && endedAt <= asOf ? 'NOT_RELEASED' : 'FILED';
}

async function submissionMetrics(database: Database, asOf: string, year: number | null): Promise<SubmissionMetrics> {
  const period: Period = year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year);
  const known = (await filedBy(database, asOf)).map((row) => ({
    ...row,
    state: stateAt(row, asOf),
    window: reviewWindow({ at: row.plannedLaunchAt }),
  }));
  const rows = known.filter(({ filedAt }) => filedAt >= period.from && filedAt < period.until);
  const inWindow = known.filter(
    ({ state, window }) => state === 'FILED' && window.opens <= asOf && asOf < window.closes,
  );
  const [moved] = await database.query<{ later: number | null; earlier: number | null }>(
    `SELECT SUM(CASE WHEN p.planned_launch_at > q.planned_launch_at THEN 1 ELSE 0 END) AS later,
            SUM(CASE WHEN p.planned_launch_at < q.planned_launch_at THEN 1 ELSE 0 END) AS earlier
     FROM launch_plan p
     JOIN launch_plan q ON q.submission_id = p.submission_id AND q.plan_version = p.plan_version - 1
     JOIN submission s ON s.id = p.submission_id
     WHERE s.filed_at >= ? AND s.filed_at < ? AND s.filed_at <= ? AND p.changed_at <= ?`,
    [period.from, period.until, asOf, asOf],
  );
  const withdrawn = rows.filter(({ state }) => state === 'WITHDRAWN');
  const later = Number(moved?.later ?? 0);
  const earlier = Number(moved?.earlier ?? 0);
  const expected = rows.filter(
    ({ state, plannedLaunchAt }) =>
      (state === 'FILED' || state === 'LAUNCHED') && daysFrom(plannedLaunchAt, asOf) >= LAUNCH_RECORD_DAYS,
  );
  const recorded = expected.filter(
    ({ state, plannedLaunchAt, launchRecordedAt }) =>
      state === 'LAUNCHED' && daysFrom(plannedLaunchAt, launchRecordedAt!) <= LAUNCH_RECORD_DAYS,
  );
  return Object.assign(new SubmissionMetrics(), {
    asOf,
    fiscalYear: year,
    filed: rows.length,
    inWindow: inWindow.length,
    launched: rows.filter(({ state }) => state === 'LAUNCHED').length,
    withdrawn: withdrawn.length,
    withdrawnByPhase: Object.values(WindowPhase)
      .map((phase) => ({ phase, count: withdrawn.filter((row) => row.phase === phase).length }))
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) => ({ phase, count, rate: Ratio.of(count, rows.length) })),
    medianLeadDays: median(rows.map(({ filedAt, plannedLaunchAt }) => daysFrom(filedAt, plannedLaunchAt))),
    medianUsableWindowDays: median(
      rows.map(({ filedAt, window }) => daysFrom(filedAt > window.opens ? filedAt : window.opens, window.closes)),
    ),
    filedInsideWindow: Ratio.of(rows.filter(({ filedAt, window }) => filedAt >= window.opens).length, rows.length),
    planChanges: Ratio.of(later + earlier, rows.length),
    plansMovedLater: later,
    plansMovedEarlier: earlier,
    launchRecordedWithinSevenDays: Ratio.of(recorded.length, expected.length),
    filedByQuarter: counts(rows, ({ filedAt }) => quarterOf(civilDate(filedAt))).map(([quarter, count]) => ({
      quarter,
      count,
    })),
    filedByReference: counts(rows, ({ reference }) => reference).map(([reference, count]) => ({ reference, count })),
    voluntarinessBreaches: await breaches(database, asOf),
  });
}

/** Days after the planned launch in which a launch should be recorded. */
const LAUNCH_RECORD_DAYS = 7;

function quarterOf(day: string): string {
  return `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
}

function counts<Row>(rows: readonly Row[], of: (row: Row) => string): [string, number][] {
  return [...Map.groupBy(rows, of).entries()]
    .map(([name, group]): [string, number] => [name, group.length])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Timeline entries for transitions out of FILED that only a developer may make. */
async function breaches(database: Database, asOf: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM submission_event
     WHERE from_state = 'FILED' AND actor <> 'developer' AND (to_state <> 'LAUNCHED' OR detail IS NULL) AND occurred_at <= ?`,
    [asOf],
  );
  return Number(row!.n);
}

@Resolver(() => ExecutiveOrder)
export class SubmissionMetricsResolver {
  @FieldResolver(() => SubmissionMetrics, { nullable: true, description: 'Figures on the intake program.' })
  @sensitivity('GOV')
  @figure(500, yearsOf('submission.filed_at'))
  submissionMetrics(
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
    return submissionMetrics(database, figuresAsOf(FILED, asOf, principal, clock), year ?? null);
  }

  @FieldResolver(() => Int, {
    description: 'Current fiscal year. Use it, and the year before, to compare years.',
  })
  @sensitivity('PUBLIC')
  currentFiscalYear(@Ctx() { clock }: Context): number {
    return fiscalYear(civilDate(clock.now()));
  }
}
