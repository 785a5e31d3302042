import { buildSchema, parse } from 'graphql';
import { normalize } from '../../gateway/operation/normalize';
import { Contest, ENGINES } from '../oracle/compare';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

beforeAll(requireCompiled);

const exhibit = (words: string) => zoo.find(({ name }) => name.includes(words))!;

describe.each(ENGINES)('names and values that the %s planner must keep', (engine) => {
  test.each<[string, string, string, Record<string, unknown>]>([
    [
      'accepts a variable with a name that planners use themselves',
      'requirements',
      'query($representations: ID!, $representations0: Boolean!) { box(id: $representations) { cost @include(if: $representations0) duty } }',
      { representations: 'id.3', representations0: true },
    ],
    [
      'sends no value for absent variables named like properties of every object',
      'requirements',
      'query($valueOf: String, $constructor: Unit = INCH, $toString: ID!) { box(id: $toString) { weight(unit: $valueOf) size(unit: $constructor) duty } }',
      { toString: 'id.2' },
    ],
    [
      'hides objects of @inaccessible types, whatever is selected',
      'what clients may not see',
      '{ shown { id } labels: shown { label } both { ... on Open { label } } }',
      {},
    ],
  ])('%s', async (_name, words, query, variables) => {
    const contest = new Contest(exhibit(words));
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    expect(contest.isValid({ query, variables })).toBe(true);
    const { data } = await contest.specified({ query, variables });
    const ours = await contest.ours(engine, { query, variables });
    await contest.close();
    expect(ours.data).toEqual(data);
  });
});

describe.each(ENGINES)('subgraph-defined directives in operations, %s planner', (engine) => {
  const federation = 'https://specs.apollo.dev/federation/v2.3';
  const composed = (field: string) => `
    extend schema
      @link(url: "${federation}", import: ["@composeDirective"])
      @link(url: "https://directives.example/access/v1.0", import: ["@access"])
      @composeDirective(name: "@access")
    directive @access(to: Audience!, why: Reason) on FIELD | INLINE_FRAGMENT | FIELD_DEFINITION
    enum Audience { PUBLIC PRIVATE }
    input Reason { text: String audience: Audience }
    directive @note(text: String) on FIELD
    type Query { ${field}: String }`;

  test.each([
    ['composed', '{ a @access(to: PUBLIC) b @access(to: PRIVATE, why: { text: "x" }) }'],
    ['composed, with a variable', 'query($text: String) { a @access(to: PUBLIC, why: { text: $text }) b }'],
    ['defined by every subgraph', '{ a @note b @note(text: "x") }'],
  ])('keeps directives in the operations sent to subgraphs: %s', async (_name, query) => {
    await expectRight({ a: composed('a'), b: composed('b') }, query);
  });

  test('omits a directive that the called subgraph does not define', async () => {
    const marking = `
      extend schema
        @link(url: "${federation}", import: ["@composeDirective"])
        @link(url: "https://directives.example/mark/v1.0", import: ["@mark"])
        @composeDirective(name: "@mark")
      directive @mark(with: String) on FIELD | FRAGMENT_SPREAD
      type Query { a: String }`;
    const plain = `extend schema @link(url: "${federation}") type Query { b: String }`;
    await expectRight(
      { a: marking, b: plain },
      '{ a @mark b @mark(with: "x") ...F @mark } fragment F on Query { b c: a }',
    );
  });

  async function expectRight(subgraphs: Record<string, string>, query: string): Promise<void> {
    const contest = new Contest({ name: 'directives', subgraphs });
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const operation = { query, variables: {} };
    expect(contest.isValid(operation)).toBe(true);
    const { data } = await contest.specified(operation);
    const ours = await contest.ours(engine, operation);
    await contest.close();
    expect(ours).toEqual({ data, errors: [] });
  }
});

test('names a variable as the client does when its value is invalid', async () => {
  const contest = new Contest(exhibit('requirements'));
  const query = 'query($representations: ID!) { box(id: $representations) { cost } }';
  const { errors } = await contest.ours('native', { query, variables: { representations: [1] } });
  await contest.close();
  expect(errors).toMatchObject([{ message: expect.stringMatching(/^Variable "\$representations" got invalid value/) }]);
});

test('says that introspection is supported only at the root', () => {
  const nested = buildSchema('type Query { me: User } type User { query: Query }');
  const document = parse('{ me { query { __schema { queryType { name } } } } }');
  expect(() => normalize(document, undefined, nested)).toThrow(
    '"__schema" is supported only at the root of an operation; move it there',
  );
});
