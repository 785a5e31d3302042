import { parse } from 'graphql';
import { meaningOf } from '#base/identity/roles';
import { roleDeclarationsIn } from '../policy/roles';

/** Roles that subgraphs declare with different meanings: neither may change what the role of the other may read. */
export function conflictingRoles(subgraphs: readonly { readonly name: string; readonly sdl: string }[]): string[] {
  const declared = new Map<string, { readonly subgraph: string; readonly meaning: string }>();
  const conflicts: string[] = [];
  for (const { name: subgraph, sdl } of subgraphs)
    for (const [role, spec] of roleDeclarationsIn(parse(sdl, { noLocation: true }))) {
      const first = declared.get(role);
      const meaning = meaningOf(spec);
      if (!first) declared.set(role, { subgraph, meaning });
      else if (first.meaning !== meaning)
        conflicts.push(`"${role}" is ${first.meaning} in ${first.subgraph}, and ${meaning} in ${subgraph}`);
    }
  return conflicts;
}
