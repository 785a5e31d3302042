import { compose } from '../composition/compose';
import { compareSchemas } from './schema-comparison';

const HEAD = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable"])
`;
const REVIEWS = `${HEAD}
type Query { reviews(state: State, first: Int): [Review!] version: String @shareable }
type Review @key(fields: "id") { id: ID! state: State note(form: Form): String }
enum State { OPEN CLOSED }
input Form { long: Boolean words: Int }
`;
const SUBMISSIONS = `${HEAD}
type Query { submissions: [Submission!] version: String @shareable }
type Submission @key(fields: "id") { id: ID! review: Review }
type Review @key(fields: "id") { id: ID! state: State @external isOpen: Boolean @requires(fields: "state") }
enum State { OPEN CLOSED }
`;
const supergraph = compose([
  { name: 'reviews', url: 'http://reviews.example', sdl: REVIEWS },
  { name: 'submissions', url: 'http://submissions.example', sdl: SUBMISSIONS },
]);

const compared = (served: string) => compareSchemas({ supergraph, served: [{ subgraph: 'reviews', sdl: served }] })[0]!;

test('finds no difference in what was composed', () => {
  const served = [
    { subgraph: 'reviews', sdl: REVIEWS },
    { subgraph: 'submissions', sdl: SUBMISSIONS },
  ];
  expect(compareSchemas({ supergraph, served })).toEqual([
    { subgraph: 'reviews', unserved: [], unpublished: [] },
    { subgraph: 'submissions', unserved: [], unpublished: [] },
  ]);
});

test.each<[what: string, from: string | RegExp, to: string, unserved: string[], unpublished: string[]]>([
  ['a field', 'note(form: Form): String', '', ['Review.note', 'Review.note(form:)'], []],
  ['a type of a field', 'state: State note', 'state: String note', ['Review.state'], []],
  ['nullability', 'state: State note', 'state: State! note', ['Review.state'], []],
  ['an argument', '(state: State, first: Int)', '(state: State)', ['Query.reviews(first:)'], []],
  ['an enum value', 'enum State { OPEN CLOSED }', 'enum State { OPEN }', ['State.CLOSED'], []],
  ['an input field', ' words: Int', '', ['Form.words'], []],
  ['a field that only refers to another', 'state: State note', 'state: State @external note', ['Review.state'], []],
  ['a further field', 'id: ID! state', 'id: ID! secret: String state', [], ['Review.secret']],
  ['a further type', 'enum State', 'type Other { x: Int } enum State', [], ['Other', 'Other.x']],
  ['another order, and extensions', /type Query \{(.*)\}/, 'extend type Query {$1}', [], []],
])('finds %s', (_, from, to, unserved, unpublished) => {
  const served = REVIEWS.replace(from, to);
  expect(served).not.toBe(REVIEWS);
  expect(compared(served)).toEqual({ subgraph: 'reviews', unserved, unpublished });
});

test.each(['', 'type {', 'not a schema'])('takes "%s" for nothing that is served', (sdl) => {
  const { unserved, unpublished } = compared(sdl);
  expect(unserved).toContain('Review.note');
  expect(unpublished).toEqual([]);
});
