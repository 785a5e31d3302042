/**
 * A query plan. All planners' output is converted to this form, the only one that execution supports.
 * Paths are those of the answer under construction, by response name.
 */
export interface QueryPlan {
  /** Absent if no subgraph call is needed. */
  readonly root?: PlanNode;
}

export type PlanNode = FetchNode | SequenceNode | ParallelNode;

/** Steps that run in order. */
export interface SequenceNode {
  readonly kind: 'Sequence';
  readonly nodes: readonly PlanNode[];
}

/** Steps that run in parallel. */
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
  /** Names of the operation's variables to send. */
  readonly variables: readonly string[];
  readonly entities?: readonly EntityFetch[];
  /** For a root fetch: the path of a nested root type in the answer; the root by default. */
  readonly at?: readonly PathStep[];
  /** Variables whose values come from objects above the entities: one request per set of values. */
  readonly context?: readonly ContextVariable[];
  /** Applied to the response of a root fetch. */
  readonly outputRewrites: readonly Rewrite[];
}

/** A variable for an `@fromContext` argument. */
export interface ContextVariable {
  readonly variable: string;
  /** Number of objects above the entity where the value's path starts. */
  readonly up: number;
  readonly path: readonly RewriteStep[];
}

/** One `_entities` field of a fetch: its objects and their representations. */
export interface EntityFetch {
  /** Response name of the `_entities` field. */
  readonly alias: string;
  /** Variable for the representations. */
  readonly variable: string;
  /** Paths of the objects; the response is merged into them. */
  readonly paths: readonly (readonly PathStep[])[];
  readonly requires: readonly RequiredSelection[];
  readonly inputRewrites: readonly Rewrite[];
  readonly outputRewrites: readonly Rewrite[];
}

export type PathStep =
  | { readonly kind: 'Field'; readonly name: string }
  | { readonly kind: 'List' }
  | { readonly kind: 'Types'; readonly names: readonly string[] };

/** The contents of a representation. */
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

/** A change of a representation before sending, or of a response before merging. */
export type Rewrite =
  | { readonly kind: 'Set'; readonly path: readonly RewriteStep[]; readonly value: unknown }
  | { readonly kind: 'Rename'; readonly path: readonly RewriteStep[]; readonly to: string };

/** All fetches of a plan, in plan order. */
export function* fetchesOf(node: PlanNode | undefined): Generator<FetchNode> {
  if (!node) return;
  if (node.kind === 'Fetch') yield node;
  else for (const child of node.nodes) yield* fetchesOf(child);
}
