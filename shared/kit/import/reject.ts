/** Why a row of a source was not taken, and where it stands. */
export interface Reject {
  readonly file: string;
  /** Line in a text file, counted from 1; the row's number in files whose rows have no line. */
  readonly line: number;
  readonly column: string | null;
  readonly reason: string;
}

/** Thrown by an importer for a row that it cannot take; the rest of the file goes on. */
export class RowError extends Error {
  constructor(
    readonly column: string | null,
    reason: string,
  ) {
    super(reason);
  }
}

export function formatReject({ file, line, column, reason }: Reject): string {
  return `${file}:${line}${column ? `, ${column}` : ''}: ${reason}`;
}
