import { type ASTNode, type DocumentNode, Kind, visit } from 'graphql';

/** Directives that plans do not depend on. Where a supergraph names them differently, they stay, which costs time only. */
const UNPLANNED: ReadonlySet<string> = new Set(['sensitivity', 'derivedFrom', 'cost', 'listSize']);

/**
 * A supergraph without descriptions and directives that plans do not depend on, which are most of its text and a quarter of the time to
 * build its subgraphs.
 */
export function planned(supergraph: DocumentNode): DocumentNode {
  return visit(supergraph, {
    enter(node: ASTNode) {
      if (node.kind === Kind.DIRECTIVE && UNPLANNED.has(node.name.value)) return null;
      return 'description' in node && node.description ? { ...node, description: undefined } : undefined;
    },
  });
}
