import { InvalidAggregateError } from '#base/errors';
import type { ListScope } from '../collection/loaders';
import type { Condition } from '../collection/where';
import { interpolatedSql } from '../database/statistics';
import { type Dimension, groupFieldOf, groupValue } from './dimension';
import { type Measure, measureKey, operandOf } from './measure';
import { type GroupColumns, Terms } from './terms';

/** Values of figures by {@link measureKey}: a number, a date as text, or for RATIO the number of objects that match. */
export type Figures = ReadonlyMap<string, number | string | null>;

/** Key of the count, which every result has. */
export const COUNT = measureKey({ function: 'COUNT' });

/** Figures of a list without objects. */
export const NO_OBJECTS: Figures = new Map([[COUNT, 0]]);

/** Objects of a list with the same values. */
export interface GroupRow {
  /** Value of each dimension, by the group's field that shows it. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether the reader may not read the values, which are null. */
  readonly isWithheld: boolean;
  readonly figures: Figures;
}

export interface GroupOrder {
  /** A dimension, or a figure. */
  readonly by: { readonly dimension: number } | Measure;
  readonly direction: 'ASC' | 'DESC';
}

export interface GroupCondition {
  readonly measure: Measure;
  readonly operators: Readonly<Partial<Record<'eq' | 'lt' | 'lte' | 'gt' | 'gte', number | null>>>;
}

export interface GroupRequest {
  readonly dimensions: readonly Dimension[];
  readonly having: readonly GroupCondition[];
  readonly orderBy: readonly GroupOrder[];
  readonly offset: number;
  readonly size: number;
  /** Values of the first dimension that groups may have, from the first to the last; any if undefined. */
  readonly within?: readonly [first: string, last: string];
}

/** A page of groups of one list. */
export interface GroupRows {
  readonly rows: readonly GroupRow[];
  /** Number of groups on all pages. */
  readonly total: number;
}

const OPERATORS = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** A measure as a column of the statement. */
interface Aggregated {
  readonly measure: Measure;
  readonly name: string;
  readonly sql: string;
}

/** Builds and runs the statements that aggregate the objects of a list. */
export class AggregateStatement {
  private readonly terms: Terms;
  /** Columns of the statement by {@link measureKey}. */
  private readonly aggregated = new Map<string, Aggregated>();
  /** Columns that percentiles are computed over. */
  private readonly ranked = new Set<string>();
  private readonly groupColumns: GroupColumns;

  constructor(
    private readonly scope: ListScope,
    private readonly dimensions: readonly Dimension[] = [],
    measures: readonly Measure[] = [],
  ) {
    this.terms = new Terms(scope);
    this.groupColumns = dimensions.length > 0 ? this.terms.groups(dimensions) : { values: [], withheld: undefined };
    this.column({ function: 'COUNT', path: [] });
    for (const measure of measures) this.column(measure);
  }

  /** Figures by key of the parent; by the empty text for a root list. Without an entry for a list without objects. */
  async figures(parents: readonly string[]): Promise<ReadonlyMap<string, Figures>> {
    const { sql, parameters } = this.aggregates(parents);
    const rows = await this.scope.database.summarize<Record<string, unknown>>(sql, parameters);
    return new Map(rows.map((row) => [parentOf(row), this.figuresOf(row)]));
  }

  /** A page of groups by key of the parent. */
  async groups(request: GroupRequest, parents: readonly string[]): Promise<ReadonlyMap<string, GroupRows>> {
    const { sql, parameters } = this.page(request, parents);
    const rows = await this.scope.database.summarize<Record<string, unknown>>(sql, parameters);
    const byParent = Map.groupBy(rows, parentOf);
    return new Map(
      [...byParent].map(([parent, ofParent]) => [
        parent,
        { rows: ofParent.map((row) => this.groupRow(row)), total: Number(ofParent[0]!.total) },
      ]),
    );
  }

