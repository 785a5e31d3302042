import type { FieldNode } from 'graphql';
import { OperatorError } from '#base/errors';
import { someOf } from './choices';
import { responseName } from './paged-operation';

/** A cell of a table. */
export type Cell = string | number | boolean | null;

/** Between the values of a list in one cell. */
const SEPARATOR = '; ';

/** A column, by the response names that lead to its values. */
export interface Column {
  readonly name: string;
  readonly path: readonly string[];
  /** The fields that lead to its values. */
  readonly fields: readonly FieldNode[];
}

/**
 * The table of a selection: a column for each field without subfields, named by its path, such as `developer.name`. A list within an object
 * is one cell, its values joined by "; ", unless it is unfolded: then each of its elements has a row, which repeats the other cells. An
 * object whose unfolded list is empty has one row.
 */
export class Table {
  readonly columns: readonly string[];
  readonly parts: readonly Column[];
  /** Path of the unfolded list; empty without one. */
  readonly unfolded: readonly string[];

  /**
   * @param unfold path of a nested list, such as `determinations.nodes`
   * @throws OperatorError if the selection has no such path
   */
  constructor(selection: readonly FieldNode[], unfold?: string) {
    this.parts = columnsOf(selection);
    this.columns = this.parts.map(({ name }) => name);
    this.unfolded = unfold?.split('.') ?? [];
    if (unfold !== undefined && !this.parts.some(({ path }) => startsWith(path, this.unfolded)))
      throw new OperatorError(
        `The question has no field "${unfold}" below its list`,
        `Unfold the path of a list among: ${someOf(this.columns)}`,
      );
  }

  /** The rows of an object. */
  *rows(object: unknown): Generator<Cell[]> {
    const elements = this.unfolded.length === 0 ? [object] : at(object, this.unfolded);
    const isUnfolded = ({ path }: Column) => this.unfolded.length > 0 && startsWith(path, this.unfolded);
    for (const element of elements.length === 0 ? [null] : elements)
      yield this.parts.map((column) =>
        isUnfolded(column)
          ? cellOf(at(element, column.path.slice(this.unfolded.length)))
          : cellOf(at(object, column.path)),
      );
  }
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((name, place) => path[place] === name);

function columnsOf(selection: readonly FieldNode[], above: readonly FieldNode[] = []): Column[] {
  return selection.flatMap((field): Column[] => {
    const fields = [...above, field];
    if (field.selectionSet) return columnsOf(field.selectionSet.selections as readonly FieldNode[], fields);
    const path = fields.map(responseName);
    return [{ name: path.join('.'), path, fields }];
  });
}

/** All values at a path, through lists. */
function at(value: unknown, path: readonly string[]): unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((element) => at(element, path));
  const [name, ...rest] = path;
  return name === undefined ? [value] : at((value as Record<string, unknown>)[name], rest);
}

function cellOf(values: readonly unknown[]): Cell {
  if (values.length === 0) return null;
  if (values.length === 1) return scalarOf(values[0]);
  return values.map((value) => String(scalarOf(value))).join(SEPARATOR);
}

/** Scalars that are JSON objects are shown as JSON. */
const scalarOf = (value: unknown): Cell => (typeof value === 'object' ? JSON.stringify(value) : (value as Cell));

/** Characters of rows from which they become a piece. */
export const PIECE_CHARACTERS = 64 * 1024;

/** Characters of a row in memory, without its separators. */
export const charactersOf = (row: readonly Cell[]): number =>
  row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
