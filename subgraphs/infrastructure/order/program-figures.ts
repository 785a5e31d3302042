import { civilDate, fiscalYearPeriod, type Period } from '#base/civil';
import type { Database } from '#kit/database/database';
import { percentiles } from '#kit/database/statistics';
import { onFirstCall } from '#kit/model/lazy-figures';
import { Ratio } from '#kit/model/value-object';
import type { DeploymentStage } from '../tool/defensive-tool';
import { awaitsActionSql } from '../vulnerability/vulnerability-finding';

const ALL_TIME: Period = { from: '0000', until: '9999' };

/** SQL condition: a finding is confirmed, and neither a false positive nor on a retired system. */
const COUNTED = "status NOT IN ('SUSPECTED', 'FALSE_POSITIVE', 'SYSTEM_RETIRED')";

/**
 * A column of the findings that were overdue at an instant. A finding counts from its deadline or its detection, whichever came last.
 * @returns the statement, and how often it takes the instant
 */
export function overdueAt(column: string): { readonly sql: string; readonly instants: number } {
  const late = (dueAt: string) => `SELECT ${column} FROM vulnerability_finding WHERE ${dueAt} < ? AND detected_at <= ?`;
  // Two lists without a common finding. The second goes by the time of remediation, since nearly all findings were due before the end:
  // a function keeps SQLite from the index of due_at.
  const sql = `${late('due_at')} AND ${awaitsActionSql()}
    UNION ALL
    ${late("NULLIF(due_at, '')")} AND remediated_at > ? AND ${COUNTED} AND NOT ${awaitsActionSql()}`;
  return { sql, instants: 5 };
}

/** A fiscal year, or all time, up to an instant. */
export class ProgramPeriod {
  private readonly period: Period;

  /** @param year null for all time */
  constructor(
    private readonly database: Database,
    readonly asOf: string,
    year: number | null,
  ) {
    this.period = year === null ? ALL_TIME : fiscalYearPeriod(year);
  }

  /** Instant of figures on a state: `asOf`, or the end of the year if that is earlier. */
  get end(): string {
    return this.asOf < this.period.until ? this.asOf : this.period.until;
  }

  /** Exposures overdue at the end. */
  readonly overdue = onFirstCall(async (): Promise<{ n: number; meanDays: number | null }> => {
    const { sql, instants } = overdueAt('due_at');
    const [row] = await this.database.summarize<{ n: number; days: number | null }>(
      `SELECT COUNT(*) AS n, AVG(${this.database.dialect.daysBetween('due_at', '?')}) AS days FROM (${sql}) overdue`,
      Array(1 + instants).fill(this.end),
    );
    return { n: Number(row!.n), meanDays: row!.days === null ? null : Number(row!.days) };
  });

  /** Share of the exposures due in the period that were remediated on time. */
  async remediatedOnTime(): Promise<Ratio> {
    const { from, until } = this.period;
    const [due] = await this.database.summarize<{ n: number; timely: number | null }>(
      `SELECT COUNT(*) AS n, SUM(CASE WHEN remediated_at <= due_at THEN 1 ELSE 0 END) AS timely
       FROM vulnerability_finding WHERE due_at >= ? AND due_at < ? AND due_at <= ? AND detected_at <= ? AND ${COUNTED}`,
      [from, until, this.asOf, this.asOf],
    );
    return Ratio.of(Number(due!.timely ?? 0), Number(due!.n));
  }

  /** Patched cases of those opened in the period. */
  async patched(): Promise<{ n: number; medianDays: number | null }> {
    const { from, until } = this.period;
    const query = {
      from: `SELECT ${this.database.dialect.daysBetween('opened_at', 'patched_at')} AS days
             FROM clearinghouse_case WHERE opened_at >= ? AND opened_at < ? AND patched_at <= ?`,
      value: 'days',
      shares: { median: 0.5 },
    };
    const [row] = await percentiles(this.database, query, [from, until, this.asOf]);
    return { n: row!.n, medianDays: row!.median };
  }

  /** Share of functions at their target tier in the latest assessments by the end. */
  async functionsAtTarget(): Promise<Ratio> {
    const [row] = await this.database.summarize<{ n: number; reached: number | null }>(
      `SELECT COUNT(*) AS n, SUM(CASE WHEN a.tier >= a.target THEN 1 ELSE 0 END) AS reached
       FROM capability_assessment a JOIN capability_dimension d ON d.id = a.dimension_id
       WHERE d.level = 'FUNCTION' AND a.status = 'RECORDED' AND a.assessed_on =
         (SELECT MAX(b.assessed_on) FROM capability_assessment b
          WHERE b.agency_key = a.agency_key AND b.dimension_id = a.dimension_id
          AND b.status = 'RECORDED' AND b.assessed_on <= ?)`,
      [civilDate(this.end)],
    );
    return Ratio.of(Number(row!.reached ?? 0), Number(row!.n));
  }

  /** Sectors whose latest risk report by the end is ELEVATED or HIGH. */
  async sectorsElevated(): Promise<number> {
    const [row] = await this.database.summarize<{ n: number }>(
      `SELECT COUNT(*) AS n FROM sector_risk r
       WHERE r.level IN ('ELEVATED', 'HIGH') AND r.as_of =
         (SELECT MAX(q.as_of) FROM sector_risk q WHERE q.sector_key = r.sector_key AND q.as_of <= ?)`,
      [civilDate(this.end)],
    );
    return Number(row!.n);
  }
}

/** Systems, and those with an authorization to operate on a day. */
export async function systemFigures(database: Database, today: string): Promise<Ratio> {
  const [systems] = await database.summarize<{ n: number; current: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN s.ato_expires >= ? OR EXISTS (
       SELECT 1 FROM system_authorization a
       WHERE a.system_id = s.id AND a.state = 'RECORDED' AND a.ongoing = 1 AND a.kind <> 'NOT_AUTHORIZED'
     ) THEN 1 ELSE 0 END) AS ${database.dialect.quote('current')}
     FROM federal_system s`,
    [today],
  );
  return Ratio.of(Number(systems!.current ?? 0), Number(systems!.n));
}

/** Deployments of AI-powered tools now, by stage. */
export async function aiToolDeployments(database: Database): Promise<{ stage: DeploymentStage; count: number }[]> {
  const stages = await database.summarize<{ stage: DeploymentStage; n: number }>(
    `SELECT d.stage AS stage, COUNT(*) AS n FROM tool_deployment d JOIN defensive_tool t ON t.id = d.tool_id
     WHERE t.ai_powered = 1 GROUP BY d.stage ORDER BY d.stage`,
  );
  return stages.map(({ stage, n }) => ({ stage, count: Number(n) }));
}

/** Share of progress reports that are complete or verified now. */
export async function directivesComplete(database: Database): Promise<Ratio> {
  const [row] = await database.summarize<{ n: number; done: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN status IN ('REPORTED_COMPLETE', 'VERIFIED') THEN 1 ELSE 0 END) AS done
     FROM directive_progress`,
  );
  return Ratio.of(Number(row!.done ?? 0), Number(row!.n));
}
