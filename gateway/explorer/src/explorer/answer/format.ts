import type { Cell } from '../../../../export/table';
import type { ColumnKind } from './tables';

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** A cell as readers see it. Exports have the value itself. */
export function shown(cell: Cell, kind: ColumnKind): string {
  if (cell === null) return '—';
  if (typeof cell === 'number') return numbers.format(cell);
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (kind === 'category') return wordsOf(cell);
  return cell;
}

/** An enum value as words: `REVIEW_NECESSARY` is "Review necessary". */
export function wordsOf(value: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(value)) return value;
  const words = value.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
