import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { useWidth } from './measure';

export interface DayValue {
  /** Days since the fiscal year began. */
  readonly day: number;
  readonly value: number;
}

interface CumulativeProps {
  readonly now: readonly DayValue[];
  readonly before: readonly DayValue[];
  /** Total to reach by the end of the year; undefined if none is set. */
  readonly goal: number | undefined;
  readonly title: string;
  readonly height?: number;
  readonly isLabeled?: boolean;
}

const DAYS = 365;
const MARGIN = 5;

/** A total that grows over the fiscal year, against its goal and the year before. */
export function CumulativeToGoal({ now, before, goal, title, height = 36, isLabeled = false }: CumulativeProps) {
  const { element, width } = useWidth<HTMLDivElement>(240);
  const right = isLabeled ? 88 : MARGIN;
  const top = Math.max(1, goal ?? 0, ...now.map(({ value }) => value), ...before.map(({ value }) => value));
  const x = scaleLinear([0, DAYS], [1, width - right]);
  const y = scaleLinear([0, top], [height - 3, isLabeled ? 14 : MARGIN]);
  const path = line<DayValue>()
    .x(({ day }) => x(day))
    .y(({ value }) => y(value));
  const last = now.at(-1);
  const beforeLast = before.at(-1);
  return (
    <div class="chart" ref={element}>
      <svg viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={title}>
        <line class="axis" x1={0} x2={width} y1={height - 1} y2={height - 1} />
        {goal !== undefined && <line class="goal" x1={x(0)} y1={y(0)} x2={x(DAYS)} y2={y(goal)} />}
        <path class="prev-line" d={path(before) ?? ''} />
        <path class="data-line" d={path(now) ?? ''} />
        {last && <circle class="data-mark" cx={x(last.day)} cy={y(last.value)} r={3.5} />}
        {isLabeled && (
          <>
            {last && (
              <text class="label strong" x={x(last.day) + 8} y={y(last.value) + 4}>
                {last.value}
              </text>
            )}
            {beforeLast && (
              <text class="label" x={width - right + 6} y={y(beforeLast.value) + 4}>
                {beforeLast.value} last year
              </text>
            )}
            {goal !== undefined && (
              <text
                class="label"
                x={width - right + 6}
                y={y(goal) + (isNear(y(goal), beforeLast && y(beforeLast.value)) ? 20 : 4)}
              >
                goal {goal}
              </text>
            )}
          </>
        )}
      </svg>
      <div class="ends">
        <span>Oct 1</span>
        <span>Sep 30</span>
      </div>
    </div>
  );
}

/** Whether two labels would overlap. */
const isNear = (one: number, other: number | undefined): boolean => other !== undefined && Math.abs(one - other) < 14;
