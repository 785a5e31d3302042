import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parseType,
  type TypeDefinitionNode,
} from 'graphql';
import { NODE_URL, NODES } from '../nodes/schema';
import { argumentsOf, directiveNode } from '../supergraph/ast';
import { featuresOf } from '../supergraph/features';
import type { Join, JoinedField } from '../supergraph/join';
import { SubgraphElements } from './elements';

/**
 * The schemas of a supergraph's subgraphs as far as they define something together, or use each other's fields: with the directives that
 * its join directives stand for. Directives that composition merges, such as `@inaccessible`, are not in them.
 * @param options `isWhole`: also what only one of them defines
 */
export function joinedSchemas(
  supergraph: DocumentNode,
  join: Join,
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): SubgraphElements[] {
  const types = supergraph.definitions.filter(isTypeDefinitionNode);
  const usesOthers = types.some(
    (type) => 'fields' in type && (type.fields ?? []).some((field) => join.fieldsOf(field).some(uses)),
  );
  const reader = new JoinedReader(supergraph, join);
  const chosen = isWhole || usesOthers ? types : types.filter((type) => reader.graphsOf(type).length > 1);
  return join.subgraphs
    .filter(({ name }) => name !== NODES)
    .map(
      ({ name, graph }) =>
        new SubgraphElements(name, {
          kind: Kind.DOCUMENT,
          definitions: chosen.flatMap((type) => reader.typeIn(type, name, graph) ?? []),
        }),
    );
}

const uses = ({ requires, provides, override, contextArguments }: JoinedField): boolean =>
  [requires, provides, override, contextArguments].some((value) => value !== undefined);

class JoinedReader {
  private readonly nodeId: string | undefined;
  private readonly context: string | undefined;
  private readonly nodesGraph: string | undefined;

  constructor(
    supergraph: DocumentNode,
    private readonly join: Join,
  ) {
    const features = featuresOf(supergraph);
    const named = (url: string, directive: string) =>
      features.find((feature) => feature.url.startsWith(url))?.directiveNamed(directive);
    this.nodeId = named(NODE_URL, 'nodeId');
    this.context = named('https://specs.apollo.dev/context/', 'context');
    this.nodesGraph = join.subgraphs.find(({ name }) => name === NODES)?.graph;
  }

  /** The graphs that define a type, without the gateway's own. */
  graphsOf(type: TypeDefinitionNode): string[] {
    const graphs = new Set(this.join.typesOf(type).map(({ graph }) => graph));
    return [...graphs].filter((graph) => graph !== this.nodesGraph);
  }

  typeIn(type: TypeDefinitionNode, subgraph: string, graph: string): DefinitionNode | undefined {
    const joined = this.join.typesOf(type).filter((candidate) => candidate.graph === graph);
    if (joined.length === 0) return undefined;
    const isInterfaceObject = joined.some((candidate) => candidate.isInterfaceObject);
    const directives = [
      ...joined.flatMap(({ key }) => (key === undefined ? [] : [directiveNode('key', { fields: key })])),
      ...(isInterfaceObject ? [directiveNode('interfaceObject', {})] : []),
      ...this.nodeOf(type, subgraph),
      ...this.contextsOf(type, subgraph),
    ];
    const isOfGraph = (graphs: readonly string[]) => graphs.length === 0 || graphs.includes(graph);
    switch (type.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const kind = isInterfaceObject ? Kind.OBJECT_TYPE_DEFINITION : type.kind;
        const fields = (type.fields ?? []).flatMap((field) => this.fieldIn(field, graph));
        return { ...type, kind, directives, fields } as DefinitionNode;
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return { ...type, directives, fields: (type.fields ?? []).flatMap((field) => this.fieldIn(field, graph)) };
      case Kind.ENUM_TYPE_DEFINITION:
        return {
          ...type,
          directives,
          values: (type.values ?? []).filter((value) => isOfGraph(this.join.graphsOfValue(value))),
        };
      case Kind.UNION_TYPE_DEFINITION: {
        const members = this.join.membersOf(type);
        const types = (type.types ?? []).filter(({ name }) =>
          isOfGraph(members.flatMap((member) => (member.member === name.value ? [member.graph] : []))),
        );
        return { ...type, directives, types };
      }
      default:
        return { ...type, directives };
    }
  }

  private fieldIn<Field extends FieldDefinitionNode | InputValueDefinitionNode>(field: Field, graph: string): Field[] {
    const all = this.join.fieldsOf(field);
    const joined = all.find((candidate) => candidate.graph === graph);
    if (all.length > 0 && !joined) return [];
    const { type, requires, provides, override, external, usedOverridden, contextArguments = [] } = joined ?? {};
    const texts = { requires, provides };
    const directives: ConstDirectiveNode[] = [
      ...Object.entries(texts).flatMap(([name, fields]) =>
        fields === undefined ? [] : [directiveNode(name, { fields })],
      ),
      ...(override === undefined ? [] : [directiveNode('override', { from: override })]),
      ...(external || usedOverridden ? [directiveNode('external', {})] : []),
    ];
    const taken = contextArguments.map(
      ({ name, type: of, context, selection }): InputValueDefinitionNode => ({
        kind: Kind.INPUT_VALUE_DEFINITION,
        name: { kind: Kind.NAME, value: name },
        type: parseType(of),
        directives: [directiveNode('fromContext', { field: `$${contextName(context)} ${selection}` })],
      }),
    );
    const parameters = 'arguments' in field ? (field.arguments ?? []) : [];
    const bare = [...parameters, ...taken];
    return [
      {
        ...field,
        directives,
        ...(type === undefined ? {} : { type: parseType(type) }),
        ...(bare.length > 0 ? { arguments: bare } : {}),
      },
    ];
  }

  private nodeOf({ directives = [] }: TypeDefinitionNode, subgraph: string): ConstDirectiveNode[] {
    const node = directives.find(({ name }) => name.value === this.nodeId);
    const subgraphs = node ? (argumentsOf(node).subgraphs as readonly string[]) : [];
    return subgraphs.includes(subgraph) ? [directiveNode('node', { prefix: String(argumentsOf(node!).prefix) })] : [];
  }

  private contextsOf({ directives = [] }: TypeDefinitionNode, subgraph: string): ConstDirectiveNode[] {
    return directives.flatMap((directive) => {
      if (directive.name.value !== this.context) return [];
      const name = String(argumentsOf(directive).name);
      return name.startsWith(`${subgraph}__`) ? [directiveNode('context', { name: contextName(name) })] : [];
    });
  }
}

/** The name of a context in its subgraph: supergraphs have `subgraph__context`. */
const contextName = (name: string): string => name.slice(name.indexOf('__') + 2);
