import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { DATABASE_LIMITS } from '#kit/database/limits';
import { wordTablesOf } from '#kit/search/word-table';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { sample } from '../support/seed';
import { openWorld, type World } from '../support/world';

/** Rows that the databases may read per unit of estimated cost, and rows that are free. */
const ROWS_PER_UNIT = 150;
const FREE_ROWS = 200;

/** Values of required arguments. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'Query.agency(key)': '"treasury"',
  'Query.executiveOrder(number)': '"14409"',
  'Query.sector(key)': '"energy"',
  'Submission.asOf(at)': '"2026-11-01T00:00:00Z"',
};

type Field = GraphQLField<unknown, unknown>;

/** A field with values for its required arguments; undefined if a value is missing. */
function selectionFor(parent: string, { name, args }: Field, extra = ''): string | undefined {
  const required = args.filter(isRequiredArgument);
  const values = required.map((arg) => ARGUMENTS[`${parent}.${name}(${arg.name})`]);
  if (values.includes(undefined)) return undefined;
  const argTexts = [...required.map((arg, i) => `${arg.name}: ${values[i]}`), ...(extra ? [extra] : [])];
  return argTexts.length > 0 ? `${name}(${argTexts.join(', ')})` : name;
}

const isConnection = (type: GraphQLOutputType): boolean => getNamedType(type).name.endsWith('Connection');

/** A field with all leaf fields below it, including those of nested non-entity objects. */
function whole(parent: string, field: Field, levels = 3): string | undefined {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return selectionFor(parent, field);
  if (isConnection(type)) {
    const list = selectionFor(parent, field, 'first: 0');
    const isCounted = (type as GraphQLObjectType).getFields().totalCount !== undefined;
    return list && `${list} { ${isCounted ? 'totalCount' : 'pageInfo { hasNextPage }'} }`;
  }
  if (!isObjectType(type) || levels === 0) return undefined;
  const isEntity = type.getFields().id !== undefined || type.getFields().key !== undefined;
  const inner = Object.values(type.getFields()).flatMap((child) => {
    if (isEntity && !isLeafType(getNamedType(child.type))) return [];
    return isConnection(child.type) ? [] : (whole(type.name, child, levels - 1) ?? []);
  });
  const selection = selectionFor(parent, field);
  return selection && inner.length > 0 ? `${selection} { ${inner.join(' ')} }` : undefined;
}

/** Fields that lists of a connection can be grouped by, by kind, as their descriptions say. */
function operandsOf(connection: GraphQLObjectType): { values: string[]; numbers: string[]; dates: string[] } {
  const groups = connection.getFields().groups;
  const [type] = groups ? [getNamedType(groups.args.find(({ name }) => name === 'by')!.type)] : [];
  const field = isInputObjectType(type) ? getNamedType(type.getFields().field!.type) : undefined;
  const values = isEnumType(field) ? field.getValues() : [];
  const ofKind = (kind: string) => values.filter((value) => value.description?.endsWith(kind)).map(({ name }) => name);
  return { values: ofKind('to group by.'), numbers: ofKind('a number.'), dates: ofKind('a date.') };
}

/** Selections of figures and groups of a list that read and sort as much as possible, and return as little. */
function aggregateSelections(connection: GraphQLObjectType): string[] {
  if (!connection.getFields().aggregates) return [];
  const { values, numbers, dates } = operandsOf(connection);
  const pairs = dates.flatMap((of) =>
    dates.filter((since) => since !== of).map((since) => `of: ${of}, since: ${since}`),
  );
  const operands = [...numbers.map((of) => `of: ${of}`), ...pairs].slice(0, 6);
  const medians = operands.map((operand, i) => `m${i}: median(${operand})`).join(' ');
  const dimensions = [
    ...dates.slice(0, 1).map((field) => `{ field: ${field}, every: DAY }`),
    ...[...values.toReversed(), ...numbers].map((field) => `{ field: ${field} }`),
  ].slice(0, 3);
  const having = operands.map((operand) => `{ figure: MEDIAN, ${operand}, gte: 0 }`).join(', ');
  const orders = operands.map((operand) => `{ figure: AVERAGE, ${operand} }`).join(', ');
  const by = `by: [${dimensions.join(', ')}]`;
  return [
    `aggregates { count ${medians} }`,
    'aggregates { ratio(where: {}) { value } }',
    ...(dimensions.length === 0
      ? []
      : [
          `groups(${by}, first: 0) { totalCount }`,
          `groups(${by}, first: 0) { nodes { aggregates { count ${medians} } } }`,
          `groups(${by}, first: 0, having: [${having}], orderBy: [${orders}]) { others { count ${medians} } }`,
        ]),
  ];
}

