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

/** Words that are written in capitals. */
const CAPITALS: ReadonlySet<string> = new Set(['ai', 'it', 'kev', 'cve', 'csf', 'cui', 'poam', 'ssvc', 'u.s.']);

/** An enum value as words: `REVIEW_NECESSARY` is "Review necessary". */
export function wordsOf(value: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(value)) return value;
  const words = value.toLowerCase().split('_');
  const text = words.map((word) => (CAPITALS.has(word) ? word.toUpperCase() : word)).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
