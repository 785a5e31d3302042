/**
 * The one form of a query plan inside this gateway. Either planner's output is turned into it; execution knows no other.
 * Paths are those of the answer under construction, by response name.
 */
export interface QueryPlan {
  /** Absent when no subgraph need be asked. */
  readonly root?: PlanNode;
}

export type PlanNode = FetchNode | SequenceNode | ParallelNode;

/** One after the other. */
export interface SequenceNode {
  readonly kind: 'Sequence';
  readonly nodes: readonly PlanNode[];
}

/** All at once. */
export interface ParallelNode {
  readonly kind: 'Parallel';
  readonly nodes: readonly PlanNode[];
}

/** One request to one subgraph: a root fetch, or, with `entities`, one that resolves representations. */
export interface FetchNode {
  readonly kind: 'Fetch';
  readonly subgraph: string;
  readonly operation: string;
  readonly operationKind: 'query' | 'mutation';
  /** Names of the operation's variables that are sent along. */
  readonly variables: readonly string[];
  readonly entities?: readonly EntityFetch[];
  /** Of a root fetch: where in the answer the root type stands once more, as the value of a field; at the root when there is none. */
  readonly at?: readonly PathStep[];
  /** Variables whose values stand above the entities in the answer: one request for each set of values. */
  readonly context?: readonly ContextVariable[];
  /** Applied to the answer of a root fetch. */
  readonly outputRewrites: readonly Rewrite[];
}

/** A variable that takes what `@fromContext` asks for. */
export interface ContextVariable {
  readonly variable: string;
  /** How many objects above the entity the value's path begins. */
  readonly up: number;
  readonly path: readonly RewriteStep[];
}

/** One `_entities` field of a fetch: which objects it is asked about, and by what. */
export interface EntityFetch {
  /** Response name of the `_entities` field. */
  readonly alias: string;
  /** Variable that takes the representations. */
  readonly variable: string;
  /** Where the objects stand; the answer is merged into them. */
  readonly paths: readonly (readonly PathStep[])[];
  readonly requires: readonly RequiredSelection[];
  readonly inputRewrites: readonly Rewrite[];
  readonly outputRewrites: readonly Rewrite[];
}

export type PathStep =
  | { readonly kind: 'Field'; readonly name: string }
  | { readonly kind: 'List' }
  | { readonly kind: 'Types'; readonly names: readonly string[] };

/** What a representation is made of. */
export type RequiredSelection =
  | {
      readonly kind: 'Field';
      /** Response name in the answer under construction. */
      readonly from: string;
      /** Name in the representation. */
      readonly name: string;
      readonly selections?: readonly RequiredSelection[];
    }
  | { readonly kind: 'Fragment'; readonly type: string; readonly selections: readonly RequiredSelection[] };

export type RewriteStep =
  | { readonly kind: 'Field'; readonly name: string }
  | { readonly kind: 'Types'; readonly names: readonly string[] };

/** A change of a representation before it is sent, or of an answer before it is merged. */
export type Rewrite =
  | { readonly kind: 'Set'; readonly path: readonly RewriteStep[]; readonly value: unknown }
  | { readonly kind: 'Rename'; readonly path: readonly RewriteStep[]; readonly to: string };

/** Every fetch of a plan, in the order in which they stand. */
export function* fetchesOf(node: PlanNode | undefined): Generator<FetchNode> {
  if (!node) return;
  if (node.kind === 'Fetch') yield node;
  else for (const child of node.nodes) yield* fetchesOf(child);
}
