import { momentsAt } from '../calendar';
import { StatStrip } from '../charts/stat-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import {
  change,
  count,
  date,
  figureOf,
  fiscalYear,
  NO_VALUE,
  ofTotal,
  percent,
  type Ratio,
  sentence,
  shareOf,
} from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';

/** Answer of `infrastructure.graphql`. */
interface InfrastructureAnswer {
  readonly executiveOrder: {
    readonly now: {
      readonly suppressed: readonly string[];
      readonly overdueExposures: number | null;
      readonly meanDaysOverdue: number | null;
      readonly overduePerThousandSystems: number | null;
      readonly medianOpenToPatchDays: number | null;
      readonly casesPatched: number | null;
      readonly sectorsElevated: number;
      readonly currentAuthorization: Ratio | null;
      readonly functionsAtTarget: Ratio;
      readonly directivesComplete: Ratio | null;
      readonly aiToolDeployments: readonly { readonly stage: string; readonly count: number }[] | null;
    } | null;
    readonly yearAgo: { readonly suppressed: readonly string[]; readonly overdueExposures: number | null } | null;
    readonly thisYear: ClosedOnTime | null;
    readonly lastYear: ClosedOnTime | null;
  } | null;
}

interface ClosedOnTime {
  readonly suppressed: readonly string[];
  readonly remediatedOnTime: Ratio | null;
}

export function InfrastructureFigures() {
  const feed = useFeed<InfrastructureAnswer>(operations.infrastructure);
  const order = feed.data?.executiveOrder;
  const { year } = momentsAt(clock.value);
  const difference = change(order?.now?.overdueExposures, order?.yearAgo?.overdueExposures);
  const deployed = order?.now?.aiToolDeployments?.find(({ stage }) => stage === 'DEPLOYED')?.count;
  const pilots = order?.now?.aiToolDeployments?.find(({ stage }) => stage === 'PILOT')?.count;
  return (
    <StatStrip
      title="Now"
      operation={operations.infrastructure}
      feed={feed}
      paths={['executiveOrder.now']}
      reads={['ExecutiveOrder.infrastructureMetrics']}
      stats={() => [
        {
          label: 'Overdue exposures',
          value: figureOf(order?.now, 'overdueExposures'),
          against: (
            <>
              a year ago {figureOf(order?.yearAgo, 'overdueExposures')}
              {difference && (
                <>
                  , <span class={difference.startsWith('▲') ? 'warn' : undefined}>{difference}</span>
                </>
              )}
              ; mean {figureOf(order?.now, 'meanDaysOverdue')} days late
            </>
          ),
        },
        {
          label: `Closed on time, ${fiscalYear(year)}`,
          value: shareOf(order?.thisYear, 'remediatedOnTime'),
          against: `${ofTotal(order?.thisYear?.remediatedOnTime)}; last year ${percent(order?.lastYear?.remediatedOnTime)}`,
        },
        {
          label: 'Current authorization',
          value: shareOf(order?.now, 'currentAuthorization'),
          against: `${ofTotal(order?.now?.currentAuthorization)} systems`,
        },
        {
          label: 'Open to patch, median',
          value: figureOf(order?.now, 'medianOpenToPatchDays'),
          of: 'days',
          against: (
            <>
              {figureOf(order?.now, 'casesPatched')} cases; <a href="/dashboard/clearinghouse">clearinghouse</a>
            </>
          ),
        },
        {
          label: 'AI tools deployed',
          value: count(deployed),
          against: pilots === undefined ? 'no pilots shown' : `${count(pilots)} more as pilots`,
        },
        {
          label: 'Directives complete',
          value: percent(order?.now?.directivesComplete),
          against: `${ofTotal(order?.now?.directivesComplete)} reports`,
        },
      ]}
    />
  );
}

const STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'REPORTED_COMPLETE', 'VERIFIED', 'EXCEPTION_REPORTED'];

/** Answer of `directives.graphql`. */
interface DirectivesAnswer {
  readonly directives: {
    readonly nodes: readonly {
      readonly number: string;
      readonly title: string;
      readonly dueOn: string | null;
      readonly progress: {
        readonly groups: {
          readonly nodes: readonly { readonly status: string; readonly aggregates: { readonly count: number } }[];
        };
      } | null;
    }[];
  } | null;
}

export function Directives() {
  const feed = useFeed<DirectivesAnswer>(operations.directives);
  const { today } = momentsAt(clock.value);
  const rows = (feed.data?.directives?.nodes ?? []).map(({ number, title, dueOn, progress }) => ({
    number,
    title,
    due: dueOn ? date(dueOn, today) : NO_VALUE,
    counts: STATUSES.map(
      (status) => progress?.groups.nodes.find((node) => node.status === status)?.aggregates.count ?? 0,
    ),
  }));
  const columns = ['Directive', 'Due', ...STATUSES.map(sentence)];
  return (
    <Panel
      title="Directives"
      unit="reports of agencies, by phase and status"
      operation={operations.directives}
      feed={feed}
      paths={['directives']}
      reads={['Query.directives', 'Directive.progress']}
      figure={() => `${count(rows.length)} directives`}
      table={() => ({
        columns: ['Directive', 'Title', 'Due', ...STATUSES.map(sentence)],
        numbersFrom: 3,
        rows: rows.map(({ number, title, due, counts }) => [number, title, due, ...counts]),
      })}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No directives are in force.</Empty>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
          <section class="scroll" tabIndex={0} aria-label="Directives by status">
            <table class="data compact">
              <thead>
                <tr>
                  {columns.map((name, column) => (
                    <th key={name} scope="col" class={column >= 2 ? 'num wrap' : 'wrap'}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ number, title, due, counts }) => (
                  <tr key={number}>
                    <th scope="row" title={title}>
                      {number}
                    </th>
                    <td>{due}</td>
                    {counts.map((value, column) => (
                      <td key={STATUSES[column]} class="num">
                        {value}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Panel>
  );
}
