import { withoutFormulas } from '../../../../export/formulas';
import type { Cell } from '../../../../export/table';

/** A table as CSV, for lists without pages: the gateway exports the others. Texts that a spreadsheet would execute get an apostrophe. */
export const csvOf = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [columns, ...rows].map((row) => `${row.map(fieldOf).join(',')}\r\n`).join('');

function fieldOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = withoutFormulas(cell);
  return /[",#\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
