import type { GraphQLResolveInfo } from 'graphql';
import { InvalidAggregateError } from '#base/errors';
import type { ParentReference } from '../collection/children';
import { oncePerField } from '../collection/once-per-field';
import { pageSize } from '../collection/page';
import type { FilterValue } from '../collection/where';
import { type ModelClass, modelOf } from '../model/model';
import type { Context } from '../subgraph/context';
import type { KeyedPeriod } from './calendar-unit';
import { type DimensionInput, dimensionsOf, groupFieldOf } from './dimension';
import type { AggregateFunction, Measure } from './measure';
import { below, type Selected, selectedBelow } from './selection';
import {
  AggregateStatement,
  type Figures,
  type GroupCondition,
  type GroupOrder,
  type GroupRequest,
  type GroupRow,
  NO_OBJECTS,
} from './statement';

/** The list of a connection. */
export interface List {
  readonly target: ModelClass;
  readonly filter: FilterValue | null | undefined;
  /** Set for the children of an object. */
  readonly children?: { readonly of: ParentReference; readonly parentKey: string };
}

/** Arguments of `groups`. */
export interface GroupArguments {
  readonly by: readonly DimensionInput[];
  readonly having?: readonly HavingInput[] | null;
  readonly orderBy?: readonly GroupOrderInput[] | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

interface MeasureInput {
  readonly of?: string | null;
  readonly since?: string | null;
  readonly p?: number | null;
}

interface HavingInput extends MeasureInput {
  readonly figure: AggregateFunction;
  readonly eq?: number | null;
  readonly lt?: number | null;
  readonly lte?: number | null;
  readonly gt?: number | null;
  readonly gte?: number | null;
}

interface GroupOrderInput extends MeasureInput {
  readonly figure?: AggregateFunction | null;
  readonly field?: string | null;
  readonly direction: 'ASC' | 'DESC';
}

/** A page of groups, as GraphQL shows it. */
export interface GroupPage {
  readonly nodes: readonly GroupRow[];
  readonly totalCount: number;
  readonly others: Figures | null;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Names of the GraphQL fields that show a figure, with its function. */
export const FUNCTION_OF_FIELD: Readonly<Record<string, AggregateFunction>> = {
  count: 'COUNT',
  countDistinct: 'COUNT_DISTINCT',
  sum: 'SUM',
  average: 'AVERAGE',
  min: 'MIN',
  max: 'MAX',
  median: 'MEDIAN',
  percentile: 'PERCENTILE',
  earliest: 'EARLIEST',
  latest: 'LATEST',
  ratio: 'RATIO',
};

/** Maximum different figures of one list. Each is a column of its statement. */
const MAX_FIGURES = 50;

/** The figures requested of objects with figures, in any number of selections. */
const measuresIn = (selected: readonly Selected[]): Measure[] =>
  selected.flatMap(({ name, args }) =>
    FUNCTION_OF_FIELD[name] ? [{ ...args, function: FUNCTION_OF_FIELD[name], path: [] } as Measure] : [],
  );

/** @throws InvalidAggregateError above the limit */
function requireFigures(count: number): void {
  if (count > MAX_FIGURES)
    throw new InvalidAggregateError(
      `The operation requests ${count} figures of one list; the maximum is ${MAX_FIGURES}`,
      [],
    );
}

/** Figures over all objects of a list, on all pages. */
export async function aggregatesOf(list: List, context: Context, info: GraphQLResolveInfo): Promise<Figures> {
  const { measures, name } = oncePerField(info, 'aggregates', () => {
    const requested = measuresIn(selectedBelow(info));
    requireFigures(requested.length);
    return { measures: requested, name: `aggregates ${batchName(list, context, [requested])}` };
  });
  const figures = await batched(list, context, name, (statementOf, parents) =>
    statementOf([], measures).figures(parents),
  );
  return figures ?? NO_OBJECTS;
}

/** Everything about the groups of a list that is the same for all parents. */
interface GroupPlan {
  readonly request: GroupRequest;
  /** Number of groups on the pages before. */
  readonly offset: number;
  /** Periods with and without objects; undefined for groups with objects. */
  readonly series: Series | undefined;
  /** Figures of each group, and over the objects of all other groups; undefined unless requested. */
  readonly measures: readonly Measure[];
  readonly otherMeasures: readonly Measure[] | undefined;
  readonly cursorAt: (place: number) => string;
  readonly name: string;
}

function groupPlan(list: List, groupArgs: GroupArguments, context: Context, info: GraphQLResolveInfo): GroupPlan {
  const selected = selectedBelow(info);
  const named = (name: string) => selected.filter((field) => field.name === name);
  const fieldsBelow = (fields: readonly Selected[]) => fields.flatMap((field) => below(info, field));
  const measures = measuresIn(fieldsBelow(fieldsBelow(named('nodes')).filter(({ name }) => name === 'aggregates')));
  const others = named('others');
  const otherMeasures = others.length > 0 ? measuresIn(fieldsBelow(others)) : undefined;
  requireFigures(
    measures.length +
      (otherMeasures?.length ?? 0) +
      (groupArgs.having?.length ?? 0) +
      (groupArgs.orderBy ?? []).filter(({ figure }) => figure != null).length,
  );
  const cursors = groupCursors(list.target, groupArgs, context);
  const offset = cursors.offset(groupArgs.after);
  const request = requestOf(list.target, groupArgs);
  const series = seriesIn(request, groupArgs, offset);
  return {
    request: { ...request, ...(series ? pageOf(series) : { offset, size: groupPageSize(groupArgs) }) },
    offset,
    series,
    measures,
    otherMeasures,
    cursorAt: cursors.at,
    name: batchName(list, context, [measures, otherMeasures ?? null, groupArgs]),
  };
}

/** A page of the groups of a list. */
export async function groupsOf(
  list: List,
  groupArgs: GroupArguments,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<GroupPage> {
  const plan = oncePerField(info, 'groups', () => groupPlan(list, groupArgs, context, info));
  const { request, offset, series, measures, otherMeasures, cursorAt, name } = plan;
  const page = await batched(list, context, `groups ${name}`, (statementOf, parents) =>
    statementOf(request.dimensions, measures).groups(request, parents),
  );
  const others =
    otherMeasures &&
    (await batched(list, context, `others ${name}`, (statementOf, parents) =>
      statementOf(request.dimensions, otherMeasures).others(request, parents),
    ));
  if (series) context.work.showPeriods(series.shown.length);
  const { rows = [], total = 0 } = series ? filled(page?.rows ?? [], series, request) : (page ?? {});
  const end = offset + rows.length;
  return {
    nodes: rows,
    totalCount: total,
    others: others ?? null,
    pageInfo: {
      hasNextPage: end < total,
      hasPreviousPage: offset > 0,
      startCursor: rows.length > 0 ? cursorAt(offset + 1) : null,
      endCursor: rows.length > 0 ? cursorAt(end) : null,
    },
  };
}

/** Periods that a request shows with and without objects. */
interface Series {
  /** Those on this page. */
  readonly shown: readonly KeyedPeriod[];
  /** Number of periods on all pages. */
  readonly total: number;
}

/** Undefined for a request of groups with objects. @throws InvalidAggregateError */
function seriesIn(
  { dimensions, having, orderBy }: Pick<GroupRequest, 'dimensions' | 'having' | 'orderBy'>,
  { first }: GroupArguments,
  offset: number,
): Series | undefined {
  const { grouping } = dimensions[0]!;
  const periods = grouping.kind === 'period' ? grouping.series : undefined;
  if (!periods) return undefined;
  if (having.length + orderBy.length > 0)
    throw new InvalidAggregateError(
      'A series shows all periods in order: remove "having" and "orderBy", or "from" and "until"',
      [having.length > 0 ? 'having' : 'orderBy'],
    );
  const size = first == null ? periods.length : pageSize('first', first);
  return { shown: periods.slice(offset, offset + size), total: periods.length };
}

/** The groups of a series' page, which are at most its periods. */
const pageOf = ({ shown }: Series): Pick<GroupRequest, 'offset' | 'size' | 'within'> => ({
  offset: 0,
  size: shown.length,
  // no period is empty text
  within: [shown[0]?.key ?? '', shown.at(-1)?.key ?? ''],
});

/** Adds the periods of a page that have no objects. */
function filled(
  rows: readonly GroupRow[],
  { shown, total }: Series,
  { dimensions }: GroupRequest,
): { rows: readonly GroupRow[]; total: number } {
  const name = groupFieldOf(dimensions[0]!);
  const found = new Map(rows.map((row) => [(row.values[name] as KeyedPeriod).from, row]));
  const empty = (period: KeyedPeriod): GroupRow => ({
    values: { [name]: period },
    isWithheld: false,
    figures: NO_OBJECTS,
  });
  return { rows: shown.map((period) => found.get(period.from) ?? empty(period)), total };
}

const groupPageSize = ({ first }: GroupArguments): number => pageSize('first', first ?? undefined);

/** Cursors of groups hold a number of groups, since groups have no keys. */
function groupCursors(target: ModelClass, { by, having, orderBy }: GroupArguments, { cursors }: Context) {
  const list = `groups of ${modelOf(target).name} ${JSON.stringify([by, having ?? [], orderBy ?? []])}`;
  return {
    at: (place: number): string => cursors.seal(list, [place]),
    offset: (after: string | null | undefined): number =>
      after == null ? 0 : Number(cursors.open(list, after, 'after')[0]),
  };
}

function requestOf(
  target: ModelClass,
  { by, having, orderBy }: GroupArguments,
): Pick<GroupRequest, 'dimensions' | 'having' | 'orderBy'> {
  const dimensions = dimensionsOf(target, by);
  return {
    dimensions,
    having: (having ?? []).map((input, index) => conditionOf(input, ['having', index])),
    orderBy: (orderBy ?? []).map((input, index) => orderOf(by, input, ['orderBy', index])),
  };
}

function conditionOf({ figure, of, since, p, ...operators }: HavingInput, path: (string | number)[]): GroupCondition {
  return { measure: { function: figure, of, since, p, path }, operators };
}

function orderOf(
  by: readonly DimensionInput[],
  { field, figure, of, since, p, direction }: GroupOrderInput,
  path: (string | number)[],
): GroupOrder {
  if ((field == null) === (figure == null))
    throw new InvalidAggregateError('Order by one field of "by", or by one figure: send "field" or "figure"', path);
  if (figure != null) return { by: { function: figure, of, since, p, path }, direction };
  const dimension = by.findIndex((input) => input.field === field);
  if (dimension < 0)
    throw new InvalidAggregateError(
      `The groups have no ${field}: order by ${by.map((input) => input.field).join(' or ')}, or by a figure`,
      [...path, 'field'],
    );
  return { by: { dimension }, direction };
}

type StatementOf = (
  ...parts: [dimensions: GroupRequest['dimensions'], measures: readonly Measure[]]
) => AggregateStatement;

/** Name of a request on lists with the same filter and the same kind of parent. */
const batchName = ({ filter, children }: List, { loaders }: Context, request: readonly unknown[]): string =>
  loaders.nameOf([...request, filter ?? null, children ? parentName(children.of) : null]);

/** Result for one list. One statement serves the same request on the children of many objects. */
async function batched<Result>(
  { target, filter, children }: List,
  { loaders }: Context,
  name: string,
  run: (statementOf: StatementOf, parents: readonly string[]) => Promise<ReadonlyMap<string, Result>>,
): Promise<Result | undefined> {
  const loader = loaders.batched<Result | undefined>(target, name, async (parents) => {
    const statementOf: StatementOf = (dimensions, measures) =>
      new AggregateStatement(loaders.scope(target, filter, children?.of), dimensions, measures);
    const results = await run(statementOf, children ? parents : []);
    return parents.map((parent) => results.get(parent));
  });
  return loader.load(children?.parentKey ?? '');
}

const parentName = (parent: ParentReference): string =>
  typeof parent === 'string' ? parent : `${modelOf(parent.links).name}.${parent.from}`;
