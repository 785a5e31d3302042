import { scaleTime } from 'd3-scale';
import { useState } from 'preact/hooks';
import { agencyName } from '../../ui/agency-name';
import { dayOf, daysBetween, shift, startOf } from '../calendar';
import { OutcomeLegend } from '../charts/outcome-mark';
import { barClass } from '../charts/window-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { count, date, NO_VALUE, plural } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { AgencyHeads, OutcomeCells } from './determination-columns';
import { Key, nextOpening, windowTable } from './window-panels';
import {
  agenciesOf,
  GROUPS,
  type Group,
  isOpen,
  notDrawn,
  type WindowRow,
  type WindowsAnswer,
  windowRows,
} from './windows';

/** Rows until the reader asks for all. */
const SHOWN = 27;

const PHASES = ['Open or due', 'Upcoming', 'All'] as const;
type Phase = (typeof PHASES)[number];

const inPhase = (row: WindowRow, phase: Phase): boolean =>
  phase === 'All' || (phase === 'Open or due' ? isOpen(row) : !isOpen(row));

const GROUP_NAMES: Readonly<Record<Group, string>> = {
  'A review is sought': 'Review sought',
  'No review sought so far': 'Not sought',
  'No determination yet': 'None yet',
};

/** Days around today that rows are drawn in. */
const BEFORE = 31;
const AFTER = 21;
const WIDTH = 420;
const LABEL = 34;

/** Every open window with its bar, determinations, and open reviews. */
export function OpenWindows() {
  const feed = useFeed<WindowsAnswer>(operations.windows);
  const [phase, setPhase] = useState<Phase>('Open or due');
  const [group, setGroup] = useState<Group>();
  const [agency, setAgency] = useState('');
  const [isAll, setAll] = useState(false);
  const now = clock.value;
  const today = dayOf(now);
  const all = feed.data ? windowRows(feed.data) : [];
  const agencies = agenciesOf(all);
  const missing = feed.data ? notDrawn(feed.data) : 0;
  const rows = all.filter(
    (row) =>
      inPhase(row, phase) &&
      (group === undefined || row.group === group) &&
      (agency === '' || row.outcomes.has(agency)),
  );
  const shown = isAll ? rows : rows.slice(0, SHOWN);
  return (
    <Panel
      title="Open windows"
      unit={() => (all.length > 0 ? `${shown.length} of ${rows.length}, by closing time` : undefined)}
      operation={operations.windows}
      feed={feed}
      paths={['submissions']}
      reads={['Query.submissions']}
      figure={() => plural(all.length, 'filed submission')}
      table={() => windowTable(rows, today)}
    >
      {() => (
        <>
          <div class="chips">
            <fieldset>
              <legend class="visually-hidden">Phase</legend>
              {PHASES.map((name) => (
                <button key={name} type="button" aria-pressed={phase === name} onClick={() => setPhase(name)}>
                  {name} {all.filter((row) => inPhase(row, name)).length}
                </button>
              ))}
            </fieldset>
            <fieldset>
              <legend class="visually-hidden">Determinations</legend>
              <button type="button" aria-pressed={group === undefined} onClick={() => setGroup(undefined)}>
                Any
              </button>
              {GROUPS.map((name) => (
                <button key={name} type="button" aria-pressed={group === name} onClick={() => setGroup(name)}>
                  {GROUP_NAMES[name]}
                </button>
              ))}
            </fieldset>
            <select
              aria-label="Agency asked"
              value={agency}
              onChange={({ currentTarget }) => setAgency(currentTarget.value)}
            >
              <option value="">All agencies</option>
              {agencies.map((key) => (
                <option key={key} value={key}>
                  {agencyName(key)}
                </option>
              ))}
            </select>
          </div>
          {rows.length === 0 ? (
            <Empty>{phase === 'Open or due' ? nextOpening(all, now) : 'No submissions are in this selection.'}</Empty>
          ) : (
            <WindowRows rows={shown} agencies={agencies} now={now} today={today} />
          )}
          <ul class="legend">
            <Key mark="data-mark">usable window</Key>
            <Key mark="before-filing">window before filing</Key>
            <Key mark="warn-mark">launch due</Key>
          </ul>
          <OutcomeLegend />
          {missing > 0 && (
            <p class="small">
              These are the {count(all.length)} that close first. {count(missing)} more are filed; the question behind
              this panel has them on further pages.
            </p>
          )}
          {rows.length > SHOWN && (
            <button type="button" class="link small" onClick={() => setAll(!isAll)}>
              {isAll ? `Show the first ${SHOWN}` : `Show the other ${count(rows.length - SHOWN)}`}
            </button>
          )}
        </>
      )}
    </Panel>
  );
}

interface WindowRowsProps {
  readonly rows: readonly WindowRow[];
  readonly agencies: readonly string[];
  readonly now: number;
  readonly today: string;
}

function WindowRows({ rows, agencies, now, today }: WindowRowsProps) {
  const x = scaleTime(
    [startOf(shift(today, -BEFORE)).getTime(), startOf(shift(today, AFTER)).getTime()],
    [0, WIDTH - LABEL],
  ).clamp(true);
  const weeks = [-28, -21, -14, -7, 7, 14].map((days) => shift(today, days));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
    <section class="scroll" tabIndex={0} aria-label="Windows by closing time">
      <table class="matrix windows">
        <thead>
          <tr>
            <th scope="col">Submission</th>
            <th scope="col" class="bar">
              <span class="visually-hidden">Window</span>
              <svg viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
                {weeks.map((day) => (
                  <text key={day} class="label" text-anchor="middle" x={x(startOf(day))} y={12}>
                    {date(day, today)}
                  </text>
                ))}
                <text class="label strong" text-anchor="middle" x={x(now)} y={12}>
                  Today
                </text>
              </svg>
            </th>
            <AgencyHeads agencies={agencies} />
            <th scope="col" class="num">
              Open reviews
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.number}</th>
              <td class="bar">
                <svg
                  viewBox={`0 0 ${WIDTH} 20`}
                  role="img"
                  aria-label={`${date(dayOf(row.opens), today)} to ${date(dayOf(row.closes), today)}, ${remaining(row, today)}`}
                >
                  {weeks.map((day) => (
                    <line key={day} class="grid" x1={x(startOf(day))} x2={x(startOf(day))} y1={0} y2={20} />
                  ))}
                  <rect
                    class="before-filing"
                    x={x(row.opens)}
                    width={Math.max(0, x(row.usableFrom) - x(row.opens))}
                    y={9.5}
                    height={1.2}
                  />
                  <rect
                    class={barClass(row)}
                    x={x(row.usableFrom)}
                    width={Math.max(2, x(row.closes) - x(row.usableFrom))}
                    y={6}
                    height={8}
                  />
                  <line class="today" x1={x(now)} x2={x(now)} y1={0} y2={20} />
                  <text
                    class={row.phase === 'LAUNCH_DUE' ? 'label late' : 'label strong'}
                    x={Math.max(x(row.closes), row.phase === 'LAUNCH_DUE' ? x(now) : 0) + 5}
                    y={14}
                  >
                    {remaining(row, today)}
                  </text>
                </svg>
              </td>
              <OutcomeCells row={row} agencies={agencies} />
              <td class="num">{row.openReviews === undefined ? NO_VALUE : row.openReviews}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const remaining = (row: WindowRow, today: string): string =>
  row.phase === 'LAUNCH_DUE' ? 'launch due' : `${daysBetween(today, dayOf(row.closes))} d`;
