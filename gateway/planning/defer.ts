import {
  BREAK,
  type DirectiveNode,
  type DocumentNode,
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
import { DEFER } from './conditions';
import { type NormalizedOperation, normalize, operationOf } from './normalize';
import type { PathStep } from './plan';

/** A fragment that the client can wait for. */
export interface DeferredFragment {
  readonly label: string | undefined;
  /** The way to the objects it is on, by internal response names and by types. */
  readonly path: readonly PathStep[];
  readonly type: string;
  /** What it selects, without what is deferred within it. */
  readonly selectionSet: SelectionSetNode;
  /** The fragment that it is deferred within. */
  readonly within: DeferredFragment | undefined;
}

/** Whether a document asks for anything to be deferred. */
export function asksToDefer(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: ({ name }) => {
      if (name.value !== DEFER) return undefined;
      found = true;
      return BREAK;
    },
  });
  return found;
}

/** An operation without the fragments that are deferred at its root, and each of those as an operation of its own. */
export interface DividedOperation {
  readonly rest: DocumentNode;
  readonly fragments: readonly { readonly label: string | undefined; readonly document: DocumentNode }[];
}

/**
 * Takes out what is deferred at the root, which has nothing to do with the rest: so it can be asked for by itself, even of a
 * subgraph that is asked for the rest too.
 * @param document as {@link decided} gives it.
 */
export function divideAtRoot(document: DocumentNode, operationName: string | undefined | null): DividedOperation {
  const operation = operationOf(document, operationName);
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const asking = (selections: readonly SelectionNode[]): DocumentNode => ({
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }, ...fragments],
  });
  const rest: SelectionNode[] = [];
  const own: { label: string | undefined; document: DocumentNode }[] = [];
  for (const selection of operation.selectionSet.selections) {
    const defer = selection.directives?.find(({ name }) => name.value === DEFER);
    if (defer) {
      const directives = selection.directives!.filter((one) => one !== defer);
      own.push({ label: labelOf(defer), document: asking([{ ...selection, directives } as SelectionNode]) });
    } else rest.push(selection);
  }
  return { rest: asking(rest), fragments: own };
}

/** An operation as a whole, what of it is answered at once, and what later. */
export interface DeferredOperation {
  readonly whole: NormalizedOperation;
  readonly first: SelectionSetNode;
  readonly fragments: readonly DeferredFragment[];
}

/**
 * As {@link normalize}, with `@defer` heeded.
 * @param document as {@link decided} gives it.
 */
export function normalizeDeferred(
  document: DocumentNode,
  operationName: string | undefined | null,
  schema: GraphQLSchema,
): DeferredOperation {
  const whole = normalize(document, operationName, schema, { keepsDefer: true });
  const fragments: DeferredFragment[] = [];
  const first = withoutDeferred(whole.selectionSet, schema.getRootType(whole.kind)!, [], undefined, schema, fragments);
  return { whole, first, fragments };
}

function labelOf({ arguments: given = [] }: DirectiveNode): string | undefined {
  const value = given.find(({ name }) => name.value === 'label')?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function withoutDeferred(
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType,
  path: readonly PathStep[],
  within: DeferredFragment | undefined,
  schema: GraphQLSchema,
  found: DeferredFragment[],
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
      const inner = withoutDeferred(selection.selectionSet, type, at, within, schema, found);
      return [{ ...selection, selectionSet: inner }];
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const type = schema.getType(selection.typeCondition!.name.value) as GraphQLCompositeType;
    const at: PathStep[] = type === parent ? [...path] : [...path, { kind: 'Types', names: [type.name] }];
    const defer = selection.directives?.find(({ name }) => name.value === DEFER);
    if (!defer) {
      const inner = withoutDeferred(selection.selectionSet, type, at, within, schema, found);
      return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
    }
    const own: { -readonly [K in keyof DeferredFragment]: DeferredFragment[K] } = {
      label: labelOf(defer),
      path: at,
      type: type.name,
      selectionSet: selection.selectionSet,
      within,
    };
    found.push(own);
    own.selectionSet = withoutDeferred(selection.selectionSet, type, at, own, schema, found);
    return [];
  });
  return { kind: Kind.SELECTION_SET, selections: kept };
}
