import type { Cell } from '../../../../export/table';
import type { Withheld } from '../../graph/ask';
import type { Row } from './rows';
import type { ColumnInfo } from './tables';

/** The rule that takes a column's values away from the caller, or objects that they count. */
export const ruleOf = (withheld: readonly Withheld[], { coordinate, above }: ColumnInfo): Withheld | undefined =>
  withheld.find((rule) => rule.coordinate === coordinate && rule.kind !== 'ROWS') ??
  withheld.find((rule) => rule.kind === 'ROWS' && rule.coordinate !== undefined && above.includes(rule.coordinate));

/** The rule that withholds a value. Zero objects that the caller may read are not zero objects. */
export function withheldBy(withheld: readonly Withheld[], column: ColumnInfo, cell: Cell): Withheld | undefined {
  const rule = cell === null || cell === 0 ? ruleOf(withheld, column) : undefined;
  return rule?.readable === 'NONE' ? rule : undefined;
}

/** Rows with nothing in place of values that are withheld: none of them is zero. */
export const withoutWithheld = (
  rows: readonly Row[],
  columns: readonly ColumnInfo[],
  withheld: readonly Withheld[],
): readonly Row[] =>
  rows.map(({ cells, ...row }) => ({
    ...row,
    cells: cells.map((cell, place) => (withheldBy(withheld, columns[place]!, cell) ? null : cell)),
  }));
