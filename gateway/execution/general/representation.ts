import { isInherited } from '../../operation/normalize';
import type { RequiredSelection } from '../../planning/plan';
import { requiredOf } from '../../planning/required';
import { type AnswerObject, isObject, type TypeConditions } from '../types';

/** Writes the representation of an object as JSON text, which is also its identity; undefined if a required field is missing. */
export type Represent = (object: AnswerObject) => string | undefined;

/** Compiles a planner's required selections, by object type. */
export function compileRepresentation(selections: readonly RequiredSelection[], types: TypeConditions): Represent {
  const byType = new Map<unknown, Represent>();
  return (object) => {
    const typename = object.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = representType(selections, typename, types);
      byType.set(typename, represent);
    }
    return represent(object);
  };
}

function representType(selections: readonly RequiredSelection[], typename: unknown, types: TypeConditions): Represent {
  if (typeof typename !== 'string') return () => undefined;
  const required = requiredOf(selections, typename, (condition, type) => types.matching(condition).has(type));
  if (!required) return () => undefined;
  // a field must not be computed without its requirements
  return objectText(required, typename, types, true);
}

function objectText(
  selections: readonly RequiredSelection[],
  typename: string | undefined,
  types: TypeConditions,
  isRoot: boolean,
): Represent {
  const fields = new Map<string, RequiredField>();
  const gather = (requirements: readonly RequiredSelection[]): void => {
    for (const selection of requirements)
      if (selection.kind === 'Field') {
        const { name, from } = selection;
        const before = fields.get(name)?.selections ?? [];
        fields.set(name, {
          name,
          from,
          selections: selection.selections && [...before, ...selection.selections],
        });
      } else if (typename === undefined || types.matching(selection.type).has(typename)) {
        gather(selection.selections);
      }
  };
  gather(selections);
  if (isRoot) fields.delete('__typename');
  const type: RequiredField = { name: '__typename', from: '__typename', selections: undefined };
  const texts = [...(isRoot ? [type] : []), ...fields.values()].map((field) => fieldText(field, types));
  if (texts.length === 0) return () => '{}';
  return (object) => {
    let text = '';
    for (let i = 0; i < texts.length; i++) {
      const next = texts[i]!(object);
      if (next === undefined) return undefined;
      text += text === '' ? `{${next}` : `,${next}`;
    }
    return `${text}}`;
  };
}

interface RequiredField {
  readonly name: string;
  readonly from: string;
  readonly selections: readonly RequiredSelection[] | undefined;
}

function fieldText({ name, from, selections }: RequiredField, types: TypeConditions): Represent {
  const head = `${JSON.stringify(name)}:`;
  const inner = selections && compileNested(selections, types);
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
  types: TypeConditions,
): (value: unknown) => string | undefined {
  const byType = new Map<unknown, Represent>();
  const nested = (value: unknown): string | undefined => {
    if (value === null) return 'null';
    if (Array.isArray(value)) {
      const items = value.map((item) => nested(item));
      return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
    }
    if (!isObject(value)) return JSON.stringify(value);
    const typename = value.__typename;
    let represent = byType.get(typename);
    if (!represent) {
      represent = objectText(selections, typeof typename === 'string' ? typename : undefined, types, false);
      byType.set(typename, represent);
    }
    return represent(value);
  };
  return nested;
}
