import {
  BREAK,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { PathStep } from '../planning/plan';
import { DEFER, foldConditions } from './conditions';
import { type NormalizedOperation, normalize, operationOf } from './normalize';

/** A deferred fragment of an operation. */
export interface DeferredFragment {
  readonly label: string | undefined;
  /** The client's directive node; a fragment that is spread several times shares it. */
  readonly directive: DirectiveNode;
  /** Path to its objects, by internal response names and types. */
  readonly path: readonly PathStep[];
  readonly type: string;
  /** Its selections, without nested deferred fragments. */
  readonly selectionSet: SelectionSetNode;
  /** The enclosing deferred fragment. */
  readonly within: DeferredFragment | undefined;
}

/** Whether a document contains `@defer`. */
export function asksToDefer(document: DocumentNode): boolean {
  let hasDefer = false;
  visit(document, {
    Directive: ({ name }) => {
      if (name.value !== DEFER) return undefined;
      hasDefer = true;
      return BREAK;
    },
  });
  return hasDefer;
}

/** An operation without the fragments deferred at its root, and each of those as a separate operation. */
export interface DividedOperation {
  readonly rest: DocumentNode;
  readonly fragments: readonly { readonly label: string | undefined; readonly document: DocumentNode }[];
}

/**
 * Splits off fragments deferred at the root that share no field with the rest. Planners fetch all root fields of a subgraph at once, so
 * that the rest would wait for them.
 * @param document a result of {@link decided}
 */
export function divideAtRoot(document: DocumentNode, operationName: string | undefined | null): DividedOperation {
  const operation = operationOf(document, operationName);
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const selecting = (selections: readonly SelectionNode[]): DocumentNode => ({
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }, ...fragments],
  });
  const { selections } = operation.selectionSet;
  const names = new Map(selections.map((selection) => [selection, rootNames([selection], fragments)]));
  const uses = new Map<string, number>();
  for (const rootFields of names.values()) for (const name of rootFields) uses.set(name, (uses.get(name) ?? 0) + 1);
  const isSeparate = (selection: SelectionNode): boolean => {
    const defer = deferOf(selection);
    if (!defer) return false;
    // it must have fields outside of its nested deferred fragments
    const immediate = rootNames([withoutDirective(selection, defer)], fragments, { skipsDeferred: true });
    return immediate.size > 0 && [...names.get(selection)!].every((name) => uses.get(name) === 1);
  };
  const separate = selections.filter(isSeparate);
  return {
    rest: selecting(selections.filter((selection) => !separate.includes(selection))),
    fragments: separate.map((selection) => {
      const defer = deferOf(selection)!;
      return { label: labelOf(defer), document: selecting([withoutDirective(selection, defer)]) };
    }),
  };
}

const deferOf = ({ directives }: SelectionNode): DirectiveNode | undefined =>
  directives?.find(({ name }) => name.value === DEFER);

const withoutDirective = <T extends SelectionNode>(selection: T, directive: DirectiveNode): T => ({
  ...selection,
  directives: selection.directives?.filter((node) => node !== directive),
});

/** Response names at the top level of selections, including those in fragments. */
function rootNames(
  selections: readonly SelectionNode[],
  fragments: readonly FragmentDefinitionNode[],
  { skipsDeferred = false } = {},
): Set<string> {
  const names = new Set<string>();
  const visited = new Set<string>();
  const visitAll = (all: readonly SelectionNode[]): void => {
    for (const selection of all) {
      if (!foldConditions(selection.directives, true) || (skipsDeferred && deferOf(selection))) continue;
      if (selection.kind === Kind.FIELD) names.add(selection.alias?.value ?? selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visitAll(selection.selectionSet.selections);
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        visitAll(fragments.find(({ name }) => name.value === selection.name.value)!.selectionSet.selections);
      }
    }
  };
  visitAll(selections);
  return names;
}

/** An operation divided into an initial result and deferred fragments. */
export interface DeferredOperation {
  readonly whole: NormalizedOperation;
  readonly first: SelectionSetNode;
  readonly fragments: readonly DeferredFragment[];
  /** Fragments by their node in the normalized selections. */
  readonly byNode: ReadonlyMap<SelectionNode, DeferredFragment>;
}

/**
 * Like {@link normalize}, but applies `@defer`.
 * @param document a result of {@link decided}
 */
export function normalizeDeferred(
  document: DocumentNode,
  operationName: string | undefined | null,
  schema: GraphQLSchema,
  partlyHidden: ReadonlySet<string>,
): DeferredOperation {
  const whole = normalize(document, operationName, schema, { keepsDefer: true, partlyHidden });
  const byNode = new Map<SelectionNode, DeferredFragment>();
  const first = withoutDeferred(whole.selectionSet, schema.getRootType(whole.kind)!, [], undefined, schema, byNode);
  return { whole, first, fragments: [...byNode.values()], byNode };
}

function labelOf({ arguments: nodes = [] }: DirectiveNode): string | undefined {
  const value = nodes.find(({ name }) => name.value === 'label')?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function withoutDeferred(
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType,
  path: readonly PathStep[],
  within: DeferredFragment | undefined,
  schema: GraphQLSchema,
  byNode: Map<SelectionNode, DeferredFragment>,
): SelectionSetNode {
  const kept = selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) {
      if (!selection.selectionSet) return [selection];
      const name = selection.alias?.value ?? selection.name.value;
      const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {};
      const type = getNamedType(fields[selection.name.value]?.type) as GraphQLCompositeType | undefined;
      // introspection is not deferred
      if (!type) return [selection];
      const at: PathStep[] = [...path, { kind: 'Field', name }];
      const inner = withoutDeferred(selection.selectionSet, type, at, within, schema, byNode);
      return [{ ...selection, selectionSet: inner }];
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const type = schema.getType(selection.typeCondition!.name.value) as GraphQLCompositeType;
    const at: PathStep[] = type === parent ? [...path] : [...path, { kind: 'Types', names: [type.name] }];
    const defer = deferOf(selection);
    if (!defer) {
      const inner = withoutDeferred(selection.selectionSet, type, at, within, schema, byNode);
      return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
    }
    const fragment: { -readonly [K in keyof DeferredFragment]: DeferredFragment[K] } = {
      label: labelOf(defer),
      directive: defer,
      path: at,
      type: type.name,
      selectionSet: selection.selectionSet,
      within,
    };
    byNode.set(selection, fragment);
    fragment.selectionSet = withoutDeferred(selection.selectionSet, type, at, fragment, schema, byNode);
    return [];
  });
  return { kind: Kind.SELECTION_SET, selections: kept };
}
