import { civilDate, fiscalYearPeriod, type Period } from '#base/civil';
import { businessDaysBetween } from '#domain/business-days';
import type { Database } from '#kit/database/database';
import { median, percentile } from '#kit/model/value-object';
import { reviewWindow } from '../../../subgraphs/submissions/submission/window';

/**
 * The metrics of the four programs, computed from one row per counted object in plain code. They define the correct results; the product
 * computes the same in SQL, which `metrics.test.ts` compares.
 */

type Year = number | null;

const DAY_MS = 86_400_000;
const daysFrom = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;
const periodOf = (year: Year): Period => (year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year));
const isBy = (instant: string | null, asOf: string): instant is string => instant !== null && instant <= asOf;
const isIn = (instant: string, { from, until }: Period, asOf: string) =>
  instant >= from && instant < until && instant <= asOf;
const ratio = (numerator: number, denominator: number) => ({
  numerator,
  denominator,
  value: denominator === 0 ? null : numerator / denominator,
});
const endOf = (year: Year, asOf: string): string => (asOf < periodOf(year).until ? asOf : periodOf(year).until);

/** How often each name occurs, by name. */
function tally(names: readonly string[]): [name: string, count: number][] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, same]): [string, number] => [name, same.length])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

interface FiledRow {
  filedAt: string;
  plannedLaunchAt: string;
  reference: string;
  launchRecordedAt: string | null;
  withdrawnAt: string | null;
  endedAt: string | null;
  phase: string | null;
}

function stateAt({ withdrawnAt, launchRecordedAt, endedAt }: FiledRow, asOf: string) {
  if (isBy(withdrawnAt, asOf)) return 'WITHDRAWN';
  if (isBy(launchRecordedAt, asOf)) return 'LAUNCHED';
  return isBy(endedAt, asOf) ? 'NOT_RELEASED' : 'FILED';
}

