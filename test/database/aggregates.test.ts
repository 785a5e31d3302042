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

/** Number of objects by the text of a group's values. */
type Groups = ReadonlyMap<string, number>;

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

  /** All groups of a list in each of several groupings, by the text of their values. */
  async function groupsOf(root: string, groupings: readonly (readonly DimensionText[])[]): Promise<Groups[]> {
    const found = groupings.map(() => new Map<string, number>());
    const cursors = new Map<number, string | null>(groupings.map((_, index) => [index, null]));
    while (cursors.size > 0) {
      const selections = [...cursors].map(([index, after]) => {
        const by = groupings[index]!;
        const cursor = after === null ? '' : `, after: "${after}"`;
        return `g${index}: groups(by: [${by.map(dimensionText).join(', ')}], first: 500${cursor}) {
          nodes { isWithheld ${by.map((dimension) => groupSelection(dimension)).join(' ')} aggregates { count } }
          pageInfo { hasNextPage endCursor } totalCount }`;
      });
      const { list } = await ask(`{ list: ${root} { ${selections.join(' ')} } }`);
      for (const index of [...cursors.keys()]) {
        const { nodes, pageInfo, totalCount } = list[`g${index}`];
        const groups = found[index]!;
        for (const { isWithheld, aggregates, ...values } of nodes) {
          expect(isWithheld).toBe(false);
          const key = JSON.stringify(Object.values(values));
          expect(groups.has(key)).toBe(false);
          groups.set(key, aggregates.count);
        }
        if (pageInfo.hasNextPage) cursors.set(index, pageInfo.endCursor);
        else {
          expect(totalCount).toBe(groups.size);
          cursors.delete(index);
        }
      }
    }
    return found;
  }

  /** Compares the groups of a list in each grouping with those of its rows. */
  async function compareGroups(root: string, groupings: readonly (readonly DimensionText[])[]): Promise<void> {
    const found = await groupsOf(root, groupings);
    groupings.forEach((by, index) => {
      const place = `${root} by ${by.map(dimensionText).join()}`;
      expect([place, sorted(found[index]!)]).toEqual([place, sorted(expectedGroups(rowsByRoot.get(root)!, by))]);
    });
  }

  function expectedGroups(rows: readonly Row[], by: readonly DimensionText[]): Groups {
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

  const sorted = (groups: Groups) => [...groups].sort(([a], [b]) => (a < b ? -1 : 1));

  test('covers the lists of all subgraphs', () => {
    expect(lists.length).toBeGreaterThan(50);
  });

  test('every list has the same groups by every field', async () => {
    for (const { root, fields } of lists)
      await compareGroups(
        root,
        fields.map((field, index) => [{ field, ...(isDate(field) ? { every: UNITS[index % UNITS.length] } : {}) }]),
      );
  });

  test('periods of every length, ranges, days between dates, and several dimensions have the same groups', async () => {
    for (const { root, fields } of lists) {
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
      if (dimensions.length > 0) await compareGroups(root, dimensions);
    }
  });

  test('ranges of any allowed width are computed, and other widths are rejected', async () => {
    const { root, fields } = lists.find(({ root: name }) => name === 'announcements')!;
    const salary = fields.find((field) => isNumber(field))!;
    const rows = rowsByRoot.get(root)!;
    for (const width of [1e-6, 1e15]) {
      const by = [{ field: salary, width }];
      const [groups] = await groupsOf(root, [by]);
      expect(groups!.size).toBe(expectedGroups(rows, by).size);
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

  interface Group {
    readonly status: string;
    readonly agency: { readonly key: string } | null;
    readonly aggregates: { readonly count: number; readonly median: number | null };
  }

  /** Findings by agency and status, with the median of the days from detection to the deadline. */
  function findingGroups(): Group[] {
    const { fields } = lists.find(({ root }) => root === 'vulnerabilityFindings')!;
    const named = (value: string) => fields.find((field) => field.value === value)!;
    const groups = Map.groupBy(rowsByRoot.get('vulnerabilityFindings')!, (row) =>
      JSON.stringify([row.get('AGENCY'), row.get('STATUS')]),
    );
    return [...groups.values()].map((rows) => ({
      status: rows[0]!.get('STATUS') as string,
      agency: { key: rows[0]!.get('AGENCY') as string },
      aggregates: {
        count: rows.length,
        median: percentile(
          rows.flatMap((row) => daysFrom(row, named('DETECTED_AT'), named('DUE_AT')) ?? []),
          0.5,
        ),
      },
    }));
  }

  const BY = 'by: [{ field: AGENCY }, { field: STATUS }]';
  const MEDIAN = 'median(of: DUE_AT, since: DETECTED_AT)';
  const keyOf = ({ agency, status }: Group) => `${agency?.key} ${status}`;

  test('pages of groups in the order of a figure, that meet conditions, leave the others', async () => {
    const all = findingGroups();
    const matching = all
      .filter(({ aggregates: { count, median } }) => count >= 2 && median !== null && median < 60)
      .sort((a, b) => b.aggregates.count - a.aggregates.count || (keyOf(a) < keyOf(b) ? -1 : 1));
    expect(matching.length).toBeGreaterThan(10);
    const found: Group[] = [];
    for (let after = ''; ; ) {
      const { list } = await ask(`{ list: vulnerabilityFindings {
        groups(${BY}, first: 4${after},
               having: [{ figure: COUNT, gte: 2 }, { figure: MEDIAN, of: DUE_AT, since: DETECTED_AT, lt: 60 }],
               orderBy: [{ figure: COUNT, direction: DESC }]) {
          nodes { agency { key } status aggregates { count ${MEDIAN} } }
          others { count ${MEDIAN} }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          totalCount
        } } }`);
      const { nodes, others, pageInfo, totalCount } = list.groups;
      expect(totalCount).toBe(matching.length);
      expect(pageInfo.hasPreviousPage).toBe(found.length > 0);
      const shown = nodes.reduce((sum: number, { aggregates }: Group) => sum + aggregates.count, 0);
      expect(others.count).toBe(rowsByRoot.get('vulnerabilityFindings')!.length - shown);
      found.push(...nodes);
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(found).toEqual(
      matching.map(({ aggregates, ...group }) => ({
        ...group,
        aggregates: { ...aggregates, median: close(aggregates.median) },
      })),
    );
  });

  test('others has the figures of the remaining objects, and is null without any', async () => {
    const { list } = await ask(`{ list: vulnerabilityFindings {
      top: groups(${BY}, first: 3) { nodes { agency { key } status } others { count ${MEDIAN} } }
      all: groups(${BY}, first: 500) { others { count } } } }`);
    const { fields } = lists.find(({ root }) => root === 'vulnerabilityFindings')!;
    const named = (value: string) => fields.find((field) => field.value === value)!;
    const top = new Set(list.top.nodes.map(keyOf));
    const rest = rowsByRoot
      .get('vulnerabilityFindings')!
      .filter((row) => !top.has(`${row.get('AGENCY')} ${row.get('STATUS')}`));
    const days = rest.flatMap((row) => daysFrom(row, named('DETECTED_AT'), named('DUE_AT')) ?? []);
    expect(list.top.others).toEqual({ count: rest.length, median: close(percentile(days, 0.5)) });
    expect(list.all.others).toBeNull();
  });

  test('children of many objects have the figures and groups of each object alone, in one statement each', async () => {
    const figures = `aggregates { count ${MEDIAN} open: ratio(where: { status: { eq: OPEN } }) { numerator denominator } }
      groups(by: [{ field: STATUS }], first: 2, orderBy: [{ figure: COUNT, direction: DESC }]) {
        nodes { status aggregates { count ${MEDIAN} } } totalCount others { count } }`;
    const operation = `{ federalSystems(first: 40) { nodes { id findings { ${figures} } } } }`;
    const { federalSystems } = await ask(operation);
    const alone = await Promise.all(
      federalSystems.nodes.map(({ id }: { id: string }) =>
        ask(`{ list: vulnerabilityFindings(filter: { system: { id: { eq: "${id}" } } }) { ${figures} } }`),
      ),
    );
    expect(federalSystems.nodes.map(({ findings }: { findings: object }) => findings)).toEqual(
      alone.map(({ list }) => list),
    );
    const others = federalSystems.nodes.map(
      ({ findings }: { findings: { groups: { others: object | null } } }) => findings.groups.others,
    );
    expect(new Set(others.map((figures: object | null) => figures === null))).toEqual(new Set([true, false]));
    // systems, figures, groups, others
    expect(await world.statements(operation)).toHaveLength(4);
  });

  test('figures of a list without objects are empty', async () => {
    const { list } = await ask(`{ list: vulnerabilityFindings(filter: { status: { in: [] } }) {
      aggregates { count sum(of: DUE_AT, since: DETECTED_AT) ${MEDIAN} earliest(of: DUE_AT)
                   ratio(where: { status: { eq: OPEN } }) { numerator denominator value } countDistinct(of: AGENCY) }
      groups(${BY}) { nodes { status } totalCount others { count } pageInfo { hasNextPage endCursor } } } }`);
    expect(list).toEqual({
      aggregates: {
        count: 0,
        sum: null,
        median: null,
        earliest: null,
        ratio: { numerator: 0, denominator: 0, value: null },
        countDistinct: 0,
      },
      groups: { nodes: [], totalCount: 0, others: null, pageInfo: { hasNextPage: false, endCursor: null } },
    });
  });

  describe('series', () => {
    const SERIES = `groups(by: [{ field: ENTERED_ON_DUTY_AT, every: $unit, from: $from, until: $until }], first: $first, after: $after) {
      nodes { enteredOnDutyAt { label from until } aggregates { count agencies: countDistinct(of: AGENCY) last: latest(of: ENTERED_ON_DUTY_AT) } }
      others { count } totalCount pageInfo { hasNextPage endCursor }
    }`;
    const VARIABLES = '$unit: CalendarUnit!, $from: Date, $until: Date, $first: Int, $after: String';
    const seriesOf = async (variables: Record<string, unknown>) => {
      const { data, errors } = await world.ask(
        `query (${VARIABLES}) { hiringRequests { ${SERIES} aggregates { count } } }`,
        variables,
      );
      if (errors) throw new Error(JSON.stringify(errors[0]));
      return data.hiringRequests;
    };

    test.each(UNITS)('shows the groups with objects, and empty ones between them, by %s', async (unit) => {
      const [from, until] = ['2025-11-03', '2026-11-23'];
      const { groups: found } = await seriesOf({ unit, first: 500 });
      const { groups: series, aggregates } = await seriesOf({ unit, from, until });
      const inSeries = found.nodes.filter(
        (group: { enteredOnDutyAt: { from: string; until: string } | null }) =>
          group.enteredOnDutyAt && group.enteredOnDutyAt.until > from && group.enteredOnDutyAt.from < until,
      );
      const isFull = ({ aggregates: { count } }: { aggregates: { count: number } }) => count > 0;
      expect(series.nodes.filter(isFull)).toEqual(inSeries);
      expect(inSeries.length).toBeGreaterThan(0);
      series.nodes.forEach((group: { enteredOnDutyAt: { from: string }; aggregates: object }, index: number) => {
        if (index > 0) expect(group.enteredOnDutyAt.from).toBe(series.nodes[index - 1].enteredOnDutyAt.until);
        if (!isFull(group as never)) expect(group.aggregates).toEqual({ count: 0, agencies: 0, last: null });
      });
      expect(series.totalCount).toBe(series.nodes.length);
      const counted = inSeries.reduce(
        (sum: number, group: { aggregates: { count: number } }) => sum + group.aggregates.count,
        0,
      );
      expect(counted + series.others.count).toBe(aggregates.count);
    });

    test('has pages', async () => {
      const whole = (await seriesOf({ unit: 'WEEK', from: '2026-01-01', until: '2026-07-01' })).groups;
      const pages = [];
      let after: string | null = null;
      do {
        const page: typeof whole = (
          await seriesOf({ unit: 'WEEK', from: '2026-01-01', until: '2026-07-01', first: 7, after })
        ).groups;
        pages.push(...page.nodes);
        expect(page.totalCount).toBe(whole.totalCount);
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after);
      expect(pages).toEqual(whole.nodes);
      expect(whole.totalCount).toBe(27);
    });

    test('of children without objects is empty periods', async () => {
      const { data, errors } = await world.ask(
        `query (${VARIABLES}) { agencies { hiringRequests { ${SERIES} aggregates { count agencies: countDistinct(of: AGENCY) } } } }`,
        { unit: 'MONTH', from: '2026-08-01', until: '2026-11-01' },
      );
      expect(errors).toBeUndefined();
      const requests = data.agencies.map(({ hiringRequests }: { hiringRequests: object }) => hiringRequests);
      for (const { groups } of requests)
        expect(
          groups.nodes.map(({ enteredOnDutyAt }: { enteredOnDutyAt: { label: string } }) => enteredOnDutyAt.label),
        ).toEqual(['2026-08', '2026-09', '2026-10']);
      expect(requests.some(({ aggregates }: { aggregates: { count: number } }) => aggregates.count === 0)).toBe(true);
    });

    test.each<[string, string]>([
      ['{ field: ENTERED_ON_DUTY_AT, every: DAY, from: "2026-01-01" }', 'add "until"'],
      ['{ field: ENTERED_ON_DUTY_AT, every: DAY, until: "2026-01-01" }', 'add "from"'],
      ['{ field: ENTERED_ON_DUTY_AT, every: DAY, from: "2026-01-02", until: "2026-01-02" }', 'not before "until"'],
      ['{ field: ENTERED_ON_DUTY_AT, every: DAY, from: "2020-01-01", until: "2026-01-02" }', 'more than 500 periods'],
      ['{ field: STATUS, from: "2020-01-01", until: "2026-01-02" }', 'for periods of dates'],
      [
        '[{ field: ENTERED_ON_DUTY_AT, every: YEAR, from: "2020-01-01", until: "2026-01-02" }, { field: STATUS }]',
        'only dimension',
      ],
      [
        '{ field: ENTERED_ON_DUTY_AT, every: YEAR, from: "2020-01-01", until: "2026-01-02" }], orderBy: [{ figure: COUNT }',
        'orderBy',
      ],
      [
        '{ field: ENTERED_ON_DUTY_AT, every: YEAR, from: "2020-01-01", until: "2026-01-02" }], having: [{ figure: COUNT, gt: 1 }',
        'having',
      ],
    ])('rejects %s', async (by, message) => {
      const list = by.startsWith('[') ? by : `[${by}]`;
      const { errors } = await world.ask(`{ hiringRequests { groups(by: ${list}) { totalCount } } }`);
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_AGGREGATE' } }]);
      expect(errors![0]!.message).toContain(message);
    });
  });

  test('a fragment, an alias, and a variable select the same figures as plain fields', async () => {
    const { data, errors } = await world.ask(
      `query ($of: VulnerabilityFindingAggregateField!, $skip: Boolean!, $filter: VulnerabilityFindingFilter!) {
         list: vulnerabilityFindings { aggregates { ...figures } same: aggregates { latest(of: DUE_AT) } } }
       fragment figures on VulnerabilityFindingAggregates {
         number: count
         ... @skip(if: $skip) { skipped: countDistinct(of: STATUS) }
         last: latest(of: $of)
         first: earliest(of: $of)
         share: ratio(where: $filter) { value }
       }`,
      { of: 'DUE_AT', skip: true, filter: { not: { status: { in: ['OPEN'] } }, agency: { isNull: false } } },
    );
    expect(errors).toBeUndefined();
    const rows = rowsByRoot.get('vulnerabilityFindings')!;
    const due = rows.flatMap((row) => (row.get('DUE_AT') as string | null) ?? []).sort();
    expect(data.list).toEqual({
      aggregates: {
        number: rows.length,
        last: due.at(-1),
        first: due[0],
        share: { value: close(rows.filter((row) => row.get('STATUS') !== 'OPEN').length / rows.length) },
      },
      same: { latest: due.at(-1) },
    });
  });

  describe('rejects', () => {
    const INVALID: readonly [what: string, groups: string, message: string, inputPath: (string | number)[]][] = [
      [
        'no dimension',
        'groups(by: [])',
        '"by" lists 0 dimensions: use 1 to 3, or "aggregates" for the whole list',
        ['by'],
      ],
      [
        'four dimensions',
        'groups(by: [{ field: STATUS }, { field: AGENCY }, { field: SYSTEM }, { field: METHOD }])',
        '"by" lists 4 dimensions: use 1 to 3',
        ['by'],
      ],
      [
        'a field twice',
        'groups(by: [{ field: DUE_AT, every: DAY }, { field: DUE_AT, every: YEAR }])',
        '"by" has two dimensions with the group field "dueAt": remove one',
        ['by', 1],
      ],
      [
        'a date without periods',
        'groups(by: [{ field: DUE_AT }])',
        'DUE_AT is a date: add "every", for example every: MONTH',
        ['by', 0],
      ],
      [
        'periods of a status',
        'groups(by: [{ field: STATUS, every: MONTH }])',
        '"every" is for dates, but VulnerabilityFinding field STATUS is an enum: remove it',
        ['by', 0, 'every'],
      ],
      [
        'ranges of a status',
        'groups(by: [{ field: STATUS, width: 3 }])',
        '"width" and "bounds" are for numbers and days, but STATUS is an enum: remove them',
        ['by', 0, 'width'],
      ],
      [
        'a width of 0',
        'groups(by: [{ field: DUE_AT, since: DETECTED_AT, width: 0 }])',
        '"width" is 0: use a number from 0.000001 to 1000000000000000',
        ['by', 0, 'width'],
      ],
      [
        'days without ranges',
        'groups(by: [{ field: DUE_AT, since: DETECTED_AT }])',
        'Days from DETECTED_AT to DUE_AT need ranges: add "width", for example width: 7, or "bounds"',
        ['by', 0],
      ],
      [
        'bounds that fall',
        'groups(by: [{ field: DUE_AT, since: DETECTED_AT, bounds: [3, 1] }])',
        '"bounds" must rise, but 1 follows 3: sort it, without repetitions',
        ['by', 0, 'bounds', 1],
      ],
      [
        'width and bounds',
        'groups(by: [{ field: DUE_AT, since: DETECTED_AT, width: 1, bounds: [3] }])',
        '"width" and "bounds" cannot be combined: send only one of them',
        ['by', 0],
      ],
      [
        'days since a status',
        'groups(by: [{ field: DUE_AT, since: STATUS, width: 1 }])',
        'Days are counted between two dates, but STATUS is an enum: use DETECTED_AT',
        ['by', 0, 'since'],
      ],
      [
        'an order by a field that is not in the groups',
        `groups(${BY}, orderBy: [{ field: METHOD }])`,
        'The groups have no METHOD: order by AGENCY or STATUS, or by a figure',
        ['orderBy', 0, 'field'],
      ],
      [
        'an order by nothing',
        `groups(${BY}, orderBy: [{ direction: DESC }])`,
        'Order by one field of "by", or by one figure: send "field" or "figure"',
        ['orderBy', 0],
      ],
      [
        'a condition without a number',
        `groups(${BY}, having: [{ figure: COUNT }])`,
        'This condition compares with nothing: add "gt", for example gt: 10',
        ['having', 0],
      ],
      [
        'a percentile without its share',
        `groups(${BY}, having: [{ figure: PERCENTILE, of: DUE_AT, since: DETECTED_AT, gt: 1 }])`,
        'PERCENTILE needs "p", from 0 to 1: add it',
        ['having', 0, 'p'],
      ],
      ['a page of 501', `groups(${BY}, first: 501)`, '"first" is 501: request 0 to 500', ['first']],
      ['a cursor of another list', `groups(${BY}, after: "x")`, '"after" is not a cursor of this list', ['after']],
    ];
    test.each(INVALID)('%s', async (_, groups, message, inputPath) => {
      const { data, errors } = await world.ask(`{ vulnerabilityFindings { ${groups} { totalCount } } }`);
      expect(data.vulnerabilityFindings).toBeNull();
      expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { inputPath } }]);
    });

    const INVALID_FIGURES: readonly [what: string, figure: string, message: string][] = [
      ['the median of a status', 'median(of: STATUS)', 'MEDIAN needs numbers, but STATUS is an enum: use POLICY_ROW'],
      [
        'the median of a date',
        'median(of: DUE_AT)',
        'MEDIAN needs numbers, but DUE_AT is a date: use POLICY_ROW, SYSTEM_LOGGING_LEVEL, ITEM_COUNT, or add "since" to count days from another date',
      ],
      ['the percentile 90', 'percentile(of: DUE_AT, since: DETECTED_AT, p: 90)', '"p" is 90: use a share from 0 to 1'],
      ['the latest status', 'latest(of: STATUS)', 'LATEST needs dates, but STATUS is an enum: use DETECTED_AT'],
    ];
    test.each(INVALID_FIGURES)('%s', async (_, figure, message) => {
      const { data, errors } = await world.ask(`{ vulnerabilityFindings { aggregates { ${figure} } } }`);
      expect(data.vulnerabilityFindings).toBeNull();
      expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
    });
  });
});
