import { civilDate, startOfDay } from '#base/civil';
import type { Clock } from '#base/clock';
import type { Principal, Role } from '#base/identity/principal';
import { pastInstant } from '../model/past-instant';
import { type Counted, Ratio } from '../model/value-object';
import { GOVERNMENT, having } from './rule';

/** Smallest count shown: a smaller one would say something about single objects. Small counts: docs/domain.md. */
const LEAST_SHOWN = 5;

type CountedFigures = ReadonlyMap<string, Counted>;

/** Roles that read a figure whole: those that work with what it counts. Parts and measures follow the figure they are of. */
function wholeFor({ wholeFor: roles, hiddenFrom, partOf, over }: Counted, figures: CountedFigures): readonly Role[] {
  if (roles) return roles;
  if (hiddenFrom === 'public') return GOVERNMENT;
  const figure = figures.get(partOf ?? over ?? '');
  return figure ? wholeFor(figure, figures) : ALL_BUT_ANALYSTS;
}

const ALL_BUT_ANALYSTS = GOVERNMENT.filter((role) => role !== 'analyst');

const isWhole = (of: Counted, who: Principal | null, figures: CountedFigures = new Map()): boolean =>
  having(...wholeFor(of, figures))(who) === true;

/** Of the figures of a type, those that somebody is told from five on only. */
export function withheldSmall(
  counted: ReadonlyMap<string, Counted>,
  who: Principal | null,
): ReadonlyMap<string, Counted> {
  return new Map([...counted].filter(([, of]) => !isWhole(of, who, counted)));
}

const isSmall = (count: number): boolean => count > 0 && count < LEAST_SHOWN;

/** Whether a caller may read what is computed over so many objects. */
export const isShown = (count: number, who: Principal | null, of: Counted = {}): boolean =>
  !isSmall(count) || isWhole(of, who);

/**
 * The instant of figures: the given one, or now. Callers from whom small counts are hidden get the start of its month, or of today: a
 * series of instants would reveal when each single thing happened. @throws RequestError for a future instant
 */
export function figuresAsOf(
  of: Counted,
  asked: string | null | undefined,
  who: Principal | null,
  clock: Clock,
): string {
  const instant = pastInstant(asked, clock);
  if (isWhole(of, who)) return instant;
  return asked == null ? startOfDay(civilDate(instant)) : startOfMonth(instant);
}

/** A bound of the time that figures count in; to the month for callers from whom small counts are hidden. */
export const figuresWithin = (of: Counted, instant: string | undefined, who: Principal | null): string | undefined =>
  instant === undefined || isWhole(of, who) ? instant : startOfMonth(instant);

const startOfMonth = (instant: string): string => startOfDay(`${civilDate(instant).slice(0, 7)}-01`);

/** A count, or what a share is of. */
const countOf = (value: unknown): number => (value instanceof Ratio ? value.denominator : Number(value));

type Figures = Readonly<Record<string, unknown>>;

/** Whether a figure would give away fewer than five: itself, what it is worked out over, or what is left beside it. */
function givesAway(figures: Figures, name: string, { partOf, over, isMeasure }: Counted): boolean {
  const value = figures[name];
  if (value === null || value === undefined) return false;
  if (over !== undefined && isSmall(countOf(figures[over]))) return true;
  if (isMeasure) return false;
  if (value instanceof Ratio)
    return [value.numerator, value.denominator, value.denominator - value.numerator].some(isSmall);
  if (isSmall(Number(value))) return true;
  if (partOf === undefined) return false;
  const whole = countOf(figures[partOf]);
  return isSmall(whole) || isSmall(whole - Number(value));
}

/** The figures of one object without those that would give away fewer than five. */
export function withoutSmallCounts<T extends object>(object: T, counted: ReadonlyMap<string, Counted>): T {
  const figures = object as Figures;
  const hidden = new Set([...counted].filter(([name, of]) => givesAway(figures, name, of)).map(([name]) => name));
  return hidden.size === 0 ? object : without(object, hidden, counted);
}

/**
 * The same of a table's cells. One hidden cell alone could be worked out from the others and their sum, which is shown elsewhere: the
 * smallest of the others goes with it.
 */
export function withoutSmallCells<T extends object>(
  cells: readonly T[],
  counted: ReadonlyMap<string, Counted>,
): readonly T[] {
  const shown = cells.map((cell) => withoutSmallCounts(cell, counted));
  for (const name of counted.keys()) {
    const value = (cell: T) => (cell as Figures)[name];
    const hidden = cells.filter((cell, place) => value(cell) !== null && value(shown[place]!) === null);
    if (hidden.length !== 1) continue;
    const left = [...shown.keys()].filter((place) => typeof value(shown[place]!) === 'number');
    const smallest = left.reduce<number | undefined>(
      (least, place) =>
        least === undefined || Number(value(shown[place]!)) < Number(value(shown[least]!)) ? place : least,
      undefined,
    );
    if (smallest !== undefined) shown[smallest] = without(shown[smallest]!, new Set([name]), counted);
  }
  return shown;
}

/** The object without some of its figures, and without what is worked out from them, which would show them. */
function without<T extends object>(object: T, names: ReadonlySet<string>, counted: ReadonlyMap<string, Counted>): T {
  const hidden = new Set(names);
  for (const [name, { partOf, over }] of counted)
    if (hidden.has(partOf ?? '') || hidden.has(over ?? '')) hidden.add(name);
  const copy = Object.assign(Object.create(Object.getPrototypeOf(object)), object);
  for (const name of hidden) copy[name] = null;
  return copy;
}
