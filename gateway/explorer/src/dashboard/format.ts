import { dayOf } from './calendar';

/** No value, as opposed to zero. */
export const NO_VALUE = '—';
/** A count of one to four, or a figure from which one would follow: docs/decisions/0014. Which of them it is, is not known. */
export const SUPPRESSED = 'suppressed';

export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
  readonly value?: number | null;
}

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? NO_VALUE : Math.round(value).toLocaleString('en-US');

/** Percent without decimals; a part that is not zero is never 0%, and one that is not whole never 100%. */
export function percent(ratio: Ratio | null | undefined): string {
  if (!ratio || ratio.denominator === 0) return NO_VALUE;
  const rounded = Math.round((100 * ratio.numerator) / ratio.denominator);
  if (rounded === 0 && ratio.numerator > 0) return '<1%';
  if (rounded === 100 && ratio.numerator < ratio.denominator) return '>99%';
  return `${rounded}%`;
}

/** `17 of 67`. */
export const ofTotal = (ratio: Ratio | null | undefined): string =>
  ratio ? `${count(ratio.numerator)} of ${count(ratio.denominator)}` : NO_VALUE;

export const decimal = (value: number | null | undefined): string =>
  value === null || value === undefined ? NO_VALUE : value.toFixed(1);

/** A figure of metrics that leave out small counts: its number, or the words for what is left out. */
export function figureOf<Metrics extends { readonly suppressed: readonly string[] }>(
  metrics: Metrics | null | undefined,
  name: keyof Metrics & string,
): string {
  if (!metrics) return NO_VALUE;
  if (metrics.suppressed.includes(name)) return SUPPRESSED;
  return count(metrics[name] as number | null);
}

/** Same as {@link figureOf}, for a ratio. */
export function shareOf<Metrics extends { readonly suppressed: readonly string[] }>(
  metrics: Metrics | null | undefined,
  name: keyof Metrics & string,
): string {
  if (!metrics) return NO_VALUE;
  if (metrics.suppressed.includes(name)) return SUPPRESSED;
  return percent(metrics[name] as Ratio | null);
}

/** `▲ 191%` against an earlier value; undefined without one. */
export function change(now: number | null | undefined, before: number | null | undefined): string | undefined {
  if (now === null || now === undefined || !before) return undefined;
  const percentage = Math.round((100 * (now - before)) / before);
  return percentage === 0 ? 'no change' : `${percentage > 0 ? '▲' : '▼'} ${Math.abs(percentage)}%`;
}

/** `Nov 26`, with the year unless it is that of `today`. */
export function date(day: string, today: string): string {
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return new Date(`${day.slice(0, 10)}T00:00:00Z`).toLocaleDateString('en-US', {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
    ...(isThisYear ? {} : { year: 'numeric' }),
  });
}

export const month = (day: string): string =>
  new Date(`${day.slice(0, 7)}-01T00:00:00Z`).toLocaleDateString('en-US', {
    timeZone: 'UTC',
    month: 'short',
    year: 'numeric',
  });

/** `2:45 p.m.` in New York. */
export function time(at: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    hour: 'numeric',
    minute: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  return `${part('hour')}:${part('minute')} ${part('dayPeriod') === 'AM' ? 'a.m.' : 'p.m.'}`;
}

/** `Nov 26, 2026, 2:45 p.m. ET`. */
export const dateTime = (at: number): string => `${date(dayOf(at), '')}, ${time(at)} ET`;

export const fiscalYear = (year: number): string => `FY${String(year).slice(-2)}`;

/** `REVIEW_NECESSARY` as `review necessary`. */
export const words = (name: string): string => name.toLowerCase().replaceAll('_', ' ');

export const sentence = (name: string): string => words(name).replace(/^./, (letter) => letter.toUpperCase());

/** `1 day`, `5 days`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A number of loaded objects, of all where there are more. */
export const ofAll = (loaded: number, all: number | undefined): string =>
  all !== undefined && all > loaded ? `${count(loaded)} of ${count(all)}` : count(loaded);
