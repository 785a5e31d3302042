import { DotRange } from '../charts/dot-range';
import { useFeed } from '../feed';
import { count, decimal, NO_VALUE, sentence } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';

interface CapabilityAnswer {
  readonly now: {
    readonly groups: {
      readonly nodes: readonly {
        readonly dimension: { readonly code: string; readonly title: string } | null;
        readonly aggregates: {
          readonly tier: number | null;
          readonly target: number | null;
          readonly atTarget: { readonly numerator: number; readonly denominator: number };
        };
      }[];
    };
  } | null;
  readonly before: {
    readonly groups: {
      readonly nodes: readonly {
        readonly dimension: { readonly code: string } | null;
        readonly aggregates: { readonly tier: number | null };
      }[];
    };
  } | null;
}

/** Functions in the order of the CSF. */
export const FUNCTIONS = ['GV', 'ID', 'PR', 'DE', 'RS', 'RC'];

export const TIERS = [
  [1, 'Tier 1'],
  [2, '2'],
  [3, '3'],
  [4, '4'],
] as const;

export function Capability() {
  const feed = useFeed<CapabilityAnswer>(operations.capability);
  const { data } = feed;
  const rows = FUNCTIONS.flatMap((code) => {
    const node = data?.now?.groups.nodes.find(({ dimension }) => dimension?.code === code);
    if (!node || node.aggregates.tier === null || node.aggregates.target === null) return [];
    const before = data?.before?.groups.nodes.find(({ dimension }) => dimension?.code === code)?.aggregates.tier;
    const { tier, target, atTarget } = node.aggregates;
    return [
      { key: code, label: sentence(node.dimension!.title), now: tier, before: before ?? undefined, target, atTarget },
    ];
  });
  const agencies = rows[0]?.atTarget.denominator;
  const atTarget = rows.reduce((sum, row) => sum + row.atTarget.numerator, 0);
  const all = rows.reduce((sum, row) => sum + row.atTarget.denominator, 0);
  return (
    <Panel
      title="Capability"
      unit={() => (agencies === undefined ? 'mean CSF tier' : `mean CSF tier, ${agencies} agencies`)}
      operation={operations.capability}
      feed={feed}
      paths={['now']}
      reads={['Query.capabilityAssessments']}
      figure={() => `${count(atTarget)} of ${count(all)} at target`}
      table={() => ({
        columns: ['Function', 'Mean tier', 'A year ago', 'Mean target', 'Agencies at target', 'Agencies'],
        rows: rows.map((row) => [
          row.label,
          decimal(row.now),
          row.before === undefined ? NO_VALUE : decimal(row.before),
          decimal(row.target),
          row.atTarget.numerator,
          row.atTarget.denominator,
        ]),
      })}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No assessments are recorded.</Empty>
        ) : (
          <>
            <DotRange
              domain={[1, 4]}
              ticks={TIERS}
              head="at target"
              rows={rows.map(({ atTarget: { numerator, denominator }, ...row }) => ({
                ...row,
                text: (
                  <>
                    <b>{numerator}</b> of {denominator}
                  </>
                ),
              }))}
            />
            <ul class="legend">
              <DotKey kind="now">now</DotKey>
              <DotKey kind="before">a year ago</DotKey>
              <DotKey kind="target">target</DotKey>
              <li>
                <b>
                  {count(atTarget)} of {count(all)}
                </b>{' '}
                at target
              </li>
            </ul>
          </>
        )
      }
    </Panel>
  );
}

export const DotKey = ({
  kind,
  children,
}: {
  readonly kind: 'now' | 'before' | 'target';
  readonly children: string;
}) => (
  <li>
    <svg viewBox="0 0 12 12" width={12} height={12} aria-hidden="true">
      {kind === 'now' && <circle class="data-mark" cx={6} cy={6} r={4.5} />}
      {kind === 'before' && <circle class="prev-mark" cx={6} cy={6} r={4} />}
      {kind === 'target' && <line class="target" x1={6} x2={6} y1={0} y2={12} />}
    </svg>
    {children}
  </li>
);
