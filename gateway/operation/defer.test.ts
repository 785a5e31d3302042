import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { divideAtRoot, RootNames } from './defer';

const times = (count: number, write: (index: number) => string) => Array.from({ length: count }, (_, i) => write(i));
const chain = (length: number, last: string) =>
  times(length, (i) => `fragment F${i} on Query { ${i < length - 1 ? `...F${i + 1}` : last} }`).join(' ');

function namesOf(source: string, options?: { skipsDeferred: boolean }) {
  const { definitions } = parse(source);
  const fragments = definitions.filter(
    (node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION,
  );
  const names = new RootNames(fragments, options);
  const { selectionSet } = definitions[0] as OperationDefinitionNode;
  return { names, found: selectionSet.selections.map((selection) => [...names.of(selection)]) };
}

test('finds response names in fragments, without those that conditions skip', () => {
  const source =
    '{ x: a ...F ... { b ...F } ... @defer { c } d @skip(if: true) } fragment F on Query { e { f } ...G @defer } fragment G on Query { g }';
  expect(namesOf(source).found).toEqual([['x'], ['e', 'g'], ['b', 'e', 'g'], ['c'], []]);
  expect(namesOf(source, { skipsDeferred: true }).found).toEqual([['x'], ['e'], ['b', 'e'], [], []]);
});

test.each<[string, string, number]>([
  ['a chain, however often it is spread', `{ ${times(2_000, () => '...F0').join(' ')} } ${chain(390, 'a')}`, 2_390],
  [
    'fragments that double at each step',
    `{ ...F0 } ${times(40, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F40 on Query { a }`,
    82,
  ],
  [
    'each fragment of a chain',
    `{ ${times(390, (i) => `...F${i}`).join(' ')} ... { ${times(390, (i) => `...F${i}`).join(' ')} } } ${chain(390, 'a')}`,
    390 * 3 + 1,
  ],
])('reads each selection once: %s', (_what, source, selections) => {
  expect(namesOf(source).names.steps).toBe(selections);
});

test('separates deferred fragments that share no field with the rest', () => {
  const { rest, fragments } = divideAtRoot(
    parse(`{ ...F0 ... @defer(label: "own") { b } ... @defer { a } ... @defer { ... @defer { c } } } ${chain(3, 'a')}`),
    undefined,
  );
  expect(fragments.map(({ label }) => label)).toEqual(['own']);
  expect((rest.definitions[0] as OperationDefinitionNode).selectionSet.selections).toHaveLength(3);
});
