import type { Database } from './database';
import type { Dialect } from './dialect';

/** Percentiles over the rows of a SELECT. */
export interface PercentileQuery<
  Group extends string = string,
  Name extends string = string,
  Count extends string = string,
> {
  /** SELECT that returns the value and the group columns, one row per counted object. */
  readonly from: string;
  /** Column with the number. Rows in which it is NULL count in the total only. */
  readonly value: string;
  /** Columns that form the groups; all rows are one group by default. */
  readonly groups?: readonly Group[];
  /** Share of each percentile, 0 to 1, by the name of its column in the result. */
  readonly shares: Readonly<Record<Name, number>>;
  /** Bounds, by the name of the column that counts the values up to the bound. */
  readonly atMost?: Readonly<Record<Count, number>>;
}

/**
 * SQL that returns one row per group: the group columns, the number of rows as `total` and of values as `n`, and each percentile and count
 * under its name. Percentiles without values are NULL. Without group columns there is always one row.
 *
 * A percentile is interpolated linearly between neighbors, as {@link percentile} does. Of c values at places 0 to c-1 from the largest, it lies
 * at place (c-1) * (1-share), and each value contributes by its distance to that place, if below 1. Window functions compute it the same way on all
 * databases; where the database has an aggregate for it, that is cheaper.
 */
export function percentilesSql(dialect: Dialect, query: PercentileQuery): string {
  const { from, value, groups = [], shares, atMost = {} } = query;
  const names = groups.map(dialect.quote).join(', ');
  const columns = groups.length === 0 ? '' : `${names}, `;
  const partition = groups.length === 0 ? '' : `PARTITION BY ${names}`;
  const number = dialect.quote(value);
  const atShare = (share: number) =>
    dialect.percentile?.('x', share) ?? interpolatedSql({ value: 'x', place: 'i', count: 'c' }, share);
  const results = [
    ...Object.entries(shares).map(([name, share]) => `${atShare(share)} AS ${dialect.quote(name)}`),
    ...Object.entries(atMost).map(
      ([name, bound]) => `COUNT(CASE WHEN x <= ${bound} THEN 1 END) AS ${dialect.quote(name)}`,
    ),
  ];
  // from the largest, since all databases sort NULL before the values; MySQL's row numbers are unsigned, so places are doubles
  const places = `, COUNT(${number}) OVER (${partition}) AS c, ROW_NUMBER() OVER (${partition} ORDER BY ${number} DESC) - 1e0 AS i`;
  return `SELECT ${columns}COUNT(*) AS total, COUNT(x) AS n, ${results.join(', ')}
    FROM (SELECT ${columns}${number} AS x${dialect.percentile ? '' : places} FROM (${from}) v) r
    ${groups.length === 0 ? '' : `GROUP BY ${names}`}`;
}

/** Columns of sorted numbers: the number, its place from 0 for the largest, and the count of numbers. NULL is no number. */
interface SortedNumbers {
  readonly value: string;
  readonly place: string;
  readonly count: string;
}

/** SQL aggregate of the number at a share (0 to 1) of sorted numbers, interpolated between neighbors. NULL without numbers. */
export function interpolatedSql({ value, place, count }: SortedNumbers, share: number): string {
  // an exponent makes it a double: MySQL computes with few decimals otherwise
  const distance = `ABS(${place} - (${count} - 1) * ${(1 - share).toExponential()})`;
  return `SUM(CASE WHEN ${value} IS NULL THEN NULL WHEN ${distance} < 1 THEN ${value} * (1 - ${distance}) ELSE 0 END)`;
}

/** A row of {@link percentiles}. */
export type Percentiles<Group extends string, Name extends string, Count extends string> = Readonly<
  Record<Group, string | null> & Record<Name, number | null> & Record<Count | 'total' | 'n', number>
>;

/** Runs {@link percentilesSql}. @param parameters of its inner SELECT */
export async function percentiles<Name extends string, Group extends string = never, Count extends string = never>(
  database: Database,
  query: PercentileQuery<Group, Name, Count>,
  parameters: readonly unknown[] = [],
): Promise<Percentiles<Group, Name, Count>[]> {
  const rows = await database.summarize(percentilesSql(database.dialect, query), parameters);
  const numbers = ['total', 'n', ...Object.keys(query.shares), ...Object.keys(query.atMost ?? {})];
  return rows.map((row) => {
    const read = numbers.map((name) => [name, row[name] === null ? null : Number(row[name])]);
    return { ...row, ...Object.fromEntries(read) } as Percentiles<Group, Name, Count>;
  });
}

/**
 * The same percentile over numbers that were counted by group.
 * @param counts numbers, each with how often it occurs
 * @param share 0 to 1
 * @returns null without numbers
 */
export function percentileOfCounts(counts: Iterable<readonly [value: number, count: number]>, share: number) {
  const sorted = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const place = (total - 1) * share;
  const [below, above] = [valueAt(sorted, Math.floor(place)), valueAt(sorted, Math.ceil(place))];
  return below + (above - below) * (place - Math.floor(place));
}

/** The number at a place, from 0, of sorted numbers with their counts. */
function valueAt(sorted: readonly (readonly [value: number, count: number])[], place: number): number {
  let passed = 0;
  for (const [value, count] of sorted) {
    passed += count;
    if (place < passed) return value;
  }
  throw new RangeError(`place ${place} of ${passed} values`);
}

/**
 * Calendar years (UTC) of the instants in a column, oldest first. With an index on the column it reads one entry per year, not one per row.
 */
export async function yearsIn(database: Database, table: string, column: string): Promise<number[]> {
  const { dialect } = database;
  const [name, source] = [dialect.quote(column), dialect.quote(table)];
  const rows = await database.summarize<{ first: string | null }>(
    `WITH RECURSIVE years AS (
       SELECT MIN(${name}) AS instant FROM ${source}
       UNION ALL
       SELECT (SELECT MIN(t.${name}) FROM ${source} t WHERE t.${name} >= CONCAT(SUBSTR(y.instant, 1, 4) + 1, ''))
       FROM years y WHERE y.instant < '9999'
     )
     SELECT SUBSTR(instant, 1, 4) AS ${dialect.quote('first')} FROM years WHERE instant IS NOT NULL`,
  );
  return rows.map(({ first }) => Number(first));
}
