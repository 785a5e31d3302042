import { compose } from '../../composition/compose';
import { DirectPlanner } from '../direct/planner';
import { SupergraphModel } from '../model/supergraph-model';
import { type FetchNode, fetchesOf, type PlanNode, type QueryPlan, type RequiredSelection } from '../plan';
import { PlanVerifier } from './verifier';

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports.map((name) => `"${name}"`).join(', ')}])`;

const SUPERGRAPH = compose([
  {
    name: 'content',
    url: 'http://content.invalid',
    sdl: `${link('@key', '@external', '@provides', '@shareable')}
      type Query { post: Post item: Item }
      type Post @key(fields: "id") { id: ID! author: User @provides(fields: "name home { city }") editor: User
        writer: User @provides(fields: "age") }
      type User @key(fields: "id") { id: ID! name: String @external age: Int @external home: Home @external }
      type Home @shareable { city: String zip: String }
      interface Item { id: ID! }
      type Box implements Item @key(fields: "id") { id: ID! width(unit: String): Int }
      type Bag implements Item @key(fields: "id") { id: ID! }`,
  },
  {
    name: 'users',
    url: 'http://users.invalid',
    sdl: `${link('@key', '@shareable', '@external', '@requires')}
      type User @key(fields: "id") { id: ID! name: String @shareable age: Int @shareable home: Home @shareable }
      type Home @shareable { city: String zip: String }
      interface Item { id: ID! size: Int }
      type Box implements Item @key(fields: "id") { id: ID! size: Int! width(unit: String): Int @external
        cost: Int @requires(fields: "width(unit: \\"cm\\")") }
      type Bag implements Item @key(fields: "id") { id: ID! size: Int }`,
  },
]);
const model = new SupergraphModel(SUPERGRAPH);
const verifier = new PlanVerifier(model);

const root = (operation: string): FetchNode => ({
  kind: 'Fetch',
  subgraph: 'content',
  operation,
  operationKind: 'query',
  variables: [],
  outputRewrites: [],
});

const field = (name: string, from = name): RequiredSelection => ({ kind: 'Field', name, from });

function entities(path: string, type: string, selection: string, ...required: RequiredSelection[]): FetchNode {
  return {
    ...root(
      `query($representations:[_Any!]!){_entities(representations:$representations){... on ${type}{${selection}}}}`,
    ),
    subgraph: 'users',
    entities: [
      {
        alias: '_entities',
        variable: 'representations',
        paths: [
          [{ kind: 'Field', name: path }, ...(path === 'post' ? [{ kind: 'Field', name: 'editor' } as const] : [])],
        ],
        requires: [{ kind: 'Fragment', type, selections: [field('__typename'), ...required] }],
        inputRewrites: [],
        outputRewrites: [],
      },
    ],
  };
}

const sequence = (...nodes: PlanNode[]): QueryPlan => ({ root: { kind: 'Sequence', nodes } });
const parallel = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes });

describe('verification of plans', () => {
  test.each<[string, QueryPlan, string]>([
    [
      'accepts fields below the @provides that names them',
      { root: root('{post{author{name home{city}}}}') },
      '{ post { author { name home { city } } } }',
    ],
    [
      'accepts a fetch of entities by a known key',
      sequence(root('{post{editor{__typename id}}}'), entities('post', 'User', 'age', field('id'))),
      '{ post { editor { age } } }',
    ],
    [
      'accepts a requirement with its arguments under a separate name',
      sequence(
        root('{item{__typename ... on Box{id w:width(unit:"cm")}}}'),
        entities('item', 'Box', 'cost', field('id'), field('width', 'w')),
      ),
      '{ item { ... on Box { cost } } }',
    ],
    [
      'accepts parallel fetches that do not need each other',
      sequence(
        parallel(root('{post{editor{__typename id}}}'), root('{item{__typename ... on Box{id}}}')),
        parallel(entities('post', 'User', 'age', field('id')), entities('item', 'Box', 'size', field('id'))),
      ),
      '{ post { editor { age } } item { ... on Box { size } } }',
    ],
  ])('%s', (_name, plan, operation) => {
    expect(verifier.flawOf(plan, operation)).toBeUndefined();
  });

  test.each<[string, QueryPlan, string, RegExp]>([
    [
      'rejects an external field that another field provides',
      { root: root('{post{editor{name}}}') },
      '{ post { editor { name } } }',
      /requests "User.name" from "content", which does not resolve it there/,
    ],
    [
      'rejects an external field that is not among those provided',
      { root: root('{post{author{age}}}') },
      '{ post { author { age } } }',
      /requests "User.age" from "content", which does not resolve it there/,
    ],
    [
      'rejects a part of a provided value object that is not provided',
      { root: root('{post{author{home{city zip}}}}') },
      '{ post { author { home { city zip } } } }',
      /requests "Home.zip" from "content", which does not resolve it there/,
    ],
    [
      'rejects an operation that is not valid against the schema of its subgraph',
      { root: root('{post{nothing}}') },
      '{ post { id } }',
      /Cannot query field "nothing"/,
    ],
    [
      'rejects one response name for fields of types that cannot be merged',
      sequence(root('{item{__typename id}}'), {
        ...entities('item', 'Item', 'id', field('id')),
        operation:
          'query($representations:[_Any!]!){_entities(representations:$representations){... on Box{size} ... on Bag{size}}}',
      }),
      '{ item { size } }',
      /they return conflicting types/,
    ],
    [
      'rejects a field that nothing fetches',
      { root: root('{post{editor{id}}}') },
      '{ post { editor { id age } } }',
      /does not fetch "User.age" at "post.editor"/,
    ],
    [
      'rejects a field that is fetched with other arguments',
      { root: root('{item{__typename ... on Box{a:width(unit:"m")}}}') },
      '{ item { ... on Box { a: width(unit: "cm") } } }',
      /other arguments, for "Box.width"/,
    ],
    [
      'rejects a requirement with other arguments',
      sequence(
        root('{item{__typename ... on Box{id w:width(unit:"m")}}}'),
        entities('item', 'Box', 'cost', field('id'), field('width', 'w')),
      ),
      '{ item { ... on Box { cost } } }',
      /requests "Box.cost" from "users" without its requirements/,
    ],
    [
      'rejects a representation without a key',
      sequence(root('{post{editor{__typename n:id}}}'), entities('post', 'User', 'age', field('n'))),
      '{ post { editor { age } } }',
      /entities of "User" from "users" without a key that it resolves/,
    ],
    [
      'rejects a key that is not fetched before it is sent',
      sequence(root('{post{editor{__typename}}}'), entities('post', 'User', 'age', field('id'))),
      '{ post { editor { age } } }',
      /does not fetch "User.age"/,
    ],
    [
      'rejects a fetch beside the one that fetches its key',
      { root: parallel(root('{post{editor{__typename id}}}'), entities('post', 'User', 'age', field('id'))) },
      '{ post { editor { age } } }',
      /^parallel steps need each other: the plan does not fetch "User.age"/,
    ],
    [
      'rejects a fetch before the one beside it that fetches its key',
      { root: parallel(entities('post', 'User', 'age', field('id')), root('{post{editor{__typename id}}}')) },
      '{ post { editor { age } } }',
      /does not fetch "User.age"/,
    ],
    [
      'rejects one response name for two fields',
      sequence(root('{post{editor{__typename id}}}'), {
        ...entities('post', 'User', 'id:age', field('id')),
      }),
      '{ post { editor { id } } }',
      /calls two fields, or one with two sets of arguments, "id"/,
    ],
    [
      'rejects a selection by type where the type is not fetched',
      { root: root('{item{id}}') },
      '{ item { __typename id } }',
      /does not fetch the type of the objects at "item"/,
    ],
  ])('%s', (_name, plan, operation, flaw) => {
    expect(verifier.flawOf(plan, operation)).toMatch(flaw);
  });
});

describe('the direct planner', () => {
  const planner = new DirectPlanner(model, SUPERGRAPH);

  test.each([
    '{ post { author { name age home { zip } } editor { name } } }',
    '{ item { size ... on Box { cost width(unit: "cm") } } }',
    '{ item { id __typename } }',
  ])('plans %s so that it passes verification', (operation) => {
    expect(verifier.flawOf(planner.plan(operation), operation)).toBeUndefined();
  });

  test('sends one fetch per subgraph and round, for all places and types', () => {
    const plan = planner.plan('{ post { author { age } editor { name } } item { size } }');
    const subgraphs = [...fetchesOf(plan.root)].map(({ subgraph }) => subgraph);
    expect(subgraphs).toEqual(['content', 'users']);
  });

  test('names the field that no subgraph can return', () => {
    const unreachable = compose([
      {
        name: 'a',
        url: 'http://a.invalid',
        sdl: `${link('@key')} type Query { t: T } type T @key(fields: "id") { id: ID! }`,
      },
      { name: 'b', url: 'http://b.invalid', sdl: `${link('@key')} type T @key(fields: "id") { id: ID! f: Int }` },
    ]).replace(/graph: B, key: "id"/, 'graph: B, key: "id", resolvable: false');
    expect.assertions(1);
    try {
      new DirectPlanner(new SupergraphModel(unreachable), unreachable).plan('{ t { f } }');
    } catch (error) {
      expect((error as { originalError: Error }).originalError.message).toMatch(/does not fetch "T.f" at "t"/);
    }
  });
});
