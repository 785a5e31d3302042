import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import { addDays, civilDate, fiscalYear } from '#base/civil';
import { type AggregateField, aggregateFieldsOf, isDate, isNumber } from '#kit/aggregates/aggregate-fields';
import { type ModelClass, modelOf, type Selectable } from '#kit/model/model';
import type { World } from './world';

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape that the operation requests
type Json = any;

/** A root list, and the fields that it can be grouped by. */
export interface ListUnderTest {
  /** Name of the root field. */
  readonly root: string;
  readonly target: ModelClass;
  readonly fields: readonly AggregateField[];
}

/** Value of each field by its enum value: a scalar, the key of a reference, or the keys of linked objects. */
export type Row = ReadonlyMap<string, unknown>;

/** The root lists of all stored models. */
export function listsUnderTest(world: World, schema: GraphQLSchema): ListUnderTest[] {
  const models = world.open.flatMap(({ subgraph }) => subgraph.parts.entities);
  return Object.values(schema.getQueryType()!.getFields()).flatMap(({ name: root, type }) => {
    const connection = getNamedType(type);
    if (!isObjectType(connection) || !connection.getFields().groups) return [];
    const name = getNamedType(connection.getFields().nodes!.type).name;
    const target = models.find((model) => modelOf(model).published && modelOf(model).name === name)!;
    return [{ root, target, fields: [...aggregateFieldsOf(target).values()] }];
  });
}

const keyName = (target: ModelClass): string => modelOf(target).keyField;

/** Selection of a field within its object. */
function selectionOf({ field }: AggregateField, type: GraphQLObjectType): string {
  const { comparison, name } = field;
  if (!('target' in comparison) || !comparison.target) return name;
  const key = keyName(comparison.target());
  const isPaged = getNamedType(type.getFields()[name]!.type).name.endsWith('Connection');
  return isPaged ? `${name}(first: 50) { nodes { ${key} } }` : `${name} { ${key} }`;
}

/** Rows of a list, and the enum values of fields that the caller may read of no object. */
interface ListRows {
  readonly rows: readonly Row[];
  readonly forbidden: ReadonlySet<string>;
}

/** Reads a list through its pages. Starts over without the fields that turn out to be forbidden. */
export async function rowsOf(
  world: World,
  schema: GraphQLSchema,
  list: ListUnderTest,
  who?: string | null,
): Promise<ListRows> {
  const forbidden = new Set<string>();
  for (;;) {
    const rows = await readRows(world, schema, list, forbidden, who);
    if (rows) return { rows, forbidden };
  }
}

/** @returns undefined if fields turn out to be forbidden, which it adds to those known */
async function readRows(
  world: World,
  schema: GraphQLSchema,
  { root, target, fields }: ListUnderTest,
  forbidden: Set<string>,
  who?: string | null,
): Promise<Row[] | undefined> {
  const rows: Row[] = [];
  const readable = fields.filter(({ value }) => !forbidden.has(value));
  const selections = readable.map((field) => {
    const inner = selectionOf(field, typeOf(schema, field.owner));
    return field.via ? `${field.via.name} { ${inner} }` : inner;
  });
  for (let after: string | null = null; ; ) {
    const { data, errors, extensions }: { data: Json; errors?: Json[]; extensions: Json } = await world.ask(
      `query ($after: String) { list: ${root}(first: 200, after: $after) {
         nodes { key: ${keyName(target)} ${selections.join(' ')} } pageInfo { hasNextPage endCursor } } }`,
      { after },
      who,
    );
    if (errors) throw new Error(`${root} ${selections}: ${errors[0].message}`);
    const refused = new Set(
      (extensions.withheld ?? [])
        .filter(({ kind, readable }: Json) => kind === 'FIELD' && readable === 'NONE')
        .map(({ coordinate }: Json) => coordinate),
    );
    const isRefused = (of: ModelClass, { name }: Selectable) => refused.has(`${modelOf(of).name}.${name}`);
    const unreadable = readable.filter(
      ({ via, owner, field }) => isRefused(owner, field) || (via && isRefused(target, via)),
    );
    for (const { value } of unreadable) forbidden.add(value);
    if (unreadable.length > 0) return undefined;
    for (const node of data.list.nodes)
      rows.push(new Map(readable.map((field) => [field.value, valueIn(field, node)])));
    if (!data.list.pageInfo.hasNextPage) return rows;
    after = data.list.pageInfo.endCursor;
  }
}

const typeOf = (schema: GraphQLSchema, target: ModelClass): GraphQLObjectType =>
  schema.getType(modelOf(target).name) as GraphQLObjectType;

function valueIn({ via, field }: AggregateField, node: Json): unknown {
  const value = via ? node[via.name]?.[field.name] : node[field.name];
  const { comparison } = field;
  if (!('target' in comparison) || !comparison.target) return value ?? null;
  const key = keyName(comparison.target());
  if (comparison.kind === 'link')
    return ((value?.nodes ?? value ?? []) as Json[]).filter((item) => item).map((item) => item[key]);
  return value?.[key] ?? null;
}

