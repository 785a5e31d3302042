/** Levels over time as small bars, oldest first; the newest is filled. */
export function LevelBars({
  levels,
  max,
  isHigh,
}: {
  readonly levels: readonly number[];
  readonly max: number;
  readonly isHigh: boolean;
}) {
  return (
    <svg class="level-bars" viewBox="0 0 64 14" width={64} height={14} aria-hidden="true">
      {levels.map((level, index) => {
        const height = (13 * level) / max;
        const isLast = index === levels.length - 1;
        return (
          <rect
            key={index}
            class={isLast ? (isHigh ? 'warn-mark' : 'data-mark') : 'prev-fill'}
            x={index * 8}
            width={6}
            y={14 - height}
            height={height}
          />
        );
      })}
    </svg>
  );
}
