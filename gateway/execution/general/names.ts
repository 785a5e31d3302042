import { Kind, type SelectionSetNode } from 'graphql';
import { nameOf } from '../../planning/selected';

/** Response names, nested. */
export type SelectedNames = ReadonlyMap<string, SelectedNames>;

/** Response names of a selection set whose fragments are written out, nested, whatever types they are for. */
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
      const given = nameOf(selection);
      const name = renamed.get(given) ?? given;
      // one name may be selected several times, with other selections
      const inner: Names = names.get(name) ?? new Map();
      names.set(name, inner);
      if (selection.selectionSet) gather(selection.selectionSet, inner);
    }
    return names;
  };
  return gather(selectionSet, new Map());
}
