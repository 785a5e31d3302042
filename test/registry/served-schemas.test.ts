import { randomUUID } from 'node:crypto';
import { ServedSchema } from '../../subgraphs/registry/schema/served-schema';
import { sweepSchemas } from '../../subgraphs/registry/schema/sweep';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { until } from '../support/until';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const OPERATOR = 'role=operator; subject=olga';
const ANALYST = 'role=analyst; subject=ana';

describe.each(databaseKinds)('what subgraphs serve, in the registry, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind, { config: { schemaWatchMs: 50 } });
    for (const [name, agency] of [
      ['reviews', 'nsa'],
      ['submissions', 'treasury'],
    ])
      await graph.ask(
        OPERATOR,
        'mutation ($input: RegisterSubgraphInput!) { registerSubgraph(input: $input) { subgraph { name } } }',
        {
          input: {
            ...{ name, agencies: [agency], clearances: ['PUBLIC'], url: `http://${name}.example/graphql` },
            idempotencyKey: randomUUID(),
          },
        },
      );
  });
  afterAll(() => graph.close());

  const seen = async (filter = ''): Promise<Loose> => {
    const { data } = await graph.ask(
      OPERATOR,
      `{ registeredSubgraphs(filter: { exercise: { eq: false } }) { nodes { name servedSchemas${filter} { nodes { replica isServed unserved unpublished seenAt } } } } }`,
    );
    return Object.fromEntries(
      (data as Loose).registeredSubgraphs.nodes.map(({ name, servedSchemas }: Loose) => [name, servedSchemas.nodes]),
    );
  };
  const record = (schemas: object[], caller = OPERATOR, replica = 'gateway-2') =>
    graph.ask(
      caller,
      'mutation ($input: RecordServedSchemasInput!) { recordServedSchemas(input: $input) { replayed } }',
      { input: { replica, schemas, idempotencyKey: randomUUID() } },
    ) as Promise<Loose>;

  test('has what the gateway saw: every registered subgraph serves what the supergraph asks it for', async () => {
    await until(
      async () => Object.values(await seen()).every((nodes) => (nodes as Loose[]).length === 1),
      () => 'the gateway has reported both subgraphs',
    );
    const all = await seen();
    expect(Object.keys(all)).toEqual(['reviews', 'submissions']);
    for (const [node] of Object.values<Loose>(all))
      expect(node).toMatchObject({ replica: 'gateway', isServed: true, unserved: [], unpublished: [] });
  });

  test('keeps the last report of each replica, and leaves out what is not registered', async () => {
    const reviews = { subgraph: 'reviews', unserved: ['Query.doctrine'], unpublished: ['Query.dogma'] };
    expect((await record([reviews, { ...reviews, subgraph: 'nowhere' }])).errors).toBeUndefined();
    expect((await seen('(filter: { isServed: { eq: false } })')).reviews).toEqual([
      expect.objectContaining({ replica: 'gateway-2', unserved: ['Query.doctrine'], unpublished: ['Query.dogma'] }),
    ]);
    await record([{ ...reviews, unserved: [] }]);
    expect((await seen('(filter: { isServed: { eq: false } })')).reviews).toEqual([]);
  });

  test('takes reports from gateways only, and refuses malformed ones', async () => {
    const schema = { subgraph: 'reviews', unserved: [], unpublished: [] };
    expect((await record([schema], ANALYST)).errors[0].extensions.code).toBe('FORBIDDEN');
    expect((await record([])).errors[0].message).toContain('"schemas" is empty');
    expect((await record([schema], OPERATOR, 'two words')).errors[0].message).toContain('replica');
    const tooMany = { ...schema, unserved: Array.from({ length: 51 }, (_, index) => `Query.f${index}`) };
    expect((await record([tooMany])).errors[0].message).toContain('50');
  });

  test('forgets replicas that no longer report', async () => {
    const { database } = graph.subgraph('registry');
    const later = new Date(graph.clock.now().getTime() + 8 * 86_400_000);
    await sweepSchemas.run(database, { now: () => later });
    const rows = await database.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM ${database.table(ServedSchema)} WHERE replica = 'gateway-2'`,
    );
    expect(Number(rows[0]!.n)).toBe(0);
  });
});
