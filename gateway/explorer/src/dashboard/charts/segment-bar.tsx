export interface Segment {
  readonly label: string;
  readonly value: number;
  readonly text: string;
}

const WIDTH = 1_000;
const SHADES = ['tint-mark', 'shade2-mark', 'data2-mark', 'shade4-mark', 'data-mark'];

/** One bar of parts, with the count of each below it. */
export function SegmentBar({ segments }: { readonly segments: readonly Segment[] }) {
  const total = Math.max(
    1,
    segments.reduce((sum, { value }) => sum + value, 0),
  );
  let start = 0;
  return (
    <div class="segment-bar">
      <svg viewBox={`0 0 ${WIDTH} 16`} preserveAspectRatio="none" aria-hidden="true">
        {segments.map(({ label, value }, index) => {
          const x = start;
          start += (WIDTH * value) / total;
          return <rect key={label} class={`${SHADES[index]} parted`} x={x} width={start - x} height={16} />;
        })}
      </svg>
      <ul>
        {segments.map(({ label, text }) => (
          <li key={label}>
            <span class="muted">{label}</span> <b>{text}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
