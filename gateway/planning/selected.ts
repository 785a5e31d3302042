import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import type { FetchNode, PathStep } from './plan';

/** A fetch and its selections. */
export interface Fetched {
  readonly fetch: FetchNode;
  readonly selectionSet: SelectionSetNode;
}

/** The fields that fetches select at a path of the answer. */
export function selectedBy(fetched: readonly Fetched[], path: readonly PathStep[]): FieldNode[] {
  return fetched.flatMap(({ fetch, selectionSet }) => {
    if (!fetch.entities) {
      const rest = restOf(path, fetch.at ?? []);
      return rest ? selectedAt(selectionSet, rest) : [];
    }
    return fetch.entities.flatMap((entity) => {
      const entitySelections = fieldsOf(selectionSet).find((field) => nameOf(field) === entity.alias)?.selectionSet;
      return entity.paths.flatMap((at) => {
        const rest = restOf(path, at);
        return rest && entitySelections ? selectedAt(entitySelections, rest) : [];
      });
    });
  });
}

export const fetched = (fetch: FetchNode): Fetched => ({ fetch, selectionSet: selectionOf(fetch.operation) });

/** The selections of an operation, with fragments expanded. */
export const selectionOf = (operation: string): SelectionSetNode => definitionOf(operation).selectionSet;

/** The operation in a text, with fragments expanded. */
export function definitionOf(operation: string): OperationDefinitionNode {
  const { definitions } = parse(operation, { noLocation: true });
  const fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const writtenOut = (selectionSet: SelectionSetNode): SelectionSetNode =>
    visit(selectionSet, {
      FragmentSpread: ({ name, directives }) => {
        const { typeCondition, selectionSet: inner } = fragments.get(name.value)!;
        return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: writtenOut(inner) };
      },
    });
  const main = definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  return { ...main, selectionSet: writtenOut(main.selectionSet) };
}

export const nameOf = (field: FieldNode): string => field.alias?.value ?? field.name.value;

/** The arguments of a field as text, independent of the order of arguments and input fields. */
export const argumentsText = (field: FieldNode): string =>
  (field.arguments ?? [])
    .map(({ name, value }) => `${name.value}: ${print(ordered(value))}`)
    .toSorted()
    .join(', ');

const ordered = (value: ValueNode): ValueNode =>
  visit(value, {
    ObjectValue: {
      leave: (object) => ({
        ...object,
        fields: object.fields.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)),
      }),
    },
  });

/** The fields of a selection set, including those in fragments, with the fragments' directives. */
export function fieldsOf({ selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const { directives = [], selectionSet } = selection;
    const fields = fieldsOf(selectionSet);
    return directives.length === 0
      ? fields
      : fields.map((field) => ({ ...field, directives: [...directives, ...(field.directives ?? [])] }));
  });
}

/** Paths of a fetch's objects below the root: entities, or a nested root type. */
export const pathsOf = ({ entities = [], at }: FetchNode): (readonly PathStep[])[] => [
  ...(at ? [at] : []),
  ...entities.flatMap(({ paths }) => paths),
];

/** A path by its response names alone. */
export const fieldNames = (path: readonly PathStep[]): string[] =>
  path.flatMap((step) => (step.kind === 'Field' ? [step.name] : []));

/** The rest of a path after a prefix; undefined if the path does not start with it. */
function restOf(path: readonly PathStep[], begin: readonly PathStep[]): string[] | undefined {
  const [names, first] = [fieldNames(path), fieldNames(begin)];
  return first.every((name, index) => names[index] === name) ? names.slice(first.length) : undefined;
}

/** The fields selected at a path below a selection set. */
function selectedAt(selectionSet: SelectionSetNode, path: readonly string[]): FieldNode[] {
  const fields = fieldsOf(selectionSet);
  const [first, ...rest] = path;
  if (first === undefined) return fields;
  return fields.flatMap((field) =>
    nameOf(field) === first && field.selectionSet ? selectedAt(field.selectionSet, rest) : [],
  );
}

export const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;

export const TYPENAME: FieldNode = { kind: Kind.FIELD, name: nameNode('__typename') };

/** An inline fragment on a type; selects `__typename` if it would be empty. */
export const fragmentOn = (type: string, selections: readonly SelectionNode[]): SelectionNode => ({
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(type) },
  selectionSet: { kind: Kind.SELECTION_SET, selections: selections.length > 0 ? selections : [TYPENAME] },
});
