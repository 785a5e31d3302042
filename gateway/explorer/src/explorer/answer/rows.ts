import { type Cell, Table } from '../../../../export/table';
import { shown } from './format';
import type { AnswerPart, ColumnKind } from './tables';

/** Rows of a part, and of which object each one is. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Place of the object among those of the part. */
  readonly object: number;
}

/** The rows of a part, with one nested list unfolded: the rule of exports. */
export function rowsOf(part: AnswerPart, unfold: string | undefined): Rows {
  const table = new Table(part.selection, unfold);
  return {
    columns: table.columns,
    rows: part.objects.flatMap((object, place) => [...table.rows(object)].map((cells) => ({ cells, object: place }))),
  };
}

export interface Sort {
  readonly column: number;
  readonly descending: boolean;
}

/** Values of a column that a reader has chosen, by column; a column without an entry shows all. */
export type Chosen = ReadonlyMap<number, ReadonlySet<Cell>>;

/** The rows with chosen values, sorted: nulls last, numbers by value, equal rows in their order. */
export function arranged(rows: readonly Row[], chosen: Chosen, sort: Sort | undefined): readonly Row[] {
  const kept = rows.filter(({ cells }) => [...chosen].every(([column, values]) => values.has(cells[column]!)));
  if (!sort) return kept;
  const sign = sort.descending ? -1 : 1;
  return kept.toSorted((one, other) => {
    const [a, b] = [one.cells[sort.column]!, other.cells[sort.column]!];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return sign * compare(a, b);
  });
}

/** The rows with a text in one of the columns, as readers see it. */
export function withWords(
  rows: readonly Row[],
  columns: readonly { readonly place: number; readonly kind: ColumnKind }[],
  words: string,
): readonly Row[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === '') return rows;
  return rows.filter(({ cells }) =>
    columns.some(({ place, kind }) => shown(cells[place]!, kind).toLowerCase().includes(wanted)),
  );
}

const collator = new Intl.Collator('en-US', { numeric: true });

function compare(a: Exclude<Cell, null>, b: Exclude<Cell, null>): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

/** Number of rows with each value of a column, the most frequent first. */
export function countsOf(rows: readonly Row[], column: number): readonly (readonly [Cell, number])[] {
  const counts = new Map<Cell, number>();
  for (const { cells } of rows) counts.set(cells[column]!, (counts.get(cells[column]!) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** Distinct values up to which a column is offered for choice. */
const MAX_FACET = 12;

/** Columns with few enough values to choose from. */
export function facetsOf(rows: readonly Row[], kinds: readonly ColumnKind[]): readonly number[] {
  // a column with a value of its own for each object names it
  const objects = Math.min(rows.length, 1 + Math.max(0, ...rows.map(({ object }) => object)));
  if (objects < 2) return [];
  return kinds.flatMap((kind, column) => {
    if (kind === 'number' || kind === 'time' || kind === 'date') return [];
    const values = new Set<Cell>();
    for (const { cells } of rows) {
      values.add(cells[column]!);
      if (values.size > MAX_FACET) return [];
    }
    return values.size > 1 && values.size < objects ? [column] : [];
  });
}
