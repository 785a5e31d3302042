import { GraphQLError } from 'graphql';
import { requireCompiled } from '../support/processes';
import { Contest } from './compare';

beforeAll(requireCompiled);

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])\n';

/** A graph in which fields return the query type again, as Relay's mutations do. */
const exhibit = {
  name: 'a root type below the root',
  subgraphs: {
    a: `${link} type Query { self: Query! selves: [Query!]! users: [User!]! n: Int } type Mutation { go: Payload! again: Payload! }
      type Payload { query: Query done: Int } type User @key(fields: "id") { id: ID! viewer: Query! }`,
    b: `${link} type Query { m: Int people: [User!]! failing: Int } type User @key(fields: "id") { id: ID! name: String }`,
  },
};

const contest = new Contest(exhibit);
beforeAll(() => contest.start());
beforeEach(() => contest.fill('5', { nulls: 0, errors: 0, unknown: 0 }));
afterAll(() => contest.close());

describe.each(['native', 'apollo'] as const)('the root type below the root, %s planner', (planner) => {
  test.each([
    ['{ self { n m } }'],
    ['{ m self { m self { n m } } }'],
    ['{ selves { m people { id name viewer { n m } } } }'],
    ['{ users { name viewer { m ... on Query { people { name } } } } }'],
    ['query($no: Boolean!) { self { m @include(if: $no) n } }'],
    ['query($no: Boolean!) { self { n ... @skip(if: $no) { alias: m } } }'],
    ['mutation { go { done query { n m } } again { query { m people { name } } } }'],
  ])('resolves fields of the root type below the root: %s', async (query) => {
    const operation = { query, variables: { no: false } };
    const { data, errors } = await contest.ours(planner, operation);
    const reference = await contest.reference(operation);
    expect(errors).toEqual([]);
    expect(reference!.errors).toEqual([]);
    expect(data).toEqual(reference!.data);
  });

  test('reports errors below a nested root field at their path', async () => {
    const execute = contest.world.execute.bind(contest.world);
    contest.world.execute = async (name, query, variables) =>
      name === 'a'
        ? execute(name, query, variables)
        : { data: { m: null }, errors: [new GraphQLError('no', { path: ['m'] })] };
    const { data, errors } = await contest.ours(planner, { query: '{ selves { m } self { m } }', variables: {} });
    const { selves, self } = data as { selves: { m: null }[]; self: { m: null } };
    expect(new Set([...selves, self].map(({ m }) => m))).toEqual(new Set([null]));
    expect(errors.map(({ path }) => path)).toEqual([
      ...selves.map((_, index) => ['selves', index, 'm']),
      ['self', 'm'],
    ]);
  });
});
