import { DAY_MS, fiscalYearStart, type Moments, shift, startOf, yearBefore } from '../calendar';
import agencies from './agencies.graphql';
import agency from './agency.graphql';
import capability from './capability.graphql';
import clearinghouse from './clearinghouse.graphql';
import determinations from './determinations.graphql';
import directives from './directives.graphql';
import exposures from './exposures.graphql';
import framework from './framework.graphql';
import glance from './glance.graphql';
import hiring from './hiring.graphql';
import infrastructure from './infrastructure.graphql';
import reviews from './reviews.graphql';
import sectors from './sectors.graphql';
import staffing from './staffing.graphql';
import tools from './tools.graphql';
import trends from './trends.graphql';
import windows from './windows.graphql';
import workforce from './workforce.graphql';

export type Subgraph = 'submissions' | 'reviews' | 'workforce' | 'infrastructure';

/** A trusted operation of the dashboard, and what it is asked with. */
export interface Operation {
  /** Distinguishes operations with the same document. */
  readonly key: string;
  readonly document: { readonly id: string; readonly text: string };
  readonly title: string;
  /** Subgraphs that answer it. */
  readonly subgraphs: readonly Subgraph[];
  readonly variables: (moments: Moments) => Readonly<Record<string, unknown>>;
  readonly refreshMs: number;
  /** Whether the first view does not wait for it. */
  readonly isLate?: boolean;
}

const MINUTE_MS = 60_000;
/** For what changes by the day. */
const SLOW_MS = 15 * MINUTE_MS;

const iso = (time: number | Date) => new Date(time).toISOString();
const none = () => ({});

const yearOnYear = ({ year, yearAgo }: Moments) => ({ year, lastYear: year - 1, yearAgo: iso(yearAgo) });

/** Times of a trend: every two weeks. */
export const TREND_POINTS = 27;
const TREND_STEP_MS = 14 * DAY_MS;

/** Times of a trend that ends at a time, oldest first. */
export const trendTimes = (end: number): number[] =>
  Array.from({ length: TREND_POINTS }, (_, index) => end - (TREND_POINTS - 1 - index) * TREND_STEP_MS);

const trendVariables = (end: number) =>
  Object.fromEntries(trendTimes(end).map((time, index) => [`t${index}`, iso(time)]));

/** Clocks of browsers may be ahead, and the graph does not answer about the future. */
const CLOCK_SKEW_MS = 5 * MINUTE_MS;
export const trendEnd = ({ now }: Moments): number => now - CLOCK_SKEW_MS;

