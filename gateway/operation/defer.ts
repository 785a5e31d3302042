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
  const all = new RootNames(fragments);
  const names = new Map(selections.map((selection) => [selection, all.of(selection)]));
  const uses = new Map<string, number>();
  for (const rootFields of names.values()) for (const name of rootFields) uses.set(name, (uses.get(name) ?? 0) + 1);
  const immediate = new RootNames(fragments, { skipsDeferred: true });
  const isSeparate = (selection: SelectionNode): boolean => {
    const defer = deferOf(selection);
    if (!defer) return false;
    // it must have fields outside of its nested deferred fragments
    const hasFields = immediate.of(withoutDirective(selection, defer)).size > 0;
    return hasFields && [...names.get(selection)!].every((name) => uses.get(name) === 1);
  };
  const separate = new Set(selections.filter(isSeparate));
  return {
    rest: selecting(selections.filter((selection) => !separate.has(selection))),
    fragments: [...separate].map((selection) => {
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

const NO_NAMES: ReadonlySet<string> = new Set();

/** Response names at the top level of selections, including those in fragments. Reads each fragment once. */
export class RootNames {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly ofFragments = new Map<string, ReadonlySet<string>>();
  private readonly skipsDeferred: boolean;
  /** Selections read so far. */
  steps = 0;

  constructor(fragments: readonly FragmentDefinitionNode[], { skipsDeferred = false } = {}) {
    this.fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
    this.skipsDeferred = skipsDeferred;
  }

  of(selection: SelectionNode): ReadonlySet<string> {
    this.steps += 1;
    if (!foldConditions(selection.directives, true) || (this.skipsDeferred && deferOf(selection))) return NO_NAMES;
    if (selection.kind === Kind.FIELD) return new Set([selection.alias?.value ?? selection.name.value]);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.ofAll(selection.selectionSet);
    const name = selection.name.value;
    let names = this.ofFragments.get(name);
    if (!names) {
      names = this.ofAll(this.fragments.get(name)!.selectionSet);
      this.ofFragments.set(name, names);
    }
    return names;
  }

  private ofAll({ selections }: SelectionSetNode): ReadonlySet<string> {
    const names = new Set<string>();
    for (const selection of selections) for (const name of this.of(selection)) names.add(name);
    return names;
  }
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
