import type { GraphQLSchema } from 'graphql';
import type { DeferredFragment, DeferredOperation } from '../../operation/defer';
import type { PathStep } from '../../planning/plan';
import { fieldNames, pathsOf, selectedBy, selectionOf } from '../../planning/selected';
import type { CompiledNode, CompiledOperation } from '../compile/compile';
import { Shapes } from '../compile/shape';
import type { CompiledFetch } from '../general/fetch';
import { namesOf, type SelectedNames } from '../general/names';
import type { TypeConditions } from '../types';

/** Divides an operation's plan into steps for the initial result and deferred steps. */
export interface Deferral {
  /** Outermost steps that contain only deferred fetches. */
  readonly nodes: ReadonlySet<CompiledNode>;
  readonly fetches: ReadonlySet<CompiledFetch>;
  /** The deferred steps that fetch fields of each fragment. */
  readonly steps: ReadonlyMap<DeferredFragment, readonly CompiledNode[]>;
  /** Shapes of the complete answer. */
  readonly shapes: Shapes;
}

/** @param repeatsFields see {@link Defers} */
export function deferralOf(
  operation: CompiledOperation,
  { whole, first, fragments, byNode }: DeferredOperation,
  schema: GraphQLSchema,
  types: TypeConditions,
  repeatsFields: boolean,
): Deferral {
  const fetches = deferredFetches(operation.root, namesOf(first), fragments, types);
  const nodes = new Set<CompiledNode>();
  if (operation.root) outermost(operation.root, fetches, nodes);
  const steps = new Map(
    fragments.map((fragment) => {
      const names = namesOf(fragment.selectionSet);
      const path = fieldNames(fragment.path);
      return [fragment, [...nodes].filter((node) => fetchesIn(node).some((fetch) => gives(fetch, names, path)))];
    }),
  );
  const root = schema.getRootType(whole.kind)!.name;
  const shapes = Shapes.deferring(schema, root, whole.selectionSet, { fragments: byNode, repeatsFields });
  return { nodes, fetches, steps, shapes };
}

/** The fetches that only deferred fragments need, directly or through later fetches. */
function deferredFetches(
  root: CompiledNode | undefined,
  first: SelectedNames,
  fragments: readonly DeferredFragment[],
  types: TypeConditions,
): Set<CompiledFetch> {
  const before = new Map<CompiledFetch, readonly CompiledFetch[]>();
  const fetches = root ? inOrder(root, [], before) : [];
  const needed: CompiledFetch[] = [];
  const deferred = new Set<CompiledFetch>();
  const wanted = fragments.map(({ path, selectionSet }) => ({ path: fieldNames(path), names: namesOf(selectionSet) }));
  for (const fetch of fetches.toReversed()) {
    const isForLater = wanted.some(({ path, names }) => gives(fetch, names, path));
    const isNeeded =
      !isForLater ||
      gives(fetch, first, []) ||
      fragments.some(({ path }) => findsType(fetch, path)) ||
      findsConcreteType(fetch, first, types) ||
      needed.some((later) => before.get(later)!.includes(fetch) && touches(fetch, later));
    if (isNeeded) needed.push(fetch);
    else deferred.add(fetch);
  }
  return deferred;
}

/** Whether a fetch determines the type of objects that a fragment's type condition depends on. */
function findsType({ entities = [], selected }: CompiledFetch, path: readonly PathStep[]): boolean {
  const typed = path.flatMap((step, index) =>
    step.kind === 'Types' ? [fieldNames(path.slice(0, index)).join('\0')] : [],
  );
  return entities.some(
    ({ alias, source }) =>
      selected().get(alias)?.has('__typename') && source.paths.some((at) => typed.includes(fieldNames(at).join('\0'))),
  );
}

/** Whether a fetch determines the type of objects in the initial result that another subgraph knows only by their interface. */
function findsConcreteType(
  { entities = [], selected }: CompiledFetch,
  first: SelectedNames,
  types: TypeConditions,
): boolean {
  return entities.some(
    ({ alias, source }) =>
      selected().get(alias)?.has('__typename') &&
      source.requires.some((requirement) => requirement.kind === 'Fragment' && !types.isObjectType(requirement.type)) &&
      source.paths.some((at) => namesAt(first, fieldNames(at)) !== undefined),
  );
}

/** The fetches of a step in order; records for each the fetches that end before it begins. */
function inOrder(
  node: CompiledNode | undefined,
  earlier: readonly CompiledFetch[],
  before: Map<CompiledFetch, readonly CompiledFetch[]>,
): CompiledFetch[] {
  if (!node) return [];
  switch (node.kind) {
    case 'Fetch':
      before.set(node, earlier);
      return [node];
    case 'Parallel':
      return node.nodes.flatMap((child) => inOrder(child, earlier, before));
    case 'Sequence': {
      const fetches: CompiledFetch[] = [];
      for (const child of node.nodes) fetches.push(...inOrder(child, [...earlier, ...fetches], before));
      return fetches;
    }
  }
}

/** Whether a fetch returns fields of the objects that a later fetch extends. */
function touches(fetch: CompiledFetch, later: CompiledFetch): boolean {
  const fetched = [{ fetch: fetch.node, selectionSet: selectionOf(fetch.operation.text) }];
  return pathsOf(later.node).some((path) => selectedBy(fetched, path).length > 0);
}

/** Whether a fetch returns any of the fields selected at a path. */
function gives(fetch: CompiledFetch, names: SelectedNames, path: readonly string[]): boolean {
  const tops = fetch.entities
    ? fetch.entities.flatMap(({ alias, source }) =>
        source.paths.map((at) => ({ at: fieldNames(at), names: fetch.selected().get(alias) })),
      )
    : [{ at: fieldNames(fetch.node.at ?? []), names: fetch.selected() }];
  return tops.some((top) => {
    if (top.at.length >= path.length) {
      if (!path.every((name, index) => top.at[index] === name)) return false;
      const inner = namesAt(names, top.at.slice(path.length));
      return inner !== undefined && overlap(inner, top.names ?? new Map());
    }
    if (!top.at.every((name, index) => path[index] === name)) return false;
    const inner = namesAt(top.names, path.slice(top.at.length));
    return inner !== undefined && overlap(names, inner);
  });
}

function namesAt(names: SelectedNames | undefined, path: readonly string[]): SelectedNames | undefined {
  let at = names;
  for (const name of path) at = at?.get(name);
  return at;
}

/** Whether two selections share a field. `__typename` does not count, unless it is the only field of a fetch. */
function overlap(a: SelectedNames, b: SelectedNames): boolean {
  if ([a, b].some((names) => names.size === 1 && names.has('__typename'))) return true;
  for (const name of a.keys()) if (name !== '__typename' && b.has(name)) return true;
  return false;
}

export function fetchesIn(node: CompiledNode | undefined): CompiledFetch[] {
  if (!node) return [];
  if (node.kind === 'Fetch') return [node];
  return node.nodes.flatMap(fetchesIn);
}

function outermost(node: CompiledNode, deferred: ReadonlySet<CompiledFetch>, steps: Set<CompiledNode>): void {
  if (fetchesIn(node).every((fetch) => deferred.has(fetch))) steps.add(node);
  else if (node.kind === 'Sequence' || node.kind === 'Parallel')
    for (const child of node.nodes) outermost(child, deferred, steps);
}
