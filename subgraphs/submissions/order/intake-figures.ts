import { fiscalYearPeriod, type Period } from '#base/civil';
import { Actor } from '#domain/actor';
import { calendarPeriod, periodOfInstantSql } from '#kit/aggregates/calendar-unit';
import type { Database } from '#kit/database/database';
import { piecewiseSql } from '#kit/database/piecewise-sql';
import { percentiles, yearsIn } from '#kit/database/statistics';
import { onFirstCall, together } from '#kit/model/lazy-figures';
import { Ratio } from '#kit/model/value-object';
import type { LaunchReference } from '../submission/launch-plan';
import { WindowPhase } from '../submission/submission';
import { irregularWindows, WINDOW_MS } from '../submission/window';
import type { SubmissionMetrics } from './metrics';

const DAY_MS = 86_400_000;
const ALL_TIME: Period = { from: '0000', until: '9999' };

/** Days after the planned launch in which a launch should be recorded. */
const LAUNCH_RECORD_MS = 7 * DAY_MS;

/** Longest window, with room for changes of the offset from UTC. */
const LONGEST_WINDOW_MS = WINDOW_MS + 2 * DAY_MS;

/** SQL of the time from filing to the planned launch that is within the window. */
const USABLE_MS = '(CASE WHEN lead_ms < length_ms THEN lead_ms ELSE length_ms END)';

/** Stored names of all actors but the developer, as an SQL list, which both databases find in an index. */
const OTHER_ACTORS = Object.values(Actor)
  .filter((actor) => actor !== Actor.DEVELOPER)
  .map((actor) => `'${actor.toLowerCase()}'`)
  .join(', ');

const shifted = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

/** Counts that each group of submissions has. */
const COUNTS = [
  'filed',
  'launched',
  'withdrawn',
  'withdrawnByPhase',
  'filedInsideWindow',
  'launchRecordedWithinSevenDays',
  'filedByQuarter',
  'filedByReference',
] as const;

/**
 * Figures of the intake program, which the database computes when they are read.
 * @param year fiscal year of filing; null for all time
 */
export function intakeFigures(database: Database, asOf: string, year: number | null) {
  const filings = new Filings(database, asOf);
  const period = year === null ? ALL_TIME : fiscalYearPeriod(year);
  const groupsOnce = onFirstCall(() => filings.groups(period));
  const median = (milliseconds: string) => filings.medianDays(period, milliseconds);
  return [
    together(COUNTS, async () => countsOf(await groupsOnce())),
    together(['inWindow'], async () => ({ inWindow: await filings.inWindow() })),
    together(['medianLeadDays'], async () => ({ medianLeadDays: await median('lead_ms') })),
    together(['medianUsableWindowDays'], async () => ({ medianUsableWindowDays: await median(USABLE_MS) })),
    together(['planChanges', 'plansMovedLater', 'plansMovedEarlier'], async () => {
      const { later, earlier } = await filings.moved(period);
      const filed = sumOf(await groupsOnce(), 'filed');
      return { planChanges: Ratio.of(later + earlier, filed), plansMovedLater: later, plansMovedEarlier: earlier };
    }),
    together(['voluntarinessBreaches'], async () => ({ voluntarinessBreaches: await filings.breaches() })),
  ];
}

function countsOf(groups: readonly Group[]): Pick<SubmissionMetrics, (typeof COUNTS)[number]> {
  const filed = sumOf(groups, 'filed');
  return {
    filed,
    launched: sumOf(groups, 'launched'),
    withdrawn: sumOf(groups, 'withdrawn'),
    withdrawnByPhase: Object.values(WindowPhase)
      .map((phase) => ({
        phase,
        count: sumOf(
          groups.filter((group) => group.phase === phase),
          'withdrawn',
        ),
      }))
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) => ({ phase, count, rate: Ratio.of(count, filed) })),
    filedInsideWindow: Ratio.of(sumOf(groups, 'inside'), filed),
    launchRecordedWithinSevenDays: Ratio.of(sumOf(groups, 'recorded'), sumOf(groups, 'expected')),
    filedByQuarter: filedBy(groups, ({ quarterKey }) => calendarPeriod('QUARTER', quarterKey).label).map(
      ([quarter, count]) => ({
        quarter,
        count,
      }),
    ),
    filedByReference: filedBy(groups, ({ reference }) => reference).map(([reference, count]) => ({
      reference,
      count,
    })),
  };
}

