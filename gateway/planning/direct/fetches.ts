import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import type { SubgraphSchema } from '../model/subgraph-schema';
import type { EntityFetch, FetchNode, PathStep, RequiredSelection, Rewrite } from '../plan';
import { fragmentOn, nameNode } from '../selected';

/** The selections from one subgraph for the objects of one type at one place. */
export interface Ask {
  readonly subgraph: SubgraphSchema;
  /** The type in the subgraph. */
  readonly subgraphType: string;
  readonly type: string;
  readonly path: readonly PathStep[];
  /** Undefined for a root type. */
  readonly requires: readonly RequiredSelection[] | undefined;
  readonly selections: readonly SelectionNode[];
  readonly rewrites: readonly Rewrite[];
}

/** The fetches of a round: one per root, and one entity fetch per subgraph. */
export function writeFetches(asks: readonly Ask[], operation: OperationDefinitionNode): FetchNode[] {
  const roots = asks.filter(({ requires }) => !requires);
  const bySubgraph = new Map<SubgraphSchema, Ask[]>();
  for (const ask of asks)
    if (ask.requires) bySubgraph.set(ask.subgraph, [...(bySubgraph.get(ask.subgraph) ?? []), ask]);
  return [
    ...roots.map((ask) => rootFetch(ask, operation)),
    ...[...bySubgraph].map(([subgraph, subgraphAsks]) => entityFetch(subgraph, subgraphAsks, operation)),
  ];
}

function rootFetch({ subgraph, path, selections, rewrites }: Ask, operation: OperationDefinitionNode): FetchNode {
  const kind = path.length === 0 ? operation.operation : OperationTypeNode.QUERY;
  return {
    kind: 'Fetch',
    subgraph: subgraph.name,
    ...written(operation, kind, selections, []),
    operationKind: kind as 'query' | 'mutation',
    at: path.length === 0 ? undefined : path,
    outputRewrites: rewrites,
  };
}

function entityFetch(subgraph: SubgraphSchema, asks: readonly Ask[], operation: OperationDefinitionNode): FetchNode {
  const entities = new Map<string, { -readonly [K in keyof EntityFetch]: EntityFetch[K] }>();
  const selected: SelectionNode[] = [];
  const definitions: VariableDefinitionNode[] = [];
  for (const { subgraphType, type, path, requires, selections, rewrites } of asks) {
    const selection = print({ kind: Kind.SELECTION_SET, selections });
    const key = JSON.stringify([subgraphType, selection, requires, rewrites]);
    const required: RequiredSelection = { kind: 'Fragment', type, selections: requires! };
    const renamed: Rewrite[] =
      subgraphType === type && !subgraph.isInterfaceObject(subgraphType)
        ? []
        : [
            {
              kind: 'Set',
              path: [
                { kind: 'Types', names: [type] },
                { kind: 'Field', name: '__typename' },
              ],
              value: subgraphType,
            },
          ];
    const entity = entities.get(key);
    if (entity) {
      if (!entity.requires.some((requirement) => requirement.kind === 'Fragment' && requirement.type === type)) {
        entity.requires = [...entity.requires, required];
        entity.inputRewrites = [...entity.inputRewrites, ...renamed];
      }
      if (!entity.paths.some((entityPath) => JSON.stringify(entityPath) === JSON.stringify(path)))
        entity.paths = [...entity.paths, path];
      continue;
    }
    const number = entities.size === 0 ? '' : String(entities.size);
    const [alias, variable] = [`_entities${number}`, `representations${number}`];
    entities.set(key, {
      alias,
      variable,
      paths: [path],
      requires: [required],
      inputRewrites: renamed,
      outputRewrites: rewrites,
    });
    definitions.push(representationsOf(variable));
    selected.push(entitiesField(alias, variable, [fragmentOn(subgraphType, selections)]));
  }
  return {
    kind: 'Fetch',
    subgraph: subgraph.name,
    ...written(operation, OperationTypeNode.QUERY, selected, definitions),
    operationKind: 'query',
    entities: [...entities.values()],
    outputRewrites: [],
  };
}

function written(
  { variableDefinitions = [] }: OperationDefinitionNode,
  operation: OperationTypeNode,
  selections: readonly SelectionNode[],
  definitions: readonly VariableDefinitionNode[],
): Pick<FetchNode, 'operation' | 'variables'> {
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections };
  const used = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const usedDefinitions = variableDefinitions.filter(({ variable }) => used.has(variable.name.value));
  const text = print({
    kind: Kind.OPERATION_DEFINITION,
    operation,
    variableDefinitions: [...definitions, ...usedDefinitions],
    selectionSet,
  });
  return {
    operation: stripIgnoredCharacters(text),
    variables: usedDefinitions.map(({ variable }) => variable.name.value),
  };
}

/** `$representations: [_Any!]!` */
const representationsOf = (variable: string): VariableDefinitionNode => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable: { kind: Kind.VARIABLE, name: nameNode(variable) },
  type: {
    kind: Kind.NON_NULL_TYPE,
    type: {
      kind: Kind.LIST_TYPE,
      type: { kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: nameNode('_Any') } },
    },
  },
});

const entitiesField = (alias: string, variable: string, selections: readonly SelectionNode[]): FieldNode => ({
  kind: Kind.FIELD,
  name: nameNode('_entities'),
  alias: alias === '_entities' ? undefined : nameNode(alias),
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: nameNode('representations'),
      value: { kind: Kind.VARIABLE, name: nameNode(variable) },
    },
  ],
  selectionSet: { kind: Kind.SELECTION_SET, selections },
});
