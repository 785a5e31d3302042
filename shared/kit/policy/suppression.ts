import { civilDate, startOfDay } from '#base/civil';
import { type Clock, instant } from '#base/clock';
import type { Principal } from '#base/identity/principal';
import { type Role, roleSpec } from '#base/identity/roles';
import { pastInstant } from '../model/past-instant';
import { type Counted, countedOf, listsOf, Ratio } from '../model/value-object';
import { type Count, type Figure, hideDisclosed, isSmall, type Sum } from './disclosure';
import { government, having, type Rule, rule } from './rule';

type CountedFigures = ReadonlyMap<string, Counted>;

const wholeForRoles = new Map<string, Rule>();

/** The same rule for the same roles, so that its words are composed once. */
function havingOneOf(roles: readonly Role[]): Rule {
  const name = roles.join(' ');
  const existing = wholeForRoles.get(name) ?? having(...roles);
  wholeForRoles.set(name, existing);
  return existing;
}

/** Principals who read a figure whole, since they work with the counted objects. Parts and measures inherit the rule of their figure. */
export function wholeFor({ wholeFor: roles, hiddenFrom, partOf, over }: Counted, figures: CountedFigures): Rule {
  if (roles) return havingOneOf(roles);
  if (hiddenFrom === 'public') return government;
  const figure = figures.get(partOf ?? over ?? '');
  return figure ? wholeFor(figure, figures) : casework;
}

/** Principals with a government role that works with single objects, and not with figures only. A role that is not known does not. */
const casework: Rule = rule(
  () => [{ to: ['@casework'] }],
  (who) =>
    who?.governmentRoles.some((role) => {
      const spec = roleSpec(role);
      return spec !== undefined && !spec.isStatistical;
    }) ?? false,
);

const isWhole = (of: Counted, who: Principal | null, figures: CountedFigures = new Map()): boolean =>
  wholeFor(of, figures)(who) === true;

/** Figures of a type whose small counts are hidden from a caller. */
export function withheldSmall(
  counted: ReadonlyMap<string, Counted>,
  who: Principal | null,
): ReadonlyMap<string, Counted> {
  return new Map([...counted].filter(([, of]) => !isWhole(of, who, counted)));
}

/** Whether a caller may read a figure over this number of objects. */
export const isShown = (count: number, who: Principal | null, of: Counted = {}): boolean =>
  !isSmall(count) || isWhole(of, who);

/**
 * Instant of figures: the requested one, or now. Callers who may not see small counts get the start of its month, or of today, since
 * a series of instants would reveal single events. @throws RequestError for a future instant
 */
export function figuresAsOf(
  of: Counted,
  requested: string | null | undefined,
  who: Principal | null,
  clock: Clock,
): string {
  const at = pastInstant(requested, clock);
  if (isWhole(of, who)) return at;
  return requested == null ? startOfDay(civilDate(at)) : startOfMonth(at);
}

/**
 * Instant at which figures of the present end: the start of today for callers who may not see small counts, since they would see every
 * event as it happens; for others, no end.
 */
export const figuresEnd = (of: Counted, who: Principal | null, clock: Clock): string =>
  isWhole(of, who) ? NO_END : startOfDay(civilDate(instant(clock.now())));

/** First day that figures of the present leave out: today for callers who may not see small counts; for others, none. */
export const figuresEndOn = (of: Counted, who: Principal | null, clock: Clock): string =>
  isWhole(of, who) ? NO_END : civilDate(instant(clock.now()));

/** Later than every instant and day. */
const NO_END = '9999';

/**
 * Bound of a time range of figures by month (UTC). Callers who may not see small counts get the start of its month, since two ranges that
 * divide a month would show how its figures differ by a few hours.
 */
export const figuresWithin = (of: Counted, bound: string | null | undefined, who: Principal | null): string | null =>
  bound == null || isWhole(of, who) ? (bound ?? null) : bound.slice(0, 'YYYY-MM'.length);

const startOfMonth = (at: string): string => startOfDay(`${civilDate(at).slice(0, 7)}-01`);

/** A count, or the denominator of a share. */
const countOf = (value: unknown): number => (value instanceof Ratio ? value.denominator : Number(value));

type Figures = Readonly<Record<string, unknown>>;

