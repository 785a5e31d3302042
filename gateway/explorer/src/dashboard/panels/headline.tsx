import type { ComponentChildren } from 'preact';

interface HeadlineProps {
  readonly figure: string;
  /** One or two lines beside the figure. */
  readonly lines: readonly ComponentChildren[];
  readonly chart?: ComponentChildren;
  /** One line of comparison. */
  readonly comparison: ComponentChildren;
}

/** A figure, what it is of, how it came about, and what it was. */
export function Headline({ figure, lines, chart, comparison }: HeadlineProps) {
  return (
    <>
      <div class="headline">
        <span class={figure.length > 7 ? 'figure words' : 'figure'} data-figure>
          {figure}
        </span>
        <span class="beside">
          {lines.map((line, index) => (
            <span key={index}>{line}</span>
          ))}
        </span>
      </div>
      {chart}
      <p class="comparison">{comparison}</p>
    </>
  );
}

/** A chart that has not arrived. */
export const ChartBlock = () => <span class="block chart-block" aria-hidden="true" />;

/** Why a chart beside a figure is not drawn. */
export const NoChart = ({ kind }: { readonly kind: string }) => (
  <p class="small muted no-chart">{kind === 'withheld' ? 'The curve is withheld.' : 'The curve is not reachable.'}</p>
);
