import { momentsAt } from '../calendar';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { count, fiscalYear, NO_VALUE, sentence } from '../format';
import { operations } from '../operations';
import { Page } from '../page';
import { Empty, Panel } from '../panel';
import { type AgenciesAnswer, type AgencyRow, agencyRows } from '../panels/agencies';

/** `/dashboard/agencies`: the agencies with their part of the order. */
export function Agencies() {
  const feed = useFeed<AgenciesAnswer>(operations.agencies);
  return (
    <Page
      title="Agencies"
      about="Each agency with its part of the order."
      feeds={[feed]}
      sources={['reviews', 'workforce', 'infrastructure']}
      notes={
        <>
          <span>“—”: no value, or one that your role may not read. 0 is zero.</span>
          <span>Agencies without a role, posts, reviews, or systems in the graph are left out.</span>
        </>
      }
    >
      <AgencyList />
    </Page>
  );
}

const COLUMNS: readonly (readonly [name: string, value: (row: AgencyRow) => number | undefined])[] = [
  ['Open reviews', ({ openReviews }) => openReviews],
  ['Entered on duty', ({ hires }) => hires],
  ['Vacant', ({ vacant }) => vacant],
  ['Posts', ({ posts }) => posts],
  ['Systems', ({ systems }) => systems],
  ['Overdue exposures', ({ overdue }) => overdue],
];

function AgencyList() {
  const feed = useFeed<AgenciesAnswer>(operations.agencies);
  const coordinates = (wanted: string) =>
    new Set(
      feed.withheld.flatMap(({ coordinate, readable }) => (readable === wanted && coordinate ? [coordinate] : [])),
    );
  const rows = feed.data?.agencies
    ? agencyRows(feed.data, { nothing: coordinates('NONE'), some: coordinates('SOME') })
    : [];
  const columns = ['Agency', 'Role in the order', ...COLUMNS.map(([name]) => name)];
  const largest = COLUMNS.map(([, value]) => Math.max(1, ...rows.map((row) => value(row) ?? 0)));
  return (
    <Panel
      title="Agencies"
      unit={() =>
        rows.length > 0
          ? `${rows.length} agencies; entered on duty in ${fiscalYear(momentsAt(clock.value).year)}`
          : undefined
      }
      operation={operations.agencies}
      feed={feed}
      paths={['agencies']}
      figure={() => `${count(rows.length)} agencies`}
      table={() => ({
        columns,
        numbersFrom: 2,
        rows: rows.map((row) => [
          row.name,
          row.orderRole ? sentence(row.orderRole) : NO_VALUE,
          ...COLUMNS.map(([, value]) => count(value(row))),
        ]),
      })}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No agencies are recorded.</Empty>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
          <section class="scroll" tabIndex={0} aria-label="List of agencies">
            <table class="data agencies">
              <thead>
                <tr>
                  {columns.map((name, column) => (
                    <th key={name} scope="col" class={column >= 2 ? 'num' : undefined}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.key}>
                    <th scope="row">
                      <a href={`/dashboard/agencies/${row.key}`}>{row.name}</a>
                    </th>
                    <td>{row.orderRole ? sentence(row.orderRole) : NO_VALUE}</td>
                    {COLUMNS.map(([name, value], column) => (
                      <td key={name} class="num">
                        <Cell value={value(row)} largest={largest[column]!} />
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

const BAR = 60;

/** A number with a bar of its size. */
const Cell = ({ value, largest }: { readonly value: number | undefined; readonly largest: number }) => (
  <span class="cell-bar">
    {value !== undefined && value > 0 && (
      <svg viewBox={`0 0 ${BAR} 8`} width={BAR} height={8} aria-hidden="true">
        <rect class="data2-mark" x={BAR - (BAR * value) / largest} width={(BAR * value) / largest} height={8} />
      </svg>
    )}
    {count(value)}
  </span>
);
