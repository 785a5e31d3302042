import { buildSchema, parse } from 'graphql';
import { normalize } from '../../gateway/planning/normalize';
import { Contest, ENGINES } from '../oracle/compare';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

beforeAll(requireCompiled);

const exhibit = (words: string) => zoo.find(({ name }) => name.includes(words))!;

describe.each(ENGINES)('names and values that planners must not change, planner %s', (engine) => {
  test.each<[string, string, string, Record<string, unknown>]>([
    [
      'takes a variable that is called as planners call theirs',
      'requirements',
      'query($representations: ID!, $representations0: Boolean!) { box(id: $representations) { cost @include(if: $representations0) duty } }',
      { representations: 'id.3', representations0: true },
    ],
    [
      'sends no value for absent variables whose names every object inherits',
      'requirements',
      'query($valueOf: String, $constructor: Unit = INCH, $toString: ID!) { box(id: $toString) { weight(unit: $valueOf) size(unit: $constructor) duty } }',
      { toString: 'id.2' },
    ],
    [
      'hides objects of types that clients may not see, whatever is selected',
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

test('names the variable as the client does when its value does not fit', async () => {
  const contest = new Contest(exhibit('requirements'));
  const query = 'query($representations: ID!) { box(id: $representations) { cost } }';
  const { errors } = await contest.ours('native', { query, variables: { representations: [1] } });
  await contest.close();
  expect(errors).toMatchObject([{ message: expect.stringMatching(/^Variable "\$representations" got invalid value/) }]);
});

test('says that introspection is supported at the root only', () => {
  const nested = buildSchema('type Query { me: User } type User { query: Query }');
  const document = parse('{ me { query { __schema { queryType { name } } } } }');
  expect(() => normalize(document, undefined, nested)).toThrow(
    '"__schema" is supported at the root of an operation only; move it there',
  );
});
