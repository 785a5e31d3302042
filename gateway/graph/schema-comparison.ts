import { print } from 'graphql';
import { elementsOf, parametersOf, type SubgraphElements } from '../ownership/elements';
import { joinedSchemas } from '../ownership/joined-schemas';
import { readSupergraph } from '../supergraph/supergraph';

/** What a subgraph serves. */
export interface ServedSchema {
  readonly subgraph: string;
  /** The answer to `_service { sdl }`. */
  readonly sdl: string;
}

/** What differs between a supergraph and what a subgraph serves, as coordinates. */
export interface SchemaDifference {
  readonly subgraph: string;
  /** Parts that the supergraph asks the subgraph for, and that it does not serve, or in another type. */
  readonly unserved: readonly string[];
  /** Parts that it serves, and that the supergraph does not have. */
  readonly unpublished: readonly string[];
}

export interface Comparison {
  readonly supergraph: string;
  readonly served: readonly ServedSchema[];
}

/** Compares a supergraph with what its subgraphs serve. */
export function compareSchemas({ supergraph, served }: Comparison): SchemaDifference[] {
  const { document, join } = readSupergraph(supergraph);
  const published = joinedSchemas(document, join, { isWhole: true });
  return served.map(({ subgraph, sdl }) => {
    const stated = published.find(({ name }) => name === subgraph);
    const [before, now] = [stated ? partsOf(stated) : new Map<string, string>(), servedParts(subgraph, sdl)];
    if (!now) return { subgraph, unserved: [...before.keys()], unpublished: [] };
    return {
      subgraph,
      unserved: [...before].flatMap(([part, type]) => (now.get(part) === type ? [] : [part])),
      unpublished: [...now.keys()].filter((part) => !before.has(part)),
    };
  });
}

/** Undefined for what is no schema. */
function servedParts(name: string, sdl: string): Map<string, string> | undefined {
  try {
    const [elements] = elementsOf([{ name, sdl }]);
    return partsOf(elements!);
  } catch {
    // whatever a subgraph sends, the gateway goes by the supergraph
    return undefined;
  }
}

/** Parts of a schema that the subgraph itself serves, with the types of fields. */
export function partsOf({ types }: SubgraphElements): Map<string, string> {
  const parts = new Map<string, string>();
  for (const { coordinate: type, elements } of types.values())
    for (const { coordinate, node, isExternal } of elements.values()) {
      if (isExternal) continue;
      parts.set(type, '');
      // composition merges the types of inputs
      parts.set(coordinate, node.kind === 'FieldDefinition' ? print(node.type) : '');
      for (const { name } of parametersOf(node)) parts.set(`${coordinate}(${name.value}:)`, '');
    }
  return parts;
}
