import type { ComponentChildren } from 'preact';

export interface Bar {
  readonly label: ComponentChildren;
  readonly key: string;
  /** Length of the bar. */
  readonly value: number;
  /** A second part after the first, in another pattern: of what its legend says. */
  readonly second?: number;
  /** A third part: hollow. */
  readonly third?: number;
  /** A value to compare with: a tick. */
  readonly tick?: number;
  readonly text: ComponentChildren;
  readonly isLate?: boolean;
}

interface BarListProps {
  readonly bars: readonly Bar[];
  /** Length of a whole bar; the longest by default. */
  readonly max?: number;
  /** Whether the rest up to `max` is tinted. */
  readonly isShare?: boolean;
  /** How the second part is drawn. */
  readonly secondClass?: string;
}

const WIDTH = 1_000;

/** Labeled bars, longest first as they come. The text repeats every length. */
export function BarList({ bars, max, isShare = false, secondClass = 'data2-mark' }: BarListProps) {
  const longest =
    max ??
    Math.max(1, ...bars.map(({ value, second = 0, third = 0, tick = 0 }) => Math.max(value + second + third, tick)));
  const scale = (value: number) => (WIDTH * value) / longest;
  return (
    <ul class="bar-list">
      {bars.map(({ key, label, value, second = 0, third = 0, tick, text, isLate }) => (
        <li key={key}>
          <span class="bar-label">{label}</span>
          <svg viewBox={`0 0 ${WIDTH} 14`} preserveAspectRatio="none" aria-hidden="true">
            {isShare && <rect class="tint-mark" width={WIDTH} height={14} />}
            <rect class={isLate ? 'warn-mark' : 'data-mark'} width={scale(value)} height={14} />
            {second > 0 && <rect class={secondClass} x={scale(value)} width={scale(second)} height={14} />}
            {third > 0 && <rect class="hollow-mark" x={scale(value + second)} width={scale(third)} height={14} />}
            {tick !== undefined && <line class="tick" x1={scale(tick)} x2={scale(tick)} y1={0} y2={14} />}
          </svg>
          <span class="bar-text">{text}</span>
        </li>
      ))}
    </ul>
  );
}
