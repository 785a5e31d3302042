import { meaningOf } from '#base/identity/roles';
import { roleDeclarationsIn } from '../policy/roles';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/** Roles that subgraphs declare with different meanings: neither may change what the role of the other may read. */
export function conflictingRoles(subgraphs: readonly Published[]): string[] {
  const declared = new Map<string, { readonly subgraph: string; readonly meaning: string }>();
  const conflicts: string[] = [];
  for (const subgraph of subgraphs)
    for (const [role, spec] of roleDeclarationsIn(subgraphDocument(subgraph))) {
      const first = declared.get(role);
      const meaning = meaningOf(spec);
      if (!first) declared.set(role, { subgraph: subgraph.name, meaning });
      else if (first.meaning !== meaning)
        conflicts.push(`"${role}" is ${first.meaning} in ${first.subgraph}, and ${meaning} in ${subgraph.name}`);
    }
  return conflicts;
}
