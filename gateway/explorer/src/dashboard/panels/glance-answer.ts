import type { Ratio } from '../format';

interface Metrics {
  readonly suppressed: readonly string[];
}
interface SubmissionCounts extends Metrics {
  readonly inWindow: number | null;
}
interface ReviewYear extends Metrics {
  readonly opened: number;
  readonly answeredBeforeLaunch: Ratio | null;
  readonly reviewNecessary: Ratio;
}

/** Answer of `glance.graphql`. */
export interface GlanceAnswer {
  readonly executiveOrder: {
    readonly submissionMetrics: SubmissionCounts | null;
    readonly submissionsYearAgo: SubmissionCounts | null;
    readonly submissionsThisYear: (Metrics & { readonly filed: number | null }) | null;
    readonly reviewMetrics: { readonly openReviews: number } | null;
    readonly reviewsYearAgo: { readonly openReviews: number } | null;
    readonly reviewsThisYear: ReviewYear | null;
    readonly reviewsLastYear: ReviewYear | null;
    readonly workforceMetrics:
      | (Metrics & {
          readonly enteredOnDuty: number | null;
          readonly goal: number | null;
          readonly vacancies: number | null;
          readonly medianTimeToHireDays: number | null;
          readonly p90TimeToHireDays: number | null;
          readonly timeToHireGoalDays: number;
          readonly withinGoal: Ratio | null;
        })
      | null;
    readonly workforceLastYear:
      | (Metrics & { readonly enteredOnDuty: number | null; readonly medianTimeToHireDays: number | null })
      | null;
    readonly infrastructureMetrics:
      | (Metrics & {
          readonly overdueExposures: number | null;
          readonly meanDaysOverdue: number | null;
          readonly overduePerThousandSystems: number | null;
          readonly functionsAtTarget: Ratio;
          readonly sectorsElevated: number;
        })
      | null;
    readonly infrastructureYearAgo: (Metrics & { readonly overdueExposures: number | null }) | null;
    readonly infrastructureThisYear: (Metrics & { readonly remediatedOnTime: Ratio | null }) | null;
  } | null;
}