/** Whether a figure would reveal a small count: its value, the objects it is computed over, or its complement. */
function revealsSmall(figures: Figures, name: string, { partOf, over, isMeasure }: Counted): boolean {
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

/** Figures of one type that are subject to suppression for a caller. */
export interface Withheld {
  readonly figures: ReadonlyMap<string, Counted>;
  /** Lists of figures in the object. */
  readonly lists?: ReadonlyMap<string, WithheldList>;
}

interface WithheldList {
  readonly cells: Withheld;
  /** Figures of the object that are sums over the cells, by the name of the cell's figure. */
  readonly addUpTo: Readonly<Record<string, string>>;
}

/** Figures of a type that are subject to suppression for a caller; undefined for a type without counts. */
export function withheldOf(type: string, who: Principal | null): Withheld | undefined {
  const figures = countedOf(type);
  const lists = new Map<string, WithheldList>();
  for (const [field, { of, addUpTo }] of listsOf(type)) {
    const cells = withheldOf(of().name, who);
    if (cells) lists.set(field, { cells, addUpTo });
  }
  if (!figures && lists.size === 0) return undefined;
  return { figures: withheldSmall(figures ?? new Map(), who), lists };
}

/** Whether all figures are whole for a caller. */
export const hidesNothing = ({ figures, lists }: Withheld): boolean =>
  figures.size === 0 && [...(lists?.values() ?? [])].every(({ cells }) => hidesNothing(cells));

/** The object without figures that would reveal a small count. */
export function withoutSmallCounts<T extends object>(object: T, withheld: Withheld): T {
  if (hidesNothing(withheld)) return object;
  const row = new Row(object, withheld);
  hideSmall([row], []);
  return row.shown() as T;
}

/** Same as {@link withoutSmallCounts} for the cells of a table whose sums are shown elsewhere. Hides more cells if one could be derived. */
export function withoutSmallCells<T extends object>(cells: readonly T[], withheld: Withheld): readonly T[] {
  if (hidesNothing(withheld)) return cells;
  const rows = cells.map((cell) => new Row(cell, withheld));
  const chosenBy = [...withheld.figures.values()].find((of) => of.chosenBy !== undefined)?.chosenBy;
  const parts = chosenBy === undefined ? [] : Map.groupBy(rows, ({ object }) => (object as Figures)[chosenBy]).values();
  // what a part hides by itself does not depend on the others
  hideSmall(rows, [...parts, rows].flatMap(sumsShownElsewhere));
  return rows.map((row) => row.shown() as T);
}

/**
 * Same as {@link withoutSmallCounts} for the figures of one fiscal year or of all time. Treats them as a table with a margin, since callers
 * can request each of them.
 * @param years figures of all years with data
 * @param total figures of all time
 * @param requested one of them
 */
export function withoutSmallYears<T extends object>(
  years: readonly T[],
  total: T,
  requested: T,
  withheld: Withheld,
): T {
  if (hidesNothing(withheld)) return requested;
  const rows = years.map((year) => new Row(year, withheld));
  const margin = new Row(total, withheld);
  hideSmall([...rows, margin], sumsOfYears(rows, margin));
  return (requested === total ? margin : rows[years.indexOf(requested)]!).shown() as T;
}

/** Names of hidden figures, by object of figures. */
const hiddenIn = new WeakMap<object, readonly string[]>();

/** Names of the figures that are hidden in an object that these functions returned. */
export const suppressedIn = (figures: object): readonly string[] => hiddenIn.get(figures) ?? [];

/** A figure that is never hidden. */
const ALWAYS_SHOWN: Figure = { canHide: false, isHidden: false };

/** A figure of an object, for the disclosure check. */
class ObjectFigure implements Figure {
  isHidden = false;

  constructor(
    readonly row: Row,
    readonly name: string,
    readonly canHide: boolean,
  ) {}
}

/** An object of figures: its counts by path (`figure`, `figure.numerator`, `figure.denominator`, `figure.rest`), and its lists. */
class Row {
  readonly counts = new Map<string, Count>();
  readonly sums: Sum[] = [];
  readonly cells = new Map<string, readonly Row[]>();
  private readonly figures = new Map<string, ObjectFigure>();

  constructor(
    readonly object: object,
    private readonly withheld: Withheld,
    private readonly parent?: Row,
  ) {
    for (const [name, of] of withheld.figures) this.add(name, of);
    for (const [field, list] of withheld.lists ?? []) this.addCells(field, list);
  }

  private value(name: string): unknown {
    return (this.object as Figures)[name];
  }

  private figure(name: string): Figure {
    const figure = this.figures.get(name) ?? new ObjectFigure(this, name, this.withheld.figures.has(name));
    this.figures.set(name, figure);
    return figure;
  }

  /** Count at a path of this object, or of the object that contains it. */
  countAt(path: string): Count | undefined {
    const existing = this.counts.get(path);
    if (existing) return existing;
    const [name, part] = path.split('.') as [string, 'numerator' | 'denominator' | undefined];
    const value = this.value(name);
    if (value === undefined) return this.parent?.countAt(path);
    if (value === null) return undefined;
    const count = value instanceof Ratio ? value[part ?? 'denominator'] : Number(value);
    return this.keep(path, { value: count, shownBy: [], guardedBy: [this.figure(name)] }, this.figure(name));
  }

  private keep(path: string, count: Count, figure: Figure): Count {
    if (!count.shownBy.includes(figure)) count.shownBy.push(figure);
    this.counts.set(path, count);
    return count;
  }

  private add(name: string, of: Counted): void {
    const value = this.value(name);
    const figure = this.figure(name);
    if (value === null || value === undefined || of.isMeasure) return;
    if (value instanceof Ratio) {
      this.addShare(name, of, value);
      return;
    }
    const count = this.countAt(name)!;
    const whole = of.partOf === undefined ? undefined : this.countAt(of.partOf);
    if (whole) this.addRest(name, whole, count, figure);
  }

  private addShare(name: string, { numerator = [], denominator }: Counted, share: Ratio): void {
    const figure = this.figure(name);
    const same = (part: 'numerator' | 'denominator', path: string | undefined): Count => {
      const other = path === undefined ? undefined : this.countAt(path);
      return other ? this.keep(`${name}.${part}`, other, figure) : this.countAt(`${name}.${part}`)!;
    };
    const whole = same('denominator', denominator);
    const part = same('numerator', numerator.length === 1 ? numerator[0] : undefined);
    const terms = numerator.length > 1 ? numerator.flatMap((path) => this.countAt(path) ?? []) : [];
    if (terms.length > 0) this.sums.push({ whole: part, parts: terms });
    // not for a mean, whose numerator can exceed its denominator
    if (share.numerator <= share.denominator) this.addRest(name, whole, part, figure);
  }

  /** Adds the complement of a part, which is protected like the part, and can be derived from both. */
  private addRest(name: string, whole: Count, part: Count, figure: Figure): void {
    const rest = { value: whole.value - part.value, shownBy: [], guardedBy: [figure], impliedBy: [part, whole] };
    this.counts.set(`${name}.rest`, rest);
    this.sums.push({ whole, parts: [part, rest] });
  }

  private addCells(field: string, { cells: withheld, addUpTo }: WithheldList): void {
    const cells = ((this.value(field) ?? []) as object[]).map((cell) => new Row(cell, withheld, this));
    this.cells.set(field, cells);
    for (const [name, total] of Object.entries(addUpTo)) {
      const whole = this.countAt(total);
      if (whole) this.sums.push({ whole, parts: cells.flatMap((cell) => cell.countAt(name) ?? []) });
    }
  }

  /** Identifies a cell in its list: all its values that are not figures. */
  get label(): string {
    const isFigure = (value: unknown) => value === null || typeof value === 'number' || value instanceof Ratio;
    return JSON.stringify(Object.entries(this.object).filter(([, value]) => !isFigure(value)));
  }

  hideSmall(): void {
    for (const [name, of] of this.withheld.figures) if (revealsSmall(this.object as Figures, name, of)) this.hide(name);
    for (const cell of this.allCells()) cell.hideSmall();
  }

  /** Hides a figure, figures derived from it, and figures that show the same count. */
  hide(name: string): void {
    const figure = this.figure(name);
    if (!figure.canHide || figure.isHidden) return;
    figure.isHidden = true;
    for (const [other, { partOf, over }] of this.withheld.figures)
      if (partOf === name || over === name) this.hide(other);
    for (const { guardedBy, shownBy } of this.counts.values())
      if (guardedBy.includes(figure)) for (const other of shownBy as ObjectFigure[]) other.row.hide(other.name);
  }

  allCells(): Row[] {
    return [...this.cells.values()].flat();
  }

  /** The object without hidden figures. */
  shown(): object {
    const hidden = [...this.figures.values()].filter(({ isHidden }) => isHidden);
    const lists = [...this.cells].filter(([, cells]) => cells.length > 0);
    if (hidden.length === 0 && lists.length === 0) return this.object;
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this.object)), this.object);
    for (const { name } of hidden) copy[name] = null;
    hiddenIn.set(copy, hidden.map(({ name }) => name).sort());
    for (const [field, cells] of lists) copy[field] = cells.map((cell) => cell.shown());
    return copy;
  }
}

