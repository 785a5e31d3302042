import { type ConstDirectiveNode, Kind, type ObjectTypeDefinitionNode, valueFromASTUntyped } from 'graphql';
import { OperatorError } from '#base/errors';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/** Name of the virtual subgraph that finds objects by global id; the gateway implements it. */
export const NODES = 'nodes';

/** URL of the feature that states who resolves global ids, without its version. */
export const NODE_URL = 'https://ordergraph.example/node/';

/** Maximum ids of one `nodes` field. */
export const MAX_IDS = 100;

/** A type with global ids. */
export interface NodeType {
  readonly name: string;
  /** Prefix of the ids. */
  readonly prefix: string;
  /** Key field. If it is `id`, ids are the keys; otherwise, ids are the prefix and the key. */
  readonly keyField: string;
  /** Subgraphs that know which objects exist. */
  readonly subgraphs: readonly string[];
}

/**
 * The schema of the virtual subgraph for global ids: `node` and `nodes` of the Relay specification "GraphQL Global Object
 * Identification", over every type that a subgraph marks with `@node(prefix:)`. Undefined if no type is marked.
 * @throws OperatorError if the ids of two types could be confused
 */
export function nodesSchema(subgraphs: readonly Published[]): string | undefined {
  const types = nodeTypesIn(subgraphs);
  if (types.length === 0) return undefined;
  if (subgraphs.some(({ name }) => name === NODES))
    throw new OperatorError(
      `The subgraph name "${NODES}" is reserved for the gateway's subgraph that finds objects by global id`,
      'Rename the subgraph; the supergraph is unchanged',
    );
  const definitions = types.map(({ name, prefix, keyField, subgraphs: owners }) => {
    const key = keyField === 'id' ? '' : ` ${keyField}: ID! @shareable`;
    return `type ${name} implements Node @key(fields: "${keyField}", resolvable: false) @nodeId(prefix: "${prefix}", subgraphs: ${JSON.stringify(owners)}) { id: ID! @shareable${key} }`;
  });
  return `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@listSize"])
  @link(url: "${NODE_URL}v1.0", import: ["@nodeId"])
  @composeDirective(name: "@nodeId")

directive @nodeId(prefix: String!, subgraphs: [String!]!) on OBJECT

interface Node { id: ID! }

type Query {
  "The object with this global ID, or null if it does not exist or you may not see it."
  node("The global ID." id: ID!): Node
  "The objects with these global IDs, in the same order. An item is null if the object does not exist or you may not see it."
  nodes("At most ${MAX_IDS} global IDs." ids: [ID!]!): [Node] @listSize(assumedSize: ${MAX_IDS})
}

${definitions.join('\n')}
`;
}

/** The types that subgraphs mark with `@node(prefix:)`. */
function nodeTypesIn(subgraphs: readonly Published[]): NodeType[] {
  const types = new Map<string, NodeType>();
  for (const published of subgraphs)
    for (const definition of subgraphDocument(published).definitions) {
      const { name: subgraph } = published;
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const prefix = argumentOf(definition, 'node', 'prefix');
      const keyField = argumentOf(definition, 'key', 'fields');
      if (typeof prefix !== 'string' || typeof keyField !== 'string') continue;
      const name = definition.name.value;
      requireForm(`${name} (${subgraph})`, prefix, keyField);
      const existing = types.get(name);
      const rival = [...types.values()].find((type) => type.prefix === prefix && type.name !== name);
      if (rival || (existing && (existing.prefix !== prefix || existing.keyField !== keyField)))
        throw new OperatorError(
          rival
            ? `The global id prefix "${prefix}" is used by both ${rival.name} (${rival.subgraphs[0]}) and ${name} (${subgraph})`
            : `${name} has the global id prefix "${existing!.prefix}" in ${existing!.subgraphs[0]} and "${prefix}" in ${subgraph}`,
          'Give each type one unique prefix in @node(prefix:); the supergraph is unchanged',
        );
      types.set(name, { name, prefix, keyField, subgraphs: [...(existing?.subgraphs ?? []), subgraph] });
    }
  return [...types.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names of types with a colon, and short names with an underscore: ids are split after the first of these. */
const PREFIX = /^[A-Za-z][A-Za-z0-9]*[:_]$/;

/** Checks texts of subgraphs, which become part of a schema. @throws OperatorError */
function requireForm(type: string, prefix: string, keyField: string): void {
  if (!PREFIX.test(prefix))
    throw new OperatorError(
      `${type} has the global id prefix ${JSON.stringify(prefix)}, which is not letters and digits that end with "_" or ":"`,
      'Give it a prefix such as "sub_" in @node(prefix:); the supergraph is unchanged',
    );
  if (!/^[_A-Za-z]\w*$/.test(keyField))
    throw new OperatorError(
      `${type} has global ids and the key ${JSON.stringify(keyField)}, which is not one field`,
      'Put a @key of one field first, or remove @node; the supergraph is unchanged',
    );
}

/** The value of an argument of a type's directive. */
export const argumentOf = (
  { directives = [] }: Pick<ObjectTypeDefinitionNode, 'directives'>,
  directive: string,
  argument: string,
): unknown => {
  const node = directives.find(({ name }): boolean => name.value === directive) as ConstDirectiveNode | undefined;
  const argumentNode = node?.arguments?.find(({ name }) => name.value === argument);
  return argumentNode && valueFromASTUntyped(argumentNode.value);
};
