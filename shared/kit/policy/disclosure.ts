/*
 * Detects what sums and differences of shown counts disclose. Each count of a table, shown or hidden, is a variable; each margin, and each
 * whole with its parts, is an equation. A hidden count is disclosed if the equations determine it, or if the sum of several hidden counts
 * is known to be small.
 */

/** Smallest count to show, since smaller ones could reveal single objects. See "small counts" in docs/domain.md. */
const MIN_SHOWN = 5;

export const isSmall = (count: number): boolean => count > 0 && count < MIN_SHOWN;

/** A figure of one object, which shows its counts unless it is hidden. */
export interface Figure {
  readonly canHide: boolean;
  isHidden: boolean;
}

export interface Count {
  readonly value: number;
  /** Figures that show it. */
  readonly shownBy: Figure[];
  /** Figures that are hidden to protect it. */
  readonly guardedBy: readonly Figure[];
  /** Counts from which it can be derived: a part and its whole. */
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

/** A disclosed count. To protect it, one more count of one of the sums must be hidden, preferably of an earlier sum. */
interface Disclosure {
  readonly of: Count | Sum;
  readonly sums: readonly Sum[];
}

/**
 * Hides figures, the smallest first, until sums and differences of shown counts disclose no hidden count.
 * @param hide hides a figure and its dependents
 */
export function hideDisclosed(sums: readonly Sum[], hide: (figure: Figure) => void): void {
  // disclosures that hiding more cannot prevent
  const settled = new Set<Count | Sum>();
  for (;;) {
    const disclosure = disclosureIn(sums, settled);
    if (!disclosure) return;
    const figures = disclosure.sums.map(nextToHide).find((candidates) => candidates !== undefined);
    if (figures) for (const figure of figures) hide(figure);
    else settled.add(disclosure.of);
  }
}

function disclosureIn(sums: readonly Sum[], settled: ReadonlySet<Count | Sum>): Disclosure | undefined {
  const exposed = sums.find((sum) => !settled.has(sum) && isExposed(sum));
  if (exposed) return { of: exposed, sums: [exposed] };
  const count = derivable(sums).find((candidate) => !settled.has(candidate) && isProtected(candidate));
  if (!count) return undefined;
  return { of: count, sums: sumsAround(count, sums) };
}

/** Sums that involve a hidden count, directly or through other hidden counts, nearest first. */
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

/** Whether one sum alone discloses a hidden count, or that several hidden counts are small together. */
function isExposed({ whole, parts }: Sum): boolean {
  const hidden = parts.filter((part) => !isKnown(part));
  if (!isKnown(whole)) return hidden.length === 0 && isProtected(whole);
  if (!hidden.some(isProtected)) return false;
  return hidden.length === 1 || isSmall(hidden.reduce((total, { value }) => total + value, 0));
}

/**
 * Figures to hide next: those that show the smallest known nonzero part, else the whole, else a part of zero. Zeros come last, since hiding
 * them protects little.
 */
function nextToHide({ whole, parts }: Sum): readonly Figure[] | undefined {
  const shown = parts.filter(isKnown).sort((a, b) => a.value - b.value);
  const order = [...shown.filter(({ value }) => value > 0), whole, ...shown.filter(({ value }) => value <= 0)];
  return order.map(waysToHide).find((figures) => figures !== undefined);
}

/** Figures to hide so that a count is unknown; undefined if a figure that cannot be hidden shows it, or no figure does. */
function waysToHide({ shownBy, impliedBy }: Count): readonly Figure[] | undefined {
  const showing = shownBy.filter(({ isHidden }) => !isHidden);
  if (showing.some(({ canHide }) => !canHide)) return undefined;
  if (showing.length > 0) return showing;
  if (!impliedBy?.every(isKnown)) return undefined;
  return impliedBy.map(waysToHide).find((figures) => figures !== undefined);
}

type Equation = Map<Count, number>;
const EPSILON = 1e-9;

/** Hidden counts that the sums determine, by Gauss-Jordan elimination of the unknowns. */
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

/** Eliminates a variable from an equation with another equation, in which its factor is 1. */
function subtract(equation: Equation, other: Equation, pivot: Count): void {
  const times = equation.get(pivot);
  if (times === undefined) return;
  for (const [count, factor] of other) {
    const left = (equation.get(count) ?? 0) - times * factor;
    if (Math.abs(left) < EPSILON) equation.delete(count);
    else equation.set(count, left);
  }
}
