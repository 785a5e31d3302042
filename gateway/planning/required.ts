import type { RequiredSelection } from './plan';

export type RequiredFragment = Extract<RequiredSelection, { kind: 'Fragment' }>;

/**
 * The fragments of a planner's required selections that apply to an object of a type.
 * @param type an object type, or the interface by which a subgraph knows an object
 * @param includes whether a type condition includes a type
 * @returns undefined if no fragment applies, or if the representation depends on an unknown type
 */
export function requiredOf(
  selections: readonly RequiredSelection[],
  type: string,
  includes: (condition: string, type: string) => boolean,
): readonly RequiredFragment[] | undefined {
  const fragments = flat(selections);
  const matching = fragments.filter((fragment) => includes(fragment.type, type));
  if (matching.length === 0) return undefined;
  const required = new Set(matching.flatMap((fragment) => fragment.selections.map((field) => JSON.stringify(field))));
  const dependsOnType = fragments.some(
    (fragment) =>
      fragment.type !== type &&
      includes(type, fragment.type) &&
      fragment.selections.some((field) => !required.has(JSON.stringify(field))),
  );
  return dependsOnType ? undefined : matching;
}

/** Flattens nested fragments; drops those that select only `__typename`. */
function flat(selections: readonly RequiredSelection[]): RequiredFragment[] {
  return selections.flatMap((selection) => {
    if (selection.kind !== 'Fragment') return [];
    const fields = selection.selections.filter((field) => field.kind === 'Field');
    const isAny = fields.some(({ name }) => name !== '__typename');
    return [...(isAny ? [{ ...selection, selections: fields }] : []), ...flat(selection.selections)];
  });
}
