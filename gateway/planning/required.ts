import type { RequiredSelection } from './plan';

export type RequiredFragment = Extract<RequiredSelection, { kind: 'Fragment' }>;

/**
 * The fragments of what a planner requires that are about an object of a type.
 * @param type an object type, or the interface that a subgraph knows an object by.
 * @param includes whether the objects of a type condition can be of a type.
 * @returns undefined when nothing is about the object, or when what represents it depends on a type that is not known.
 */
export function requiredOf(
  selections: readonly RequiredSelection[],
  type: string,
  includes: (condition: string, type: string) => boolean,
): readonly RequiredFragment[] | undefined {
  const fragments = flat(selections);
  const matching = fragments.filter((one) => includes(one.type, type));
  if (matching.length === 0) return undefined;
  const required = new Set(matching.flatMap((one) => one.selections.map((field) => JSON.stringify(field))));
  const dependsOnType = fragments.some(
    (one) =>
      one.type !== type &&
      includes(type, one.type) &&
      one.selections.some((field) => !required.has(JSON.stringify(field))),
  );
  return dependsOnType ? undefined : matching;
}

/** A fragment within another counts for itself; a type alone represents nothing. */
function flat(selections: readonly RequiredSelection[]): RequiredFragment[] {
  return selections.flatMap((one) => {
    if (one.kind !== 'Fragment') return [];
    const fields = one.selections.filter((field) => field.kind === 'Field');
    const isAny = fields.some(({ name }) => name !== '__typename');
    return [...(isAny ? [{ ...one, selections: fields }] : []), ...flat(one.selections)];
  });
}
