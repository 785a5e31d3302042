import { isInherited } from '../planning/normalize';
import type { RequiredSelection } from '../planning/plan';
import { jsonText } from '../transport/exact-json';
import type { Conditions } from './shape';
import { type AnswerObject, isObject, type TypeConditions } from './types';

/** The representation of an object as JSON text, which is also its identity; undefined when the object lacks what is required. */
export type Represent = (object: AnswerObject, conditions: Conditions) => string | undefined;

/** Whether the field that these response names lead to from the object is left out when the client's conditions are these. */
export type LeftOut = (names: readonly string[], conditions: Conditions) => boolean;

interface Context {
  readonly types: TypeConditions;
  /** What may be missing without anything being amiss; undefined when the plan has no conditions. */
  readonly isLeftOut: LeftOut | undefined;
  /** By which the subgraph that is asked knows entities of a type. */
  readonly keysOf: (typename: string) => readonly (readonly string[])[];
}

/** Text of a field and what follows, or undefined when it is not there. */
type FieldText = Represent;

/**
 * Compiles what a planner requires of an object, by the type that it is of.
 * @param isLeftOut what `@skip` and `@include` leave out of the plan's fetches is left out here; undefined when there are none.
 */
export function compileRepresentation(
  selections: readonly RequiredSelection[],
  types: TypeConditions,
  isLeftOut: LeftOut | undefined,
  subgraph: string,
): Represent {
  const keysOf = (typename: string) => types.keysOf(subgraph, typename);
  const byType = new Map<unknown, Represent>();
  return (object, conditions) => {
    const typename = object.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = representType(selections, typename, { types, isLeftOut, keysOf });
      byType.set(typename, represent);
    }
    return represent(object, conditions);
  };
}

function representType(selections: readonly RequiredSelection[], typename: unknown, context: Context): Represent {
  if (typeof typename !== 'string') return () => undefined;
  const matching = flat(selections).filter((one) => context.types.matching(one.type).has(typename));
  if (matching.length === 0) return () => undefined;
  // a field must not be computed without what it requires
  return objectText(matching, typename, context, true);
}

type RequiredFragment = Extract<RequiredSelection, { kind: 'Fragment' }>;

/** A fragment within another counts for itself: a planner writes so what is required under a condition only. */
function flat(selections: readonly RequiredSelection[]): RequiredFragment[] {
  return selections.flatMap((one) => {
    if (one.kind !== 'Fragment') return [];
    const fields = one.selections.filter((field) => field.kind === 'Field');
    // a type alone represents nothing
    const isAny = fields.some(({ name }) => name !== '__typename');
    return [...(isAny ? [{ ...one, selections: fields }] : []), ...flat(one.selections)];
  });
}

function objectText(
  selections: readonly RequiredSelection[],
  typename: string | undefined,
  context: Context,
  isRoot: boolean,
  within: readonly string[] = [],
): Represent {
  const fields = new Map<string, RequiredField>();
  const gather = (given: readonly RequiredSelection[]): void => {
    for (const selection of given)
      if (selection.kind === 'Field') {
        const { name, from } = selection;
        const before = fields.get(name)?.selections ?? [];
        fields.set(name, {
          name,
          from,
          selections: selection.selections && [...before, ...selection.selections],
        });
      } else if (typename === undefined || context.types.matching(selection.type).has(typename)) {
        gather(selection.selections);
      }
  };
  gather(selections);
  if (isRoot) fields.delete('__typename');
  const type: RequiredField = { name: '__typename', from: '__typename', selections: undefined };
  const texts = [...(isRoot ? [type] : []), ...fields.values()].map((field) => fieldText(field, context, within));
  if (texts.length === 0) return () => '{}';
  const names = [...(isRoot ? [''] : []), ...[...fields.values()].map(({ from }) => from)].map((from) => [
    ...within,
    from,
  ]);
  const isLeftOut = isRoot ? undefined : context.isLeftOut;
  return (object, conditions) => {
    let text = '';
    for (let i = 0; i < texts.length; i++) {
      const next = texts[i]!(object, conditions);
      if (next !== undefined) text += text === '' ? `{${next}` : `,${next}`;
      else if (!isLeftOut?.(names[i]!, conditions)) return undefined;
    }
    return text === '' ? '{}' : `${text}}`;
  };
}

interface RequiredField {
  readonly name: string;
  readonly from: string;
  readonly selections: readonly RequiredSelection[] | undefined;
}

function fieldText({ name, from, selections }: RequiredField, context: Context, within: readonly string[]): FieldText {
  const head = `${JSON.stringify(name)}:`;
  const inner = selections && compileNested(selections, context, [...within, from]);
  const mustOwn = isInherited(from);
  return (object, conditions) => {
    const value = mustOwn && !Object.hasOwn(object, from) ? undefined : object[from];
    if (value === undefined) return undefined;
    const text = value === null || !inner ? jsonText(value) : inner(value, conditions);
    return text === undefined ? undefined : head + text;
  };
}

function compileNested(
  selections: readonly RequiredSelection[],
  context: Context,
  within: readonly string[],
): (value: unknown, conditions: Conditions) => string | undefined {
  const byType = new Map<unknown, Represent>();
  const nested = (value: unknown, conditions: Conditions): string | undefined => {
    if (value === null) return 'null';
    if (Array.isArray(value)) {
      const items = value.map((item) => nested(item, conditions));
      return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
    }
    if (!isObject(value)) return jsonText(value);
    const typename = value.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = objectText(selections, typeof typename === 'string' ? typename : undefined, context, false, within);
      byType.set(typename, represent);
    }
    return represent(value, conditions);
  };
  return nested;
}
