import * as Plot from '@observablehq/plot';
import type { Mark } from './chart-shape';

/** A value of a chart. */
export interface Value {
  readonly x: Date | string;
  readonly y: number;
  readonly series: string;
}

interface PlotOptions {
  readonly mark: Mark;
  readonly names: { readonly x: string; readonly y: string };
  readonly width: number;
}

/** Bars up to which their names fit below them. */
const MAX_UPRIGHT = 8;

/** A chart of values as SVG, with a description for screen readers. */
export function plotOf(values: readonly Value[], { mark, names, width }: PlotOptions): Element {
  const series = [...new Set(values.map((value) => value.series))];
  const isDivided = series.length > 1;
  const count = new Set(values.map(({ x }) => String(x))).size;
  const title = `${names.y} by ${names.x}`;
  const chart = Plot.plot({
    width,
    ariaLabel: title,
    ariaDescription: `${mark === 'line' ? 'Lines' : 'Bars'} of ${values.length} values${isDivided ? ` in ${series.length} series` : ''}. The table has the same values.`,
    color: { legend: isDivided, scheme: 'Tableau10', domain: series },
    style: { fontSize: '12px', background: 'transparent' },
    ...marksOf(values, mark, { names, isDivided, isLying: mark !== 'line' && count > MAX_UPRIGHT, count }),
  });
  // its rules are in explorer.css: the page's policy blocks style elements without a nonce
  for (const style of chart.querySelectorAll('style')) style.remove();
  // elements without a role may not have a name; the chart as a whole has one
  for (const group of chart.querySelectorAll<SVGElement>('g[aria-label]')) {
    group.dataset.mark = group.getAttribute('aria-label')!;
    group.removeAttribute('aria-label');
  }
  (chart.matches('svg') ? chart : chart.querySelector(':scope > svg:last-of-type'))?.setAttribute('role', 'img');
  return chart;
}

interface MarkOptions {
  readonly names: PlotOptions['names'];
  readonly isDivided: boolean;
  /** Whether bars lie, with their names beside them. */
  readonly isLying: boolean;
  /** Number of bars. */
  readonly count: number;
}

function marksOf(
  values: readonly Value[],
  mark: Mark,
  { names, isDivided, isLying, count }: MarkOptions,
): Plot.PlotOptions {
  const fill = isDivided ? 'series' : 'var(--data)';
  const tip = { tip: true };
  if (mark === 'line')
    return {
      marginLeft: 60,
      x: { label: names.x },
      y: { label: names.y, grid: true, zero: true },
      marks: [
        Plot.ruleY([0]),
        Plot.lineY(values, {
          x: 'x',
          y: 'y',
          stroke: isDivided ? 'series' : 'var(--data)',
          strokeWidth: 2,
          marker: values.length < 60 ? 'dot' : undefined,
          ...tip,
        }),
      ],
    };
  if (mark === 'bar' && isDivided) return groupedBars(values, { names, isLying, count });
  const sort = mark === 'bar' && !isDivided ? { sort: { [isLying ? 'y' : 'x']: isLying ? '-x' : '-y' } } : {};
  if (isLying)
    return {
      marginLeft: 24 + CHARACTER * Math.max(...values.map(({ x }) => shortened(x).length)),
      height: 40 + 22 * count,
      x: { ...lengthAxis(values, names.y), axis: count > MAX_IN_SIGHT ? 'both' : 'bottom' },
      y: { label: null, tickFormat: shortened },
      marks: [Plot.barX(values, { x: 'y', y: 'x', fill, ...sort, ...tip } as never), Plot.ruleX([0])],
    };
  return {
    marginLeft: 60,
    marginBottom: 50,
    x: { label: names.x, tickFormat: shortened },
    y: lengthAxis(values, names.y),
    marks: [Plot.barY(values, { x: 'x', y: 'y', fill, ...sort, ...tip } as never), Plot.ruleY([0])],
  };
}

/** Largest count up to which an axis has a tick for each. */
const MAX_TICKS = 6;

/** The axis of the lengths of bars: of single counts without fractions. Without any extent, bars would fill the chart. */
function lengthAxis(values: readonly Value[], label: string) {
  const [least, most] = [Math.min(...values.map(({ y }) => y)), Math.max(...values.map(({ y }) => y))];
  const isCounts = values.every(({ y }) => Number.isInteger(y)) && least >= 0 && most <= MAX_TICKS;
  return {
    ...{ label, grid: true },
    ...(least === 0 && most === 0 ? { domain: [0, 1] as const } : {}),
    ...(isCounts ? { ticks: Math.max(1, most), tickFormat: 'd' } : {}),
  };
}

/** Lying bars up to which the axis below them is in sight. */
const MAX_IN_SIGHT = 16;

/** Categories from the largest sum of the first series, as single bars are. */
function byFirstSeries(values: readonly Value[]): readonly (Date | string)[] {
  const first = values[0]?.series;
  const sums = new Map<Date | string, number>();
  for (const { x, y, series } of values) sums.set(x, (sums.get(x) ?? 0) + (series === first ? y : 0));
  return [...sums].sort(([, one], [, other]) => other - one).map(([x]) => x);
}

/** Bars of several series side by side: those of one category are together. */
function groupedBars(
  values: readonly Value[],
  { names, isLying, count }: Pick<MarkOptions, 'names' | 'isLying' | 'count'>,
): Plot.PlotOptions {
  const color = { fill: 'series', tip: true };
  const series = [...new Set(values.map((value) => value.series))];
  const domain = byFirstSeries(values);
  if (isLying)
    return {
      marginLeft: 24 + CHARACTER * Math.max(...values.map(({ x }) => shortened(x).length)),
      height: 40 + (8 + 12 * series.length) * count,
      fy: { label: null, tickFormat: shortened, axis: 'left', padding: 0.2, domain },
      y: { axis: null, padding: 0, domain: series },
      x: { ...lengthAxis(values, names.y), axis: count > MAX_IN_SIGHT ? 'both' : 'bottom' },
      marks: [Plot.barX(values, { fy: 'x', y: 'series', x: 'y', ...color } as never), Plot.ruleX([0])],
    };
  return {
    marginLeft: 60,
    marginBottom: 50,
    fx: { label: names.x, tickFormat: shortened, axis: 'bottom', padding: 0.2, domain },
    x: { axis: null, padding: 0, domain: series },
    y: lengthAxis(values, names.y),
    marks: [Plot.barY(values, { fx: 'x', x: 'series', y: 'y', ...color } as never), Plot.ruleY([0])],
  };
}

const MAX_LABEL = 28;
/** Pixels of a character of a label. */
const CHARACTER = 6.5;
const shortened = (text: unknown): string =>
  String(text).length > MAX_LABEL ? `${String(text).slice(0, MAX_LABEL - 1)}…` : String(text);
