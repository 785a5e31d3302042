import { dayOf, yearBefore } from '../calendar';
import { TREND_POINTS, trendTimes } from '../operations';

/** Answer of `trends.graphql`: metrics by letter of the program and number of the point. */
export interface TrendsAnswer {
  readonly executiveOrder: Readonly<Record<string, Readonly<Record<string, number | null>> | null>> | null;
}

export type TrendFigure = 'inWindow' | 'openReviews' | 'overdueExposures';

const LETTERS: Readonly<Record<TrendFigure, string>> = { inWindow: 's', openReviews: 'r', overdueExposures: 'i' };

/** The points of a figure, oldest first; undefined until they have arrived. Small counts that are left out are gaps. */
export function trendOf(answer: TrendsAnswer | undefined, figure: TrendFigure): (number | null)[] | undefined {
  const order = answer?.executiveOrder;
  if (!order) return undefined;
  return Array.from({ length: TREND_POINTS }, (_, index) => order[`${LETTERS[figure]}${index}`]?.[figure] ?? null);
}

/** Days of the points, for a table. */
export const trendDays = (end: number): string[] => trendTimes(end).map(dayOf);

export const yearBeforeDays = (end: number): string[] => trendDays(yearBefore(end).getTime());
