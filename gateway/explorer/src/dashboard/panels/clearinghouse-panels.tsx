import { BarList } from '../charts/bar-list';
import { Columns } from '../charts/columns';
import { StatStrip } from '../charts/stat-strip';
import { useFeed } from '../feed';
import { count, NO_VALUE, ofTotal, percent, type Ratio, sentence } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { Key } from './window-panels';

interface Times {
  readonly count: number;
  readonly toPatch: number | null;
}
interface Open {
  readonly open: { readonly numerator: number };
}

/** Answer of `clearinghouse.graphql`. */
interface ClearinghouseAnswer {
  readonly clearinghouseCases: {
    readonly aggregates: Open & {
      readonly count: number;
      readonly urgent: { readonly numerator: number };
      readonly published: { readonly numerator: number };
      readonly notAFlaw: Ratio;
      readonly toPatch: number | null;
      readonly toPatchP90: number | null;
      readonly toPublication: number | null;
    };
    readonly statuses: {
      readonly nodes: readonly { readonly status: string; readonly aggregates: { readonly count: number } }[];
    };
    readonly sources: {
      readonly nodes: readonly {
        readonly source: string;
        readonly aggregates: Times & { readonly toPublication: number | null };
      }[];
    };
    readonly sectors: {
      readonly nodes: readonly {
        readonly sectors: { readonly key: string; readonly name: string } | null;
        readonly aggregates: Times & Open;
      }[];
    };
    readonly quarters: {
      readonly nodes: readonly { readonly openedAt: { readonly label: string } | null; readonly aggregates: Times }[];
    };
    readonly priorities: {
      readonly nodes: readonly { readonly priority: string; readonly aggregates: Times & Open }[];
    };
  } | null;
}

const useCases = () => useFeed<ClearinghouseAnswer>(operations.clearinghouse);

const NEEDS = { paths: ['clearinghouseCases'], reads: ['Query.clearinghouseCases'] } as const;
const COMMON = { operation: operations.clearinghouse, ...NEEDS };

export function ClearinghouseFigures() {
  const feed = useCases();
  const figures = feed.data?.clearinghouseCases?.aggregates;
  return (
    <StatStrip
      title="Cases"
      {...COMMON}
      feed={feed}
      stats={() => [
        {
          label: 'Open cases',
          value: count(figures?.open.numerator),
          against: `of ${count(figures?.count)} since it began`,
        },
        { label: 'Open and urgent', value: count(figures?.urgent.numerator), against: 'highest priority' },
        {
          label: 'Open to patch, median',
          value: count(figures?.toPatch),
          of: 'days',
          against: `p90 ${count(figures?.toPatchP90)} days`,
        },
        {
          label: 'Open to publication, median',
          value: count(figures?.toPublication),
          of: 'days',
          against: `${count(figures?.published.numerator)} published`,
        },
        { label: 'Not a flaw', value: percent(figures?.notAFlaw), against: `${ofTotal(figures?.notAFlaw)} cases` },
      ]}
    />
  );
}

const STATUSES = [
  'PENDING',
  'OPEN',
  'VALIDATED',
  'PATCH_IN_PROGRESS',
  'PATCH_AVAILABLE',
  'PUBLISHED',
  'CLOSED',
  'NOT_A_FLAW',
  'DECLINED',
];
const OPEN_STATUSES = 5;

export function CasesByStatus() {
  const feed = useCases();
  const rows = STATUSES.map((status, index) => ({
    status,
    isOpen: index < OPEN_STATUSES,
    cases: feed.data?.clearinghouseCases?.statuses.nodes.find((node) => node.status === status)?.aggregates.count ?? 0,
  }));
  return (
    <Panel
      title="Cases by status"
      unit="in the order of the work"
      {...COMMON}
      feed={feed}
      figure={() => `${count(feed.data?.clearinghouseCases?.aggregates.count)} cases`}
      table={() => ({
        columns: ['Status', 'Cases', 'Open'],
        rows: rows.map(({ status, cases, isOpen }) => [sentence(status), cases, isOpen ? 'yes' : 'no']),
      })}
    >
      {() => (
        <>
          <BarList
            bars={rows.map(({ status, cases, isOpen }) => ({
              key: status,
              label: sentence(status),
              value: isOpen ? cases : 0,
              second: isOpen ? 0 : cases,
              text: <b>{count(cases)}</b>,
            }))}
          />
          <ul class="legend">
            <Key mark="data-mark">open</Key>
            <Key mark="data2-mark">done</Key>
          </ul>
        </>
      )}
    </Panel>
  );
}

/** `FY2027-Q1` as `Q1 FY27`. */
const quarterName = (label: string): string => `${label.slice(7)} FY${label.slice(4, 6)}`;

