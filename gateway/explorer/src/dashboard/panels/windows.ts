import { agencyName } from '../../ui/agency-name';
import type { Outcome } from '../charts/outcome-mark';

/** Answer of `windows.graphql`. */
export interface WindowsAnswer {
  readonly submissions: {
    readonly totalCount: number;
    /** Windows that open on each day, also those that are not among the nodes. */
    readonly opening: { readonly nodes: readonly (DayCount & { readonly windowOpensAt: Day | null })[] } | null;
    readonly closing: { readonly nodes: readonly (DayCount & { readonly windowClosesAt: Day | null })[] } | null;
    readonly nodes: readonly WindowNode[];
  } | null;
}

interface Day {
  readonly from: string | null;
}

interface DayCount {
  readonly aggregates: { readonly count: number };
}

export interface WindowNode {
  readonly id: string;
  readonly number: string;
  readonly filedAt: string | null;
  readonly windowOpensAt: string;
  readonly windowClosesAt: string;
  readonly windowPhase: 'NONE' | 'NOT_YET_OPEN' | 'OPEN' | 'LAUNCH_DUE' | 'LAUNCHED';
  readonly reviewSought: boolean | null;
  readonly requestedAgencies: readonly { readonly key: string }[];
  readonly determinations: {
    readonly nodes: readonly { readonly agency: { readonly key: string } | null; readonly outcome: Outcome | null }[];
  } | null;
  readonly reviews: { readonly totalCount: number } | null;
}

export const GROUPS = ['A review is sought', 'No review sought so far', 'No determination yet'] as const;
export type Group = (typeof GROUPS)[number];

/** A filed submission: its window in milliseconds, and what agencies have determined. */
export interface WindowRow {
  readonly id: string;
  readonly number: string;
  readonly opens: number;
  /** Begin of the part that is usable: when it opens, or is filed. */
  readonly usableFrom: number;
  readonly closes: number;
  readonly phase: WindowNode['windowPhase'];
  readonly group: Group;
  /** By key of an agency; agencies that were not asked are absent. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly openReviews: number | undefined;
}

/** Submissions by the end of their windows. */
export const windowRows = ({ submissions }: WindowsAnswer): WindowRow[] => (submissions?.nodes ?? []).map(rowOf);

function rowOf(node: WindowNode): WindowRow {
  const outcomes = new Map<string, Outcome>(node.requestedAgencies.map(({ key }) => [key, 'NONE_YET']));
  for (const { agency, outcome } of node.determinations?.nodes ?? [])
    if (agency && outcome) outcomes.set(agency.key, outcome);
  const opens = Date.parse(node.windowOpensAt);
  const filed = node.filedAt === null ? opens : Date.parse(node.filedAt);
  const isAnswered = [...outcomes.values()].some((outcome) => outcome !== 'NONE_YET');
  return {
    id: node.id,
    number: node.number,
    opens,
    usableFrom: Math.max(opens, filed),
    closes: Date.parse(node.windowClosesAt),
    phase: node.windowPhase,
    group: node.reviewSought ? GROUPS[0] : isAnswered ? GROUPS[1] : GROUPS[2],
    outcomes,
    openReviews: node.reviews?.totalCount,
  };
}

/** Agencies that were asked about any of the submissions, by name. */
export const agenciesOf = (rows: readonly WindowRow[]): string[] =>
  [...new Set(rows.flatMap(({ outcomes }) => [...outcomes.keys()]))].sort((one, other) =>
    agencyName(one).localeCompare(agencyName(other)),
  );

export const isOpen = ({ phase }: WindowRow): boolean => phase === 'OPEN' || phase === 'LAUNCH_DUE';

/** Windows that open and close on each day, by day in New York: all that the caller may read, drawn or not. */
export function perDay({ submissions }: WindowsAnswer): ReadonlyMap<string, { opening: number; closing: number }> {
  const days = new Map<string, { opening: number; closing: number }>();
  const add = (day: string | null | undefined, opening: number, closing: number) => {
    if (!day) return;
    const counts = days.get(day) ?? { opening: 0, closing: 0 };
    days.set(day, { opening: counts.opening + opening, closing: counts.closing + closing });
  };
  for (const { windowOpensAt, aggregates } of submissions?.opening?.nodes ?? [])
    add(windowOpensAt?.from, aggregates.count, 0);
  for (const { windowClosesAt, aggregates } of submissions?.closing?.nodes ?? [])
    add(windowClosesAt?.from, 0, aggregates.count);
  return days;
}

/** Windows beyond those that one answer has room for. */
export const notDrawn = ({ submissions }: WindowsAnswer): number =>
  submissions ? submissions.totalCount - submissions.nodes.length : 0;
