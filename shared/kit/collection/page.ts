import { InvalidOrderError, InvalidPageError } from '#base/errors';
import type { Database } from '../database/database';
import { type Comparison, type ModelClass, modelOf, type Order } from '../model/model';
import { sortableBigNumber } from '../model/scalars';
import type { Reader } from '../policy/policy';
import { type ChildList, childListOf, namingField } from './children';
import type { Cursors, CursorValue } from './cursor';
import type { Condition, FieldUse, FilterValue } from './where';

export const DEFAULT_PAGE_SIZE = 25;
export const MAX_PAGE_SIZE = 500;

/** The arguments of a connection field, as GraphQL delivers them. */
export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
  filter?: FilterValue | null;
  orderBy?: readonly { field: string; direction: 'ASC' | 'DESC' }[] | null;
}

/** A validated page request, independent of the database. */
export interface PagePlan {
  readonly size: number;
  /** Whether the page is counted from the end of the list. */
  readonly backward: boolean;
  /** Effective order for this reader. The key comes last, so that no two rows tie. */
  readonly order: readonly Order[];
  readonly after?: readonly CursorValue[];
  readonly before?: readonly CursorValue[];
}

/** @throws InvalidPageError */
export function pageSize(argument: 'first' | 'last', size = DEFAULT_PAGE_SIZE): number {
  if (!Number.isInteger(size) || size < 0 || size > MAX_PAGE_SIZE)
    throw new InvalidPageError(
      `"${argument}" is ${size}: request 0 to ${MAX_PAGE_SIZE} objects per page and follow the cursors`,
      argument,
    );
  return size;
}

/** Page size, and whether it counts from the end of the list. @throws InvalidPageError */
export function pageSide({ first, last }: Pick<PageArguments, 'first' | 'last'>): { size: number; backward: boolean } {
  if (first != null && last != null)
    throw new InvalidPageError('"first" and "last" cannot be combined: send only one of them', 'last');
  const size = last != null ? pageSize('last', last) : pageSize('first', first ?? undefined);
  return { size, backward: last != null };
}

/** @throws InvalidPageError, InvalidCursorError, InvalidOrderError */
export function planPage(target: ModelClass, pageArgs: PageArguments, reader: Reader, cursors: Cursors): PagePlan {
  const side = pageSide(pageArgs);
  const { key, selectable, defaultOrder, name, sensitivity } = modelOf(target);
  const fields = (pageArgs.orderBy ?? []).map(({ field }) => field);
  const repeated = fields.find((field, place) => fields.indexOf(field) !== place);
  if (repeated !== undefined) throw new InvalidOrderError(`"orderBy" contains ${repeated} twice: list each field once`);
  for (const field of fields)
    if (reader.fields(target, selectable.get(field)!.sensitivity ?? sensitivity, field) !== true)
      throw new InvalidOrderError(`You don't have access to every ${name}.${field}, so you cannot order by it`);
  const requested = (pageArgs.orderBy ?? []).map(({ field, direction }): Order => {
    const { comparison, property } = selectable.get(field)!;
    const list = childListOf(comparison);
    if (!list) return { property, direction };
    requireNaming(list, name, field, reader);
    return { property: field, direction, list };
  });
  const readable = defaultOrder.filter(({ property }) => {
    const field = [...selectable.values()].find((candidate) => candidate.property === property);
    return reader.fields(target, field?.sensitivity ?? sensitivity, field?.name) === true;
  });
  const order = [...(requested.length > 0 ? requested : readable)];
  if (!order.some(({ property }) => property === key))
    order.push({ property: key, direction: order.at(-1)?.direction ?? 'ASC' });
  const list = listName(target, order);
  const values = (argument: 'after' | 'before') =>
    pageArgs[argument] == null ? undefined : cursors.open(list, pageArgs[argument], argument);
  return { ...side, order, after: values('after'), before: values('before') };
}

/** The number of children in a list reveals which of them name the parent. */
function requireNaming({ child, parent }: ChildList, type: string, list: string, reader: Reader): void {
  const naming = namingField(child(), parent());
  if (naming && reader.fields(child(), naming.sensitivity, naming.field) !== true)
    throw new InvalidOrderError(
      `You don't have access to every ${naming.type}.${naming.field}, so you cannot order by the number of ${type}.${list}`,
    );
}

/** Identifies a list and its order, so that cursors of another list or order are rejected. */
function listName(target: ModelClass, order: readonly Order[]): string {
  return [
    modelOf(target).name,
    ...order.map(({ property, direction }) => (direction === 'ASC' ? property : `-${property}`)),
  ].join(' ');
}

