import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
  Kind,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { modelOf } from '#kit/model/model';
import { apiSchemaOf } from '../../gateway/graph/api-schema';
import { NodeDirectory } from '../../gateway/nodes/directory';
import { nodesSchema } from '../../gateway/nodes/schema';
import { NodesTransport } from '../../gateway/nodes/transport';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import type { SubgraphResponse } from '../../gateway/transport/transport';
import { questionVariables } from '../questions/variables';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** Number of objects of each list that the test looks up. */
const PAGE = 40;

const ID: readonly FieldNode[] = [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'id' } }];

describe('global ids', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
  });
  afterAll(() => world?.close());

  const schema = apiSchemaOf(readText(OWN_SUPERGRAPH_FILE, 'The supergraph'));
  const query = () => schema.getQueryType()!;
  const entities = () =>
    Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
    );
  /** The root lists of entities, by the name of the entity. */
  const lists = () =>
    new Map(
      Object.values(query().getFields()).flatMap((field): [string, GraphQLField<unknown, unknown>][] => {
        const type = getNamedType(field.type);
        if (!isObjectType(type) || !type.name.endsWith('Connection')) return [];
        return [[type.name.replace(/Connection$/, ''), field]];
      }),
    );

  test('implements Node for every entity, with the key that subgraphs use', () => {
    const names = entities().map(({ name }) => name);
    const declared = world.open.flatMap(({ subgraph: { parts } }) =>
      [...parts.entities, ...parts.stubs]
        .filter((target) => modelOf(target).entity)
        .map((target) => modelOf(target).name),
    );
    expect(names.toSorted()).toEqual([...new Set(declared)].sort());
    for (const type of entities()) expect(String(type.getFields().id!.type)).toBe('ID!');
  });

  test('finds the objects of every root list by unique global ids', async () => {
    const owners = new Map<string, string>();
    let count = 0;
    for (const [entity, field] of lists()) {
      if (!entities().some(({ name }) => name === entity)) continue;
      const { data, errors } = await world.ask(`{ list: ${field.name}(first: ${PAGE}) { nodes { __typename id } } }`);
      expect(errors).toBeUndefined();
      const listed = data.list.nodes as { __typename: string; id: string }[];
      for (const { __typename, id } of listed) {
        expect({ id, owner: owners.get(id) ?? __typename }).toEqual({ id, owner: __typename });
        owners.set(id, __typename);
      }
      const ids = listed.map(({ id }) => id);
      const again = await world.ask('query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids });
      expect(again).toMatchObject({ data: { nodes: listed } });
      expect(again.errors).toBeUndefined();
      count += ids.length;
    }
    expect(count).toBeGreaterThan(500);
    expect(lists().size).toBeGreaterThan(30);
  });

  test('resolves fields of every subgraph below node', async () => {
    const { data: first } = await world.ask('{ submissions(first: 1) { nodes { id number } } }');
    const [{ id, number }] = first.submissions.nodes;
    const { data, errors } = await world.ask(
      `query($id: ID!) {
        node(id: $id) { id ... on Submission { number determinations(first: 2) { totalCount } } }
        agency: node(id: "Agency:treasury") { ... on Agency { key name } }
        sector: node(id: "Sector:energy") { __typename ... on Sector { key name leadAgency { id } } }
        role: node(id: "AgencyWorkRole:treasury:672") { __typename ... on AgencyWorkRole { key agency { id } } }
      }`,
      { id },
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      node: { id, number, determinations: { totalCount: expect.any(Number) } },
      agency: { key: 'treasury', name: expect.stringContaining('Treasury') },
      sector: { __typename: 'Sector', key: 'energy', name: 'Energy', leadAgency: { id: 'Agency:doe' } },
      role: { __typename: 'AgencyWorkRole', key: 'treasury:672', agency: { id: 'Agency:treasury' } },
    });
  });

  test.each([
    ['an empty id', ''],
    ['no prefix', 'energy'],
    ['an unknown prefix', 'zzz_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a prefix alone', 'sub_'],
    ['a type alone', 'Sector:'],
    ['a type without ids', 'PageInfo:1'],
    ['the name of a property of every object', 'constructor:x'],
    ['an unknown object', 'sub_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['an unknown key', 'Sector:no-such-sector'],
    ['an unknown agency', 'Agency:nobody'],
    ['a key of another type', 'Sector:treasury'],
    ['a prefix of another type', 'Submission:sub_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a quote', "Sector:energy' OR 1=1 --"],
    ['a very long id', `Sector:${'x'.repeat(100_000)}`],
  ])('returns null without an error from node for %s', async (_name, id) => {
    const answer = await world.ask('query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }', { id });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ node: null, nodes: [null] });
  });

  test('returns null from node for an invisible object as for a missing one', async () => {
    const { data } = await world.ask('{ submissions(first: 5) { nodes { id } } }');
    const ids = [...data.submissions.nodes.map(({ id }: { id: string }) => id), 'Sector:energy'];
    for (const caller of [null, 'role=developer-submitter; organization=nobody; subject=stranger']) {
      const answer = await world.ask('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids }, caller);
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({ nodes: [...Array(5).fill(null), { id: 'Sector:energy' }] });
    }
  });

  test.each([
    [
      101,
      { nodes: null },
      'BAD_USER_INPUT',
      '"nodes" accepts at most 100 ids but got 101; split them into several requests',
    ],
    [
      10_000,
      undefined,
      'OPERATION_TOO_LARGE',
      'The document has more than 1000 values in a list of its variables; split it into several requests',
    ],
  ])('rejects a request for %i nodes', async (count, data, code, message) => {
    const ids = Array.from({ length: count }, (_, index) => `Sector:${index}`);
    const answer = await world.ask('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect(answer.data).toEqual(data);
    expect(answer.errors).toMatchObject([{ message, extensions: { code } }]);
  });

  test('handles an object from node like the same object from its root field', async () => {
    const { data } = await world.ask('{ submissions(first: 1) { nodes { id } } }');
    const [{ id }] = data.submissions.nodes;
    const direct = await world.ask('query($id: ID!) { submission(id: $id) { __typename id } }', { id });
    expect(direct.extensions.sensitivity).toMatchObject({ class: 'PROPIN', agencies: ['treasury'] });
    for (const query of [
      'query($id: ID!) { node(id: $id) { __typename id } }',
      'query($id: ID!) { nodes(ids: [$id, "Sector:energy"]) { id } }',
      `{ ... on Query { a: node(id: "${id}") { ... on Submission { reviewSought } } } }`,
    ]) {
      const { sensitivity } = (await world.ask(query, { id })).extensions;
      expect(sensitivity!.class).toBe('PROPIN');
      expect(sensitivity!.agencies).toContain('treasury');
    }
    const sector = await world.ask('{ node(id: "Sector:energy") { __typename id } }');
    expect(sector.extensions.sensitivity!.class).toBe('PUBLIC');
  });

  test.each(['deferSpec=20220824', 'incrementalSpec=v0.2'])(
    'states in the first part how data deferred at the root are handled (%s)',
    async (format) => {
      const { data } = await world.ask('{ submissions(first: 1) { nodes { id } } }');
      const [{ id }] = data.submissions.nodes;
      for (const field of ['submission(id: $id) { number }', 'node(id: $id) { __typename }']) {
        const query = `query($id: ID!) { __typename ... @defer { ${field} } }`;
        const headers = { ...(await world.identity.headers(INSPECTOR)), accept: `multipart/mixed; ${format}` };
        const payload = { query, variables: { id } };
        const { body } = await world.server.inject({ method: 'POST', url: '/graphql', headers, payload });
        const [, first] = body.split('\r\n\r\n');
        expect(first).toContain('"class":"PROPIN"');
        expect(first).toContain('"treasury"');
        expect(body).toContain('"hasNext":false');
      }
    },
  );

  test('fetches all nodes of a subgraph with one statement per type', async () => {
    const { data } = await world.ask('{ submissions(first: 5) { nodes { id } } }');
    const ids = data.submissions.nodes.map(({ id }: { id: string }) => id);
    const statements = await world.statements('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect(statements).toHaveLength(1);
  });

  describe('in the questions', () => {
    const folder = join(packageRoot, 'test', 'questions');
    const questions = readdirSync(folder).filter((name) => name.endsWith('.graphql'));

    /** The operation with the id of every entity in it. */
    function withIds(text: string): string {
      const info = new TypeInfo(schema);
      let added = 0;
      const document = visit(
        parse(text),
        visitWithTypeInfo(info, {
          SelectionSet: {
            leave(node) {
              const type = info.getParentType();
              const isEntity = isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node');
              if (!isEntity) return undefined;
              added += 1;
              return { ...node, selections: [...node.selections, ...ID] };
            },
          },
        }),
      );
      expect(added).toBeGreaterThan(0);
      return print(document);
    }

    test.each(questions)('adds no call and no statement for the ids of all objects to question %s', async (name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const variables = questionVariables[name.slice(0, 2)] ?? {};
      const costs = async (query: string) => {
        const calls = world.open.map((subgraph) => jest.spyOn(subgraph, 'execute'));
        const { errors } = await world.ask(query, variables);
        expect(errors).toBeUndefined();
        const counts = calls.map(({ mock }) => mock.calls.length);
        for (const call of calls) call.mockRestore();
        return { calls: counts, statements: (await world.statements(query, variables)).length };
      };
      expect(await costs(withIds(text))).toEqual(await costs(text));
    });
  });
});

describe('with subgraphs that fail', () => {
  const directory = NodeDirectory.of(
    parse(`schema @link(url: "https://ordergraph.example/node/v1.0", import: ["@nodeId"]) { query: Query }
      type One @join__type(key: "id") @nodeId(prefix: "one_", subgraphs: ["a"]) { id: ID! }
      type Many @join__type(key: "id") @nodeId(prefix: "many_", subgraphs: ["a", "b"]) { id: ID! }`),
  )!;
  const nodes = async (
    answers: Record<string, () => Promise<SubgraphResponse>>,
    ids: readonly string[],
    instead: (name: string, left: number) => Promise<never> | undefined = () => undefined,
  ) => {
    const calls: string[] = [];
    const transport = new NodesTransport(directory, (name) => ({
      shareable: false,
      close: async () => {},
      request: async ({ deadline }) => {
        calls.push(name);
        await instead(name, deadline - performance.now());
        const response = await answers[name]!();
        return { headers: {}, read: () => response };
      },
    }));
    const text = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const answer = await transport.request({
      operation: { kind: 'query', text, json: JSON.stringify(text) },
      variables: JSON.stringify({ ids }),
      headers: {},
      deadline: performance.now() + 10_000,
    });
    return { calls, ...answer.read() };
  };
  const respond = async (): Promise<SubgraphResponse> => ({ data: { _entities: [{ __typename: 'X' }] } });

  test('keeps parsed operations within bytes, however long those of callers are', async () => {
    const transport = new NodesTransport(directory, () => {
      throw new Error('no id needs a subgraph');
    });
    const parsed = transport.documents;
    const aliases = Array.from({ length: 1_000 }, (_, place) => `a${place}: node(id: $id) { id }`).join(' ');
    for (let count = 0; count < 60; count++) {
      const text = `query Of${count}($id: ID!) { ${aliases} }`;
      const { read } = await transport.request({
        operation: { kind: 'query', text, json: JSON.stringify(text) },
        variables: JSON.stringify({ id: 'unknown' }),
        headers: {},
        deadline: performance.now() + 10_000,
      });
      expect(read().data).toMatchObject({ a0: null, a999: null });
    }
    expect(parsed.size).toBeGreaterThan(2);
    expect(parsed.size).toBeLessThan(60);
    expect(parsed.calculatedSize).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  test('calls the next subgraph that knows the objects after one fails', async () => {
    const { calls, data, errors } = await nodes({ a: () => Promise.reject(new Error('away')), b: respond }, [
      'one_1',
      'many_1',
    ]);
    expect(data).toEqual({ nodes: [null, { id: 'many_1' }] });
    expect(errors).toMatchObject([{ message: 'away', path: ['nodes', 0] }]);
    expect(calls).toEqual(['a', 'a', 'b']);
  });

  test('leaves time for the next subgraph when the first one times out', async () => {
    const times: number[] = [];
    const answer = await nodes({ b: respond }, ['many_1'], (name, remaining) => {
      times.push(remaining);
      // like transports at their deadline
      return name === 'a' ? Promise.reject(new Error('timeout')) : undefined;
    });
    expect(answer.data).toEqual({ nodes: [{ id: 'many_1' }] });
    const [first, second] = times;
    expect(first).toBeLessThanOrEqual(5_000);
    expect(second).toBeGreaterThan(first!);
  });

  test.each([
    ['without a path', {}],
    ['of the whole field', { path: ['_entities'] }],
  ])('does not accept null as a result beside an error %s', async (_name, where) => {
    const failing = async () => ({ data: { _entities: [null] }, errors: [{ message: 'locked', ...where }] });
    const { data, errors } = await nodes({ a: failing }, ['one_1']);
    expect([data, errors]).toMatchObject([{ nodes: [null] }, [{ message: 'locked', path: ['nodes', 0] }]]);
  });
});

test('rejects types whose global ids could be confused at composition', () => {
  const sdl = (type: string, prefix: string) =>
    `directive @node(prefix: String!) on OBJECT type ${type} @key(fields: "id") @node(prefix: "${prefix}") { id: ID! }`;
  const compose = (...sdls: string[]) => nodesSchema(sdls.map((source, index) => ({ name: `s${index}`, sdl: source })));
  expect(() => compose(sdl('A', 'a_'), sdl('B', 'a_'))).toThrow(
    'The global id prefix "a_" is used by both A (s0) and B (s1)',
  );
  expect(() => compose(sdl('A', 'a_'), sdl('A', 'b_'))).toThrow('A has the global id prefix "a_" in s0 and "b_" in s1');
  for (const prefix of ['', 's', 'sub_7', 'x\\", subgraphs: []) @a(b: \\"'])
    expect(() => compose(sdl('A', prefix))).toThrow('which is not letters and digits that end with "_" or ":"');
  expect(() => compose(sdl('A', 'a_').replace('"id"', '"id b"'))).toThrow('A (s0) has global ids and the key "id b"');
  expect(compose('type Query { a: Int }')).toBeUndefined();
  expect(() => nodesSchema([{ name: 'nodes', sdl: sdl('A', 'a_') }])).toThrow('The subgraph name "nodes" is reserved');
  expect(buildSchema(compose(sdl('A', 'a_'))!, { assumeValidSDL: true, assumeValid: true }).getType('A')).toBeDefined();
});
