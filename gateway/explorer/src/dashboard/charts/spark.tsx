import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { useWidth } from './measure';

interface SparkProps {
  /** Values at equal steps; null leaves a gap. */
  readonly now: readonly (number | null)[];
  /** The same a year before: dashed. */
  readonly before?: readonly (number | null)[];
  /** A level to reach: dotted. */
  readonly goal?: number;
  /** What the ends of the axis are. */
  readonly from: string;
  readonly until: string;
  readonly title: string;
  readonly height?: number;
  /** Whether the axis begins at zero. */
  readonly isFromZero?: boolean;
}

const MARGIN = 5;

/** A small line against that of the year before. */
export function Spark({ now, before = [], goal, from, until, title, height = 36, isFromZero = true }: SparkProps) {
  const { element, width } = useWidth<HTMLDivElement>(240);
  const values = [...now, ...before, ...(goal === undefined ? [] : [goal])].filter((value) => value !== null);
  const top = Math.max(1, ...values);
  const bottom = isFromZero ? 0 : Math.min(...values) * 0.9;
  const x = scaleLinear([0, Math.max(1, now.length - 1)], [1, width - MARGIN]);
  const y = scaleLinear([bottom, top], [height - 3, MARGIN]);
  const path = line<number | null>()
    .defined((value) => value !== null)
    .x((_value, index) => x(index))
    .y((value) => y(value!));
  const last = now.findLastIndex((value) => value !== null);
  return (
    <div class="chart" ref={element}>
      <svg viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={title}>
        <line class="axis" x1={0} x2={width} y1={height - 1} y2={height - 1} />
        {goal !== undefined && <line class="goal" x1={0} x2={width} y1={y(goal)} y2={y(goal)} />}
        <path class="prev-line" d={path(before) ?? ''} />
        <path class="data-line" d={path(now) ?? ''} />
        {last >= 0 && <circle class="data-mark" cx={x(last)} cy={y(now[last]!)} r={3.5} />}
      </svg>
      <div class="ends">
        <span>{from}</span>
        <span>{until}</span>
      </div>
    </div>
  );
}
