interface Part {
  readonly numerator: number;
}

interface RowGroup {
  readonly dueBasis: DueBasis;
  readonly policyRow: { readonly from: number } | null;
  readonly aggregates: { readonly count: number };
}

export type DueBasis = 'KEV_CATALOG' | 'TABLE_1_ROW' | 'AGENCY_STRICTER' | 'NONE';

/** Answer of `exposures.graphql`. */
export interface ExposuresAnswer {
  readonly overdue: {
    readonly aggregates: {
      readonly count: number;
      readonly within3: Part;
      readonly within14: Part;
      readonly within60: Part;
      readonly within365: Part;
    };
    readonly rows: { readonly nodes: readonly RowGroup[] };
    readonly impact: {
      readonly nodes: readonly {
        readonly systemImpactLevel: string | null;
        readonly aggregates: { readonly count: number };
      }[];
    };
    readonly agencies: {
      readonly nodes: readonly {
        readonly agency: { readonly key: string; readonly name: string } | null;
        readonly aggregates: { readonly count: number };
      }[];
    };
  } | null;
  readonly due: {
    readonly aggregates: { readonly count: number };
    readonly rows: { readonly nodes: readonly RowGroup[] };
    readonly days: {
      readonly nodes: readonly {
        readonly dueAt: { readonly from: string } | null;
        readonly aggregates: { readonly count: number };
      }[];
    };
  } | null;
  readonly remediationPolicy: {
    readonly effectiveFrom: string;
    readonly rows: { readonly nodes: readonly PolicyRow[] };
  } | null;
}

export interface PolicyRow {
  readonly row: number;
  readonly publiclyExposed: boolean;
  readonly inKev: boolean;
  readonly automatable: boolean;
  readonly technicalImpact: 'TOTAL' | 'PARTIAL';
  readonly dueInDays: number | null;
  readonly forensicTriage: boolean;
}

/** Overdue findings by days overdue, from fewest to most. */
export function byDaysOverdue({ overdue }: ExposuresAnswer): { label: string; value: number }[] {
  if (!overdue) return [];
  const { count, within3, within14, within60, within365 } = overdue.aggregates;
  const bounds = [within3, within14, within60, within365].map(({ numerator }) => numerator);
  const labels = ['1–3 days', '4–14', '15–60', '61–365', 'over 365'];
  return labels.map((label, index) => ({ label, value: (bounds[index] ?? count) - (bounds[index - 1] ?? 0) }));
}

/** Deadlines of the policy that findings share, shortest first, with overdue and due findings of each. */
export interface Deadline {
  readonly label: string;
  readonly overdue: number;
  readonly due: number;
}

const CATALOG = 'KEV catalog date';
const STRICTER = 'Stricter date of the agency';
const NO_DATE = 'No due date';

/** Findings by the deadline of their row in the policy. */
export function byDeadline({ overdue, due, remediationPolicy }: ExposuresAnswer): Deadline[] {
  const rows = remediationPolicy?.rows.nodes ?? [];
  const names = [...new Set(rows.map(deadlineName)), STRICTER, CATALOG];
  const nameOf = ({ dueBasis, policyRow }: RowGroup): string => {
    if (dueBasis === 'KEV_CATALOG') return CATALOG;
    if (dueBasis === 'AGENCY_STRICTER') return STRICTER;
    const row = rows.find((one) => one.row === policyRow?.from);
    return row ? deadlineName(row) : NO_DATE;
  };
  const sum = (groups: readonly RowGroup[] | undefined, name: string) =>
    (groups ?? [])
      .filter((group) => nameOf(group) === name)
      .reduce((total, { aggregates }) => total + aggregates.count, 0);
  return [...names].map((label) => ({
    label,
    overdue: sum(overdue?.rows.nodes, label),
    due: sum(due?.rows.nodes, label),
  }));
}

/** `3 days + forensic triage`. */
export function deadlineName({ dueInDays, forensicTriage }: PolicyRow): string {
  if (dueInDays === null) return 'On system upgrade';
  return `${dueInDays} days${forensicTriage ? ' + forensic triage' : ''}`;
}
