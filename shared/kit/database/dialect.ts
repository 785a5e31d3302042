import { hasPercentiles } from './sqlite';

/** Supported databases. */
export type DatabaseKind = 'mysql' | 'sqlite';

/** SQL that differs between the databases. All other SQL works on both. */
export interface Dialect {
  readonly kind: DatabaseKind;
  quote(name: string): string;
  /** Milliseconds between two stored instants or dates, a whole number; negative if the second is earlier. */
  millisecondsBetween(from: string, to: string): string;
  /** Days between two stored instants or dates, with fractions. */
  daysBetween(from: string, to: string): string;
  /** Stored date a number of days later, or earlier if negative. */
  addDays(date: string, days: number): string;
  /** Monday on or before a stored date. */
  mondayOf(date: string): string;
  /** SELECT of the texts in a parameter with a JSON list, comparable with a column by its index. */
  readonly textsOfJson: string;
  /** Whether two values are equal, or both null. */
  isSame(a: string, b: string): string;
  /** SQL aggregate of the number at a share, interpolated between neighbors. Undefined if the database has only window functions for it. */
  readonly percentile?: (value: string, share: number) => string;
  /** End of an INSERT that updates the columns if the key exists. */
  onConflictUpdate(key: readonly string[], columns: readonly string[]): string;
  /** Server time in milliseconds since 1970. */
  readonly nowMs: string;
  /** Statement that returns the plan of a query. */
  explain(sql: string): string;
  /** End of a SELECT that locks its rows until the transaction ends. */
  readonly forUpdate: string;
}

/** Of an instant without its Z, which casts do not understand. */
const mysqlInstant = (expression: string) => `CAST(LEFT(${expression}, 23) AS DATETIME(3))`;

const mysqlMilliseconds = (from: string, to: string) =>
  `(TIMESTAMPDIFF(MICROSECOND, ${mysqlInstant(from)}, ${mysqlInstant(to)}) DIV 1000)`;

// the difference of two days is precise to a fraction of a millisecond
const sqliteMilliseconds = (from: string, to: string) =>
  `CAST(ROUND((julianday(${to}) - julianday(${from})) * 86400000.0) AS INTEGER)`;

const mysql: Dialect = {
  kind: 'mysql',
  quote: (name) => `\`${name}\``,
  millisecondsBetween: mysqlMilliseconds,
  // e0 makes it a double: a decimal would have four places
  daysBetween: (from, to) => `(${mysqlMilliseconds(from, to)} / 86400000e0)`,
  addDays: (date, days) => `CAST(DATE_ADD(${date}, INTERVAL ${days} DAY) AS CHAR(10))`,
  mondayOf: (date) => `CAST(DATE_SUB(${date}, INTERVAL WEEKDAY(${date}) DAY) AS CHAR(10))`,
  // the collation of all columns: without it, no index would serve
  textsOfJson:
    "SELECT j.v FROM JSON_TABLE(?, '$[*]' COLUMNS (v varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$')) j",
  isSame: (a, b) => `${a} <=> ${b}`,
  // a table of only keys still needs an assignment, so that an existing key is not an error
  onConflictUpdate: (key, columns) =>
    `ON DUPLICATE KEY UPDATE ${(columns.length > 0 ? columns : key.slice(0, 1)).map((column) => `${column} = VALUES(${column})`).join(', ')}`,
  // not UNIX_TIMESTAMP(), which repeats an hour in fall where the session has a time zone
  nowMs: "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000",
  explain: (sql) => `EXPLAIN ${sql}`,
  forUpdate: 'FOR UPDATE',
};

const sqlite: Dialect = {
  kind: 'sqlite',
  quote: (name) => `"${name}"`,
  millisecondsBetween: sqliteMilliseconds,
  daysBetween: (from, to) => `(${sqliteMilliseconds(from, to)} / 86400000.0)`,
  addDays: (date, days) => `DATE(${date}, '${days} days')`,
  mondayOf: (date) => `DATE(${date}, '-6 days', 'weekday 1')`,
  textsOfJson: 'SELECT value FROM json_each(?)',
  isSame: (a, b) => `${a} IS ${b}`,
  // one pass over unsorted rows; window functions sort all rows twice
  ...(hasPercentiles && { percentile: (value, share) => `percentile_cont(${value}, ${share.toExponential()})` }),
  onConflictUpdate: (key, columns) =>
    `ON CONFLICT (${key.join(', ')}) DO ${columns.length === 0 ? 'NOTHING' : `UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`}`,
  nowMs: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
  explain: (sql) => `EXPLAIN QUERY PLAN ${sql}`,
  // a transaction locks the whole database
  forUpdate: '',
};

export const dialects: Record<DatabaseKind, Dialect> = { mysql, sqlite };