  /** Figures over the objects in none of a page's groups, by key of the parent. Without an entry if there are none. */
  async others(request: GroupRequest, parents: readonly string[]): Promise<ReadonlyMap<string, Figures>> {
    // the page needs only the figures that determine it
    const page = new AggregateStatement(this.scope, this.dimensions).page(request, parents);
    const rows = this.terms.statement(parents);
    const { isSame } = this.scope.database.dialect;
    const { keys } = this;
    const joined = keys.map((key) => isSame(`objects.${key}`, `page.${key}`)).join(' AND ');
    const sql = this.aggregatesOf(
      `(SELECT objects.* FROM (${rows.sql}) objects LEFT JOIN (${page.sql}) page ON ${joined} WHERE page.row_rank IS NULL)`,
      this.parentColumns,
    );
    const parameters = [...rows.parameters, ...page.parameters];
    const found = await this.scope.database.summarize<Record<string, unknown>>(sql, parameters);
    const figures = found.map((row) => [parentOf(row), this.figuresOf(row)] as const);
    return new Map(figures.filter(([, ofParent]) => ofParent.get(COUNT) !== 0));
  }

  private get parentColumns(): string[] {
    return this.scope.parentKey ? ['parent_key'] : [];
  }

  /** Columns that identify a group of one parent. */
  private get keys(): string[] {
    const { values, withheld } = this.groupColumns;
    return [...this.parentColumns, ...values, ...(withheld === undefined ? [] : [withheld])];
  }

  /** Statement with one row of figures for each group, or each parent without dimensions. */
  private aggregates(parents: readonly string[]): Condition {
    const { sql, parameters } = this.terms.statement(parents);
    return { sql: this.aggregatesOf(`(${sql})`, this.keys), parameters };
  }

  /** @param rows SQL with the columns of {@link Terms} @param keys columns to group by */
  private aggregatesOf(rows: string, keys: readonly string[]): string {
    const columns = [...keys, ...[...this.aggregated.values()].map(({ sql, name }) => `${sql} AS ${name}`)];
    const grouped = keys.length > 0 ? ` GROUP BY ${keys.join(', ')}` : '';
    return `SELECT ${columns.join(', ')} FROM ${this.withRanks(rows, keys)} values_${grouped}`;
  }

  /** Adds the rank of each value in its group, from the largest, and their number, for percentiles. */
  private withRanks(rows: string, keys: readonly string[]): string {
    if (this.ranked.size === 0) return rows;
    const partition = keys.length > 0 ? `PARTITION BY ${keys.join(', ')}` : '';
    const ranks = [...this.ranked].flatMap((value) => [
      `ROW_NUMBER() OVER (${partition} ORDER BY ${value} DESC) - 1e0 AS rank_${value}`,
      `COUNT(${value}) OVER (${partition}) AS count_${value}`,
    ]);
    return `(SELECT ranked.*, ${ranks.join(', ')} FROM ${rows} ranked)`;
  }

  /** Statement with the groups of one page, in order. Numbers them within their parent. */
  private page({ having, orderBy, offset, size, within }: GroupRequest, parents: readonly string[]): Condition {
    const [column] = this.groupColumns.values;
    const conditions = [
      ...having.flatMap((condition) => this.conditionsOf(condition)),
      ...(within ? [this.isWithin(column!, within)] : []),
    ];
    const order = this.orderTerms(orderBy);
    const { sql, parameters } = this.aggregates(parents);
    const partition = this.parentColumns.length > 0 ? 'PARTITION BY parent_key ' : '';
    const where = conditions.length > 0 ? `WHERE ${conditions.map((part) => part.sql).join(' AND ')}` : '';
    return {
      sql: `SELECT * FROM (
              SELECT figures.*, ROW_NUMBER() OVER (${partition}ORDER BY ${order}) AS row_rank,
                     COUNT(*) OVER (${partition}) AS total
              FROM (${sql}) figures ${where}
            ) numbered WHERE row_rank > ${offset} AND row_rank <= ${offset + size} ORDER BY row_rank`,
      parameters: [...parameters, ...conditions.flatMap((part) => part.parameters)],
    };
  }

  private isWithin(column: string, bounds: readonly string[]): Condition {
    const [{ grouping } = {}] = this.dimensions;
    // SQLite does not compare numbers with texts
    const isNumber = grouping?.kind === 'period' && grouping.unit === 'FISCAL_YEAR';
    return { sql: `${column} >= ? AND ${column} <= ?`, parameters: isNumber ? bounds.map(Number) : bounds };
  }

