import { Kind, type SelectionSetNode } from 'graphql';
import { nameOf } from '../../planning/selected';

/** Response names, nested. */
export type SelectedNames = ReadonlyMap<string, SelectedNames>;

/** Nested response names of a selection set with expanded fragments, regardless of type conditions. */
export function namesOf(
  selectionSet: SelectionSetNode,
  renamed: ReadonlyMap<string, string> = new Map(),
): Map<string, SelectedNames> {
  interface Names extends Map<string, Names> {}
  const gather = ({ selections }: SelectionSetNode, names: Names): Names => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        gather(selection.selectionSet, names);
        continue;
      }
      const original = nameOf(selection);
      const name = renamed.get(original) ?? original;
      // a name may be selected several times with different subselections
      const inner: Names = names.get(name) ?? new Map();
      names.set(name, inner);
      if (selection.selectionSet) gather(selection.selectionSet, inner);
    }
    return names;
  };
  return gather(selectionSet, new Map());
}
