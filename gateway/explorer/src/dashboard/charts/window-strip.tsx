import { scaleLinear, scaleTime } from 'd3-scale';
import { DAY_MS, dayOf, daysBetween, shift, startOf } from '../calendar';
import { date } from '../format';
import { GROUPS, isOpen, type WindowRow } from '../panels/windows';
import { useWidth } from './measure';

interface WindowStripProps {
  readonly rows: readonly WindowRow[];
  /** Windows that open and close on each day, also those without a row. */
  readonly days: ReadonlyMap<string, { readonly opening: number; readonly closing: number }>;
  readonly now: number;
}

/** Days before today and after it. */
const BEFORE = 14;
const AFTER = 52;
const TOP = 30;
const ROW_AREA = 76;
const MIN_GROUP = 34;
const DAY_AREA = 34;
const NARROW = 560;

/** The windows of many submissions as a texture, in three groups, with openings and closings by day. */
export function WindowStrip({ rows, days, now }: WindowStripProps) {
  const { element, width } = useWidth<HTMLDivElement>(820);
  const isNarrow = width < NARROW;
  const left = isNarrow ? 0 : 172;
  const today = dayOf(now);
  const from = startOf(shift(today, -BEFORE)).getTime();
  const until = startOf(shift(today, isNarrow ? AFTER - 10 : AFTER)).getTime();
  const x = scaleTime([from, until], [left, width - 2]).clamp(true);
  const groups = GROUPS.map((name) => ({ name, rows: rows.filter(({ group }) => group === name) }));
  const perRow = Math.min(4, ROW_AREA / Math.max(1, rows.length));
  let y = TOP;
  const placed = groups.map((group) => {
    const height = Math.max(MIN_GROUP, group.rows.length * perRow + 8);
    const place = { ...group, y, height };
    y += height + 6;
    return place;
  });
  const dayTop = y + 6;
  const axis = dayTop + DAY_AREA;
  const byDay = scaleLinear(
    [0, Math.max(1, ...[...days.values()].flatMap(({ opening, closing }) => [opening, closing]))],
    [0, DAY_AREA - 6],
  );
  const everyDay = Array.from({ length: daysBetween(dayOf(from), dayOf(until)) }, (_, index) =>
    shift(dayOf(from), index),
  );
  const inDay = (day: string) => x(startOf(day));
  const dayWidth = Math.max(2, (x(from + DAY_MS) - x(from)) * 0.38);
  const step = width < 300 ? 28 : isNarrow ? 14 : 7;
  const weekdays = everyDay.filter((day) => daysBetween(today, day) % step === 0);
  const height = axis + 22;
  const in30 = x(startOf(shift(today, 30)));
  return (
    <div class="chart" ref={element}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        height={height}
        role="img"
        aria-label={`Windows of ${rows.length} filed submissions around ${date(today, today)}; the table has each of them`}
      >
        {everyDay.filter(isSaturday).map((day) => (
          <rect
            key={day}
            class="weekend"
            x={inDay(day)}
            width={x(startOf(shift(day, 2))) - inDay(day)}
            y={TOP - 6}
            height={axis - TOP + 6}
          />
        ))}
        {placed.map((group) => (
          <g key={group.name}>
            {!isNarrow && (
              <>
                <text class="label strong" x={0} y={group.y + 14}>
                  {group.name}
                </text>
                <text class="label" x={0} y={group.y + 28}>
                  {group.rows.filter(isOpen).length} open, {group.rows.filter((row) => !isOpen(row)).length} upcoming
                </text>
              </>
            )}
            {group.rows.map((row, index) => {
              const top = group.y + 4 + index * perRow;
              const barHeight = Math.max(0.8, perRow - (perRow > 2 ? 0.8 : 0.25));
              return (
                <g key={row.id}>
                  {row.usableFrom > row.opens && (
                    <rect
                      class="before-filing"
                      x={x(row.opens)}
                      width={Math.max(0, x(row.usableFrom) - x(row.opens))}
                      y={top + barHeight / 2 - 0.3}
                      height={0.7}
                    />
                  )}
                  <rect
                    class={barClass(row)}
                    x={x(row.usableFrom)}
                    width={Math.max(0, x(row.closes) - x(row.usableFrom))}
                    y={top}
                    height={barHeight}
                  />
                </g>
              );
            })}
            <line class="grid" x1={0} x2={width} y1={group.y + group.height + 3} y2={group.y + group.height + 3} />
          </g>
        ))}
        {!isNarrow && (
          <>
            <text class="label strong" x={0} y={dayTop + 14}>
              Per day
            </text>
            <rect class="data-mark" x={0} y={dayTop + 22} width={8} height={8} />
            <text class="label" x={12} y={dayTop + 30}>
              closing
            </text>
            <rect class="hollow-mark" x={68.5} y={dayTop + 22.5} width={7} height={7} />
            <text class="label" x={80} y={dayTop + 30}>
              opening
            </text>
          </>
        )}
        {everyDay.map((day) => {
          const counts = days.get(day);
          if (!counts) return null;
          return (
            <g key={day}>
              <rect
                class="data-mark"
                x={inDay(day)}
                width={dayWidth}
                y={axis - byDay(counts.closing)}
                height={byDay(counts.closing)}
              />
              {counts.opening > 0 && (
                <rect
                  class="hollow-mark"
                  x={inDay(day) + dayWidth + 0.5}
                  width={Math.max(1, dayWidth - 1)}
                  y={axis - byDay(counts.opening) + 0.5}
                  height={byDay(counts.opening)}
                />
              )}
            </g>
          );
        })}
        <line class="axis" x1={0} x2={width} y1={axis} y2={axis} />
        {weekdays.map((day) => (
          <g key={day}>
            <line class="axis" x1={inDay(day)} x2={inDay(day)} y1={axis} y2={axis + 4} />
            <text
              class="label"
              x={inDay(day)}
              y={axis + 17}
              text-anchor={inDay(day) < 20 ? 'start' : inDay(day) > width - 26 ? 'end' : 'middle'}
            >
              {date(day, day)}
            </text>
          </g>
        ))}
        <line class="in-30" x1={in30} x2={in30} y1={TOP - 8} y2={axis} />
        <text class="label" text-anchor="middle" x={in30} y={TOP - 14}>
          in 30 days
        </text>
        <line class="today" x1={x(now)} x2={x(now)} y1={TOP - 8} y2={axis} />
        <text class="label strong" text-anchor="middle" x={Math.max(x(now), 40)} y={TOP - 14}>
          Today, {date(today, today)}
        </text>
      </svg>
    </div>
  );
}

const isSaturday = (day: string): boolean => new Date(`${day}T00:00:00Z`).getUTCDay() === 6;

export const barClass = ({ phase }: WindowRow): string =>
  phase === 'LAUNCH_DUE' ? 'warn-mark' : phase === 'OPEN' ? 'data-mark' : 'data2-mark';
