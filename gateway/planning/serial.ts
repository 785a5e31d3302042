import { type FetchNode, fetchesOf, type PlanNode, type QueryPlan } from './plan';
import { nameOf, selectionOf } from './selected';

/**
 * A plan whose mutations are each whole before the next is begun, by "Serial execution" of the GraphQL specification: what follows from
 * the objects that a mutation gives is asked for before the next mutation, where the native planner asks for it after all of them.
 */
export function serial({ root }: QueryPlan): QueryPlan {
  const mutations = [...fetchesOf(root)].filter((fetch) => fetch.operationKind === 'mutation');
  if (!root || mutations.length < 2) return { root };
  const nodes = mutations.flatMap((mutation): PlanNode[] => {
    const given = new Set(
      selectionOf(mutation.operation).selections.flatMap((one) => (one.kind === 'Field' ? [nameOf(one)] : [])),
    );
    const own = without(root, (fetch) => (fetch === mutation ? fetch : about(fetch, given)));
    return own ? [own] : [];
  });
  return { root: { kind: 'Sequence', nodes } };
}

/** The part of a fetch that is about what has been given; undefined when nothing of it is. */
function about(fetch: FetchNode, given: ReadonlySet<string>): FetchNode | undefined {
  if (!fetch.entities) return undefined;
  const entities = fetch.entities.map((entity) => ({
    ...entity,
    paths: entity.paths.filter((path) => path[0]?.kind === 'Field' && given.has(path[0].name)),
  }));
  return entities.some(({ paths }) => paths.length > 0) ? { ...fetch, entities } : undefined;
}

/** A step with its fetches replaced, and without those replaced by nothing. */
function without(
  node: PlanNode | undefined,
  replace: (fetch: FetchNode) => FetchNode | undefined,
): PlanNode | undefined {
  if (!node) return undefined;
  if (node.kind === 'Fetch') return replace(node);
  if (node.kind === 'Condition') {
    const [whenTrue, whenFalse] = [without(node.whenTrue, replace), without(node.whenFalse, replace)];
    return whenTrue || whenFalse ? { ...node, whenTrue, whenFalse } : undefined;
  }
  const nodes = node.nodes.flatMap((child) => without(child, replace) ?? []);
  return nodes.length > 0 ? { ...node, nodes } : undefined;
}