/**
 * Every root field with its arguments, and every object or list of the objects that a root field lists, each in a separate
 * operation.
 */
function operations(query: GraphQLObjectType): string[] {
  const operationTexts: string[] = [];
  for (const field of Object.values(query.getFields())) {
    const type = getNamedType(field.type);
    if (isInterfaceType(type)) continue;
    const all = whole('Query', field);
    if (all) operationTexts.push(`{ ${all} }`);
    if (isConnection(type))
      for (const selected of aggregateSelections(type as GraphQLObjectType))
        operationTexts.push(`{ ${selectionFor('Query', field, 'first: 0')} { ${selected} } }`);
    const listed = isConnection(type) ? getNamedType((type as GraphQLObjectType).getFields().nodes!.type) : type;
    const selection = selectionFor('Query', field, isConnection(type) ? 'first: 5' : '');
    if (!selection || !isObjectType(listed)) continue;
    for (const child of Object.values(listed.getFields())) {
      if (isLeafType(getNamedType(child.type))) continue;
      const list = isConnection(child.type) && selectionFor(listed.name, child, 'first: 0');
      const selections = list
        ? aggregateSelections(getNamedType(child.type) as GraphQLObjectType).map((inner) => `${list} { ${inner} }`)
        : [];
      for (const inner of [...(whole(listed.name, child) ? [whole(listed.name, child)!] : []), ...selections])
        operationTexts.push(
          isConnection(type) ? `{ ${selection} { nodes { ${inner} } } }` : `{ ${selection} { ${inner} } }`,
        );
    }
  }
  return operationTexts;
}

/** Each condition on a list of the objects that a root field lists, and each order by the length of a list. */
function listOperations(query: GraphQLObjectType): string[] {
  const found: string[] = [];
  for (const { name, type: listed, args } of Object.values(query.getFields())) {
    const argumentType = (argument: string) => {
      const type = args.find((candidate) => candidate.name === argument)?.type;
      return type && getNamedType(type);
    };
    const filter = argumentType('filter');
    if (!isInputObjectType(filter)) continue;
    const ask = (argument: string) =>
      found.push(
        isConnection(listed)
          ? `{ ${name}(first: 1, ${argument}) { nodes { __typename } } }`
          : `{ ${name}(${argument}) }`,
      );
    for (const field of Object.values(filter.getFields())) {
      const { name: type } = getNamedType(field.type);
      if (!/\w(Link|(?<!Reference)List)Filter$/.test(type)) continue;
      const operators = [
        'some: {}',
        'every: { not: {} }',
        'count: { lt: 1 }',
        'count: { gt: 1000 }, where: { not: {} }',
      ];
      for (const operator of [...operators, ...(type.endsWith('ListFilter') ? ['none: {}'] : [])])
        ask(`filter: { ${field.name}: { ${operator} } }`);
      const counted = `{ ${field.name}: { count: { gt: 1000 } } }`;
      ask(`filter: { or: [{ ${field.name}: { some: {} } }, ${counted}, { not: ${counted} }] }`);
    }
    const order = argumentType('orderBy');
    const fields = isInputObjectType(order) ? getNamedType(order.getFields().field!.type) : undefined;
    if (isEnumType(fields))
      for (const value of fields.getValues())
        if (value.description === 'Order by the length of this list.')
          ask(`orderBy: [{ field: ${value.name}, direction: DESC }]`);
  }
  return found;
}