  private conditionsOf({ measure, operators }: GroupCondition): Condition[] {
    const name = this.column(measure);
    const entries = Object.entries(operators).filter(([, operand]) => operand != null);
    if (entries.length === 0)
      throw new InvalidAggregateError('This condition compares with nothing: add "gt", for example gt: 10', [
        ...measure.path,
      ]);
    return entries.map(([operator, operand]) => ({
      sql: `${name} ${OPERATORS[operator as keyof typeof OPERATORS]} ?`,
      parameters: [operand],
    }));
  }

  /** The groups' values break ties. Withheld values come last. */
  private orderTerms(orderBy: readonly GroupOrder[]): string {
    const { values, withheld } = this.groupColumns;
    const terms = orderBy.map(({ by, direction }) => ({
      column: 'dimension' in by ? values[by.dimension]! : this.column(by),
      direction,
    }));
    const rest = values.filter((name) => !terms.some(({ column }) => column === name));
    const isWithheldLast = terms.every(({ column }) => values.includes(column));
    const withheldTerm = withheld === undefined ? [] : [`${withheld} ASC`];
    return [
      ...(isWithheldLast ? withheldTerm : []),
      ...terms.map(({ column, direction }) => `${column} ${direction}`),
      ...rest.map((column) => `${column} ASC`),
      ...(isWithheldLast ? [] : withheldTerm),
    ].join(', ');
  }

  /** Adds a figure, if it is not there yet. @returns its column */
  private column(measure: Measure): string {
    const key = measureKey(measure);
    const known = this.aggregated.get(key);
    if (known) return known.name;
    const name = `m${this.aggregated.size}`;
    this.aggregated.set(key, { measure, name, sql: this.sqlOf(measure) });
    return name;
  }

  private sqlOf(measure: Measure): string {
    const operand = operandOf(this.scope.target, measure);
    if (measure.function === 'RATIO') return `SUM(${this.terms.matches(measure.where)})`;
    if (!operand) return 'COUNT(*)';
    const value = this.terms.values(operand, [...measure.path, 'of']);
    switch (measure.function) {
      case 'COUNT_DISTINCT':
        return `COUNT(DISTINCT ${value})`;
      case 'SUM':
        return `SUM(${value})`;
      case 'AVERAGE':
        // as a double: MySQL rounds averages of integers to four digits
        return `AVG(${value} * 1e0)`;
      case 'MIN':
      case 'EARLIEST':
        return `MIN(${value})`;
      case 'MAX':
      case 'LATEST':
        return `MAX(${value})`;
      case 'MEDIAN':
        return this.percentile(value, 0.5);
      default:
        return this.percentile(value, measure.p!);
    }
  }

  private percentile(value: string, share: number): string {
    const { percentile } = this.scope.database.dialect;
    if (percentile) return percentile(value, share);
    this.ranked.add(value);
    return interpolatedSql({ value, place: `rank_${value}`, count: `count_${value}` }, share);
  }

  private figuresOf(row: Record<string, unknown>): Figures {
    return new Map(
      [...this.aggregated].map(([key, { measure, name }]) => [key, figureOf(measure, row[name] as string | number)]),
    );
  }

  private groupRow(row: Record<string, unknown>): GroupRow {
    const { values: columns, withheld } = this.groupColumns;
    return {
      values: Object.fromEntries(
        this.dimensions.map((dimension, index) => [
          groupFieldOf(dimension),
          groupValue(dimension, row[columns[index]!]),
        ]),
      ),
      isWithheld: withheld !== undefined && Number(row[withheld]) === 1,
      figures: this.figuresOf(row),
    };
  }
}

const parentOf = (row: Record<string, unknown>): string => String(row.parent_key ?? '');

/** A database returns decimals as text. */
function figureOf({ function: name }: Measure, value: string | number | null): string | number | null {
  if (value === null) return name === 'RATIO' ? 0 : null;
  return name === 'EARLIEST' || name === 'LATEST' ? value : Number(value);
}
