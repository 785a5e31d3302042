import { buildSchema, type GraphQLSchema } from 'graphql';
import { type AggregateField, isDate, isNumber } from '#kit/aggregates/aggregate-fields';
import {
  type DimensionText,
  dimensionText,
  groupSelection,
  groupValues,
  type ListUnderTest,
  listsUnderTest,
  type Row,
  rowsOf,
} from '../support/aggregate-oracle';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';
import { SAMPLED_CALLERS } from './callers';

/** Groups of one page in this test. More would exhaust the budget of the public. */
const MAX_GROUPS = 100;

/** Number of objects by the text of their value. */
type Counts = ReadonlyMap<string, number>;

/** Fields that one operation groups by: each is a root field, of which the gateway accepts 40. */
const MAX_FIELDS = 40;

/**
 * Figures and groups reveal what the caller may list, and no more. Each caller groups each list by each field; the expected groups come
 * from the values that the list itself returns to that caller, where a value that the caller may not read is null or forbidden.
 */
describe('figures and groups for every role', () => {
  let world: World;
  let schema: GraphQLSchema;
  let lists: readonly ListUnderTest[];

  beforeAll(async () => {
    world = await openWorld('sqlite');
    const headers = await world.identity.headers(INSPECTOR);
    schema = buildSchema((await world.server.inject({ url: '/schema.graphql', headers })).body);
    lists = listsUnderTest(world, schema);
  });
  afterAll(() => world?.close());

  const dimensionOf = (field: AggregateField): DimensionText => ({
    field,
    ...(isDate(field) ? { every: 'YEAR' as const } : {}),
  });

  /** Groups by each field, in as few operations as aliases allow; undefined where the caller is refused. */
  async function groupsOf({ root, fields }: ListUnderTest, who: string | null): Promise<(Counts | undefined)[]> {
    const groups: (Counts | undefined)[] = [];
    for (let from = 0; from < fields.length; from += MAX_FIELDS)
      groups.push(...(await groupsBy(root, fields.slice(from, from + MAX_FIELDS), who)));
    return groups;
  }

  async function groupsBy(
    root: string,
    fields: readonly AggregateField[],
    who: string | null,
  ): Promise<(Counts | undefined)[]> {
    const selections = fields.map((field, index) => {
      const by = dimensionOf(field);
      return `f${index}: ${root} { groups(by: [${dimensionText(by)}], first: ${MAX_GROUPS}) {
                nodes { isWithheld value: ${groupSelection(by)} aggregates { count } } } }`;
    });
    const { data, errors } = await world.ask(`{ ${selections.join(' ')} }`, {}, who);
    for (const { message, extensions } of errors ?? [])
      if (extensions.code !== 'INVALID_AGGREGATE' || !message.startsWith("You don't have access to"))
        throw new Error(`${root}: ${message}`);
    return fields.map((_, index) => {
      const list = data[`f${index}`];
      if (!list) return undefined;
      const counts = new Map<string, number>();
      for (const { isWithheld, value, aggregates } of list.groups.nodes) {
        if (isWithheld) expect(value).toBeNull();
        const key = JSON.stringify(value);
        counts.set(key, (counts.get(key) ?? 0) + aggregates.count);
      }
      return counts;
    });
  }

  function expected(rows: readonly Row[], field: AggregateField): Counts {
    const counts = new Map<string, number>();
    for (const value of rows.flatMap((row) => groupValues(row, dimensionOf(field))))
      counts.set(JSON.stringify(value), (counts.get(JSON.stringify(value)) ?? 0) + 1);
    return counts;
  }

  const sorted = (counts: Counts) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

  // the public last: it is paced, and so would wait for the planning of each operation
  test.each(SAMPLED_CALLERS.toReversed())('%s groups every list only by what the list shows', async (_, who) => {
    let compared = 0;
    for (const list of lists) {
      const { rows, forbidden } = await rowsOf(world, schema, list, who);
      const groups = await groupsOf(list, who);
      list.fields.forEach((field, index) => {
        const place = `${list.root} by ${field.value}`;
        const shown = groups[index];
        if (forbidden.has(field.value)) expect([place, shown]).toEqual([place, undefined]);
        if (!shown) {
          // a reference to objects that the caller may not see is null in the list
          const values = rows.flatMap((row) => row.get(field.value) ?? []);
          expect([place, values]).toEqual([place, []]);
          return;
        }
        const counts = expected(rows, field);
        if (counts.size > MAX_GROUPS)
          for (const [value, count] of shown) expect([place, value, counts.get(value)]).toEqual([place, value, count]);
        else expect([place, sorted(shown)]).toEqual([place, sorted(counts)]);
        compared += 1;
      });
      await compareSums(list, rows, forbidden, who);
    }
    expect(compared).toBeGreaterThan(150);
  });

  async function compareSums(
    { root, fields }: ListUnderTest,
    rows: readonly Row[],
    forbidden: ReadonlySet<string>,
    who: string | null,
  ): Promise<void> {
    const numbers = fields.filter((field) => isNumber(field) && !forbidden.has(field.value));
    const sums = numbers.map(({ value }, index) => `f${index}: sum(of: ${value})`).join(' ');
    const { data } = await world.ask(`{ list: ${root} { totalCount aggregates { count ${sums} } } }`, {}, who);
    if (!data?.list) {
      expect([root, rows]).toEqual([root, []]);
      return;
    }
    expect([root, data.list.aggregates.count]).toEqual([root, data.list.totalCount]);
    numbers.forEach((field, index) => {
      const values = rows.map((row) => row.get(field.value)).filter((value) => value != null) as number[];
      const total = values.reduce((sum, value) => sum + value, 0);
      expect([root, field.value, data.list.aggregates[`f${index}`]]).toEqual([
        root,
        field.value,
        values.length === 0 ? null : expect.closeTo(total, 4),
      ]);
    });
  }
});
