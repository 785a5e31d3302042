import { daysBetween, fiscalYearStart } from '../calendar';
import type { DayValue } from '../charts/cumulative';

/** Answer of `hiring.graphql`. */
export interface HiringAnswer {
  readonly hiringRequests: {
    readonly weeks: Groups<{ readonly count: number }>;
    readonly months: Groups<{ readonly count: number; readonly median: number | null }>;
  } | null;
}

interface Groups<Figures> {
  readonly nodes: readonly {
    readonly enteredOnDutyAt: { readonly from: string } | null;
    readonly aggregates: Figures;
  }[];
}

/** People who entered on duty by the end of each week, in a fiscal year and in the one before. */
export function cumulative({ hiringRequests }: HiringAnswer, year: number): { now: DayValue[]; before: DayValue[] } {
  const weeks = (hiringRequests?.weeks.nodes ?? []).flatMap(({ enteredOnDutyAt, aggregates }) =>
    enteredOnDutyAt ? [{ from: enteredOnDutyAt.from, count: aggregates.count }] : [],
  );
  const ofYear = (fiscal: number): DayValue[] => {
    const [start, end] = [fiscalYearStart(fiscal), fiscalYearStart(fiscal + 1)];
    const points: DayValue[] = [{ day: 0, value: 0 }];
    for (const { from, count } of weeks) {
      // a week belongs to the year of its Thursday
      const middle = daysBetween(start, from) + 3;
      if (middle < 0 || middle >= daysBetween(start, end)) continue;
      points.push({ day: Math.min(middle + 4, 365), value: points.at(-1)!.value + count });
    }
    return points;
  };
  return { now: ofYear(year), before: ofYear(year - 1) };
}

/** Median days to hire by month of entry, oldest first. */
export const medianByMonth = ({ hiringRequests }: HiringAnswer) =>
  (hiringRequests?.months.nodes ?? []).flatMap(({ enteredOnDutyAt, aggregates: { count, median } }) =>
    enteredOnDutyAt ? [{ from: enteredOnDutyAt.from, median, hires: count }] : [],
  );
