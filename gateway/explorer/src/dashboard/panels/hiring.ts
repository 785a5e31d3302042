import { daysBetween, fiscalYearStart } from '../calendar';
import type { DayValue } from '../charts/cumulative';

/** Answer of `hiring.graphql`. */
export interface HiringAnswer {
  readonly thisYear: Weeks | null;
  readonly lastYear: Weeks | null;
  readonly hiringRequests: Groups<{
    readonly enteredOnDutyAt: { readonly from: string } | null;
    readonly aggregates: { readonly count: number; readonly median: number | null };
  }> | null;
}

interface Groups<Node> {
  readonly groups: { readonly nodes: readonly Node[] };
}

type Weeks = Groups<{
  readonly enteredOnDutyAt: { readonly from: string; readonly until: string } | null;
  readonly aggregates: { readonly count: number };
}>;

/** People who entered on duty by the end of each week, in a fiscal year until a day and in the one before. */
export const cumulative = (answer: HiringAnswer, year: number, today: string) => ({
  now: totals(answer.thisYear, fiscalYearStart(year), today),
  before: totals(answer.lastYear, fiscalYearStart(year - 1), fiscalYearStart(year)),
});

function totals(weeks: Weeks | null, start: string, end: string): DayValue[] {
  const points: DayValue[] = [{ day: 0, value: 0 }];
  for (const { enteredOnDutyAt, aggregates } of weeks?.groups.nodes ?? []) {
    if (!enteredOnDutyAt) continue;
    const until = enteredOnDutyAt.until < end ? enteredOnDutyAt.until : end;
    points.push({ day: daysBetween(start, until), value: points.at(-1)!.value + aggregates.count });
  }
  return points;
}

/** Median days to hire by month of entry, oldest first. */
export const medianByMonth = ({ hiringRequests }: HiringAnswer) =>
  (hiringRequests?.groups.nodes ?? []).flatMap(({ enteredOnDutyAt, aggregates: { count, median } }) =>
    enteredOnDutyAt ? [{ from: enteredOnDutyAt.from, median, hires: count }] : [],
  );