/** Searches that read many words: for few and for many beginnings, alone, negated, and combined. */
function searches(query: GraphQLObjectType): string[] {
  const ten = 'a c d e f i m p s t';
  const filters = [
    `{ search: "s" }`,
    `{ search: "${ten}" }`,
    `{ not: { search: "${ten}" } }`,
    `{ not: { search: "s se sec secu secur securi securit security" } }`,
    `{ or: [{ search: "${ten}" }, { search: "a s" }] }`,
    `{ or: [{ search: "a s t" }, { not: { search: "c d e" } }] }`,
  ];
  return Object.values(query.getFields()).flatMap(({ name, type: listed, args }) => {
    const type = args.find((argument) => argument.name === 'filter')?.type;
    const filter = type && getNamedType(type);
    if (!isInputObjectType(filter) || !filter.getFields().search) return [];
    return filters.map((value) =>
      isConnection(listed) ? `{ ${name}(first: 1, filter: ${value}) { totalCount } }` : `{ ${name}(filter: ${value}) }`,
    );
  });
}

/** Rows that all connections of the world's databases have read. */
async function rowsRead({ open }: World): Promise<number> {
  let rows = 0;
  for (const { database } of open) {
    // as many concurrent statements as there are connections: one on each
    const connections = Array.from({ length: database.pool().size }, () =>
      database.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'"),
    );
    for (const status of await Promise.all(connections)) for (const { Value } of status) rows += Number(Value);
  }
  return rows;
}

// the server counts the rows that its databases read
const describeOnServer = databaseKinds.includes('mysql') ? describe : describe.skip;

describeOnServer('the estimated cost of fields', () => {
  let world: World;
  let query: GraphQLObjectType;
  beforeAll(async () => {
    // after each operation, the test asks every connection what it has read
    const limits = { ...DATABASE_LIMITS, connections: 2 };
    world = await openWorld('mysql', 3, [], undefined, undefined, limits);
    // a server that has run for a while has table statistics; one that was just filled must be asked to collect them
    for (const { database, subgraph } of world.open)
      for (const entity of [...subgraph.parts.entities, ...wordTablesOf(subgraph.parts.entities)])
        await database.query(`ANALYZE TABLE ${database.table(entity)}`);
    const headers = await world.identity.headers(INSPECTOR);
    const { body } = await world.server.inject({ url: '/schema.graphql', headers });
    query = buildSchema(body).getQueryType()!;
  });
  afterAll(() => world?.close());

  /** The operations that read too many rows for their estimated cost, also when they run a second time, with everything prepared. */
  async function tooCheap(all: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    let total = await rowsRead(world);
    const isTooCheap = async (operation: string): Promise<string | undefined> => {
      const { extensions, errors } = await world.ask(operation);
      // a world has no record of reads
      const failures = errors?.filter((error) => error.extensions.code !== 'RECORD_UNAVAILABLE') ?? [];
      expect({ operation, failures }).toEqual({ operation, failures: [] });
      const before = total;
      total = await rowsRead(world);
      const cost = extensions.cost.estimated;
      return total - before > FREE_ROWS + ROWS_PER_UNIT * cost
        ? `${total - before} rows for a cost of ${cost}: ${operation.slice(0, 120)}`
        : undefined;
    };
    for (const operation of all)
      if (await isTooCheap(operation)) found.push(...[await isTooCheap(operation)].flatMap((text) => text ?? []));
    return found;
  }

  test('is proportional to the rows that are read for each field', async () => {
    const all = operations(query);
    expect(all.length).toBeGreaterThan(900);
    expect(await tooCheap(sample(all, 400))).toEqual([]);
  });

  test('is proportional to the rows that are read for conditions on lists and orders by their length', async () => {
    const all = listOperations(query);
    expect(all.length).toBeGreaterThan(200);
    expect(await tooCheap(all)).toEqual([]);
  });

  test('is proportional to the rows that are read for searches', async () => {
    const all = searches(query);
    expect(all.length).toBeGreaterThan(50);
    expect(await tooCheap(all)).toEqual([]);
  });
});