export const UNITS = ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'FISCAL_QUARTER', 'FISCAL_YEAR'] as const;

/** A dimension as an operation states it. */
export interface DimensionText {
  readonly field: AggregateField;
  readonly since?: AggregateField;
  readonly every?: (typeof UNITS)[number];
  readonly width?: number;
  readonly bounds?: readonly number[];
}

export function dimensionText({ field, since, every, width, bounds }: DimensionText): string {
  const parts = [
    `field: ${field.value}`,
    since && `since: ${since.value}`,
    every && `every: ${every}`,
    width !== undefined && `width: ${width}`,
    bounds && `bounds: ${JSON.stringify(bounds)}`,
  ];
  return `{ ${parts.filter((part) => part).join(', ')} }`;
}

/** Selection that shows a dimension's value in a group. */
export function groupSelection({ field, since }: DimensionText): string {
  if (since) return 'days { from until }';
  if (isDate(field)) return `${field.name} { label from until }`;
  if (isNumber(field)) return `${field.name} { from until }`;
  const { comparison } = field.field;
  return 'target' in comparison && comparison.target ? `${field.name} { ${keyName(comparison.target())} }` : field.name;
}

const civil = (value: string): string => (value.length === 10 ? value : civilDate(value));

/** Days from one date to another, with fractions. Instants are compared with dates as days. */
export function daysFrom(row: Row, since: AggregateField, of: AggregateField): number | null {
  const [from, until] = [row.get(since.value), row.get(of.value)] as (string | null)[];
  if (from == null || until == null) return null;
  const asDays = from.length === 10 || until.length === 10;
  const [a, b] = [from, until].map((value) => Date.parse(asDays ? civil(value) : value));
  return (b! - a!) / 86_400_000;
}

/** Values of a row in a dimension, as a group shows them. Several for a list of references. */
export function groupValues(row: Row, dimension: DimensionText): unknown[] {
  const { field, since, every, width = 1, bounds } = dimension;
  const value = since ? daysFrom(row, since, field) : row.get(field.value);
  const { comparison } = field.field;
  if (comparison.kind === 'link' && !since) {
    const keys = value as string[];
    return keys.length === 0 ? [null] : keys.map((key) => ({ [keyName(comparison.target())]: key }));
  }
  if (value === null || value === undefined) return [null];
  if (every) return [periodOf(every, civil(value as string))];
  if (!since && !isNumber(field))
    return ['target' in comparison && comparison.target ? { [keyName(comparison.target())]: value } : value];
  if (bounds) {
    const above = bounds.findIndex((bound) => (value as number) < bound);
    const place = above < 0 ? bounds.length : above;
    return [{ from: bounds[place - 1] ?? null, until: bounds[place] ?? null }];
  }
  const place = Math.floor((value as number) / width);
  return [{ from: place * width, until: (place + 1) * width }];
}

function periodOf(unit: (typeof UNITS)[number], day: string): { label: string; from: string; until: string } {
  const [year, month] = day.split('-').map(Number) as [number, number];
  const monthStart = (count: number) => new Date(Date.UTC(year, count, 1)).toISOString().slice(0, 10);
  const quarter = Math.floor((month - 1) / 3);
  switch (unit) {
    case 'DAY':
      return { label: day, from: day, until: addDays(day, 1) };
    case 'WEEK': {
      const monday = mondayOf(day);
      return { label: weekLabel(monday), from: monday, until: addDays(monday, 7) };
    }
    case 'MONTH':
      return { label: day.slice(0, 7), from: monthStart(month - 1), until: monthStart(month) };
    case 'QUARTER':
      return { label: `${year}-Q${quarter + 1}`, from: monthStart(quarter * 3), until: monthStart(quarter * 3 + 3) };
    case 'YEAR':
      return { label: `${year}`, from: monthStart(0), until: monthStart(12) };
    case 'FISCAL_QUARTER':
      return {
        label: `FY${fiscalYear(day)}-Q${((quarter + 1) % 4) + 1}`,
        from: monthStart(quarter * 3),
        until: monthStart(quarter * 3 + 3),
      };
    case 'FISCAL_YEAR': {
      const fiscal = fiscalYear(day);
      return { label: `FY${fiscal}`, from: `${fiscal - 1}-10-01`, until: `${fiscal}-10-01` };
    }
  }
}

const mondayOf = (day: string): string => addDays(day, -((new Date(day).getUTCDay() + 6) % 7));

/** ISO 8601: week 1 contains January 4. */
function weekLabel(monday: string): string {
  const year = Number(addDays(monday, 3).slice(0, 4));
  const weeks = (Date.parse(monday) - Date.parse(mondayOf(`${year}-01-04`))) / 604_800_000;
  return `${year}-W${String(weeks + 1).padStart(2, '0')}`;
}
