import { createHash, randomUUID } from 'node:crypto';
import { buildSchema, GraphQLError, parse } from 'graphql';
import pino from 'pino';
import { Usage } from '../../gateway/graph/usage';
import { UsageReport } from '../../gateway/graph/usage-report';
import type { SubgraphRequest } from '../../gateway/transport/transport';
import { OperationCoordinate } from '../../subgraphs/registry/usage/operation-coordinate';
import { OperationUse } from '../../subgraphs/registry/usage/operation-use';
import { fairly, sweepUsage, usedLately } from '../../subgraphs/registry/usage/usage';
import { UsedOperation } from '../../subgraphs/registry/usage/used-operation';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { until } from '../support/until';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const OPERATOR = 'role=operator; subject=olga';
const ANALYST = 'role=analyst; subject=ana';

describe.each(databaseKinds)('usage in the registry, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind, { config: { usageReportMs: 20 } });
  });
  afterAll(() => graph.close());

  const send = async (query: string, variables: object = {}, client?: [name: string, version: string]) => {
    const response = await graph.server.inject({
      method: 'POST',
      url: '/graphql',
      headers: {
        ...(await graph.identity.headers(ANALYST)),
        ...(client && { 'apollographql-client-name': client[0], 'apollographql-client-version': client[1] }),
      },
      payload: { query, variables },
    });
    return response.json() as Loose;
  };
  const uses = async (name?: string): Promise<Loose[]> => {
    const { data } = await graph.ask(
      OPERATOR,
      'query ($filter: UsedOperationFilter) { usedOperations(filter: $filter) { nodes { name operation uses { nodes { client clientVersion requests day } } } } }',
      { filter: name === undefined ? {} : { name: { eq: name } } },
    );
    return (data as Loose).usedOperations.nodes;
  };
  const used = async (name: string) => (await uses(name))[0];

  test('counts requests by operation and client, without values', async () => {
    const query = 'query Find($key: ID!) { secret: agency(key: $key) { name } agencies(kind: OFFICE) { key } }';
    for (const key of ['nsa', 'doe', 'nowhere']) await send(query, { key }, ['dashboard', '1.4']);
    await send(query, { key: 'nsa' });
    await send('query Find { agency(key: "nsa") { name } }', {}, ['dashboard', '1.4']);
    await until(
      async () => (await used('Find'))?.uses.nodes.reduce((sum: number, { requests }: Loose) => sum + requests, 0) >= 4,
      () => 'all requests are counted',
    );
    const all = await uses();
    expect(all.find(({ operation }) => operation.includes('$variable1'))).toMatchObject({
      operation: expect.stringContaining('alias1: agency(key: $variable1)'),
      uses: {
        nodes: expect.arrayContaining([
          { client: 'dashboard', clientVersion: '1.4', requests: 3, day: '2026-06-15' },
          { client: 'unnamed', clientVersion: 'unnamed', requests: 1, day: '2026-06-15' },
        ]),
      },
    });
    expect(JSON.stringify(all)).not.toMatch(/nsa|nowhere|secret/);
  });

  test('says which operations use a part of the schema', async () => {
    const query = 'query Map($kind: AgencyKind) { agencies(kind: $kind) { key name } agency(key: "nsa") { key } }';
    await send(query, {}, ['map', '2.0']);
    await until(
      async () => (await used('Map')) !== undefined,
      () => 'the operation is counted',
    );
    const { data } = (await graph.ask(
      OPERATOR,
      '{ usedOperations(filter: { name: { eq: "Map" } }) { nodes { coordinates { nodes { coordinate } } } } }',
    )) as Loose;
    const [{ coordinates }] = data.usedOperations.nodes;
    expect(coordinates.nodes.map(({ coordinate }: Loose) => coordinate)).toEqual([
      ...[
        'Agency',
        'Agency.key',
        'Agency.name',
        'AgencyKind',
        'ID',
        'Query',
        'Query.agencies',
        'Query.agencies(kind:)',
      ],
      ...['Query.agency', 'Query.agency(key:)', 'String'],
    ]);
  });

  test('does not count what is no valid operation', async () => {
    await send('query Wrong { nothing }');
    await send('query {');
    await send('query Right { agencies { key } }');
    await until(
      async () => (await used('Right')) !== undefined,
      () => 'the valid operation is counted',
    );
    expect(await used('Wrong')).toBeUndefined();
  });

  test('shows usage to those who maintain the graph, and takes it from operators only', async () => {
    const { data } = await graph.ask(ANALYST, '{ usedOperations { totalCount } }');
    expect(data).toEqual({ usedOperations: { totalCount: 0 } });
    const { errors } = (await graph.call(
      ANALYST,
      'recordUsage',
      { replica: 'x', uses: [] },
      'operation { id }',
    )) as Loose;
    expect(errors[0].extensions.code).toBe('FORBIDDEN');
  });

  test('adds up reports, and counts a repeated one once', async () => {
    const use = {
      ...{ digest: 'a'.repeat(64), name: 'Sum', operation: '{ agencies { key } }', client: 'c', version: '1' },
      ...{ party: 'agency:nsa', requests: 2, coordinates: ['Query.agencies', 'Agency.key'] },
    };
    const report = (input: object, key: string) =>
      graph.ask(
        OPERATOR,
        'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { replayed operation { id } } }',
        { input: { replica: 'gateway-1', idempotencyKey: key, ...input } },
      ) as Promise<Loose>;
    const key = randomUUID();
    await report({ uses: [use] }, key);
    expect((await report({ uses: [use] }, key)).data.recordUsage.replayed).toBe(true);
    await report({ uses: [{ ...use, operation: null, requests: 3 }] }, randomUUID());
    await report({ replica: 'gateway-2', uses: [use, { ...use, requests: 1 }] }, randomUUID());
    const requests = (await used('Sum')).uses.nodes.map((node: Loose) => node.requests);
    expect(requests.toSorted()).toEqual([3, 5]);
    const unknown = await report({ uses: [{ ...use, digest: 'b'.repeat(64), operation: null }] }, randomUUID());
    expect(unknown.errors[0].message).toContain('No operation has the key');
    const { database, clock } = graph.subgraph('registry');
    expect((await usedLately(database, clock.now().toISOString())).used).toContainEqual({
      ...{ client: 'c@1 (8 in 30 days)', name: 'Sum', text: '{ agencies { key } }' },
    });
  });

  test('notes on released clients when they were last used', async () => {
    const release = async (version: string) => {
      const documents = [{ operation: 'query Names { agencies { name } }' }];
      const { data } = (await graph.call(
        OPERATOR,
        'publishClientRelease',
        { client: 'finder', version, documents },
        'release { id lastUsedOn }',
      )) as Loose;
      return data.publishClientRelease.release;
    };
    const [used, unused] = [await release('1'), await release('2')];
    expect([used.lastUsedOn, unused.lastUsedOn]).toEqual([null, null]);
    const use = {
      ...{ digest: 'c'.repeat(64), name: 'Names', operation: '{ agencies { name } }', client: 'finder', version: '1' },
      ...{ party: 'agency:nsa', requests: 1, coordinates: ['Query.agencies'] },
    };
    const uses = [use, { ...use, client: 'other', version: '2' }];
    await graph.call(OPERATOR, 'recordUsage', { replica: 'gateway-1', uses }, 'operation { id }');
    const { data } = (await graph.ask(
      OPERATOR,
      '{ clientReleases(filter: { client: { eq: "finder" } }, orderBy: [{ field: CLIENT_VERSION, direction: ASC }]) { nodes { clientVersion lastUsedOn } } }',
    )) as Loose;
    const today = graph.subgraph('registry').clock.now().toISOString().slice(0, 10);
    expect(data.clientReleases.nodes).toEqual([
      { clientVersion: '1', lastUsedOn: today },
      { clientVersion: '2', lastUsedOn: null },
    ]);
  });

  describe('with parties that make up operations and clients', () => {
    const digestOf = (party: string, index: number) => createHash('sha256').update(`${party} ${index}`).digest('hex');
    const report = async (party: string, count: number, use: (index: number) => object) => {
      for (let start = 0; start < count; start += 250) {
        const uses = Array.from({ length: Math.min(250, count - start) }, (_, offset) => ({
          ...{
            digest: digestOf(party, start + offset),
            name: 'Made',
            operation: `{ agencies { key ${'name '.repeat(300)} } }`,
          },
          ...{ client: 'maker', version: '1', party, requests: 1_000, coordinates: ['Agency.name'] },
          ...use(start + offset),
        }));
        const input = { replica: 'gateway-3', idempotencyKey: randomUUID(), uses };
        const { errors } = (await graph.ask(
          OPERATOR,
          'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { replayed } }',
          { input },
        )) as Loose;
        expect(errors).toBeUndefined();
      }
    };
    const rowsOf = async (party: string) => {
      const { database } = graph.subgraph('registry');
      const count = async (target: new () => object) =>
        Number(
          (
            await database.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${database.table(target)} WHERE party = ?`, [
              party,
            ])
          )[0]!.n,
        );
      return { operations: await count(UsedOperation), uses: await count(OperationUse) };
    };

    test('keeps a bounded number of each, and others lose nothing', async () => {
      await report('public', 2_500, () => ({ client: 'public', version: 'public' }));
      expect(await rowsOf('public')).toEqual({ operations: 2_000, uses: 2_000 });
      await report('organization:maker', 2_500, () => ({}));
      expect((await rowsOf('organization:maker')).operations).toBe(2_000);
      await report('organization:maker', 4_000, (index) => ({
        digest: digestOf('organization:maker', 0),
        client: `made-${index}`,
      }));
      expect(await rowsOf('organization:maker')).toEqual({ operations: 2_000, uses: 5_000 });
      await report('agency:doe', 300, (index) => ({
        operation: `{ agencies { key alias${index}: name } }`,
        requests: 1,
      }));
      expect(await rowsOf('agency:doe')).toEqual({ operations: 300, uses: 300 });
    });

    test('makes room for what a party sends on another day', async () => {
      graph.clock.advance({ days: 1 });
      const { database } = graph.subgraph('registry');
      const [oldest] = await database.query<{ id: string; digest: string }>(
        `SELECT id, digest FROM ${database.table(UsedOperation)} WHERE party = 'public' ORDER BY last_used_on, id LIMIT 1`,
      );
      await report('public', 11, (index) => ({
        ...{ client: 'public', version: 'public' },
        digest: index < 10 ? digestOf('tomorrow', index) : oldest!.digest,
      }));
      // what is sent again stays as it is
      expect(await database.findBy(OperationCoordinate, 'operationId', [oldest!.id])).toHaveLength(1);
      const newest = await database.findBy(UsedOperation, 'digest', [digestOf('tomorrow', 0), digestOf('tomorrow', 9)]);
      expect(newest).toHaveLength(2);
      expect((await rowsOf('public')).operations).toBe(2_000);
    });

    test('examines what each party sent, within the limits of all', async () => {
      const { database, clock } = graph.subgraph('registry');
      const { used, leftOut } = await usedLately(database, clock.now().toISOString());
      expect(used.some(({ name }) => name === 'Sum')).toBe(true);
      expect(used.filter(({ text }) => text.startsWith('{ agencies { key alias'))).toHaveLength(300);
      expect(used.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(2_000_000);
      expect(leftOut).toBeGreaterThan(500);
    });

    test('takes the party next that has the fewest characters', () => {
      const sent = (party: string, count: number, characters: number) =>
        Array.from({ length: count }, (_, index) => ({ id: `${party}${index}`, party, requests: 1, characters }));
      const chosen = fairly([...sent('hostile', 5_000, 30_000), ...sent('a', 500, 500), ...sent('b', 800, 1_000)]);
      const of = (party: string) => chosen.filter((id) => id.startsWith(party)).length;
      expect([of('a'), of('b')]).toEqual([500, 800]);
      expect(of('hostile')).toBe(31);
    });
  });

  test('forgets what no one has sent for months', async () => {
    const { database } = graph.subgraph('registry');
    const later = (days: number) => new Date(graph.clock.now().getTime() + days * 86_400_000);
    expect(await usedLately(database, later(31).toISOString())).toEqual({ used: [], leftOut: 0 });
    await sweepUsage.run(database, { now: () => later(119) });
    expect(await used('Sum')).toBeDefined();
    await sweepUsage.run(database, { now: () => later(121) });
    expect(await used('Sum')).toBeUndefined();
  });
});

describe('reports of usage', () => {
  const NAMED = { client: 'dashboard', version: '1.4', party: 'agency:nsa' };
  const apiSchema = buildSchema(
    'type Query { a(of: Filter): Int b: Kind } input Filter { in: [Kind!] } enum Kind { OPEN }',
  );
  /** A registry that answers what a test says. */
  function reporting(answers: (() => unknown)[]) {
    const sent: Loose[] = [];
    const usage = new Usage();
    const transport = () => ({
      shareable: false,
      request: async ({ variables }: SubgraphRequest) => {
        sent.push(JSON.parse(String(variables)).input);
        const errors = answers.shift()?.() as GraphQLError[] | undefined;
        return { headers: {}, read: () => (errors ? { errors } : { data: {} }) };
      },
      close: async () => {},
    });
    const report = new UsageReport({
      ...{ graph: () => ({ subgraphs: ['registry'], transport, apiSchema }) as never, usage, replica: 'gateway-1' },
      ...{ signer: { sign: async () => 'signed' } as never, log: pino({ level: 'silent' }), everyMs: 0 },
    });
    return { sent, usage, report };
  }

  test('sends the text of an operation once, and a report again, with its key, until it is taken', async () => {
    const away = () => {
      throw new Error('away');
    };
    const { sent, usage, report } = reporting([away, away, () => undefined, () => undefined]);
    usage.count(parse('{ a }'), undefined, NAMED);
    await report.report();
    usage.count(parse('{ a }'), undefined, NAMED);
    await report.report();
    await report.report();
    expect(sent.map(({ idempotencyKey }) => idempotencyKey === sent[0].idempotencyKey)).toEqual([
      ...[true, true, true, false],
    ]);
    expect(sent.map(({ uses }) => uses[0].operation)).toEqual(Array(4).fill('{\n  a\n}'));
    expect(sent[3].replica).toBe('gateway-1');
    await report.report();
    expect(sent).toHaveLength(4);
    usage.count(parse('{ a }'), undefined, NAMED);
    await report.report();
    expect(sent[4].uses[0].operation).toBeNull();
  });

  test('sends the text again once the registry does not know it', async () => {
    const { sent, usage, report } = reporting([
      () => undefined,
      () => [new GraphQLError('not known', { extensions: { code: 'UNKNOWN_REFERENCE' } })],
      () => undefined,
    ]);
    for (let times = 0; times < 2; times += 1) {
      usage.count(parse('{ a }'), undefined, NAMED);
      await report.report();
    }
    expect(sent[2].idempotencyKey).not.toBe(sent[1].idempotencyKey);
    expect(sent.map(({ uses }) => uses[0].operation)).toEqual(['{\n  a\n}', null, '{\n  a\n}']);
  });

  test('sends the same again after an error, so that the registry recognizes it', async () => {
    const { sent, usage, report } = reporting([
      () => undefined,
      () => [new GraphQLError('lost', { extensions: { code: 'DATABASE_COMMIT_UNKNOWN' } })],
      () => undefined,
    ]);
    for (let times = 0; times < 2; times += 1) {
      usage.count(parse('{ a }'), undefined, NAMED);
      await report.report();
    }
    await report.report();
    expect(sent[2]).toEqual(sent[1]);
  });

  test('keeps few reports while the registry is away, and says what it dropped', async () => {
    const { sent, usage, report } = reporting(
      Array.from({ length: 50 }, () => () => {
        throw new Error('away');
      }),
    );
    for (let index = 0; index < 45; index += 1) {
      usage.count(parse(`{ a${index} }`), undefined, NAMED);
      await report.report();
    }
    expect(usage.uncounted).toBe(5);
    expect(sent).toHaveLength(45);
  });
});
