import { agencyName } from '../../ui/agency-name';
import { momentsAt } from '../calendar';
import { BarList } from '../charts/bar-list';
import { Columns } from '../charts/columns';
import { StatStrip } from '../charts/stat-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import {
  count,
  figureOf,
  fiscalYear,
  NO_VALUE,
  ofTotal,
  percent,
  type Ratio,
  SUPPRESSED,
  sentence,
  shareOf,
} from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';

interface SubmissionYear {
  readonly suppressed: readonly string[];
  readonly filed: number | null;
  readonly launched: number | null;
  readonly withdrawn: number | null;
  readonly medianLeadDays: number | null;
  readonly filedInsideWindow: Ratio | null;
  readonly planChanges: Ratio | null;
  readonly plansMovedLater: number | null;
  readonly plansMovedEarlier: number | null;
}

interface ReviewYear {
  readonly suppressed: readonly string[];
  readonly medianDeterminationBusinessDays: number | null;
  readonly answeredBeforeLaunch: Ratio | null;
}

/** Answer of `framework.graphql`. */
interface FrameworkAnswer {
  readonly executiveOrder: {
    readonly submissionsNow: {
      readonly suppressed: readonly string[];
      readonly inWindow: number | null;
      readonly voluntarinessBreaches: number;
      readonly filedByQuarter: readonly { readonly quarter: string; readonly count: number | null }[];
    } | null;
    readonly submissionsYearAgo: { readonly suppressed: readonly string[]; readonly inWindow: number | null } | null;
    readonly submissionsThisYear: SubmissionYear | null;
    readonly submissionsLastYear: SubmissionYear | null;
    readonly reviewsThisYear: ReviewYear | null;
    readonly reviewsLastYear: ReviewYear | null;
  } | null;
}

const useFramework = () => useFeed<FrameworkAnswer>(operations.framework);

export function FrameworkFigures() {
  const feed = useFramework();
  const order = feed.data?.executiveOrder;
  const { year } = momentsAt(clock.value);
  const lastYear = (name: 'filed' | 'launched' | 'withdrawn' | 'medianLeadDays') =>
    `last year ${figureOf(order?.submissionsLastYear, name)}`;
  return (
    <StatStrip
      title={`${fiscalYear(year)} to date`}
      operation={operations.framework}
      feed={feed}
      paths={['executiveOrder.submissionsThisYear', 'executiveOrder.reviewsThisYear']}
      reads={['ExecutiveOrder.submissionMetrics']}
      stats={() => [
        { label: 'Filed', value: figureOf(order?.submissionsThisYear, 'filed'), against: lastYear('filed') },
        {
          label: 'In the window',
          value: figureOf(order?.submissionsNow, 'inWindow'),
          against: `a year ago ${figureOf(order?.submissionsYearAgo, 'inWindow')}`,
        },
        { label: 'Launched', value: figureOf(order?.submissionsThisYear, 'launched'), against: lastYear('launched') },
        {
          label: 'Withdrawn',
          value: figureOf(order?.submissionsThisYear, 'withdrawn'),
          against: lastYear('withdrawn'),
        },
        {
          label: 'Lead time, median',
          value: figureOf(order?.submissionsThisYear, 'medianLeadDays'),
          of: 'days',
          against: `${lastYear('medianLeadDays')}; no minimum`,
        },
        {
          label: 'Determination, median',
          value: figureOf(order?.reviewsThisYear, 'medianDeterminationBusinessDays'),
          of: 'business days',
          against: `last year ${figureOf(order?.reviewsLastYear, 'medianDeterminationBusinessDays')}`,
        },
        {
          label: 'Answered before launch',
          value: shareOf(order?.reviewsThisYear, 'answeredBeforeLaunch'),
          against: `${ofTotal(order?.reviewsThisYear?.answeredBeforeLaunch)}; last year ${percent(order?.reviewsLastYear?.answeredBeforeLaunch)}`,
        },
      ]}
    />
  );
}

