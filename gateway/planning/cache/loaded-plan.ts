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

/** A plan from another process that must not be used. */
export class LoadedPlanError extends Error {}

/**
 * Reads a plan from another process. Even a signed plan is checked: a query's plan may contain only queries of known subgraphs,
 * and a mutation's plan each root field of its operation once.
 * @param operation the plan's operation @param subgraphs names of the supergraph's subgraphs @throws LoadedPlanError
 */
export function readLoadedPlan(text: string, operation: string, subgraphs: readonly string[]): QueryPlan {
  const parsed = planSchema.safeParse(parsedText(text));
  if (!parsed.success) throw new LoadedPlanError('invalid plan format');
  const definition = definitionOf(operation);
  const changes: string[] = [];
  for (const fetch of fetchesOf(parsed.data.root)) {
    if (!subgraphs.includes(fetch.subgraph)) throw new LoadedPlanError(`"${fetch.subgraph}" is not a subgraph`);
    const fetchOperation = operationIn(fetch);
    if (fetch.operationKind !== 'mutation') continue;
    if (definition.operation !== 'mutation' || fetch.entities || fetch.at)
      throw new LoadedPlanError(`unexpected mutation of "${fetch.subgraph}"`);
    changes.push(...rootFieldsOf(fetchOperation.selectionSet));
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

/** The single operation of a fetch. @throws LoadedPlanError if there are several or the kind differs */
function operationIn({ subgraph, operation, operationKind }: FetchNode): OperationDefinitionNode {
  let document: DocumentNode;
  try {
    document = parse(operation, { noLocation: true });
  } catch {
    throw new LoadedPlanError(`the fetch from "${subgraph}" is not valid GraphQL`);
  }
  const [definition, ...others] = document.definitions.filter(({ kind }) => kind !== Kind.FRAGMENT_DEFINITION);
  if (definition?.kind !== Kind.OPERATION_DEFINITION || others.length > 0 || definition.operation !== operationKind)
    throw new LoadedPlanError(`the fetch from "${subgraph}" is not a single ${operationKind}`);
  return definitionOf(operation);
}

/** Names of root fields, without aliases, which planners may change. */
function rootFieldsOf({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === '__typename' ? [] : [selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? rootFieldsOf(selection.selectionSet) : [];
  });
}

/** @throws LoadedPlanError for an unexpected or repeated mutation */
function requireAsked(changes: readonly string[], asked: readonly string[]): void {
  const left = [...asked];
  for (const name of changes) {
    const place = left.indexOf(name);
    if (place < 0) throw new LoadedPlanError(`unexpected mutation "${name}"`);
    left.splice(place, 1);
  }
}
