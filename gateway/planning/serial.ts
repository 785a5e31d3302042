import { Kind, print, type SelectionNode, type SelectionSetNode, stripIgnoredCharacters, visit } from 'graphql';
import { type FetchNode, fetchesOf, type PathStep, type PlanNode, type QueryPlan } from './plan';
import { definitionOf, fieldsOf, nameOf, selectionOf } from './selected';

/**
 * A plan whose mutations are each whole before the next is begun, by "Serial execution" of the GraphQL specification: what follows from
 * the objects that a mutation gives is asked for before the next mutation. The native planner asks for it after all of them, Apollo's
 * after all that stand in a row and are of one subgraph.
 */
export function serial({ root }: QueryPlan): QueryPlan {
  const all = [...fetchesOf(root)];
  const mutations = all.filter((fetch) => fetch.operationKind === 'mutation');
  const names = mutations.map((mutation) => [...new Set(fieldsOf(selectionOf(mutation.operation)).map(nameOf))]);
  if (!root || names.flat().length < 2) return { root };
  const followed = new Set(all.flatMap(({ entities = [] }) => entities.flatMap(({ paths }) => paths.map(firstName))));
  const nodes = mutations.flatMap((mutation, index) => {
    const own = names[index]!;
    const isOne = !own.slice(0, -1).some((name) => followed.has(name));
    return (isOne ? [own] : own.map((name) => [name])).flatMap((given): PlanNode[] => {
      const part = isOne ? mutation : only(mutation, given[0]!);
      const node = without(root, (fetch) => (fetch === mutation ? part : about(fetch, given)));
      return node ? [node] : [];
    });
  });
  return { root: { kind: 'Sequence', nodes } };
}

const firstName = (path: readonly PathStep[]): string | undefined => path.find((step) => step.kind === 'Field')?.name;

/** The part of a fetch that is about what has been given; undefined when nothing of it is. */
function about(fetch: FetchNode, given: readonly (string | undefined)[]): FetchNode | undefined {
  if (!fetch.entities) return undefined;
  const entities = fetch.entities.map((entity) => ({
    ...entity,
    paths: entity.paths.filter((path) => given.includes(firstName(path))),
  }));
  return entities.some(({ paths }) => paths.length > 0) ? { ...fetch, entities } : undefined;
}

/** One of the mutations of a fetch, by its response name. */
function only(mutation: FetchNode, name: string): FetchNode {
  const all = definitionOf(mutation.operation);
  const selectionSet = onlyField(all.selectionSet, name);
  const used = new Set<string>();
  visit(selectionSet, { Variable: (variable) => void used.add(variable.name.value) });
  const variableDefinitions = all.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  return {
    ...mutation,
    operation: stripIgnoredCharacters(print({ ...all, selectionSet, variableDefinitions })),
    variables: mutation.variables.filter((one) => used.has(one)),
  };
}

/** A selection set without fields of other names, at its top. */
function onlyField({ selections, ...rest }: SelectionSetNode, name: string): SelectionSetNode {
  return {
    ...rest,
    selections: selections.flatMap((one): SelectionNode[] => {
      if (one.kind === Kind.FIELD) return nameOf(one) === name ? [one] : [];
      if (one.kind !== Kind.INLINE_FRAGMENT) return [];
      const selectionSet = onlyField(one.selectionSet, name);
      return selectionSet.selections.length > 0 ? [{ ...one, selectionSet }] : [];
    }),
  };
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
