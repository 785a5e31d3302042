import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, isUnionType, parse, printType } from 'graphql';
import { subgraphs } from '../../gateway/cli/subgraphs';

/** Types by name, apart from those with which the library declares its directives, and the order of members of unions. */
function typesOf(schema: GraphQLSchema): Map<string, string> {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !/^(federation|link)?__/.test(name));
  return new Map(
    types.map((type) => [
      type.name,
      isUnionType(type) ? type.getTypes().map(String).sort().join(' | ') : printType(type),
    ]),
  );
}

test.each(subgraphs.map((subgraph) => [subgraph.name, subgraph] as const))(
  'executes %s with the types that Apollo’s subgraph library builds from its published schema',
  (_name, { sdl, schema }) => {
    const expected = typesOf(buildSubgraphSchema(parse(sdl)));
    expect(expected.size).toBeGreaterThan(100);
    expect(typesOf(schema)).toEqual(expected);
  },
);
