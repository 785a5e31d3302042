import { type OperationDefinitionNode, parse } from 'graphql';
import { readText } from '#base/read-text';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { NodeDirectory } from './directory';
import type { NodeType } from './schema';

const directory = NodeDirectory.of(parse(readText(OWN_SUPERGRAPH_FILE, 'The supergraph')))!;
const typesIn = (query: string, values: Record<string, unknown> = {}) =>
  directory
    .typesIn((parse(query).definitions[0] as OperationDefinitionNode).selectionSet, values)
    .map(({ name }) => name)
    .sort();

test('finds the types of global ids in literals and variables', () => {
  const [a, b, c] = directory.types;
  const id = ({ prefix }: NodeType) => `${prefix}x`;
  const query = `{ node(id: "${id(a!)}") { id } ... { nodes(ids: ["${id(b!)}", "unknown"]) { id } x: nodes(ids: $ids) { id } } other(id: "${id(c!)}") { id } }`;
  expect(typesIn(query)).toEqual([a!.name, b!.name].sort());
  expect(typesIn(query, { ids: [id(c!), id(a!)] })).toEqual([a!.name, b!.name, c!.name].sort());
});

test('reads the ids of a variable once, however many fields use it', () => {
  const candidate = jest.spyOn(directory, 'candidate');
  const ids = Array.from({ length: 1_000 }, () => '');
  expect(typesIn(`{ ${'nodes(ids: $ids) { id } '.repeat(1_600)} }`, { ids })).toEqual([]);
  expect(candidate).toHaveBeenCalledTimes(1_000);
});
