import { printable } from './printable';

/** A rejected row of a source, with its location and the reason. */
export interface Reject {
  readonly file: string;
  /** Line number in a text file, or row number in other files. Starts at 1. */
  readonly line: number;
  readonly column: string | null;
  readonly reason: string;
}

/** Rejects a row; the import continues with the next one. */
export class RowError extends Error {
  constructor(
    readonly column: string | null,
    reason: string,
  ) {
    super(reason);
  }
}

export function formatReject({ file, line, column, reason }: Reject): string {
  return printable(`${file}:${line}${column ? `, ${column}` : ''}: ${reason}`);
}