/** `2026-Q4` as `Q4 26`. */
const quarterName = (quarter: string): string => `${quarter.slice(5)} ${quarter.slice(2, 4)}`;

export function FiledByQuarter() {
  const feed = useFramework();
  const order = feed.data?.executiveOrder;
  const quarters = order?.submissionsNow?.filedByQuarter ?? [];
  const year = order?.submissionsThisYear;
  return (
    <Panel
      title="Filed per quarter"
      unit="calendar quarters; the last to date"
      operation={operations.framework}
      feed={feed}
      paths={['executiveOrder.submissionsNow']}
      reads={['ExecutiveOrder.submissionMetrics']}
      figure={() => `${count(quarters.at(-1)?.count)} this quarter`}
      table={() => ({
        columns: ['Quarter', 'Filed'],
        rows: quarters.map(({ quarter, count: filed }) => [quarterName(quarter), filed ?? SUPPRESSED]),
      })}
    >
      {() =>
        quarters.length === 0 ? (
          <Empty>No submissions are filed.</Empty>
        ) : (
          <>
            <Columns
              columns={quarters.map(({ quarter, count: filed }, index) => ({
                label: quarterName(quarter),
                value: filed,
                isPartial: index === quarters.length - 1,
              }))}
              title="Submissions filed per calendar quarter"
              height={130}
            />
            <p class="comparison">
              Filed inside the window <b>{shareOf(year, 'filedInsideWindow')}</b>. Plan changed{' '}
              <b>{shareOf(year, 'planChanges')}</b>: {figureOf(year, 'plansMovedLater')} later,{' '}
              {figureOf(year, 'plansMovedEarlier')} earlier
            </p>
          </>
        )
      }
    </Panel>
  );
}

export function Breaches() {
  const breaches = useFramework().data?.executiveOrder?.submissionsNow?.voluntarinessBreaches;
  return (
    <span>
      Voluntariness breaches found by the daily check: <b>{count(breaches)}</b>.
    </span>
  );
}

/** Answer of `determinations.graphql`. */
interface DeterminationsAnswer {
  readonly determinations: {
    readonly groups: {
      readonly nodes: readonly {
        readonly agency: { readonly key: string; readonly name: string } | null;
        readonly aggregates: {
          readonly count: number;
          readonly issued: Part;
          readonly necessary: Part;
          readonly pending: Part;
          readonly pastTarget: Part;
        };
      }[];
    };
  } | null;
}

interface Part {
  readonly numerator: number;
}

