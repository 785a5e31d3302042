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

/** A fetch and what it selects. */
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
      const own = fieldsOf(selectionSet).find((one) => nameOf(one) === entity.alias)?.selectionSet;
      return entity.paths.flatMap((at) => {
        const rest = restOf(path, at);
        return rest && own ? selectedAt(own, rest) : [];
      });
    });
  });
}

export const fetched = (fetch: FetchNode): Fetched => ({ fetch, selectionSet: selectionOf(fetch.operation) });

/** What an operation selects, its fragments written out. */
export const selectionOf = (operation: string): SelectionSetNode => definitionOf(operation).selectionSet;

/** The operation that a text has, its fragments written out. */
export function definitionOf(operation: string): OperationDefinitionNode {
  const { definitions } = parse(operation, { noLocation: true });
  const fragments = new Map(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])),
  );
  const writtenOut = (selectionSet: SelectionSetNode): SelectionSetNode =>
    visit(selectionSet, {
      FragmentSpread: ({ name, directives }) => {
        const { typeCondition, selectionSet: inner } = fragments.get(name.value)!;
        return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: writtenOut(inner) };
      },
    });
  const main = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode;
  return { ...main, selectionSet: writtenOut(main.selectionSet) };
}

export const nameOf = (field: FieldNode): string => field.alias?.value ?? field.name.value;

/** The arguments of a field as one text, in whatever order they and the fields of input objects stand. */
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

/** The fields of a selection set, those in fragments included, with the directives of these. */
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

export function typedFields(selectionSet: SelectionSetNode | undefined): [string, FieldNode][] {
  return (selectionSet?.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition
      ? fieldsOf(selection.selectionSet).map((one): [string, FieldNode] => [selection.typeCondition!.name.value, one])
      : [],
  );
}

/** Where in the answer the objects of a fetch stand that are not its root: the entities, or a root type once more. */
export const pathsOf = ({ entities = [], at }: FetchNode): (readonly PathStep[])[] => [
  ...(at ? [at] : []),
  ...entities.flatMap(({ paths }) => paths),
];

/** A path by its response names alone. */
export const fieldNames = (path: readonly PathStep[]): string[] =>
  path.flatMap((step) => (step.kind === 'Field' ? [step.name] : []));

/** What follows after one path on another; undefined when it does not begin so. */
function restOf(path: readonly PathStep[], begin: readonly PathStep[]): string[] | undefined {
  const [names, first] = [fieldNames(path), fieldNames(begin)];
  return first.every((name, index) => names[index] === name) ? names.slice(first.length) : undefined;
}

/** The fields that are selected at a path below a selection set. */
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

/** What is selected of objects of a type; at least which type that is. */
export const fragmentOn = (type: string, selections: readonly SelectionNode[]): SelectionNode => ({
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(type) },
  selectionSet: { kind: Kind.SELECTION_SET, selections: selections.length > 0 ? selections : [TYPENAME] },
});