export const operations = {
  glance: {
    key: 'glance',
    document: glance,
    title: 'The order at a glance',
    subgraphs: ['submissions', 'reviews', 'workforce', 'infrastructure'],
    variables: yearOnYear,
    refreshMs: MINUTE_MS,
  },
  trends: {
    key: 'trends',
    document: trends,
    title: 'Trends of the last year',
    subgraphs: ['submissions', 'reviews', 'infrastructure'],
    variables: (moments) => trendVariables(trendEnd(moments)),
    refreshMs: SLOW_MS,
    isLate: true,
  },
  trendsBefore: {
    key: 'trends-before',
    document: trends,
    title: 'Trends of the year before',
    subgraphs: ['submissions', 'reviews', 'infrastructure'],
    variables: (moments) => trendVariables(yearBefore(trendEnd(moments)).getTime()),
    refreshMs: SLOW_MS,
    isLate: true,
  },
  windows: {
    key: 'windows',
    document: windows,
    title: 'Windows of filed submissions',
    subgraphs: ['submissions', 'reviews'],
    variables: none,
    refreshMs: MINUTE_MS,
  },
  hiring: {
    key: 'hiring',
    document: hiring,
    title: 'People entered on duty, and days to hire',
    subgraphs: ['workforce'],
    variables: ({ year, today }) => ({
      start: fiscalYearStart(year),
      startsAt: iso(startOf(fiscalYearStart(year))),
      lastStart: fiscalYearStart(year - 1),
      lastStartsAt: iso(startOf(fiscalYearStart(year - 1))),
      until: shift(today, 1),
      monthsFrom: `${Number(today.slice(0, 4)) - 2}${today.slice(4, 8)}01`,
    }),
    refreshMs: SLOW_MS,
  },
  exposures: {
    key: 'exposures',
    document: exposures,
    title: 'Overdue exposures, and exposures due soon',
    subgraphs: ['infrastructure'],
    variables: ({ today, now }) => ({
      today,
      soonUntil: shift(today, 14),
      now: iso(now),
      soon: iso(startOf(shift(today, 14))),
      days3: iso(now - 3 * DAY_MS),
      days14: iso(now - 14 * DAY_MS),
      days60: iso(now - 60 * DAY_MS),
      days365: iso(now - 365 * DAY_MS),
    }),
    refreshMs: MINUTE_MS,
  },
  tools: {
    key: 'tools',
    document: tools,
    title: 'AI-powered tools',
    subgraphs: ['infrastructure'],
    variables: none,
    refreshMs: SLOW_MS,
  },
  capability: {
    key: 'capability',
    document: capability,
    title: 'Capability by function of the CSF',
    subgraphs: ['infrastructure'],
    variables: ({ today }) => ({ yearAgo: yearBack(today, 1), twoYearsAgo: yearBack(today, 2) }),
    refreshMs: SLOW_MS,
  },
  sectors: {
    key: 'sectors',
    document: sectors,
    title: 'Sectors at risk',
    subgraphs: ['infrastructure'],
    variables: none,
    refreshMs: SLOW_MS,
  },
  framework: {
    key: 'framework',
    document: framework,
    title: 'The voluntary framework, year on year',
    subgraphs: ['submissions', 'reviews'],
    variables: yearOnYear,
    refreshMs: MINUTE_MS,
  },
  determinations: {
    key: 'determinations',
    document: determinations,
    title: 'Determinations by agency',
    subgraphs: ['reviews'],
    variables: ({ year, now }) => ({ from: iso(startOf(fiscalYearStart(year))), now: iso(now) }),
    refreshMs: MINUTE_MS,
  },
  reviews: {
    key: 'reviews',
    document: reviews,
    title: 'Open reviews by stage',
    subgraphs: ['reviews'],
    variables: ({ now }) => ({
      now: iso(now),
      days4: iso(now - 3 * DAY_MS),
      days8: iso(now - 7 * DAY_MS),
      days15: iso(now - 14 * DAY_MS),
    }),
    refreshMs: MINUTE_MS,
  },
  workforce: {
    key: 'workforce',
    document: workforce,
    title: 'The workforce of the order',
    subgraphs: ['workforce'],
    variables: yearOnYear,
    refreshMs: MINUTE_MS,
  },
  staffing: {
    key: 'staffing',
    document: staffing,
    title: 'Work roles, stages of hiring, and flows',
    subgraphs: ['workforce'],
    variables: ({ year, today }) => ({
      from: iso(startOf(fiscalYearStart(year - 1))),
      flowsFrom: `${yearBack(today, 2).slice(0, 7)}-01`,
      today,
    }),
    refreshMs: SLOW_MS,
  },
  infrastructure: {
    key: 'infrastructure',
    document: infrastructure,
    title: 'The infrastructure program',
    subgraphs: ['infrastructure'],
    variables: yearOnYear,
    refreshMs: MINUTE_MS,
  },
  directives: {
    key: 'directives',
    document: directives,
    title: 'Directives in force',
    subgraphs: ['infrastructure'],
    variables: none,
    refreshMs: SLOW_MS,
  },
  clearinghouse: {
    key: 'clearinghouse',
    document: clearinghouse,
    title: 'The clearinghouse',
    subgraphs: ['infrastructure'],
    variables: none,
    refreshMs: MINUTE_MS,
  },
  agencies: {
    key: 'agencies',
    document: agencies,
    title: 'Agencies',
    subgraphs: ['reviews', 'workforce', 'infrastructure'],
    variables: ({ year }) => ({ from: iso(startOf(fiscalYearStart(year))) }),
    refreshMs: MINUTE_MS,
  },
} satisfies Readonly<Record<string, Operation>>;

/** The operation of one agency's page. */
export const agencyOperation = (key: string): Operation => ({
  key: `agency/${key}`,
  document: agency,
  title: `One agency: ${key}`,
  subgraphs: ['submissions', 'reviews', 'workforce', 'infrastructure'],
  variables: ({ year, now, yearAgo, today }) => ({
    key,
    year,
    now: iso(now),
    from: iso(startOf(fiscalYearStart(year))),
    lastFrom: iso(startOf(fiscalYearStart(year - 1))),
    yearAgo: iso(yearAgo),
    yearAgoDay: yearBack(today, 1),
  }),
  refreshMs: MINUTE_MS,
});

function yearBack(day: string, years: number): string {
  const before = `${Number(day.slice(0, 4)) - years}${day.slice(4)}`;
  return before.endsWith('-02-29') ? `${before.slice(0, 8)}28` : before;
}
