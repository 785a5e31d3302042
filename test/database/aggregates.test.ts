import { buildSchema, type GraphQLSchema } from 'graphql';
import { isDate, isNumber } from '#kit/aggregates/aggregate-fields';
import { percentile } from '#kit/model/value-object';
import {
  type DimensionText,
  daysFrom,
  dimensionText,
  groupSelection,
  groupValues,
  type ListUnderTest,
  listsUnderTest,
  type Row,
  rowsOf,
  UNITS,
} from '../support/aggregate-oracle';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/**
 * Groups every list by every field, and computes every figure, on each database. The expected answers come from plain code over the rows
 * that the list returns page by page.
 */

/** Figures over a field, and the same figures from plain values. */
const FIGURES: Readonly<Record<string, (values: readonly number[]) => number | null>> = {
  sum: (values) => (values.length === 0 ? null : values.reduce((total, value) => total + value, 0)),
  average: (values) => (values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length),
  min: (values) => (values.length === 0 ? null : Math.min(...values)),
  max: (values) => (values.length === 0 ? null : Math.max(...values)),
  median: (values) => percentile(values, 0.5),
};

const close = (value: number | null) => (value === null ? null : expect.closeTo(value, 4));

describe.each(databaseKinds)('figures and groups of every list on %s', (kind) => {
  let world: World;
  let schema: GraphQLSchema;
  let lists: readonly ListUnderTest[];
  const rowsByRoot = new Map<string, readonly Row[]>();

  beforeAll(async () => {
    world = await openWorld(kind, 1);
    const headers = await world.identity.headers(INSPECTOR);
    const { body } = await world.server.inject({ url: '/schema.graphql', headers });
    schema = buildSchema(body);
    lists = listsUnderTest(world, schema);
    for (const list of lists) rowsByRoot.set(list.root, (await rowsOf(world, schema, list)).rows);
  });
  afterAll(() => world?.close());

  async function ask(operation: string) {
    const { data, errors } = await world.ask(operation);
    if (errors) throw new Error(`${operation}: ${JSON.stringify(errors[0])}`);
    return data;
  }

  /** All groups of a list, by the text of their values. */
  async function groupsOf(root: string, by: readonly DimensionText[]): Promise<Map<string, number>> {
    const groups = new Map<string, number>();
    const fields = by.map((dimension) => groupSelection(dimension)).join(' ');
    for (let after: string | null = null; ; ) {
      const cursor: string = after === null ? '' : `, after: "${after}"`;
      const { list } = await ask(
        `{ list: ${root} { groups(by: [${by.map(dimensionText).join(', ')}], first: 500${cursor}) {
             nodes { isWithheld ${fields} aggregates { count } } pageInfo { hasNextPage endCursor } totalCount } } }`,
      );
      for (const { isWithheld, aggregates, ...values } of list.groups.nodes) {
        expect(isWithheld).toBe(false);
        const key = JSON.stringify(Object.values(values));
        expect(groups.has(key)).toBe(false);
        groups.set(key, aggregates.count);
      }
      if (!list.groups.pageInfo.hasNextPage) {
        expect(list.groups.totalCount).toBe(groups.size);
        return groups;
      }
      after = list.groups.pageInfo.endCursor;
    }
  }

  function expectedGroups(rows: readonly Row[], by: readonly DimensionText[]): Map<string, number> {
    const groups = new Map<string, number>();
    for (const row of rows) {
      const combined = by.reduce<unknown[][]>(
        (before, dimension) =>
          before.flatMap((values) => groupValues(row, dimension).map((value) => [...values, value])),
        [[]],
      );
      for (const values of combined) {
        const key = JSON.stringify(values);
        groups.set(key, (groups.get(key) ?? 0) + 1);
      }
    }
    return groups;
  }

  const sorted = (groups: Map<string, number>) => [...groups].sort(([a], [b]) => (a < b ? -1 : 1));

  test('covers the lists of all subgraphs', () => {
    expect(lists.length).toBeGreaterThan(50);
  });

  test('every list has the same groups by every field', async () => {
    for (const { root, fields } of lists)
      for (const [index, field] of fields.entries()) {
        const by: DimensionText = isDate(field) ? { field, every: UNITS[index % UNITS.length] } : { field };
        const rows = rowsByRoot.get(root)!;
        expect([root, field.value, sorted(await groupsOf(root, [by]))]).toEqual([
          root,
          field.value,
          sorted(expectedGroups(rows, [by])),
        ]);
      }
  });

  test('periods of every length, ranges, days between dates, and several dimensions have the same groups', async () => {
    for (const { root, fields } of lists) {
      const rows = rowsByRoot.get(root)!;
      const [dates, numbers, others] = [
        fields.filter(isDate),
        fields.filter(isNumber),
        fields.filter((field) => !isDate(field) && !isNumber(field)),
      ];
      const dimensions: DimensionText[][] = [
        ...dates.slice(0, 1).flatMap((field) => UNITS.map((every) => [{ field, every }])),
        ...numbers.flatMap((field) => [[{ field, width: 2.5 }], [{ field, bounds: [1, 5, 10.5, 1000] }]]),
        ...(dates.length > 1 ? [[{ field: dates[1]!, since: dates[0]!, bounds: [0, 3.5, 14, 60] }]] : []),
        ...(dates.length > 1 ? [[{ field: dates[1]!, since: dates[0]!, width: 30 }]] : []),
        ...(others.length > 1 ? [[{ field: others[0]! }, { field: others[1]! }]] : []),
        ...(others.length > 0 && dates.length > 0
          ? [[{ field: dates.at(-1)!, every: 'MONTH' as const }, { field: others.at(-1)! }]]
          : []),
      ];
      for (const by of dimensions) {
        const text = by.map(dimensionText).join();
        expect([root, text, sorted(await groupsOf(root, by))]).toEqual([root, text, sorted(expectedGroups(rows, by))]);
      }
    }
  });

  test('ranges of any allowed width are computed, and other widths are rejected', async () => {
    const { root, fields } = lists.find(({ root: name }) => name === 'announcements')!;
    const salary = fields.find((field) => isNumber(field))!;
    const rows = rowsByRoot.get(root)!;
    for (const width of [1e-6, 1e15]) {
      const by = [{ field: salary, width }];
      expect((await groupsOf(root, by)).size).toBe(expectedGroups(rows, by).size);
    }
    for (const width of [1e-320, 1e-300, 9e-7, 0, -1, 1e16]) {
      const { errors } = await world.ask(
        `{ ${root} { groups(by: [${dimensionText({ field: salary, width })}]) { totalCount } } }`,
      );
      expect([width, errors?.map(({ extensions }) => extensions.code)]).toEqual([width, ['INVALID_AGGREGATE']]);
    }
  });

  test('rejects more figures of one list than the limit, in conditions and orders too', async () => {
    const median = (i: number) => `{ figure: PERCENTILE, of: OPEN_DATE, since: CLOSE_DATE, p: ${i / 100}`;
    const all = (count: number, end: string) =>
      Array.from({ length: count }, (_, i) => `${median(i)}${end} }`).join(' ');
    const code = async (having: number, orderBy: number) => {
      const groupArgs = `by: [{ field: STATUS }], having: [${all(having, ', gte: -10000')}], orderBy: [${all(orderBy, '')}]`;
      const { errors } = await world.ask(`{ announcements { groups(${groupArgs}) { totalCount } } }`);
      return errors?.[0]?.extensions.code;
    };
    expect(await code(25, 25)).toBeUndefined();
    expect(await code(26, 25)).toBe('INVALID_AGGREGATE');
    expect(await code(0, 51)).toBe('INVALID_AGGREGATE');
  });

  test('figures over every number, and over the days between dates, are those of the rows', async () => {
    let compared = 0;
    for (const { root, fields } of lists) {
      const rows = rowsByRoot.get(root)!;
      const dates = fields.filter(isDate);
      const operands = [
        ...fields.filter(isNumber).map((of) => ({ args: `of: ${of.value}`, value: (row: Row) => row.get(of.value) })),
        ...dates.slice(1).map((of) => ({
          args: `of: ${of.value}, since: ${dates[0]!.value}`,
          value: (row: Row) => daysFrom(row, dates[0]!, of),
        })),
      ];
      for (const { args, value } of operands) {
        const { list } = await ask(
          `{ list: ${root} { aggregates { count ${Object.keys(FIGURES)
            .map((name) => `${name}(${args})`)
            .join(' ')} p90: percentile(${args}, p: 0.9) p0: percentile(${args}, p: 0) } } }`,
        );
        const values = rows.map(value).filter((number) => number != null) as number[];
        expect([root, args, list.aggregates]).toEqual([
          root,
          args,
          {
            count: rows.length,
            ...Object.fromEntries(Object.entries(FIGURES).map(([name, of]) => [name, close(of(values))])),
            p90: close(percentile(values, 0.9)),
            p0: close(percentile(values, 0)),
          },
        ]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(60);
  });
});
