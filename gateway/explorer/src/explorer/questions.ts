/** A ready operation. */
export interface ReadyQuestion {
  /** Number in the catalog. */
  readonly number: number;
  /** Its first line. */
  readonly title: string;
  readonly program: Program;
  readonly text: string;
  /** Values for its variables, on the day it is opened. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export const PROGRAMS = [
  'Across programs',
  'Voluntary framework',
  'Workforce',
  'Infrastructure',
  'Clearinghouse',
] as const;
export type Program = (typeof PROGRAMS)[number];

const texts = import.meta.glob('../../../../test/questions/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
}) as Record<string, string>;

/** Title and program by number; variables beside those that follow from the day. */
const CATALOG: Readonly<Record<number, readonly [Program, string]>> = {
  1: ['Across programs', 'The order at a glance'],
  2: ['Voluntary framework', 'Launching in 30 days'],
  3: ['Voluntary framework', 'One developer'],
  4: ['Across programs', 'One agency: Treasury'],
  5: ['Infrastructure', 'Sectors at risk'],
  6: ['Voluntary framework', 'Large models in the window'],
  7: ['Voluntary framework', 'Findings by tactic'],
  8: ['Voluntary framework', 'Reviews after launch'],
  9: ['Voluntary framework', 'Withdrawn, by stage'],
  10: ['Workforce', 'Announcements for open roles'],
  11: ['Workforce', 'Time to hire'],
  12: ['Workforce', 'Goals not met'],
  13: ['Infrastructure', 'Due in 14 days'],
  14: ['Infrastructure', 'AI-powered tools'],
  15: ['Infrastructure', 'Capability and AI use cases'],
  16: ['Across programs', 'Vendors in both programs'],
  17: ['Infrastructure', 'One sector'],
  18: ['Voluntary framework', 'Busy reviewers'],
  19: ['Voluntary framework', 'One submission'],
  20: ['Across programs', 'This year against last'],
  31: ['Workforce', 'Positions filled and vacant'],
  33: ['Workforce', 'Time to hire: percentiles'],
  36: ['Workforce', 'Net flow of the workforce'],
  38: ['Workforce', 'Open AI announcements'],
  39: ['Workforce', 'Retention'],
  40: ['Infrastructure', 'Closed on time'],
  42: ['Infrastructure', 'Exploited, by vendor'],
  43: ['Infrastructure', 'Forensic triages'],
  44: ['Infrastructure', 'Editions of the catalog'],
  46: ['Infrastructure', 'Plans of action'],
  48: ['Infrastructure', 'AI cloud offerings'],
  49: ['Infrastructure', 'AI use cases'],
  50: ['Infrastructure', 'Risk practices for AI'],
  52: ['Clearinghouse', 'Times of cases'],
  56: ['Voluntary framework', 'Time to the first answer'],
  57: ['Infrastructure', 'Sector risk, now and a year ago'],
  58: ['Infrastructure', 'High impact without an AI tool'],
  60: ['Across programs', 'Deadlines of the order'],
};

const DAY = 86_400_000;

/** Fiscal years begin on October 1. */
const fiscalYearOf = (day: Date): number => day.getFullYear() + (day.getMonth() >= 9 ? 1 : 0);

/** Values of variables by question, relative to a day. */
export function variablesOn(now: Date): Readonly<Record<number, Readonly<Record<string, unknown>>>> {
  const time = (days: number) => new Date(now.getTime() + days * DAY).toISOString().replace(/\.\d+/, '');
  const day = (days: number) => time(days).slice(0, 10);
  const year = fiscalYearOf(now);
  const start = (of: number) => `${of - 1}-10-01T04:00:00Z`;
  const month = `${day(0).slice(0, 7)}-01`;
  const yearsBack = (years: number) => `${Number(month.slice(0, 4)) - years}${month.slice(4)}`;
  return {
    2: { from: time(0), until: time(30) },
    3: { key: 'exercise-alder' },
    5: { from: start(year) },
    10: { agency: 'treasury' },
    12: { fiscalYear: year },
    13: { from: time(0), until: time(14) },
    17: { key: 'financial-services' },
    18: { moreThan: 0 },
    19: { id: '' },
    20: { this: year, last: year - 1, asOf: time(0), yearBefore: time(-365) },
    31: { today: day(0), yearAgo: day(-365) },
    33: { from: start(year - 1), until: start(year) },
    36: { from: yearsBack(1), until: month, yearBefore: yearsBack(2) },
    38: { element: 'AI/Data' },
    39: { from: start(year - 2), until: `${month}T04:00:00Z` },
    42: { from: day(-365) },
    44: { from: time(-30) },
    46: { today: day(0), inNinetyDays: day(90) },
    57: { yearAgoDay: day(-365), yearAgo: time(-365), twoYearsAgo: time(-730) },
    58: { roles: ['511', '521', '531', '541'] },
    60: { signed: '2026-06-02T04:00:00Z' },
  };
}

/** The ready questions, by number. */
export function readyQuestions(now: Date): readonly ReadyQuestion[] {
  const variables = variablesOn(now);
  return Object.entries(texts)
    .map(([file, text]): ReadyQuestion => {
      const number = Number(/(\d+)-[^/]*$/.exec(file)![1]);
      const [program, title] = CATALOG[number] ?? ['Across programs', file];
      return { number, title, program, text, variables: variables[number] ?? {} };
    })
    .sort((one, other) => one.number - other.number);
}
