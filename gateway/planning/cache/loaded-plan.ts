import { type DocumentNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { z } from 'zod';
import { type FetchNode, fetchesOf, type PlanNode, type QueryPlan, type RequiredSelection } from '../plan';
import { definitionOf } from '../selected';

const names = z.array(z.string());
const field = z.strictObject({ kind: z.literal('Field'), name: z.string() });
const types = z.strictObject({ kind: z.literal('Types'), names });
const path = z.array(z.discriminatedUnion('kind', [field, z.strictObject({ kind: z.literal('List') }), types]));
const rewritePath = z.array(z.discriminatedUnion('kind', [field, types]));
const rewrites = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('Set'), path: rewritePath, value: z.json() }),
    z.strictObject({ kind: z.literal('Rename'), path: rewritePath, to: z.string() }),
  ]),
);
const required: z.ZodType<RequiredSelection> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('Field'),
      from: z.string(),
      name: z.string(),
      selections: z.array(required).optional(),
    }),
    z.strictObject({ kind: z.literal('Fragment'), type: z.string(), selections: z.array(required) }),
  ]),
);
const fetchNode: z.ZodType<FetchNode> = z.strictObject({
  kind: z.literal('Fetch'),
  subgraph: z.string(),
  operation: z.string(),
  operationKind: z.enum(['query', 'mutation']),
  variables: names,
  entities: z
    .array(
      z.strictObject({
        alias: z.string(),
        variable: z.string(),
        paths: z.array(path),
        requires: z.array(required),
        inputRewrites: rewrites,
        outputRewrites: rewrites,
      }),
    )
    .optional(),
  at: path.optional(),
  context: z.array(z.strictObject({ variable: z.string(), up: z.int(), path: rewritePath })).optional(),
  outputRewrites: rewrites,
});
const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.union([
    fetchNode,
    z.strictObject({ kind: z.literal('Sequence'), nodes: z.array(planNode) }),
    z.strictObject({ kind: z.literal('Parallel'), nodes: z.array(planNode) }),
  ]),
);
const planSchema: z.ZodType<QueryPlan> = z.strictObject({ root: planNode.optional() });

/** A plan from outside of this process that must not be used. */
export class LoadedPlanError extends Error {}

/**
 * Reads a plan that another process made. Whatever vouches for it, a query's plan changes nothing: it holds queries of known subgraphs
 * and nothing else; a mutation's plan has the root fields of its operation, each once.
 * @param operation that the plan is for @param subgraphs of the supergraph @throws LoadedPlanError
 */
export function readLoadedPlan(text: string, operation: string, subgraphs: readonly string[]): QueryPlan {
  const parsed = planSchema.safeParse(parsedText(text));
  if (!parsed.success) throw new LoadedPlanError('it has not the form of a plan');
  const definition = definitionOf(operation);
  const changes: string[] = [];
  for (const fetch of fetchesOf(parsed.data.root)) {
    if (!subgraphs.includes(fetch.subgraph)) throw new LoadedPlanError(`"${fetch.subgraph}" is not a subgraph`);
    const own = operationIn(fetch);
    if (fetch.operationKind !== 'mutation') continue;
    if (definition.operation !== 'mutation' || fetch.entities || fetch.at)
      throw new LoadedPlanError(`it holds a mutation of "${fetch.subgraph}" that its operation does not ask for`);
    changes.push(...rootFieldsOf(own.selectionSet));
  }
  requireAsked(changes, rootFieldsOf(definition.selectionSet));
  return parsed.data;
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The one operation of a fetch, of the kind that the fetch says. @throws LoadedPlanError */
function operationIn({ subgraph, operation, operationKind }: FetchNode): OperationDefinitionNode {
  let document: DocumentNode;
  try {
    document = parse(operation, { noLocation: true });
  } catch {
    throw new LoadedPlanError(`what it asks "${subgraph}" is not GraphQL`);
  }
  const [own, ...others] = document.definitions.filter(({ kind }) => kind !== Kind.FRAGMENT_DEFINITION);
  if (own?.kind !== Kind.OPERATION_DEFINITION || others.length > 0 || own.operation !== operationKind)
    throw new LoadedPlanError(`what it asks "${subgraph}" is not one ${operationKind}`);
  return definitionOf(operation);
}

/** Names of root fields; without names of their own, since planners may rename them. */
function rootFieldsOf({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === '__typename' ? [] : [selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? rootFieldsOf(selection.selectionSet) : [];
  });
}

/** @throws LoadedPlanError for a change that is not asked for, or more often than it is */
function requireAsked(changes: readonly string[], asked: readonly string[]): void {
  const left = [...asked];
  for (const name of changes) {
    const place = left.indexOf(name);
    if (place < 0) throw new LoadedPlanError(`it holds the mutation "${name}", which its operation does not ask for`);
    left.splice(place, 1);
  }
}
