import { agencyName } from '../../ui/agency-name';
import { dayOf, daysBetween, momentsAt } from '../calendar';
import { OUTCOME_WORDS, OutcomeLegend } from '../charts/outcome-mark';
import { WindowStrip } from '../charts/window-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { count, date, fiscalYear, ofAll, percent, plural, words } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { AgencyHeads, OutcomeCells } from './determination-columns';
import type { GlanceAnswer } from './glance-answer';
import { agenciesOf, isOpen, notDrawn, perDay, type WindowRow, type WindowsAnswer, windowRows } from './windows';

const NEEDS = { paths: ['submissions'], reads: ['Query.submissions'] } as const;

/** Every filed submission, for a table. */
export function windowTable(rows: readonly WindowRow[], today: string) {
  const agencies = agenciesOf(rows);
  return {
    columns: [
      'Submission',
      'Window opens',
      'Window closes',
      'Phase',
      'Group',
      ...agencies.map(agencyName),
      'Open reviews',
    ],
    numbersFrom: 5 + agencies.length,
    rows: rows.map((row) => [
      row.number,
      date(dayOf(row.opens), today),
      date(dayOf(row.closes), today),
      words(row.phase),
      row.group,
      ...agencies.map((key) => outcomeWords(row, key)),
      row.openReviews ?? '—',
    ]),
  };
}

const outcomeWords = ({ outcomes }: WindowRow, key: string): string => {
  const outcome = outcomes.get(key);
  return outcome ? OUTCOME_WORDS[outcome] : 'not asked';
};

export function Windows() {
  const feed = useFeed<WindowsAnswer>(operations.windows);
  const rows = feed.data ? windowRows(feed.data) : [];
  const now = clock.value;
  const missing = feed.data ? notDrawn(feed.data) : 0;
  const due = rows.filter(({ phase }) => phase === 'LAUNCH_DUE').length;
  return (
    <Panel
      title="30-day windows"
      class="wide"
      unit={() =>
        rows.length > 0
          ? `${ofAll(rows.length, feed.data?.submissions?.totalCount)} filed submissions; each bar is the usable part of one window`
          : undefined
      }
      operation={operations.windows}
      feed={feed}
      {...NEEDS}
      figure={() => `${ofAll(rows.length, feed.data?.submissions?.totalCount)} filed submissions`}
      table={() => windowTable(rows, dayOf(now))}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No windows are open or upcoming among the submissions that you may see.</Empty>
        ) : (
          <>
            <WindowStrip rows={rows} days={perDay(feed.data!)} now={now} />
            <ul class="legend">
              <Key mark="data-mark">open</Key>
              <Key mark="data2-mark">opens later</Key>
              <Key mark="warn-mark">launch due, no launch recorded ({due})</Key>
              <Key mark="before-filing">before filing</Key>
              {missing > 0 && (
                <li>
                  Not drawn: the {count(missing)} that close last. <b>Per day</b> counts all.
                </li>
              )}
              <li class="muted">A window never holds a launch: it closes when the developer launches.</li>
            </ul>
          </>
        )
      }
    </Panel>
  );
}

/** An entry of a legend. */
export const Key = ({ mark, children }: { readonly mark: string; readonly children: preact.ComponentChildren }) => (
  <li>
    <svg viewBox="0 0 12 8" width={12} height={8} aria-hidden="true">
      {mark === 'before-filing' ? (
        <rect class={mark} y={3.5} width={12} height={1.2} />
      ) : (
        <rect class={mark} x={0.5} y={0.5} width={11} height={7} />
      )}
    </svg>
    {children}
  </li>
);

/** Submissions that a panel has room for. */
const NEXT = 8;

export function NextToLaunch() {
  const feed = useFeed<WindowsAnswer>(operations.windows);
  const glance = useFeed<GlanceAnswer>(operations.glance);
  const { today, year } = momentsAt(clock.value);
  const rows = feed.data ? windowRows(feed.data) : [];
  const next = rows.filter((row) => row.closes >= clock.value && isOpen(row)).slice(0, NEXT);
  const order = glance.data?.executiveOrder;
  return (
    <Panel
      title="Next to launch"
      unit="by agency; blank: not asked"
      operation={operations.windows}
      feed={feed}
      {...NEEDS}
      figure={() => `${plural(next.length, 'submission')}`}
      table={() => windowTable(next, today)}
    >
      {() => (
        <>
          {next.length === 0 ? (
            <Empty>{nextOpening(rows, clock.value)}</Empty>
          ) : (
            <DeterminationMatrix rows={next} agencies={agenciesOf(rows)} today={today} />
          )}
          <OutcomeLegend hasBlank={false} />
          {order?.reviewsThisYear?.answeredBeforeLaunch && (
            <p class="comparison">
              {fiscalYear(year)}: <b>{percent(order.reviewsThisYear.answeredBeforeLaunch)}</b> of{' '}
              {count(order.reviewsThisYear.answeredBeforeLaunch.denominator)} answered before launch (
              {fiscalYear(year - 1)} {percent(order.reviewsLastYear?.answeredBeforeLaunch)}); necessary{' '}
              <b>{percent(order.reviewsThisYear.reviewNecessary)}</b> ({percent(order.reviewsLastYear?.reviewNecessary)}
              )
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

/** What to say while no window is open. */
export function nextOpening(rows: readonly WindowRow[], now: number): string {
  const today = dayOf(now);
  const opening = rows.filter(({ opens }) => opens > now).sort((one, other) => one.opens - other.opens)[0];
  return opening
    ? `No windows are open. The next opens ${date(dayOf(opening.opens), today)}.`
    : 'No windows are open among the submissions that you may see.';
}

interface DeterminationMatrixProps {
  readonly rows: readonly WindowRow[];
  readonly agencies: readonly string[];
  readonly today: string;
}

/** What each agency has determined about each submission. */
function DeterminationMatrix({ rows, agencies, today }: DeterminationMatrixProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
    <section class="scroll" tabIndex={0} aria-label="Determinations by submission and agency">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Submission</th>
            <th scope="col" class="num">
              Window closes
            </th>
            <AgencyHeads agencies={agencies} />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.number}</th>
              <td class="num">
                {date(dayOf(row.closes), today)}, {daysBetween(today, dayOf(row.closes))} d
              </td>
              <OutcomeCells row={row} agencies={agencies} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
