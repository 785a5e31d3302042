/*
 * What sums and differences of shown counts disclose. Every count of a table, shown or not, is a variable; every margin and every whole with
 * its parts is an equation. A hidden count is disclosed where the equations leave one value for it, and where counts that are hidden
 * together are known to be fewer than five.
 */

/** Smallest count shown: a smaller one would say something about single objects. Small counts: docs/domain.md. */
const LEAST_SHOWN = 5;

export const isSmall = (count: number): boolean => count > 0 && count < LEAST_SHOWN;

/** A figure of one object, which shows its counts unless it is hidden. */
export interface Figure {
  readonly canHide: boolean;
  isHidden: boolean;
}

export interface Count {
  readonly value: number;
  /** Figures that show it. */
  readonly shownBy: Figure[];
  /** Figures that are hidden so that nobody knows it. */
  readonly guardedBy: readonly Figure[];
  /** Counts from which it follows: what a part leaves of its whole. */
  readonly impliedBy?: readonly Count[];
}

export interface Sum {
  readonly whole: Count;
  readonly parts: readonly Count[];
}

const isKnown = ({ shownBy, impliedBy }: Count): boolean =>
  shownBy.some(({ isHidden }) => !isHidden) || (impliedBy?.every(isKnown) ?? false);

const isProtected = (count: Count): boolean =>
  !isKnown(count) && (isSmall(count.value) || count.guardedBy.some(({ isHidden }) => isHidden));

/** A way to a hidden count: one more count of one of the sums has to be hidden, the earlier sums first. */
interface Disclosure {
  readonly of: Count | Sum;
  readonly sums: readonly Sum[];
}

/**
 * Hides figures, the smallest first, until sums and differences of what is shown disclose no hidden count.
 * @param hide hides a figure, and what depends on it
 */
export function hideDisclosed(sums: readonly Sum[], hide: (figure: Figure) => void): void {
  // what nothing else can be hidden for
  const settled = new Set<Count | Sum>();
  for (;;) {
    const disclosure = disclosureIn(sums, settled);
    if (!disclosure) return;
    const figures = disclosure.sums.map(nextToHide).find((one) => one !== undefined);
    if (figures) for (const figure of figures) hide(figure);
    else settled.add(disclosure.of);
  }
}

function disclosureIn(sums: readonly Sum[], settled: ReadonlySet<Count | Sum>): Disclosure | undefined {
  const exposed = sums.find((sum) => !settled.has(sum) && isExposed(sum));
  if (exposed) return { of: exposed, sums: [exposed] };
  const count = derivable(sums).find((one) => !settled.has(one) && isProtected(one));
  if (!count) return undefined;
  return { of: count, sums: sumsAround(count, sums) };
}

/** The sums that say something of a hidden count, alone or with others, the nearest first. */
function sumsAround(count: Count, sums: readonly Sum[]): Sum[] {
  const around = new Set<Sum>();
  const unknown = new Set([count]);
  for (const next of unknown)
    for (const sum of sums) {
      const all = [sum.whole, ...sum.parts];
      if (!all.includes(next)) continue;
      around.add(sum);
      for (const other of all) if (!isKnown(other)) unknown.add(other);
    }
  return [...around];
}

/** Whether one sum alone discloses a hidden count, or that several are few together. */
function isExposed({ whole, parts }: Sum): boolean {
  const hidden = parts.filter((part) => !isKnown(part));
  if (!isKnown(whole)) return hidden.length === 0 && isProtected(whole);
  if (!hidden.some(isProtected)) return false;
  return hidden.length === 1 || isSmall(hidden.reduce((total, { value }) => total + value, 0));
}

/**
 * The figures that show the smallest known part that is not zero; else those of the whole, else of a part that is zero: zeros hide nothing
 * between them.
 */
function nextToHide({ whole, parts }: Sum): readonly Figure[] | undefined {
  const known = parts.filter(isKnown).sort((a, b) => a.value - b.value);
  const order = [...known.filter(({ value }) => value > 0), whole, ...known.filter(({ value }) => value <= 0)];
  return order.map(waysToHide).find((figures) => figures !== undefined);
}

/** What has to be hidden so that a count is not known; undefined where something shows it that cannot be hidden, or nothing does. */
function waysToHide({ shownBy, impliedBy }: Count): readonly Figure[] | undefined {
  const showing = shownBy.filter(({ isHidden }) => !isHidden);
  if (showing.some(({ canHide }) => !canHide)) return undefined;
  if (showing.length > 0) return showing;
  if (!impliedBy?.every(isKnown)) return undefined;
  return impliedBy.map(waysToHide).find((figures) => figures !== undefined);
}

type Equation = Map<Count, number>;
const EPSILON = 1e-9;

/** Counts that are not shown, and of which all sums together leave one value: Gauss-Jordan elimination of what is not known. */
function derivable(sums: readonly Sum[]): Count[] {
  const solved = new Map<Count, Equation>();
  for (const sum of sums) {
    const equation = unknownsOf(sum);
    for (const [pivot, other] of solved) subtract(equation, other, pivot);
    const [pivot] = equation.keys();
    if (!pivot) continue;
    const scale = equation.get(pivot)!;
    for (const [count, factor] of equation) equation.set(count, factor / scale);
    for (const other of solved.values()) subtract(other, equation, pivot);
    solved.set(pivot, equation);
  }
  return [...solved].filter(([, equation]) => equation.size === 1).map(([pivot]) => pivot);
}

function unknownsOf({ whole, parts }: Sum): Equation {
  const equation: Equation = new Map();
  for (const part of parts) if (!isKnown(part)) equation.set(part, (equation.get(part) ?? 0) + 1);
  if (!isKnown(whole)) equation.set(whole, (equation.get(whole) ?? 0) - 1);
  for (const [count, factor] of equation) if (factor === 0) equation.delete(count);
  return equation;
}

/** Takes a variable out of an equation by another one, in which its factor is 1. */
function subtract(equation: Equation, other: Equation, pivot: Count): void {
  const times = equation.get(pivot);
  if (times === undefined) return;
  for (const [count, factor] of other) {
    const left = (equation.get(count) ?? 0) - times * factor;
    if (Math.abs(left) < EPSILON) equation.delete(count);
    else equation.set(count, left);
  }
}
