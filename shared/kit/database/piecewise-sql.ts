/** Value of a column from one text on, until the next piece. */
export interface Piece {
  readonly from: string;
  /** SQL. */
  readonly value: string;
}

/**
 * SQL of the value that belongs to the text in a column, by binary search.
 * @param pieces by rising `from`; the first applies to smaller texts and NULL, too
 */
export function piecewiseSql(column: string, pieces: readonly Piece[]): string {
  const [first] = pieces;
  if (pieces.every(({ value }) => value === first!.value)) return first!.value;
  const half = pieces.length >> 1;
  return `CASE WHEN ${column} >= '${pieces[half]!.from}' THEN ${piecewiseSql(column, pieces.slice(half))} ELSE ${piecewiseSql(column, pieces.slice(0, half))} END`;
}
