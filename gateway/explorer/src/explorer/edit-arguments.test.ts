import { buildSchema, parse } from 'graphql';
import { type Asking, valuesOf, withoutValue, withValue } from './edit-arguments';
import { fieldAt, operationIn, toggled, withDimensions } from './edit-query';
import { typeAt, type ValuePath } from './input-types';

const schema = buildSchema(`
  scalar DateTime
  enum Status { OPEN CLOSED }
  enum Field { STATUS AGENCY }
  enum Direction { ASC DESC }
  input StatusFilter { eq: Status in: [Status!] }
  input TimeFilter { gte: DateTime lt: DateTime }
  input DeveloperFilter { name: StringFilter }
  input StringFilter { eq: String contains: String }
  input ReviewFilter { status: StatusFilter openedAt: TimeFilter developer: DeveloperFilter and: [ReviewFilter!] }
  input ReviewOrder { field: Field! direction: Direction! = ASC }
  input Dimension { field: Field! unit: Int bounds: [Float!] }
  type Aggregates { count: Int! }
  type ReviewGroup { status: Status agency: Agency aggregates: Aggregates! }
  type Agency { name: String }
  type GroupPage { nodes: [ReviewGroup!]! }
  type Review { id: ID! status: Status }
  type ReviewList { nodes: [Review!]! groups(by: [Dimension!]!): GroupPage! }
  type Query { reviews(first: Int, filter: ReviewFilter, orderBy: [ReviewOrder!]): ReviewList! review(key: ID!): Review }
`);

const args = schema.getQueryType()!.getFields().reviews!.args;
const set = (asking: Asking, path: ValuePath, value: unknown): Asking =>
  withValue(asking, { field: ['reviews'], path, type: typeAt(args, path)! }, value)!;
const text = toggled('', ['reviews', 'nodes', 'status'], schema)!;
const plain = (operation: string) => operation.replaceAll(/\s+/g, ' ').trim();

test('names a new operation after its first field', () => {
  expect(plain(text)).toBe('query Reviews { reviews { nodes { status } } }');
});

test('adds conditions as variables, joined in one filter, and takes them out again', () => {
  const one = set({ text, variables: '' }, ['filter', 'status', 'in'], ['OPEN']);
  const two = set(one, ['filter', 'openedAt', 'gte'], '2026-11-01T00:00:00Z');
  const three = set(two, ['filter', 'developer', 'name', 'contains'], 'alder');
  expect(plain(three.text)).toBe(
    'query Reviews($status: [Status!], $openedAtGte: DateTime, $developerName: String) { reviews( filter: {status: {in: $status}, openedAt: {gte: $openedAtGte}, developer: {name: {contains: $developerName}}} ) { nodes { status } } }',
  );
  expect(JSON.parse(three.variables)).toEqual({
    status: ['OPEN'],
    openedAtGte: '2026-11-01T00:00:00Z',
    developerName: 'alder',
  });
  const back = withoutValue(three, ['reviews'], ['filter', 'developer', 'name', 'contains'])!;
  expect(back).toEqual(two);
  const none = [
    ['filter', 'openedAt', 'gte'],
    ['filter', 'status', 'in'],
  ].reduce((asking, path) => withoutValue(asking, ['reviews'], path)!, back);
  expect(none).toEqual({ text, variables: '{}' });
});

test('changes the value of a variable in the variables, and of a literal in the text', () => {
  const asking = {
    text: 'query Mine($state: Status = OPEN) { reviews(first: 5, filter: { status: { eq: $state } }) { nodes { id } } }',
    variables: '{"other": 1}',
  };
  const changed = set(asking, ['filter', 'status', 'eq'], 'CLOSED');
  expect(changed.text).toBe(asking.text);
  expect(JSON.parse(changed.variables)).toEqual({ other: 1, state: 'CLOSED' });
  expect(plain(set(asking, ['first'], 50).text)).toContain('reviews(first: 50, filter:');
});

test('gives a second variable of a name a number', () => {
  const one = set({ text, variables: '' }, ['filter', 'status', 'eq'], 'OPEN');
  const two = set(one, ['filter', 'status', 'in'], ['CLOSED']);
  expect(JSON.parse(two.variables)).toEqual({ status: 'OPEN', status2: ['CLOSED'] });
});

test('writes sorting and dimensions of groups as values, and adds what groups have in common', () => {
  const sorted = set({ text, variables: '' }, ['orderBy'], [{ field: 'AGENCY', direction: 'DESC' }]);
  expect(plain(sorted.text)).toContain('reviews(orderBy: [{field: AGENCY, direction: DESC}])');
  const grouped = toggled(text, ['reviews', 'groups'], schema)!;
  expect(plain(grouped)).toContain('groups(by: [{field: STATUS}]) { nodes { aggregates { count } status } }');
  const dimensions = (...fields: string[]) => fields.map((field) => ({ field }));
  const more = withDimensions(
    grouped,
    ['reviews', 'groups'],
    { now: dimensions('STATUS', 'AGENCY'), before: dimensions('STATUS') },
    schema,
  );
  expect(plain(more)).toContain('{ nodes { aggregates { count } status agency { name } } }');
  const other = { now: dimensions('AGENCY'), before: dimensions('STATUS', 'AGENCY') };
  expect(plain(withDimensions(more, ['reviews', 'groups'], other, schema))).toContain(
    '{ nodes { aggregates { count } agency { name } } }',
  );
  expect(plain(toggled('', ['review', 'status'], schema)!)).toBe(
    'query Review($key: ID!) { review(key: $key) { status } }',
  );
});

test('reads the values of arguments, with those of variables', () => {
  const operation = operationIn(
    'query ($n: Int, $s: Status) { reviews(first: $n, filter: { status: { eq: $s }, and: [{ status: { eq: OPEN } }] }) { nodes { id } } }',
  )!;
  expect(valuesOf(fieldAt(operation, ['reviews'])!, { n: 7 })).toEqual([
    { path: ['first'], variable: 'n', value: 7 },
    { path: ['filter', 'status', 'eq'], variable: 's', value: undefined },
    { path: ['filter', 'and'], variable: undefined, value: [{ status: { eq: 'OPEN' } }] },
  ]);
});

test('keeps comments, fragments, and other operations of the text', () => {
  const asking = {
    text: '# Mine\nquery A { reviews { ...Page } }\nquery B { review(key: "x") { id } }\nfragment Page on ReviewList { nodes { id } }',
    variables: '',
  };
  const changed = set(asking, ['filter', 'status', 'eq'], 'OPEN');
  expect(changed.text.startsWith('# Mine\nquery A($status: Status) {')).toBe(true);
  const { definitions } = parse(changed.text);
  expect(definitions).toHaveLength(3);
});
