/** Answer of `tools.graphql`. */
export interface ToolsAnswer {
  readonly federalSystems: {
    readonly groups: {
      readonly nodes: readonly {
        readonly impactLevel: ImpactLevel;
        readonly coveredByAiTool: boolean | null;
        readonly isWithheld: boolean;
        readonly aggregates: { readonly count: number };
      }[];
    };
    readonly months: {
      readonly nodes: readonly {
        readonly impactLevel: ImpactLevel;
        readonly isWithheld: boolean;
        readonly coveredSince: { readonly from: string } | null;
        readonly aggregates: { readonly count: number };
      }[];
    };
  } | null;
  readonly overdueByToolCoverage:
    | readonly {
        readonly coveredByAiTool: boolean;
        readonly suppressed: readonly string[];
        readonly systems: number | null;
        readonly overdue: number | null;
        readonly overduePerSystem: number | null;
      }[]
    | null;
  readonly aiToolAdoption:
    | readonly {
        readonly agency: { readonly key: string; readonly name: string };
        readonly quarter: string;
        readonly deployed: number;
      }[]
    | null;
}

export const IMPACT_LEVELS = ['HIGH', 'MODERATE', 'LOW'] as const;
export type ImpactLevel = (typeof IMPACT_LEVELS)[number];

export interface Coverage {
  readonly level: ImpactLevel;
  readonly covered: number;
  /** Those that were covered by the month of the day a year ago. */
  readonly coveredYearAgo: number;
  readonly systems: number;
}

/** Systems with an AI-powered tool by impact level. */
export function coverageOf({ federalSystems }: ToolsAnswer, yearAgo: string): Coverage[] {
  return IMPACT_LEVELS.map((level) => {
    const groups = (federalSystems?.groups.nodes ?? []).filter((node) => node.impactLevel === level);
    const months = (federalSystems?.months.nodes ?? []).filter(
      (node) => node.impactLevel === level && node.coveredSince,
    );
    return {
      level,
      systems: total(groups),
      covered: total(groups.filter(({ coveredByAiTool }) => coveredByAiTool === true)),
      coveredYearAgo: total(months.filter(({ coveredSince }) => coveredSince!.from <= yearAgo)),
    };
  });
}

/** Covered systems by the end of each month, oldest first, for the last months until a day. */
export function coverageByMonth(
  { federalSystems }: ToolsAnswer,
  today: string,
  months: number,
): { from: string; covered: number }[] {
  const nodes = (federalSystems?.months.nodes ?? []).filter(({ coveredSince }) => coveredSince);
  return Array.from({ length: months }, (_, index) => {
    const from = monthBack(today, months - 1 - index);
    return { from, covered: total(nodes.filter(({ coveredSince }) => coveredSince!.from <= from)) };
  });
}

/** First day of the month that is some months before that of a day. */
export function monthBack(day: string, months: number): string {
  const date = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.toISOString().slice(0, 10);
}

const total = (nodes: readonly { readonly aggregates: { readonly count: number } }[]): number =>
  nodes.reduce((sum, { aggregates }) => sum + aggregates.count, 0);
