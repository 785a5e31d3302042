import { fiscalYearPeriod, type Period } from '#base/civil';
import { businessDaysBetween } from '#domain/business-days';
import { civilDateSql } from '#kit/database/civil-sql';
import type { Database } from '#kit/database/database';
import { percentileOfCounts, percentiles } from '#kit/database/statistics';
import { together } from '#kit/model/lazy-figures';
import { Ratio } from '#kit/model/value-object';

const ALL_TIME: Period = { from: '0000', until: '9999' };

/**
 * Figures of the review program, which the database computes when they are read.
 * @param year fiscal year in which invitations, reviews, and findings began; null for all time
 */
export function reviewFigures(database: Database, asOf: string, year: number | null) {
  const period = year === null ? ALL_TIME : fiscalYearPeriod(year);
  return [
    together(['openReviews'], async () => ({ openReviews: await openReviews(database, asOf) })),
    together(['opened', 'closedBeforeLaunch', 'closedAfterLaunch'], () => reviews(database, asOf, period)),
    together(
      ['determinationCoverage', 'answeredBeforeLaunch', 'reviewNecessary', 'medianDeterminationBusinessDays'],
      () => determinations(database, asOf, period),
    ),
    together(['findings', 'findingsShared', 'findingsSharedBeforeLaunch'], () => findings(database, asOf, period)),
    together(['medianResponseDays'], async () => ({
      medianResponseDays: await medianResponseDays(database, asOf, period),
    })),
  ];
}

async function openReviews(database: Database, asOf: string): Promise<number> {
  const [row] = await database.summarize<{ n: number }>(
    'SELECT COUNT(*) AS n FROM review WHERE opened_at <= ? AND (closed_at IS NULL OR closed_at > ?)',
    [asOf, asOf],
  );
  return Number(row!.n);
}

async function reviews(database: Database, asOf: string, { from, until }: Period) {
  const [row] = await database.summarize<{ opened: number; early: number | null; late: number | null }>(
    `SELECT COUNT(*) AS opened,
            SUM(CASE WHEN closed_at <= ? AND closed_at < launch_bound_at THEN 1 ELSE 0 END) AS early,
            SUM(CASE WHEN closed_at <= ? AND closed_at >= launch_bound_at THEN 1 ELSE 0 END) AS late
     FROM review WHERE opened_at >= ? AND opened_at < ? AND opened_at <= ?`,
    [asOf, asOf, from, until, asOf],
  );
  return {
    opened: Number(row!.opened),
    closedBeforeLaunch: Number(row!.early ?? 0),
    closedAfterLaunch: Number(row!.late ?? 0),
  };
}

/** Invitations with the same civil days of invitation and issue. */
interface InvitationGroup {
  /** Keys of the days; null for determinations that are not issued. */
  readonly invited: string | null;
  readonly issued: string | null;
  readonly n: number;
  /** Of issued ones: those that find a review necessary, and those issued before the planned launch. */
  readonly necessary: number;
  readonly early: number;
}

async function determinations(database: Database, asOf: string, { from, until }: Period) {
  const dayOf = (instant: string) => civilDateSql(database.dialect, instant);
  const groups = await database.summarize<InvitationGroup>(
    `SELECT invited, issued, COUNT(*) AS n, SUM(necessary) AS necessary, SUM(early) AS early
     FROM (SELECT CASE WHEN d.issued_at <= ? THEN ${dayOf('d.created_at')} END AS invited,
                  CASE WHEN d.issued_at <= ? THEN ${dayOf('d.issued_at')} END AS issued,
                  CASE WHEN d.issued_at <= ? AND d.outcome = 'REVIEW_NECESSARY' THEN 1 ELSE 0 END AS necessary,
                  CASE WHEN d.issued_at <= ? AND d.issued_at < n.planned_launch_at THEN 1 ELSE 0 END AS early
           FROM determination d LEFT JOIN submission_notice n ON n.id = d.submission_id
           WHERE d.created_at >= ? AND d.created_at < ? AND d.created_at <= ?) i
     GROUP BY invited, issued`,
    [asOf, asOf, asOf, asOf, from, until, asOf],
  );
  const issued = groups.filter((group) => group.issued !== null);
  const sum = (some: readonly InvitationGroup[], of: 'n' | 'necessary' | 'early') =>
    some.reduce((total, group) => total + Number(group[of]), 0);
  const [all, answered] = [sum(groups, 'n'), sum(issued, 'n')];
  return {
    determinationCoverage: Ratio.of(answered, all),
    answeredBeforeLaunch: Ratio.of(sum(issued, 'early'), all),
    reviewNecessary: Ratio.of(sum(issued, 'necessary'), answered),
    medianDeterminationBusinessDays: percentileOfCounts(issued.map(businessDaysOf), 0.5),
  };
}

const businessDaysOf = ({ invited, issued, n }: InvitationGroup): [days: number, count: number] => [
  businessDaysBetween(invited!, issued!),
  Number(n),
];

async function findings(database: Database, asOf: string, { from, until }: Period) {
  const [row] = await database.summarize<{ drafted: number; handed: number | null; early: number | null }>(
    `SELECT COUNT(*) AS drafted, SUM(CASE WHEN f.shared_at <= ? THEN 1 ELSE 0 END) AS handed,
            SUM(CASE WHEN f.shared_at <= ? AND f.shared_at < r.launch_bound_at THEN 1 ELSE 0 END) AS early
     FROM finding f JOIN review r ON r.id = f.review_id
     WHERE f.created_at >= ? AND f.created_at < ? AND f.created_at <= ?`,
    [asOf, asOf, from, until, asOf],
  );
  return {
    findings: Number(row!.drafted),
    findingsShared: Number(row!.handed ?? 0),
    findingsSharedBeforeLaunch: Number(row!.early ?? 0),
  };
}

/** Median days from sharing a finding to the response; null without responses. */
async function medianResponseDays(database: Database, asOf: string, { from, until }: Period): Promise<number | null> {
  const [row] = await percentiles(
    database,
    {
      from: `SELECT ${database.dialect.daysBetween('shared_at', 'responded_at')} AS days FROM finding
             WHERE created_at >= ? AND created_at < ? AND created_at <= ? AND shared_at <= ? AND responded_at <= ?`,
      value: 'days',
      shares: { median: 0.5 },
    },
    [from, until, asOf, asOf, asOf],
  );
  return row!.median;
}
