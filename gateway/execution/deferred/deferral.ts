import type { GraphQLSchema } from 'graphql';
import type { DeferredFragment, DeferredOperation } from '../../operation/defer';
import type { PathStep } from '../../planning/plan';
import { fieldNames, pathsOf, selectedBy, selectionOf } from '../../planning/selected';
import type { CompiledNode, CompiledOperation } from '../compile/compile';
import { Shapes } from '../compile/shape';
import type { CompiledFetch } from '../general/fetch';
import { namesOf, type SelectedNames } from '../general/names';
import type { TypeConditions } from '../types';

/** How an operation's plan is divided into what the first answer waits for and what it does not. */
export interface Deferral {
  /** Steps that the first answer does not wait for, all of whose fetches are such; none is within another. */
  readonly nodes: ReadonlySet<CompiledNode>;
  readonly fetches: ReadonlySet<CompiledFetch>;
  /** By fragment, the deferred steps that fetch something of it. */
  readonly steps: ReadonlyMap<DeferredFragment, readonly CompiledNode[]>;
  /** How the whole answer is delivered. */
  readonly shapes: Shapes;
}

/** @param repeatsFields whether each fragment delivers all its fields, as {@link Defers} has it. */
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

/** The fetches that are for deferred fragments alone, and come before none that the first answer needs. */
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
      fragments.some(({ path }) => tellsType(fetch, path)) ||
      tellsWhatItIs(fetch, first, types) ||
      needed.some((later) => before.get(later)!.includes(fetch) && touches(fetch, later));
    if (isNeeded) needed.push(fetch);
    else deferred.add(fetch);
  }
  return deferred;
}

/** Whether a fetch tells of which type the objects are on whose type a fragment depends: before that nobody knows what it is on. */
function tellsType({ entities = [], selected }: CompiledFetch, path: readonly PathStep[]): boolean {
  const typed = path.flatMap((step, index) =>
    step.kind === 'Types' ? [fieldNames(path.slice(0, index)).join('\0')] : [],
  );
  return entities.some(
    ({ alias, source }) =>
      selected().get(alias)?.has('__typename') && source.paths.some((at) => typed.includes(fieldNames(at).join('\0'))),
  );
}

/** Whether a fetch tells of which type objects of the first answer are that another subgraph knows by their interface only. */
function tellsWhatItIs(
  { entities = [], selected }: CompiledFetch,
  first: SelectedNames,
  types: TypeConditions,
): boolean {
  return entities.some(
    ({ alias, source }) =>
      selected().get(alias)?.has('__typename') &&
      source.requires.some((one) => one.kind === 'Fragment' && !types.isObjectType(one.type)) &&
      source.paths.some((at) => namesAt(first, fieldNames(at)) !== undefined),
  );
}

/** The fetches of a step, each with those that have ended when it begins. */
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
      const made: CompiledFetch[] = [];
      for (const child of node.nodes) made.push(...inOrder(child, [...earlier, ...made], before));
      return made;
    }
  }
}

/** Whether a fetch gives something of the objects that a later one is about. */
function touches(fetch: CompiledFetch, later: CompiledFetch): boolean {
  const own = [{ fetch: fetch.node, selectionSet: selectionOf(fetch.operation.text) }];
  return pathsOf(later.node).some((path) => selectedBy(own, path).length > 0);
}

/** Whether a fetch gives a value of what is selected at a path. */
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

/** Whether two selections have a field in common. Of which type an object is says nothing, unless it is all that a fetch is for. */
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

function outermost(node: CompiledNode, deferred: ReadonlySet<CompiledFetch>, found: Set<CompiledNode>): void {
  if (fetchesIn(node).every((fetch) => deferred.has(fetch))) found.add(node);
  else if (node.kind === 'Sequence' || node.kind === 'Parallel')
    for (const child of node.nodes) outermost(child, deferred, found);
}
