import { type ConstDirectiveNode, Kind, type ObjectTypeDefinitionNode, parse, valueFromASTUntyped } from 'graphql';
import { OperatorError } from '#base/errors';

/** The name of the subgraph that finds objects by their global ids; the gateway answers for it. */
export const NODES = 'nodes';

/** Most ids that `nodes` takes at once. */
export const MOST_IDS = 100;

/** A type whose objects are found by their global ids. */
export interface NodeType {
  readonly name: string;
  /** How the ids begin. */
  readonly prefix: string;
  /** The field of its key. Ids are the keys themselves where it is `id`, and otherwise the prefix and the key. */
  readonly keyField: string;
  /** Subgraphs that know which objects there are. */
  readonly subgraphs: readonly string[];
}

interface Source {
  readonly name: string;
  readonly sdl: string;
}

/**
 * The schema of the subgraph that finds objects by their global ids: `node` and `nodes` of the Relay specification "GraphQL Global Object
 * Identification", over every type that a subgraph marks with `@node(prefix:)`. Undefined if no type is marked.
 * @throws OperatorError when ids would not tell types apart.
 */
export function nodesSchema(subgraphs: readonly Source[]): string | undefined {
  const types = nodeTypesIn(subgraphs);
  if (types.length === 0) return undefined;
  if (subgraphs.some(({ name }) => name === NODES))
    throw new OperatorError(
      `A subgraph is called "${NODES}", as the one that finds objects by their global ids is`,
      'Give it another name; the supergraph is unchanged',
    );
  const definitions = types.map(({ name, prefix, keyField, subgraphs: owners }) => {
    const key = keyField === 'id' ? '' : ` ${keyField}: ID! @shareable`;
    return `type ${name} implements Node @key(fields: "${keyField}", resolvable: false) @nodeId(prefix: "${prefix}", subgraphs: ${JSON.stringify(owners)}) { id: ID! @shareable${key} }`;
  });
  return `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@listSize"])
  @link(url: "https://ordergraph.example/node/v1.0", import: ["@nodeId"])
  @composeDirective(name: "@nodeId")

directive @nodeId(prefix: String!, subgraphs: [String!]!) on OBJECT

interface Node { id: ID! }

type Query {
  "The object with this global ID, or null if it does not exist or you may not see it."
  node("The global ID." id: ID!): Node
  "The objects with these global IDs, in the same order. An item is null if the object does not exist or you may not see it."
  nodes("At most ${MOST_IDS} global IDs." ids: [ID!]!): [Node] @listSize(assumedSize: ${MOST_IDS})
}

${definitions.join('\n')}
`;
}

/** The types that subgraphs mark with `@node(prefix:)`. */
function nodeTypesIn(subgraphs: readonly Source[]): NodeType[] {
  const types = new Map<string, NodeType>();
  for (const { name: subgraph, sdl } of subgraphs)
    for (const definition of parse(sdl, { noLocation: true }).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const prefix = argumentOf(definition, 'node', 'prefix');
      const keyField = argumentOf(definition, 'key', 'fields');
      if (typeof prefix !== 'string' || typeof keyField !== 'string') continue;
      const name = definition.name.value;
      const known = types.get(name);
      const rival = [...types.values()].find((other) => other.prefix === prefix && other.name !== name);
      if (rival || (known && (known.prefix !== prefix || known.keyField !== keyField)))
        throw new OperatorError(
          rival
            ? `Global ids that begin with "${prefix}" would be of ${rival.name} (${rival.subgraphs[0]}) and of ${name} (${subgraph})`
            : `${name} has ids that begin with "${known!.prefix}" in ${known!.subgraphs[0]} and with "${prefix}" in ${subgraph}`,
          'Give each type one prefix of its own in @node(prefix:); the supergraph is unchanged',
        );
      types.set(name, { name, prefix, keyField, subgraphs: [...(known?.subgraphs ?? []), subgraph] });
    }
  return [...types.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The value of an argument of a type's directive. */
export const argumentOf = (
  { directives = [] }: Pick<ObjectTypeDefinitionNode, 'directives'>,
  directive: string,
  argument: string,
): unknown => {
  const found = directives.find(({ name }): boolean => name.value === directive) as ConstDirectiveNode | undefined;
  const given = found?.arguments?.find(({ name }) => name.value === argument);
  return given && valueFromASTUntyped(given.value);
};