/** Returns a function that creates the cursor of a row. */
export function cursorsOf(
  target: ModelClass,
  order: readonly Order[],
  cursors: Cursors,
): (row: object, counts?: Counts) => string {
  const list = listName(target, order);
  return (row, counts) =>
    cursors.seal(
      list,
      order.map(
        (term) => (term.list ? counts?.[term.property] : (row as Record<string, CursorValue>)[term.property]) ?? null,
      ),
    );
}

/** Numbers of children by list. */
export type Counts = Readonly<Record<string, number>>;

/** Counts by which a page is ordered, in a row of its statement. */
export function countsIn({ order }: PagePlan, row: Readonly<Record<string, unknown>>): Counts {
  return Object.fromEntries(order.filter(({ list }) => list).map(({ property }) => [property, Number(row[property])]));
}

/** Fields that a list is ordered by, without the key. */
export function orderedBy(target: ModelClass, { order }: PagePlan): FieldUse[] {
  const { name: type, key, selectable, sensitivity } = modelOf(target);
  return order
    .filter(({ property }) => property !== key)
    .map(({ property, list }) => {
      const field = list
        ? selectable.get(property)
        : [...selectable.values()].find((candidate) => candidate.property === property);
      return { type, field: field?.name ?? property, sensitivity: field?.sensitivity ?? sensitivity };
    });
}

/** Kind of comparison by property. */
function comparisonKinds(target: ModelClass): Map<string, Comparison['kind']> {
  return new Map(
    [...modelOf(target).selectable.values()].map(({ property, comparison }) => [property, comparison.kind]),
  );
}

/** Alias of the subquery with the counts for a term of an order. */
export const countAlias = (place: number): string => `o${place}`;

/** SQL of the value of a term of an order: a column, or a count that the statement joins under {@link countAlias}. */
export function orderedValue(
  database: Database,
  target: ModelClass,
  order: readonly Order[],
  place: number,
  alias: string,
): string {
  const { property, list } = order[place]!;
  return list ? `COALESCE(${countAlias(place)}.n, 0)` : `${alias}.${database.column(target, property)}`;
}

/** `ORDER BY` terms over an alias. Missing values sort first ascending, last descending, on MySQL and SQLite alike. */
export function orderTerms(
  database: Database,
  target: ModelClass,
  { order, backward }: PagePlan,
  alias: string,
): string {
  return order
    .map(({ direction }, place) => {
      const ascending = (direction === 'ASC') !== backward;
      return `${orderedValue(database, target, order, place, alias)} ${ascending ? 'ASC' : 'DESC'}`;
    })
    .join(', ');
}

/**
 * Rows strictly beyond a cursor in the list's order: `a >= x AND (a > x OR b > y)`. That says the same as `a > x OR (a = x AND b > y)`, for which
 * SQLite would read an index from its begin, so that the last page of a list would cost as much as the list.
 */
function beyond(
  database: Database,
  target: ModelClass,
  order: readonly Order[],
  values: readonly CursorValue[],
  alias: string,
  forward: boolean,
): Condition {
  const kinds = comparisonKinds(target);
  const from = (index: number): Condition => {
    const term = order[index];
    if (!term) return NOTHING;
    const { property, direction, list } = term;
    const column = orderedValue(database, target, order, index, alias);
    const value = comparable(values[index] ?? null, kinds.get(property));
    const upward = (direction === 'ASC') === forward;
    const next = from(index + 1);
    const rest = next === NOTHING ? '' : next.sql;
    if (value === null)
      return upward
        ? { sql: `(${column} IS NOT NULL${rest && ` OR ${rest}`})`, parameters: next.parameters }
        : next === NOTHING
          ? NOTHING
          : { sql: `(${column} IS NULL AND ${rest})`, parameters: next.parameters };
    const sign = upward ? '>' : '<';
    // missing values come last in descending order
    const isMissing = !upward && !list && database.isNullable(target, property) ? ` OR ${column} IS NULL` : '';
    if (next === NOTHING) return { sql: `(${column} ${sign} ?${isMissing})`, parameters: [value] };
    return {
      sql: `((${column} ${sign}= ?${isMissing}) AND (${column} ${sign} ?${isMissing} OR ${rest}))`,
      parameters: [value, value, ...next.parameters],
    };
  };
  return from(0);
}

/** No row. */
const NOTHING: Condition = { sql: '1 = 0', parameters: [] };

/** A value of a cursor as its column has it. */
function comparable(value: CursorValue, kind: Comparison['kind'] | undefined): CursorValue {
  if (value !== null && kind === 'bigNumber') return sortableBigNumber(String(value));
  return typeof value === 'boolean' ? Number(value) : value;
}

export function cursorConditions(database: Database, target: ModelClass, plan: PagePlan, alias: string): Condition[] {
  const conditions: Condition[] = [];
  if (plan.after) conditions.push(beyond(database, target, plan.order, plan.after, alias, true));
  if (plan.before) conditions.push(beyond(database, target, plan.order, plan.before, alias, false));
  return conditions;
}
