import { scaleBand, scaleLinear } from 'd3-scale';
import { useWidth } from './measure';

export interface Column {
  readonly label: string;
  /** Null for a suppressed count. */
  readonly value: number | null;
  /** Below the axis. */
  readonly below?: number;
  /** Not a whole period, or otherwise another state: paler. */
  readonly isPartial?: boolean;
}

interface ColumnsProps {
  readonly columns: readonly Column[];
  readonly title: string;
  readonly height?: number;
  /** Whether each column has its value above. */
  readonly hasValues?: boolean;
}

const LABEL_HEIGHT = 18;
const LABEL_WIDTH = 46;

/** Upright bars by period or range. */
export function Columns({ columns, title, height = 120, hasValues = true }: ColumnsProps) {
  const { element, width } = useWidth<HTMLDivElement>(360);
  const top = Math.max(1, ...columns.map(({ value }) => value ?? 0));
  const below = Math.max(0, ...columns.map((column) => column.below ?? 0));
  const x = scaleBand(
    columns.map((_column, index) => index),
    [0, width],
  ).padding(0.22);
  const y = scaleLinear([-below, top], [height - LABEL_HEIGHT - 1, hasValues ? 16 : 4]);
  const every = Math.max(1, Math.ceil((columns.length * LABEL_WIDTH) / width));
  return (
    <div class="chart" ref={element}>
      <svg viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={title}>
        {columns.map(({ label, value, below: out = 0, isPartial }, index) => {
          const left = x(index)!;
          const middle = left + x.bandwidth() / 2;
          return (
            <g key={label}>
              <rect
                class={isPartial ? 'data2-mark' : 'data-mark'}
                x={left}
                width={x.bandwidth()}
                y={y(value ?? 0)}
                height={y(0) - y(value ?? 0)}
              />
              {out > 0 && <rect class="hollow-mark" x={left} width={x.bandwidth()} y={y(0)} height={y(-out) - y(0)} />}
              {hasValues && (
                <text class="label strong" text-anchor="middle" x={middle} y={y(value ?? 0) - 4}>
                  {value === null ? 'n/a' : value.toLocaleString('en-US')}
                </text>
              )}
              {index % every === 0 && (
                <text class="label" text-anchor="middle" x={middle} y={height - 4}>
                  {label}
                </text>
              )}
            </g>
          );
        })}
        <line class="axis" x1={0} x2={width} y1={y(0)} y2={y(0)} />
      </svg>
    </div>
  );
}
