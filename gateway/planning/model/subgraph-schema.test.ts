import {
  type FieldDefinition,
  federationMetadata,
  type InterfaceType,
  isInterfaceObjectType,
  type ObjectType,
  type Subgraph,
  Supergraph,
} from '@apollo/federation-internals';
import { lexicographicSortSchema, parse, print, printSchema, type SelectionSetNode } from 'graphql';
import { readText } from '#base/read-text';
import { zoo } from '../../../test/oracle/zoo';
import { compose } from '../../composition/compose';
import { OWN_SUPERGRAPH_FILE } from '../../supergraph/own';
import { selectionOf } from '../selected';
import { type SubgraphSchema, subgraphSchemasOf } from './subgraph-schema';

const supergraphs: [name: string, sdl: string][] = [
  ['our own supergraph', readText(OWN_SUPERGRAPH_FILE, 'The supergraph')],
  ...zoo.map(({ name, subgraphs }): [string, string] => [
    name,
    compose(
      Object.entries(subgraphs).map(([subgraph, sdl]) => ({ name: subgraph, url: `http://${subgraph}.invalid`, sdl })),
    ),
  ]),
];

interface Described {
  readonly schema: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly interfaceObjects: readonly string[];
}

const textOf = (fields: SelectionSetNode | undefined) => fields && print(fields);
const setOf = (fields: unknown) => print(selectionOf(`{ ${String(fields)} }`));

/** Definitions of a schema without its directives: a subgraph in Apollo's form has those of Federation. */
const definitionsIn = (printed: string): string[] =>
  parse(printed, { noLocation: true })
    .definitions.filter(({ kind }) => kind !== 'DirectiveDefinition' && kind !== 'SchemaDefinition')
    .map((definition) => print({ ...definition, description: undefined } as never))
    .filter((text) => !/^(scalar|enum|type) (federation__|link__|_Service)|^scalar FieldSet/.test(text));

/** A subgraph as Apollo's library rebuilds it. */
function byApollo(subgraph: Subgraph): Described {
  const metadata = federationMetadata(subgraph.schema)!;
  const types: (ObjectType | InterfaceType)[] = [...subgraph.schema.objectTypes(), ...subgraph.schema.interfaceTypes()];
  const described = (field: FieldDefinition<ObjectType | InterfaceType>) => {
    const [provides] = field.appliedDirectivesOf(metadata.providesDirective());
    const [requires] = field.appliedDirectivesOf(metadata.requiresDirective());
    return {
      type: String(field.type),
      isExternal: metadata.isFieldExternal(field),
      provides: provides && setOf(provides.arguments().fields),
      requires: requires && setOf(requires.arguments().fields),
    };
  };
  return {
    schema: definitionsIn(printSchema(lexicographicSortSchema(subgraph.schema.toGraphQLJSSchema()))),
    fields: Object.fromEntries(
      types.flatMap((type) =>
        type
          .fields()
          .filter(({ name }) => !name.startsWith('_') && type.name !== '_Service')
          .map((field) => [field.coordinate, described(field)]),
      ),
    ),
    keys: Object.fromEntries(
      types.map((type) => [
        type.name,
        type
          .appliedDirectivesOf(metadata.keyDirective())
          .map((key) => key.arguments())
          .filter(({ resolvable = true }) => resolvable)
          .map(({ fields }) => setOf(fields)),
      ]),
    ),
    interfaceObjects: types.filter(isInterfaceObjectType).map(({ name }) => name),
  };
}

function byUs(schema: SubgraphSchema, { fields, keys }: Described, types: readonly string[]): Described {
  return {
    schema: definitionsIn(printSchema(lexicographicSortSchema(schema.schema))),
    fields: Object.fromEntries(
      Object.keys(fields).map((coordinate) => {
        const [type = '', name = ''] = coordinate.split('.');
        const field = schema.fieldOf(type, name);
        return [
          coordinate,
          field && {
            type: String(field.type),
            isExternal: field.isExternal,
            provides: textOf(field.provides),
            requires: textOf(field.requires),
          },
        ];
      }),
    ),
    keys: Object.fromEntries(Object.keys(keys).map((type) => [type, schema.keysOf(type).map((key) => print(key))])),
    interfaceObjects: types.filter((type) => schema.isInterfaceObject(type)),
  };
}

test.each(supergraphs)('rebuilds the subgraphs of %s as Apollo’s library does', (_name, sdl) => {
  const expected = Supergraph.build(sdl, { supportedFeatures: null }).subgraphs();
  const actual = subgraphSchemasOf(parse(sdl, { noLocation: true }));
  expect([...actual.keys()].sort()).toEqual(expected.names().toSorted());
  for (const subgraph of expected) {
    const described = byApollo(subgraph);
    const types = [...subgraph.schema.objectTypes(), ...subgraph.schema.interfaceTypes()].map(({ name }) => name);
    expect(byUs(actual.get(subgraph.name)!, described, types)).toEqual(described);
  }
});