const quarterOf = (day: string): string => `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;

export async function submissionMetrics(database: Database, asOf: string, year: Year) {
  const period = periodOf(year);
  const known = (
    await database.query<FiledRow>(
      `SELECT s.filed_at AS filedAt, p.planned_launch_at AS plannedLaunchAt, p.reference AS reference,
              s.launch_recorded_at AS launchRecordedAt, s.withdrawn_at AS withdrawnAt,
              s.ended_at AS endedAt, s.withdrawal_phase AS phase
       FROM submission s JOIN launch_plan p ON p.submission_id = s.id
       WHERE s.filed_at <= ? AND p.plan_version =
         (SELECT MAX(q.plan_version) FROM launch_plan q WHERE q.submission_id = s.id AND q.changed_at <= ?)`,
      [asOf, asOf],
    )
  ).map((row) => ({ ...row, state: stateAt(row, asOf), window: reviewWindow({ at: row.plannedLaunchAt }) }));
  const rows = known.filter(({ filedAt }) => isIn(filedAt, period, asOf));
  const moves = (
    await database.query<{ filedAt: string; changedAt: string; plannedAt: string; beforeAt: string }>(
      `SELECT s.filed_at AS filedAt, p.changed_at AS changedAt, p.planned_launch_at AS plannedAt,
              q.planned_launch_at AS beforeAt
       FROM launch_plan p
       JOIN launch_plan q ON q.submission_id = p.submission_id AND q.plan_version = p.plan_version - 1
       JOIN submission s ON s.id = p.submission_id WHERE s.filed_at IS NOT NULL`,
    )
  ).filter(({ filedAt, changedAt }) => isIn(filedAt, period, asOf) && changedAt <= asOf);
  const later = moves.filter(({ plannedAt, beforeAt }) => plannedAt > beforeAt).length;
  const earlier = moves.filter(({ plannedAt, beforeAt }) => plannedAt < beforeAt).length;
  const withdrawn = rows.filter(({ state }) => state === 'WITHDRAWN');
  const expected = rows.filter(
    ({ state, plannedLaunchAt }) => (state === 'FILED' || state === 'LAUNCHED') && daysFrom(plannedLaunchAt, asOf) >= 7,
  );
  const recorded = expected.filter(
    ({ state, plannedLaunchAt, launchRecordedAt }) =>
      state === 'LAUNCHED' && daysFrom(plannedLaunchAt, launchRecordedAt!) <= 7,
  );
  const events = await database.query<{ actor: string; toState: string; detail: string | null; occurredAt: string }>(
    `SELECT actor, to_state AS toState, detail, occurred_at AS occurredAt FROM submission_event WHERE from_state = 'FILED'`,
  );
  return {
    asOf,
    fiscalYear: year,
    filed: rows.length,
    inWindow: known.filter(({ state, window }) => state === 'FILED' && window.opens <= asOf && asOf < window.closes)
      .length,
    launched: rows.filter(({ state }) => state === 'LAUNCHED').length,
    withdrawn: withdrawn.length,
    withdrawnByPhase: ['NONE', 'NOT_YET_OPEN', 'OPEN', 'LAUNCH_DUE', 'LAUNCHED']
      .map((phase) => ({ phase, count: withdrawn.filter((row) => row.phase === phase).length }))
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) => ({ phase, count, rate: ratio(count, rows.length) })),
    medianLeadDays: median(rows.map(({ filedAt, plannedLaunchAt }) => daysFrom(filedAt, plannedLaunchAt))),
    medianUsableWindowDays: median(
      rows.map(({ filedAt, window }) => daysFrom(filedAt > window.opens ? filedAt : window.opens, window.closes)),
    ),
    filedInsideWindow: ratio(rows.filter(({ filedAt, window }) => filedAt >= window.opens).length, rows.length),
    planChanges: ratio(later + earlier, rows.length),
    plansMovedLater: later,
    plansMovedEarlier: earlier,
    launchRecordedWithinSevenDays: ratio(recorded.length, expected.length),
    filedByQuarter: tally(rows.map(({ filedAt }) => quarterOf(civilDate(filedAt)))).map(([quarter, count]) => ({
      quarter,
      count,
    })),
    filedByReference: tally(rows.map(({ reference }) => reference)).map(([reference, count]) => ({ reference, count })),
    voluntarinessBreaches: events.filter(
      ({ actor, toState, detail, occurredAt }) =>
        occurredAt <= asOf && actor !== 'developer' && (toState !== 'LAUNCHED' || detail === null),
    ).length,
  };
}

export async function reviewMetrics(database: Database, asOf: string, year: Year) {
  const period = periodOf(year);
  const reviews = await database.query<{ openedAt: string; closedAt: string | null; launchBoundAt: string }>(
    'SELECT opened_at AS openedAt, closed_at AS closedAt, launch_bound_at AS launchBoundAt FROM review',
  );
  const opened = reviews.filter(({ openedAt }) => isIn(openedAt, period, asOf));
  const closed = opened.filter(({ closedAt }) => isBy(closedAt, asOf));
  const invited = (
    await database.query<{
      createdAt: string;
      issuedAt: string | null;
      outcome: string | null;
      plannedLaunchAt: string | null;
    }>(
      `SELECT d.created_at AS createdAt, d.issued_at AS issuedAt, d.outcome AS outcome, n.planned_launch_at AS plannedLaunchAt
       FROM determination d LEFT JOIN submission_notice n ON n.id = d.submission_id`,
    )
  ).filter(({ createdAt }) => isIn(createdAt, period, asOf));
  const findings = (
    await database.query<{
      createdAt: string;
      sharedAt: string | null;
      respondedAt: string | null;
      launchBoundAt: string;
    }>(
      `SELECT f.created_at AS createdAt, f.shared_at AS sharedAt, f.responded_at AS respondedAt,
              r.launch_bound_at AS launchBoundAt FROM finding f JOIN review r ON r.id = f.review_id`,
    )
  ).filter(({ createdAt }) => isIn(createdAt, period, asOf));
  const issued = invited.filter(({ issuedAt }) => isBy(issuedAt, asOf));
  const shared = findings.filter(({ sharedAt }) => isBy(sharedAt, asOf));
  const answered = shared.filter(({ respondedAt }) => isBy(respondedAt, asOf));
  return {
    asOf,
    fiscalYear: year,
    openReviews: reviews.filter(({ openedAt, closedAt }) => openedAt <= asOf && !isBy(closedAt, asOf)).length,
    opened: opened.length,
    closedBeforeLaunch: closed.filter(({ closedAt, launchBoundAt }) => closedAt! < launchBoundAt).length,
    closedAfterLaunch: closed.filter(({ closedAt, launchBoundAt }) => closedAt! >= launchBoundAt).length,
    determinationCoverage: ratio(issued.length, invited.length),
    answeredBeforeLaunch: ratio(
      issued.filter(({ issuedAt, plannedLaunchAt }) => plannedLaunchAt !== null && issuedAt! < plannedLaunchAt).length,
      invited.length,
    ),
    reviewNecessary: ratio(issued.filter(({ outcome }) => outcome === 'REVIEW_NECESSARY').length, issued.length),
    medianDeterminationBusinessDays: median(
      issued.map(({ createdAt, issuedAt }) => businessDaysBetween(civilDate(createdAt), civilDate(issuedAt!))),
    ),
    findings: findings.length,
    findingsShared: shared.length,
    findingsSharedBeforeLaunch: shared.filter(({ sharedAt, launchBoundAt }) => sharedAt! < launchBoundAt).length,
    medianResponseDays: median(answered.map(({ sharedAt, respondedAt }) => daysFrom(sharedAt!, respondedAt!))),
  };
}

/** By `month|tactic|severity`. */
export async function findingStatistics(database: Database) {
  const rows = await database.query<{
    id: string;
    createdAt: string;
    tactic: string | null;
    severity: string;
    sharedAt: string | null;
    respondedAt: string | null;
  }>(
    `SELECT f.id AS id, f.created_at AS createdAt, tt.target_key AS tactic, f.severity AS severity,
            f.shared_at AS sharedAt, f.responded_at AS respondedAt
     FROM finding f
     LEFT JOIN finding_techniques ft ON ft.owner_key = f.id
     LEFT JOIN atlas_technique_tactics tt ON tt.owner_key = ft.target_key`,
  );
  const unique = new Map(rows.map((row) => [`${row.id} ${row.tactic}`, row]));
  const groups = Map.groupBy(unique.values(), ({ createdAt, tactic, severity }) =>
    [createdAt.slice(0, 7), tactic ?? '', severity].join('|'),
  );
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, group]) => {
      const answered = group.filter(({ sharedAt, respondedAt }) => sharedAt !== null && respondedAt !== null);
      return {
        name,
        findings: group.length,
        answered: answered.length,
        medianResponseDays: median(answered.map(({ sharedAt, respondedAt }) => daysFrom(sharedAt!, respondedAt!))),
      };
    });
}

interface Hire {
  agencyKey: string;
  authority: string;
  needValidatedAt: string;
  enteredOnDutyAt: string;
}

async function hiresIn(database: Database, asOf: string, year: number) {
  const rows = await database.query<Hire>(
    `SELECT agency_key AS agencyKey, authority, need_validated_at AS needValidatedAt, entered_on_duty_at AS enteredOnDutyAt
     FROM hiring_request WHERE entered_on_duty_at IS NOT NULL`,
  );
  return rows
    .filter(({ enteredOnDutyAt }) => isIn(enteredOnDutyAt, fiscalYearPeriod(year), asOf))
    .map((row) => ({ ...row, days: daysFrom(row.needValidatedAt, row.enteredOnDutyAt) }));
}

const withinGoal = (hires: readonly { days: number }[]) =>
  ratio(hires.filter(({ days }) => days <= 80).length, hires.length);

/** Without figures over positions, of which only the present is known. */
export async function workforceMetrics(database: Database, asOf: string, year: number) {
  const hires = await hiresIn(database, asOf, year);
  const goals = await database.query<{ target: number }>('SELECT target FROM hiring_goal WHERE fiscal_year = ?', [
    year,
  ]);
  const goal = goals.length === 0 ? null : goals.reduce((sum, { target }) => sum + Number(target), 0);
  const days = hires.map((hire) => hire.days);
  return {
    asOf,
    fiscalYear: year,
    enteredOnDuty: hires.length,
    goal,
    progress: goal === null ? null : ratio(hires.length, goal),
    medianTimeToHireDays: median(days),
    p90TimeToHireDays: percentile(days, 0.9),
    timeToHireGoalDays: 80,
    withinGoal: withinGoal(hires),
  };
}

export async function timeToHire(database: Database, asOf: string, year: number) {
  const groups = Map.groupBy(
    await hiresIn(database, asOf, year),
    ({ agencyKey, authority }) => `${agencyKey} ${authority}`,
  );
  return [...groups].map(([name, group]) => {
    const days = group.map((hire) => hire.days);
    return {
      name,
      hires: group.length,
      medianDays: median(days),
      p90Days: percentile(days, 0.9),
      goalDays: 80,
      withinGoal: withinGoal(group),
    };
  });
}

/** The latest of each group of dated rows by a day. */
function latest<Row extends { on: string }>(rows: readonly Row[], by: string, of: (row: Row) => string): Row[] {
  const groups = Map.groupBy(
    rows.filter(({ on }) => on <= by),
    of,
  );
  return [...groups.values()].flatMap((group) => {
    const last = group
      .map(({ on }) => on)
      .toSorted()
      .at(-1);
    return group.filter(({ on }) => on === last);
  });
}

/** Without figures of which only the present is known. */
export async function infrastructureMetrics(database: Database, asOf: string, year: Year) {
  const [period, end] = [periodOf(year), endOf(year, asOf)];
  const findings = (
    await database.query<{ dueAt: string; status: string; remediatedAt: string | null; detectedAt: string }>(
      `SELECT due_at AS dueAt, status, remediated_at AS remediatedAt, detected_at AS detectedAt
       FROM vulnerability_finding WHERE due_at IS NOT NULL`,
    )
  ).filter(({ status }) => !['SUSPECTED', 'FALSE_POSITIVE', 'SYSTEM_RETIRED'].includes(status));
  const overdue = findings.filter(
    ({ dueAt, status, remediatedAt, detectedAt }) =>
      dueAt < end &&
      detectedAt <= end &&
      (['OPEN', 'IN_REMEDIATION', 'MITIGATED'].includes(status) || (remediatedAt ?? '') > end),
  );
  const due = findings.filter(({ dueAt, detectedAt }) => isIn(dueAt, period, asOf) && detectedAt <= asOf);
  const patched = (
    await database.query<{ openedAt: string; patchedAt: string | null }>(
      'SELECT opened_at AS openedAt, patched_at AS patchedAt FROM clearinghouse_case',
    )
  ).filter(({ openedAt, patchedAt }) => isIn(openedAt, period, '9999') && isBy(patchedAt, asOf));
  const assessed = await database.query<{ agency: string; of: string; on: string; tier: number; target: number }>(
    `SELECT a.agency_key AS agency, a.dimension_id AS ${database.dialect.quote('of')},
            a.assessed_on AS ${database.dialect.quote('on')}, a.tier AS tier, a.target AS target
     FROM capability_assessment a JOIN capability_dimension d ON d.id = a.dimension_id WHERE d.level = 'FUNCTION'`,
  );
  const functions = latest(assessed, civilDate(end), ({ agency, of }) => `${agency} ${of}`);
  const risks = await database.query<{ sector: string; on: string; level: string }>(
    `SELECT sector_key AS sector, as_of AS ${database.dialect.quote('on')}, level FROM sector_risk`,
  );
  const sectors = latest(risks, civilDate(end), ({ sector }) => sector);
  return {
    asOf,
    fiscalYear: year,
    overdueExposures: overdue.length,
    meanDaysOverdue:
      overdue.length === 0 ? null : overdue.reduce((sum, { dueAt }) => sum + daysFrom(dueAt, end), 0) / overdue.length,
    remediatedOnTime: ratio(
      due.filter(({ dueAt, remediatedAt }) => remediatedAt !== null && remediatedAt <= dueAt).length,
      due.length,
    ),
    functionsAtTarget: ratio(
      functions.filter(({ tier, target }) => Number(tier) >= Number(target)).length,
      functions.length,
    ),
    casesPatched: patched.length,
    medianOpenToPatchDays: median(patched.map(({ openedAt, patchedAt }) => daysFrom(openedAt, patchedAt!))),
    sectorsElevated: sectors.filter(({ level }) => level === 'ELEVATED' || level === 'HIGH').length,
  };
}

/** Median days to remediate, by agency. */
export async function daysToRemediate(database: Database): Promise<Map<string, number | null>> {
  const rows = await database.query<{ agency: string; detectedAt: string; remediatedAt: string }>(
    `SELECT agency_key AS agency, detected_at AS detectedAt, remediated_at AS remediatedAt
     FROM vulnerability_finding WHERE remediated_at IS NOT NULL`,
  );
  const groups = Map.groupBy(rows, ({ agency }) => agency);
  return new Map(
    [...groups].map(([agency, group]) => [
      agency,
      median(group.map(({ detectedAt, remediatedAt }) => daysFrom(detectedAt, remediatedAt))),
    ]),
  );
}