export function DeterminationsByAgency() {
  const feed = useFeed<DeterminationsAnswer>(operations.determinations);
  const { year } = momentsAt(clock.value);
  const groups = (feed.data?.determinations?.groups.nodes ?? []).flatMap(({ agency, aggregates }) =>
    agency ? [{ agency, aggregates }] : [],
  );
  const columns = ['Agency', 'Asked', 'Issued', 'Review necessary', 'Pending', 'Past target'];
  const rows = groups.map(({ agency, aggregates: { count: asked, issued, necessary, pending, pastTarget } }) => ({
    agency,
    cells: [
      asked,
      issued.numerator,
      percent({ numerator: necessary.numerator, denominator: issued.numerator }),
      pending.numerator,
      pastTarget.numerator,
    ],
  }));
  return (
    <Panel
      title={`Determinations, ${fiscalYear(year)}`}
      unit="by agency"
      operation={operations.determinations}
      feed={feed}
      paths={['determinations']}
      reads={['Query.determinations', 'Determination.createdAt']}
      figure={() => `${count(groups.reduce((sum, { aggregates }) => sum + aggregates.count, 0))} asked`}
      table={() => ({ columns, rows: rows.map(({ agency, cells }) => [agency.name, ...cells]) })}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No determinations are asked for this year.</Empty>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
          <section class="scroll" tabIndex={0} aria-label="Determinations of each agency">
            <table class="data">
              <thead>
                <tr>
                  {columns.map((name, column) => (
                    <th key={name} scope="col" class={column > 0 ? 'num wrap' : 'wrap'}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ agency, cells }) => (
                  <tr key={agency.key}>
                    <th scope="row">
                      <a href={`/dashboard/agencies/${agency.key}`} title={agency.name}>
                        {agencyName(agency.key)}
                      </a>
                    </th>
                    {cells.map((cell, column) => (
                      <td key={columns[column + 1]} class="num">
                        {cell}
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

/** Answer of `reviews.graphql`. */
interface ReviewsAnswer {
  readonly reviews: {
    readonly aggregates: { readonly count: number };
    readonly groups: {
      readonly nodes: readonly { readonly status: string; readonly aggregates: { readonly count: number } }[];
    };
  } | null;
  /** Null if the caller may not read when launches are planned. */
  readonly timed: {
    readonly aggregates: { readonly passed: Part; readonly from4: Part; readonly from8: Part; readonly from15: Part };
    readonly groups: {
      readonly nodes: readonly { readonly status: string; readonly aggregates: { readonly passed: Part } }[];
    };
  } | null;
}

const STAGES = ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED'];

export function ReviewsByStage() {
  const feed = useFeed<ReviewsAnswer>(operations.reviews);
  const reviews = feed.data?.reviews;
  const timed = feed.data?.timed;
  const stages = STAGES.map((status) => ({
    status,
    open: reviews?.groups.nodes.find((node) => node.status === status)?.aggregates.count ?? 0,
    passed: timed
      ? (timed.groups.nodes.find((node) => node.status === status)?.aggregates.passed.numerator ?? 0)
      : undefined,
  }));
  return (
    <Panel
      title="Open reviews by stage"
      unit={() => reviews && `${count(reviews.aggregates.count)} open`}
      operation={operations.reviews}
      feed={feed}
      paths={['reviews']}
      reads={['Query.reviews']}
      figure={() => `${count(reviews?.aggregates.count)} open`}
      table={() => ({
        columns: ['Stage', 'Open', 'Past launch'],
        rows: stages.map(({ status, open, passed }) => [sentence(status), open, passed ?? NO_VALUE]),
      })}
    >
      {() => (
        <BarList
          secondClass="warn-mark"
          bars={stages.map(({ status, open, passed }) => ({
            key: status,
            label: sentence(status),
            value: open - (passed ?? 0),
            second: passed,
            text: (
              <>
                <b>{count(open)}</b>
                {passed ? `, ${count(passed)} past launch` : ''}
              </>
            ),
          }))}
        />
      )}
    </Panel>
  );
}

export function ReviewsPastLaunch() {
  const feed = useFeed<ReviewsAnswer>(operations.reviews);
  const figures = feed.data?.timed?.aggregates;
  const passed = figures?.passed.numerator ?? 0;
  const [from4, from8, from15] = [figures?.from4, figures?.from8, figures?.from15].map(
    (part) => part?.numerator ?? 0,
  ) as [number, number, number];
  const ranges = [
    { label: '0–3 days', value: passed - from4 },
    { label: '4–7 days', value: from4 - from8 },
    { label: '8–14 days', value: from8 - from15 },
    { label: '15 or more', value: from15 },
  ];
  return (
    <Panel
      title="Reviews past launch"
      unit={() => `${count(passed)} open, advice continues`}
      operation={operations.reviews}
      feed={feed}
      paths={['timed']}
      reads={['Query.reviews', 'Review.launchBoundAt']}
      figure={() => `${count(figures ? passed : undefined)} past launch`}
      table={() => ({
        columns: ['Since launch', 'Open reviews'],
        rows: ranges.map(({ label, value }) => [label, value]),
      })}
    >
      {() =>
        passed === 0 ? (
          <Empty>{figures ? 'No open review is past its launch.' : NO_VALUE}</Empty>
        ) : (
          <Columns columns={ranges} title="Open reviews by days since the launch" height={110} />
        )
      }
    </Panel>
  );
}