/** Hides small counts, then figures that disclose them. @param margins sums of counts of several rows */
function hideSmall(rows: readonly Row[], margins: readonly Sum[]): void {
  for (const row of rows) row.hideSmall();
  const all = rows.flatMap((row) => [row, ...row.allCells()]);
  const sums = [...margins, ...all.flatMap((row) => row.sums)];
  hideDisclosed(sums, (figure) => {
    if (figure instanceof ObjectFigure) figure.row.hide(figure.name);
  });
}

/** A sum for each column of a table, which readers know from elsewhere. */
function sumsShownElsewhere(rows: readonly Row[]): Sum[] {
  const paths = new Set(rows.flatMap((row) => [...row.counts.keys()]));
  return [...paths].map((path) => {
    const parts = rows.flatMap((row) => row.counts.get(path) ?? []);
    const value = parts.reduce((sum, part) => sum + part.value, 0);
    return { whole: { value, shownBy: [ALWAYS_SHOWN], guardedBy: [] }, parts };
  });
}

/** Sums over the years for each count of all time, including cells with the same label. */
function sumsOfYears(years: readonly Row[], total: Row): Sum[] {
  const sums = [...total.counts].map(([path, whole]) => ({
    whole,
    parts: years.flatMap((year) => year.counts.get(path) ?? []),
  }));
  const ofCells = [...total.cells].flatMap(([field, cells]) =>
    cells.flatMap((cell) => {
      const same = years.flatMap((year) => year.cells.get(field)?.find(({ label }) => label === cell.label) ?? []);
      return sumsOfYears(same, cell);
    }),
  );
  // figures as of now do not depend on the year, so they do not add up
  const addsUp = ({ whole, parts }: Sum) => parts.reduce((sum, { value }) => sum + value, 0) === whole.value;
  return [...sums.filter(addsUp), ...ofCells];
}