export function CasesByQuarter() {
  const feed = useCases();
  const quarters = (feed.data?.clearinghouseCases?.quarters.nodes ?? []).flatMap(({ openedAt, aggregates }) =>
    openedAt ? [{ label: quarterName(openedAt.label), ...aggregates }] : [],
  );
  return (
    <Panel
      title="Cases opened per quarter"
      unit="fiscal quarters; the last to date"
      {...COMMON}
      feed={feed}
      figure={() => `${count(quarters.at(-1)?.count)} this quarter`}
      table={() => ({
        columns: ['Quarter', 'Cases opened', 'Median days to patch'],
        rows: quarters.map(({ label, count: cases, toPatch }) => [label, cases, count(toPatch)]),
      })}
    >
      {() =>
        quarters.length === 0 ? (
          <Empty>No cases are open.</Empty>
        ) : (
          <Columns
            columns={quarters.map(({ label, count: value }, index) => ({
              label,
              value,
              isPartial: index === quarters.length - 1,
            }))}
            title="Cases opened per fiscal quarter"
            height={170}
          />
        )
      }
    </Panel>
  );
}

export function DaysToPatchByQuarter() {
  const feed = useCases();
  const quarters = (feed.data?.clearinghouseCases?.quarters.nodes ?? []).flatMap(({ openedAt, aggregates }) =>
    openedAt && aggregates.toPatch !== null ? [{ label: quarterName(openedAt.label), ...aggregates }] : [],
  );
  return (
    <Panel
      title="Days to patch"
      unit="median, by quarter of opening"
      {...COMMON}
      feed={feed}
      figure={() => `${count(quarters.at(-1)?.toPatch)} days`}
      table={() => ({
        columns: ['Quarter of opening', 'Median days to patch', 'Cases opened'],
        rows: quarters.map(({ label, toPatch, count: cases }) => [label, count(toPatch), cases]),
      })}
    >
      {() =>
        quarters.length === 0 ? (
          <Empty>No case is patched.</Empty>
        ) : (
          <Columns
            columns={quarters.map(({ label, toPatch }) => ({ label, value: Math.round(toPatch!) }))}
            title="Median days from opening to patch, by quarter of opening"
            height={170}
          />
        )
      }
    </Panel>
  );
}

export function CasesBySource() {
  const feed = useCases();
  const sources = feed.data?.clearinghouseCases?.sources.nodes ?? [];
  const priorities = feed.data?.clearinghouseCases?.priorities.nodes ?? [];
  return (
    <Panel
      title="By source and priority"
      unit="cases; median days to patch"
      {...COMMON}
      feed={feed}
      figure={() => sources.map(({ source, aggregates }) => `${sentence(source)} ${aggregates.count}`).join(', ')}
      table={() => ({
        columns: ['Source or priority', 'Cases', 'Median days to patch', 'Median days to publication'],
        rows: [
          ...sources.map(({ source, aggregates }) => [
            sentence(source),
            aggregates.count,
            count(aggregates.toPatch),
            count(aggregates.toPublication),
          ]),
          ...priorities.map(({ priority, aggregates }) => [
            `${sentence(priority)} priority`,
            aggregates.count,
            count(aggregates.toPatch),
            NO_VALUE,
          ]),
        ],
      })}
    >
      {() => (
        <>
          <BarList
            bars={sources.map(({ source, aggregates }) => ({
              key: source,
              label: sentence(source),
              value: aggregates.count,
              text: <CaseText {...aggregates} />,
            }))}
          />
          <BarList
            bars={priorities.map(({ priority, aggregates }) => ({
              key: priority,
              label: `${sentence(priority)} priority`,
              value: aggregates.count,
              text: <CaseText {...aggregates} />,
            }))}
          />
        </>
      )}
    </Panel>
  );
}

const CaseText = ({ count: cases, toPatch }: Times) => (
  <>
    <b>{count(cases)}</b>, {toPatch === null ? NO_VALUE : `${count(toPatch)} d`}
  </>
);

export function CasesBySector() {
  const feed = useCases();
  const sectors = feed.data?.clearinghouseCases?.sectors.nodes ?? [];
  return (
    <Panel
      title="By sector"
      unit="open and done; a case may be in several sectors"
      {...COMMON}
      feed={feed}
      figure={() => `${count(sectors.length)} sectors`}
      table={() => ({
        columns: ['Sector', 'Open', 'Cases', 'Median days to patch'],
        rows: sectors.map(({ sectors: sector, aggregates }) => [
          sector?.name ?? 'No sector named',
          aggregates.open.numerator,
          aggregates.count,
          count(aggregates.toPatch),
        ]),
      })}
    >
      {() => (
        <BarList
          bars={sectors.map(({ sectors: sector, aggregates }) => ({
            key: sector?.key ?? '',
            label: sector?.name ?? 'No sector named',
            value: aggregates.open.numerator,
            second: aggregates.count - aggregates.open.numerator,
            text: (
              <>
                <b>{count(aggregates.open.numerator)}</b> open of {count(aggregates.count)}
              </>
            ),
          }))}
        />
      )}
    </Panel>
  );
}