const sumOf = (groups: readonly Group[], figure: Sum): number =>
  groups.reduce((total, group) => total + Number(group[figure]), 0);

/** Submissions filed in a part of a quarter, with the same launch reference and phase at withdrawal. */
type Group = { quarterKey: string; reference: LaunchReference; phase: WindowPhase | null } & Record<Sum, number>;
type Sum = 'filed' | 'launched' | 'withdrawn' | 'inside' | 'expected' | 'recorded';

function filedBy<Name extends string>(groups: readonly Group[], of: (group: Group) => Name): [Name, number][] {
  const counts = new Map<Name, number>();
  for (const group of groups) counts.set(of(group), (counts.get(of(group)) ?? 0) + Number(group.filed));
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** SQL of the length in milliseconds of the window before a planned launch `p.planned_launch_at`. */
async function windowLength(database: Database): Promise<string> {
  const irregular = irregularWindows(await yearsIn(database, 'launch_plan', 'planned_launch_at'));
  const usual = { from: '', value: String(WINDOW_MS) };
  const pieces = irregular.flatMap(({ from, until, lengthMs }, place) => [
    { from, value: String(lengthMs) },
    ...(irregular[place + 1]?.from === until ? [] : [{ ...usual, from: until }]),
  ]);
  return piecewiseSql('p.planned_launch_at', [usual, ...pieces]);
}

/** Submissions filed by an instant, each with its state and launch plan at that instant. */
class Filings {
  /** SQL of the length of windows. */
  private readonly lengthMs: () => Promise<string>;

  constructor(
    private readonly database: Database,
    private readonly asOf: string,
  ) {
    this.lengthMs = onFirstCall(() => windowLength(database));
  }

  /** One row per submission, with times in milliseconds. Has {@link parameters}. */
  private async rowsSql(): Promise<string> {
    const { millisecondsBetween } = this.database.dialect;
    return `SELECT s.filed_at AS filed_at, p.reference AS reference, p.planned_launch_at AS planned_launch_at,
        s.withdrawal_phase AS phase, ${millisecondsBetween('s.filed_at', 'p.planned_launch_at')} AS lead_ms,
        ${await this.lengthMs()} AS length_ms, ${millisecondsBetween('p.planned_launch_at', 's.launch_recorded_at')} AS record_ms,
        CASE WHEN s.withdrawn_at <= ? THEN 'WITHDRAWN' WHEN s.launch_recorded_at <= ? THEN 'LAUNCHED'
             WHEN s.ended_at <= ? THEN 'NOT_RELEASED' ELSE 'FILED' END AS state
      FROM submission s JOIN launch_plan p ON p.submission_id = s.id
      WHERE p.plan_version =
        (SELECT MAX(q.plan_version) FROM launch_plan q WHERE q.submission_id = s.id AND q.changed_at <= ?)
        AND s.filed_at <= ?`;
  }

  private get parameters(): string[] {
    return Array(5).fill(this.asOf);
  }

  private async rowsIn({ from, until }: Period): Promise<{ sql: string; parameters: string[] }> {
    return {
      sql: `${await this.rowsSql()} AND s.filed_at >= ? AND s.filed_at < ?`,
      parameters: [...this.parameters, from, until],
    };
  }

  /** Counts of the submissions filed in a period. */
  async groups(period: Period): Promise<Group[]> {
    const { sql, parameters } = await this.rowsIn(period);
    const due = "state IN ('FILED', 'LAUNCHED') AND planned_launch_at <= ?";
    const dueBy = shifted(this.asOf, -LAUNCH_RECORD_MS);
    const { dialect } = this.database;
    return this.database.summarize<Group>(
      `SELECT ${periodOfInstantSql(dialect, 'QUARTER', 'filed_at')} AS quarterKey, reference,
              CASE WHEN state = 'WITHDRAWN' THEN phase END AS phase, COUNT(*) AS filed,
              SUM(CASE WHEN state = 'LAUNCHED' THEN 1 ELSE 0 END) AS launched,
              SUM(CASE WHEN state = 'WITHDRAWN' THEN 1 ELSE 0 END) AS withdrawn,
              SUM(CASE WHEN lead_ms <= length_ms THEN 1 ELSE 0 END) AS inside,
              SUM(CASE WHEN ${due} THEN 1 ELSE 0 END) AS expected,
              SUM(CASE WHEN ${due} AND state = 'LAUNCHED' AND record_ms <= ${LAUNCH_RECORD_MS} THEN 1 ELSE 0 END)
                AS recorded
       FROM (${sql}) f GROUP BY quarterKey, reference, CASE WHEN state = 'WITHDRAWN' THEN phase END`,
      [dueBy, dueBy, ...parameters],
    );
  }

  /** Submissions, filed at any time, whose window is open. */
  async inWindow(): Promise<number> {
    const { millisecondsBetween } = this.database.dialect;
    const [row] = await this.database.summarize<{ n: number }>(
      `SELECT COUNT(*) AS n
       FROM (${await this.rowsSql()} AND p.planned_launch_at > ? AND p.planned_launch_at <= ?) f
       WHERE state = 'FILED' AND ${millisecondsBetween('?', 'planned_launch_at')} <= length_ms`,
      [...this.parameters, this.asOf, shifted(this.asOf, LONGEST_WINDOW_MS), this.asOf],
    );
    return Number(row!.n);
  }

  /** Median in days of a number of milliseconds of each submission; null without submissions. */
  async medianDays(period: Period, milliseconds: string): Promise<number | null> {
    const { sql, parameters } = await this.rowsIn(period);
    const from = `SELECT ${milliseconds} / ${DAY_MS}e0 AS days FROM (${sql}) f`;
    const [row] = await percentiles(this.database, { from, value: 'days', shares: { median: 0.5 } }, parameters);
    return row!.median;
  }

  /** Changes of the launch plans of the submissions filed in a period. */
  async moved({ from, until }: Period): Promise<{ later: number; earlier: number }> {
    const [row] = await this.database.summarize<{ later: number | null; earlier: number | null }>(
      `SELECT SUM(CASE WHEN p.planned_launch_at > q.planned_launch_at THEN 1 ELSE 0 END) AS later,
              SUM(CASE WHEN p.planned_launch_at < q.planned_launch_at THEN 1 ELSE 0 END) AS earlier
       FROM launch_plan p
       JOIN launch_plan q ON q.submission_id = p.submission_id AND q.plan_version = p.plan_version - 1
       JOIN submission s ON s.id = p.submission_id
       WHERE s.filed_at >= ? AND s.filed_at < ? AND s.filed_at <= ? AND p.changed_at <= ?`,
      [from, until, this.asOf, this.asOf],
    );
    return { later: Number(row?.later ?? 0), earlier: Number(row?.earlier ?? 0) };
  }

  /** Timeline entries for transitions out of FILED that only a developer may make. */
  async breaches(): Promise<number> {
    const [row] = await this.database.summarize<{ n: number }>(
      `SELECT COUNT(*) AS n FROM submission_event
       WHERE from_state = 'FILED' AND actor IN (${OTHER_ACTORS}) AND (to_state <> 'LAUNCHED' OR detail IS NULL) AND occurred_at <= ?`,
      [this.asOf],
    );
    return Number(row!.n);
  }
}
