import { scaleLinear } from 'd3-scale';
import type { ComponentChildren } from 'preact';
import { useWidth } from './measure';

export interface DotRow {
  readonly key: string;
  readonly label: string;
  readonly now: number;
  readonly before: number | undefined;
  readonly target: number;
  readonly text: ComponentChildren;
}

interface DotRangeProps {
  readonly rows: readonly DotRow[];
  readonly domain: readonly [number, number];
  readonly ticks: readonly (readonly [value: number, label: string])[];
  /** Head of the texts. */
  readonly head: string;
}

/** Where each row is now, was before, and is to come to. */
export function DotRange({ rows, domain, ticks, head }: DotRangeProps) {
  const { element, width } = useWidth<HTMLSpanElement>(160);
  const x = scaleLinear(domain, [7, width - 7]);
  return (
    <ul class="dot-range">
      <li class="head">
        <span />
        <span ref={element}>
          <svg viewBox={`0 0 ${width} 18`} height={18} aria-hidden="true">
            {ticks.map(([value, label]) => (
              <text
                key={label}
                class="label"
                text-anchor={value === domain[0] ? 'start' : 'middle'}
                x={value === domain[0] ? 0 : x(value)}
                y={13}
              >
                {label}
              </text>
            ))}
          </svg>
        </span>
        <span>{head}</span>
      </li>
      {rows.map(({ key, label, now, before, target, text }) => (
        <li key={key}>
          <span>{label}</span>
          <svg viewBox={`0 0 ${width} 22`} height={22} aria-hidden="true">
            {ticks.map(([value]) => (
              <line key={value} class="grid" x1={x(value)} x2={x(value)} y1={0} y2={22} />
            ))}
            <line class="range" x1={x(now)} x2={x(target)} y1={11} y2={11} />
            {before !== undefined && <circle class="prev-mark" cx={x(before)} cy={11} r={4.5} />}
            <line class="target" x1={x(target)} x2={x(target)} y1={4} y2={18} />
            <circle class="data-mark" cx={x(now)} cy={11} r={4.5} />
          </svg>
          <span class="bar-text">{text}</span>
        </li>
      ))}
    </ul>
  );
}
