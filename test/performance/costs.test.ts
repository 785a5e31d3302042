import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** Rows that the databases may read for each unit that an operation is estimated to cost, and those that are free. */
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

/** A field with values for its required arguments; undefined where none are known. */
function asked(parent: string, { name, args }: Field, extra = ''): string | undefined {
  const required = args.filter(isRequiredArgument);
  const values = required.map((one) => ARGUMENTS[`${parent}.${name}(${one.name})`]);
  if (values.includes(undefined)) return undefined;
  const written = [...required.map((one, i) => `${one.name}: ${values[i]}`), ...(extra ? [extra] : [])];
  return written.length > 0 ? `${name}(${written.join(', ')})` : name;
}

const isConnection = (type: GraphQLOutputType): boolean => getNamedType(type).name.endsWith('Connection');

/** A field with all leaf values below it, in objects that are not entities too. */
function whole(parent: string, field: Field, levels = 3): string | undefined {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return asked(parent, field);
  if (isConnection(type))
    return asked(parent, field, 'first: 0') && `${asked(parent, field, 'first: 0')} { totalCount }`;
  if (!isObjectType(type) || levels === 0) return undefined;
  const isEntity = type.getFields().id !== undefined || type.getFields().key !== undefined;
  const inner = Object.values(type.getFields()).flatMap((one) => {
    if (isEntity && !isLeafType(getNamedType(one.type))) return [];
    return isConnection(one.type) ? [] : (whole(type.name, one, levels - 1) ?? []);
  });
  const own = asked(parent, field);
  return own && inner.length > 0 ? `${own} { ${inner.join(' ')} }` : undefined;
}

/** Every root field with its values, and every object or list of the objects that a root field lists, each in an operation of its own. */
function operations(query: GraphQLObjectType): string[] {
  const found: string[] = [];
  for (const field of Object.values(query.getFields())) {
    const type = getNamedType(field.type);
    if (isInterfaceType(type)) continue;
    const all = whole('Query', field);
    if (all) found.push(`{ ${all} }`);
    const listed = isConnection(type) ? getNamedType((type as GraphQLObjectType).getFields().nodes!.type) : type;
    const own = asked('Query', field, isConnection(type) ? 'first: 5' : '');
    if (!own || !isObjectType(listed)) continue;
    for (const one of Object.values(listed.getFields())) {
      if (isLeafType(getNamedType(one.type))) continue;
      const inner = whole(listed.name, one);
      if (inner) found.push(isConnection(type) ? `{ ${own} { nodes { ${inner} } } }` : `{ ${own} { ${inner} } }`);
    }
  }
  return found;
}

/** Rows that all connections of the world's databases have read. */
async function rowsRead({ open }: World): Promise<number> {
  let rows = 0;
  for (const { database } of open) {
    // as many at once as there are connections: one on each
    const connections = Array.from({ length: database.pool().size }, () =>
      database.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'"),
    );
    for (const status of await Promise.all(connections)) for (const { Value } of status) rows += Number(Value);
  }
  return rows;
}

// the databases of a server count the rows that they read
const describeOnServer = databaseKinds.includes('mysql') ? describe : describe.skip;

describeOnServer('the estimated cost of fields', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('mysql', 3);
    // a server that has run for a while knows its tables; one that was filled a second ago must be told to look
    for (const { database, subgraph } of world.open)
      for (const entity of subgraph.parts.entities) await database.query(`ANALYZE TABLE ${database.table(entity)}`);
  });
  afterAll(() => world?.close());

  test('is proportional to the rows that are read for each field', async () => {
    const headers = await world.identity.headers(INSPECTOR);
    const { body } = await world.server.inject({ url: '/schema.graphql', headers });
    const all = operations(buildSchema(body).getQueryType()!);
    const tooCheap: string[] = [];
    for (const operation of all) {
      await world.ask(operation);
      const before = await rowsRead(world);
      const { extensions, errors } = await world.ask(operation);
      const rows = (await rowsRead(world)) - before;
      const cost = extensions?.cost?.estimated ?? 0;
      if (rows > FREE_ROWS + ROWS_PER_UNIT * cost)
        tooCheap.push(
          `${rows} rows for a cost of ${cost}: ${operation.slice(0, 120)}${errors ? ` (${errors[0]!.message})` : ''}`,
        );
    }
    expect(all.length).toBeGreaterThan(150);
    expect(tooCheap).toEqual([]);
  });
});
