interface Count {
  readonly aggregates: { readonly count: number };
}
interface Part {
  readonly aggregates: { readonly ratio: { readonly numerator: number } };
}
interface Hires {
  readonly aggregates: { readonly count: number; readonly median: number | null };
}
interface ByStatus {
  readonly groups: {
    readonly nodes: readonly { readonly status: string; readonly aggregates: { readonly count: number } }[];
  };
}

/** Answer of `agency.graphql`. */
export interface AgencyAnswer {
  readonly agency: {
    readonly name: string;
    readonly abbreviation: string | null;
    readonly orderRole: string | null;
    readonly kind: string;
    readonly medianDaysToRemediate: number | null;
    readonly reviewWorkload: {
      readonly openReviews: number;
      readonly reviewers: number;
      readonly openReviewsPerReviewer: number | null;
    } | null;
    readonly leadsSectors: { readonly nodes: readonly { readonly name: string }[] } | null;
    readonly reviews: {
      readonly totalCount: number;
      readonly nodes: readonly AgencyReview[];
    } | null;
    readonly determinations: Count | null;
    readonly passedReviews: Part | null;
    readonly lateDeterminations: Part | null;
    readonly hiredThisYear: Hires | null;
    readonly hiredLastYear: Hires | null;
    readonly hiringGoals: { readonly aggregates: { readonly target: number | null } } | null;
    readonly capacity: {
      readonly aggregates: { readonly authorized: number | null; readonly vacant: number | null };
      readonly nodes: readonly {
        readonly workRole: { readonly code: string; readonly name: string } | null;
        readonly authorized: number;
        readonly filled: number;
        readonly vacant: number;
        readonly inHiring: number;
      }[];
    } | null;
    readonly overdue:
      | (Count & {
          readonly impact: {
            readonly nodes: readonly {
              readonly systemImpactLevel: string | null;
              readonly aggregates: { readonly count: number };
            }[];
          };
        })
      | null;
    readonly overdueHigh: {
      readonly totalCount: number;
      readonly nodes: readonly {
        readonly id: string;
        readonly status: string;
        readonly daysOverdue: number;
        readonly system: { readonly name: string | null; readonly coveredByAiTool: boolean | null } | null;
        readonly vulnerability: { readonly cveId: string } | null;
      }[];
    } | null;
    readonly reviewers: {
      readonly nodes: readonly {
        readonly id: string;
        readonly post: string | null;
        readonly openReviews: number | null;
      }[];
    } | null;
    readonly capability: {
      readonly nodes: readonly {
        readonly dimension: { readonly code: string; readonly title: string } | null;
        readonly tier: number;
        readonly target: number;
      }[];
    } | null;
    readonly capabilityBefore: {
      readonly nodes: readonly { readonly dimension: { readonly code: string } | null; readonly tier: number }[];
    } | null;
    readonly toolDeployments: {
      readonly nodes: readonly {
        readonly stage: string;
        readonly since: string;
        readonly systemsCovered: number | null;
        readonly tool: { readonly purpose: string } | null;
      }[];
    } | null;
    readonly directiveProgress: ByStatus | null;
    readonly aiUseCases: Count | null;
    readonly cloudAuthorizations: Count | null;
  } | null;
}

export interface AgencyReview {
  readonly id: string;
  readonly status: string;
  readonly openedAt: string;
  readonly targetAt: string | null;
  readonly launchBoundAt: string | null;
  readonly submission: { readonly number: string } | null;
}
