import { dayOf } from '../calendar';
import { BarList } from '../charts/bar-list';
import { Columns } from '../charts/columns';
import { SegmentBar } from '../charts/segment-bar';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { count, date } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { byDaysOverdue, byDeadline, deadlineName, type ExposuresAnswer } from './exposures';

const NEEDS = { paths: ['overdue', 'due'], reads: ['Query.vulnerabilityFindings'] } as const;

const useExposures = () => useFeed<ExposuresAnswer>(operations.exposures);

export function OverdueByPolicyRow() {
  const feed = useExposures();
  const { data } = feed;
  const deadlines = data ? byDeadline(data) : [];
  const shown = deadlines.filter(({ overdue, due, label }) => overdue > 0 || due > 0 || /^\d/.test(label));
  const ages = data ? byDaysOverdue(data) : [];
  const begins = data?.remediationPolicy?.effectiveFrom;
  const today = dayOf(clock.value);
  const isBefore = begins !== undefined && today < begins;
  return (
    <Panel
      title="Overdue by policy row"
      unit="BOD 26-04"
      operation={operations.exposures}
      feed={feed}
      {...NEEDS}
      figure={() => `${count(data?.overdue?.aggregates.count)} overdue`}
      table={() => ({
        columns: ['Deadline or days overdue', 'Overdue', 'Due in 14 days'],
        rows: [
          ...deadlines.map(({ label, overdue, due }) => [label, overdue, due]),
          ...ages.map(({ label, value }) => [`Overdue ${label}`, value, '']),
        ],
      })}
    >
      {() => (
        <>
          {isBefore && <p class="small muted">Until {date(begins, today)}: dates of the KEV catalog.</p>}
          <BarList
            bars={shown.map(({ label, overdue, due }) => ({
              key: label,
              label,
              value: overdue,
              text: (
                <>
                  <b>{count(overdue)}</b>, {count(due)} due soon
                </>
              ),
            }))}
          />
          <h3 class="small muted">Days overdue now</h3>
          <SegmentBar segments={ages.map(({ label, value }) => ({ label, value, text: count(value) }))} />
        </>
      )}
    </Panel>
  );
}

/** Every row of the policy, with overdue findings and those due in 14 days. */
export function PolicyRows() {
  const feed = useExposures();
  const rows = feed.data?.remediationPolicy?.rows.nodes ?? [];
  const countIn = (part: 'overdue' | 'due', row: number) =>
    (feed.data?.[part]?.rows.nodes ?? [])
      .filter(({ policyRow }) => policyRow?.from === row)
      .reduce((total, { aggregates }) => total + aggregates.count, 0);
  const byCatalog = (part: 'overdue' | 'due') =>
    (feed.data?.[part]?.rows.nodes ?? [])
      .filter(({ policyRow }) => policyRow === null)
      .reduce((total, { aggregates }) => total + aggregates.count, 0);
  const cells = [
    ...rows.map((row) => ({
      key: `${row.row}`,
      cells: [
        `${row.row}`,
        row.publiclyExposed ? 'exposed' : 'not exposed',
        row.inKev ? 'in KEV' : 'not in KEV',
        row.automatable ? 'automatable' : 'not automatable',
        row.technicalImpact === 'TOTAL' ? 'total' : 'partial',
        deadlineName(row),
        countIn('overdue', row.row),
        countIn('due', row.row),
      ],
    })),
    {
      key: 'catalog',
      cells: ['none', '', '', '', '', 'KEV catalog date', byCatalog('overdue'), byCatalog('due')],
    },
  ];
  const columns = ['Row', 'Exposure', 'Catalog', 'Exploit', 'Impact', 'Due', 'Overdue', 'Due in 14 days'];
  return (
    <Panel
      title="Due and overdue by row"
      unit="Table 1 of BOD 26-04"
      operation={operations.exposures}
      feed={feed}
      {...NEEDS}
      figure={() => `${count(feed.data?.overdue?.aggregates.count)} overdue`}
      table={() => ({ columns, rows: cells.map((row) => row.cells), numbersFrom: 6 })}
    >
      {() => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
        <section class="scroll" tabIndex={0} aria-label="List of the policy’s rows">
          <table class="data compact">
            <thead>
              <tr>
                {columns.map((name, column) => (
                  <th key={name} scope="col" class={column >= 6 ? 'num' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {cells.map(({ key, cells: [row, ...rest] }) => (
                <tr key={key}>
                  <th scope="row">{row}</th>
                  {rest.map((cell, column) => (
                    <td key={columns[column + 1]} class={column >= 5 ? 'num' : undefined}>
                      {typeof cell === 'number' ? <b>{count(cell)}</b> : cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}

export function DueSoon() {
  const feed = useExposures();
  const days = (feed.data?.due?.days.nodes ?? []).flatMap(({ dueAt, aggregates }) =>
    dueAt ? [{ day: dueAt.from, value: aggregates.count }] : [],
  );
  const today = dayOf(clock.value);
  const total = feed.data?.due?.aggregates.count;
  return (
    <Panel
      title="Due in 14 days"
      unit={() => `${count(total)} exposures, by day`}
      operation={operations.exposures}
      feed={feed}
      {...NEEDS}
      figure={() => `${count(total)} due in 14 days`}
      table={() => ({
        columns: ['Day', 'Exposures due'],
        rows: days.map(({ day, value }) => [date(day, today), value]),
      })}
    >
      {() =>
        total === 0 ? (
          <Empty>No exposures are due in the next 14 days.</Empty>
        ) : (
          <Columns
            columns={days.map(({ day, value }) => ({ label: date(day, today), value }))}
            title="Exposures due by day in the next 14 days"
            height={190}
          />
        )
      }
    </Panel>
  );
}

/** Agencies that a ranking has room for. */
const RANKED = 10;

export function OverdueByAgency() {
  const feed = useExposures();
  const agencies = (feed.data?.overdue?.agencies.nodes ?? []).flatMap(({ agency, aggregates }) =>
    agency ? [{ ...agency, overdue: aggregates.count }] : [],
  );
  return (
    <Panel
      title="Overdue by agency"
      unit="exposures"
      operation={operations.exposures}
      feed={feed}
      {...NEEDS}
      figure={() => `${count(feed.data?.overdue?.aggregates.count)} overdue`}
      table={() => ({ columns: ['Agency', 'Overdue'], rows: agencies.map(({ name, overdue }) => [name, overdue]) })}
    >
      {() => (
        <BarList
          bars={agencies.slice(0, RANKED).map(({ key, name, overdue }) => ({
            key,
            label: (
              <a href={`/dashboard/agencies/${key}`} title={name}>
                {name}
              </a>
            ),
            value: overdue,
            text: <b>{count(overdue)}</b>,
          }))}
        />
      )}
    </Panel>
  );
}
