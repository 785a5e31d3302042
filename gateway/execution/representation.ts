import { isInherited } from '../planning/normalize';
import type { RequiredSelection } from '../planning/plan';
import { type AnswerObject, isObject, type TypeConditions } from './types';

/** The representation of an object as JSON text, which is also its identity; undefined when the object lacks what is required. */
export type Represent = (object: AnswerObject) => string | undefined;

interface Context {
  readonly types: TypeConditions;
  /** Names of fields that the plan selects under a condition somewhere: those alone may be missing without anything being amiss. */
  readonly conditional: ReadonlySet<string>;
  /** By which the subgraph that is asked knows entities of a type. */
  readonly keysOf: (typename: string) => readonly (readonly string[])[];
}

/** Text of a field and what follows, or undefined when it is not there. */
type FieldText = (object: AnswerObject) => string | undefined;

/**
 * Compiles what a planner requires of an object, by the type that it is of. Of several fragments for one type those count whose
 * fields are all there: what only a left-out field requires is not fetched.
 * @param conditional names of fields that the plan selects under `@skip` and `@include`: when they are left out, so are they here.
 */
export function compileRepresentation(
  selections: readonly RequiredSelection[],
  types: TypeConditions,
  conditional: ReadonlySet<string>,
  subgraph: string,
): Represent {
  const keysOf = (typename: string) => types.keysOf(subgraph, typename);
  const byType = new Map<unknown, Represent>();
  return (object) => {
    const typename = object.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = representType(selections, typename, { types, conditional, keysOf });
      byType.set(typename, represent);
    }
    return represent(object);
  };
}

function representType(selections: readonly RequiredSelection[], typename: unknown, context: Context): Represent {
  if (typeof typename !== 'string') return () => undefined;
  const matching = flat(selections).filter((one) => context.types.matching(one.type).has(typename));
  if (matching.length === 0) return () => undefined;
  const whole = objectText(matching, typename, context, true);
  if (matching.length === 1)
    return context.conditional.size > 0 ? orWhatIsThere(whole, matching[0]!, typename, context) : whole;
  const parts = matching.map((one) => objectText([one], typename, context, true));
  const some = new Map<string, Represent>();
  return (object) => {
    const text = whole(object);
    if (text !== undefined) return text;
    const complete = parts.map((part) => part(object) !== undefined);
    if (!complete.includes(true)) return undefined;
    const key = complete.join();
    let represent = some.get(key);
    if (!represent) {
      const present = matching.filter((_one, index) => complete[index]);
      represent = objectText(present, typename, context, true);
      some.set(key, represent);
    }
    return represent(object);
  };
}

/**
 * What a field requires that a condition leaves out is not there either; the other fields of the fetch need the rest. Of an object of
 * which no key is there nothing is needed: the condition has left out all that this fetch would give.
 */
function orWhatIsThere(whole: Represent, fragment: RequiredFragment, typename: string, context: Context): Represent {
  const some = new Map<string, Represent>();
  const keys = context.keysOf(typename);
  const isKnown = (names: readonly string[]) =>
    keys.length === 0 || keys.some((fields) => fields.every((name) => names.includes(name)));
  return (object) => {
    const text = whole(object);
    if (text !== undefined) return text;
    const required = fragment.selections.filter((one) => one.kind === 'Field' && one.from !== '__typename');
    const present = required.filter((one) => one.kind === 'Field' && Object.hasOwn(object, one.from));
    // what no condition has left out is missing because something went wrong
    if (required.some((one) => one.kind === 'Field' && !present.includes(one) && !context.conditional.has(one.from)))
      return undefined;
    const names = present.map((one) => (one.kind === 'Field' ? one.name : ''));
    if (present.length === 0 || !isKnown(names)) return undefined;
    const key = names.join();
    let represent = some.get(key);
    if (!represent) {
      represent = objectText([{ ...fragment, selections: present }], typename, context, true);
      some.set(key, represent);
    }
    return represent(object);
  };
}

type RequiredFragment = Extract<RequiredSelection, { kind: 'Fragment' }>;

/** A fragment within another counts for itself: a planner writes so what is required under a condition only. */
function flat(selections: readonly RequiredSelection[]): RequiredFragment[] {
  return selections.flatMap((one) =>
    one.kind === 'Fragment'
      ? [{ ...one, selections: one.selections.filter(({ kind }) => kind === 'Field') }, ...flat(one.selections)]
      : [],
  );
}

function objectText(
  selections: readonly RequiredSelection[],
  typename: string | undefined,
  context: Context,
  isRoot: boolean,
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
  const texts = [...(isRoot ? [type] : []), ...fields.values()].map((field) => fieldText(field, context));
  if (texts.length === 0) return () => '{}';
  const maySkip = isRoot ? [] : [...fields.values()].map(({ from }) => context.conditional.has(from));
  return (object) => {
    let text = '';
    for (let i = 0; i < texts.length; i++) {
      const next = texts[i]!(object);
      if (next !== undefined) text += text === '' ? `{${next}` : `,${next}`;
      else if (!maySkip[i]) return undefined;
    }
    return text === '' ? '{}' : `${text}}`;
  };
}

interface RequiredField {
  readonly name: string;
  readonly from: string;
  readonly selections: readonly RequiredSelection[] | undefined;
}

function fieldText({ name, from, selections }: RequiredField, context: Context): FieldText {
  const head = `${JSON.stringify(name)}:`;
  const inner = selections && compileNested(selections, context);
  const mustOwn = isInherited(from);
  return (object) => {
    const value = mustOwn && !Object.hasOwn(object, from) ? undefined : object[from];
    if (value === undefined) return undefined;
    const text = value === null || !inner ? JSON.stringify(value) : inner(value);
    return text === undefined ? undefined : head + text;
  };
}

function compileNested(
  selections: readonly RequiredSelection[],
  context: Context,
): (value: unknown) => string | undefined {
  const byType = new Map<unknown, Represent>();
  const nested = (value: unknown): string | undefined => {
    if (value === null) return 'null';
    if (Array.isArray(value)) {
      const items = value.map(nested);
      return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
    }
    if (!isObject(value)) return JSON.stringify(value);
    const typename = value.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = objectText(selections, typeof typename === 'string' ? typename : undefined, context, false);
      byType.set(typename, represent);
    }
    return represent(value);
  };
  return nested;
}
