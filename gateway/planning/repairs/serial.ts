import { Kind, print, type SelectionNode, type SelectionSetNode, stripIgnoredCharacters, visit } from 'graphql';
import { type FetchNode, fetchesOf, type PathStep, type PlanNode, type QueryPlan } from '../plan';
import { definitionOf, fieldNames, fieldsOf, nameOf, pathsOf, selectionOf } from '../selected';

/**
 * Reorders a plan so that mutations run in operation order, each completed before the next begins, by "Serial execution"
 * of the GraphQL specification: fetches for a mutation's objects run before the next mutation. The native
 * planner puts them after all mutations, Apollo's after all consecutive mutations of one subgraph.
 */
export function serial({ root }: QueryPlan, operation: string): QueryPlan {
  const all = [...fetchesOf(root)];
  const mutations = all.filter((fetch) => fetch.operationKind === 'mutation');
  if (!root || mutations.length === 0) return { root };
  const names = mutations.map((mutation) => rootNames(mutation.operation));
  const order = rootNames(operation).filter((name) => names.some((fetchNames) => fetchNames.includes(name)));
  const isInOrder = names.flat().every((name, index) => name === order[index]);
  const followed = new Set(all.flatMap(pathsOf).map(firstName));
  const parts = mutations.flatMap((mutation, index): Part[] => {
    const fetchNames = names[index]!;
    const isOne = isInOrder && !fetchNames.slice(0, -1).some((name) => followed.has(name));
    return isOne
      ? [{ mutation, fetch: mutation, names: fetchNames }]
      : fetchNames.map((name) => partOf(mutation, name));
  });
  const nodes = parts
    .toSorted((part, other) => order.indexOf(part.names[0]!) - order.indexOf(other.names[0]!))
    .flatMap(({ mutation, fetch, names: partNames }) => {
      const node = without(root, (candidate) => (candidate === mutation ? fetch : about(candidate, partNames)));
      return node ? [node] : [];
    });
  return { root: nodes.length === 1 ? nodes[0] : { kind: 'Sequence', nodes } };
}

/** Some of the mutations of a fetch, as a separate fetch. */
interface Part {
  readonly mutation: FetchNode;
  readonly fetch: FetchNode;
  readonly names: readonly string[];
}

/** Response names at the root of an operation, in its order. */
const rootNames = (operation: string): string[] => [...new Set(fieldsOf(selectionOf(operation)).map(nameOf))];

const firstName = (path: readonly PathStep[]): string | undefined => fieldNames(path)[0];

/** The part of a fetch for certain root fields; undefined if there is none. */
function about(fetch: FetchNode, rootFields: readonly (string | undefined)[]): FetchNode | undefined {
  if (!fetch.entities) return fetch.at && rootFields.includes(firstName(fetch.at)) ? fetch : undefined;
  const entities = fetch.entities.map((entity) => ({
    ...entity,
    paths: entity.paths.filter((path) => rootFields.includes(firstName(path))),
  }));
  return entities.some(({ paths }) => paths.length > 0) ? { ...fetch, entities } : undefined;
}

/** One of the mutations of a fetch, by its response name. */
function partOf(mutation: FetchNode, name: string): Part {
  const all = definitionOf(mutation.operation);
  const selectionSet = onlyField(all.selectionSet, name);
  const used = new Set<string>();
  visit(selectionSet, { Variable: (variable) => void used.add(variable.name.value) });
  const variableDefinitions = all.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  const fetch = {
    ...mutation,
    operation: stripIgnoredCharacters(print({ ...all, selectionSet, variableDefinitions })),
    variables: mutation.variables.filter((variable) => used.has(variable)),
  };
  return { mutation, fetch, names: [name] };
}

/** A selection set with only one root field. */
function onlyField({ selections, ...rest }: SelectionSetNode, name: string): SelectionSetNode {
  return {
    ...rest,
    selections: selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return nameOf(selection) === name ? [selection] : [];
      if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
      const selectionSet = onlyField(selection.selectionSet, name);
      return selectionSet.selections.length > 0 ? [{ ...selection, selectionSet }] : [];
    }),
  };
}

/** A step with its fetches replaced, or removed where the replacement is undefined. */
function without(
  node: PlanNode | undefined,
  replace: (fetch: FetchNode) => FetchNode | undefined,
): PlanNode | undefined {
  if (!node) return undefined;
  if (node.kind === 'Fetch') return replace(node);
  const nodes = node.nodes.flatMap((child) => without(child, replace) ?? []);
  return nodes.length > 0 ? { ...node, nodes } : undefined;
}
