/** `extensions.trace` of an answer: docs/http.md. Times are milliseconds since the request arrived. */
export interface TraceExtension {
  readonly plan: {
    /** Whether this gateway had the plans of the operation, its deferred fragments included. */
    readonly cached: boolean;
    readonly fetches: readonly TracedFetch[];
    /** Conditions in `matches`, whose keys the gateway asks for before it plans the operation. */
    readonly joins: readonly TracedJoin[];
    /** What exceeds the limits of a trace. */
    readonly omitted?: { readonly fetches?: number; readonly operations?: number };
  };
  readonly timing: {
    readonly phases: readonly TracedPhase[];
    readonly calls: readonly TracedCall[];
    /** Calls beyond the limit. */
    readonly omitted?: number;
    readonly total: number;
  };
}

export interface TracedFetch {
  readonly id: number;
  readonly subgraph: string;
  readonly kind: 'ROOT' | 'ENTITIES';
  /** Ids of fetches. */
  readonly waitsFor: readonly number[];
  readonly deferred: boolean;
  /** Id of the join that the fetch is part of. */
  readonly join?: number;
  /** Types of the entities. */
  readonly types?: readonly string[];
  /** Response names of the answer that lead to its objects; absent at the root. */
  readonly paths?: readonly (readonly string[])[];
  /** GraphQL text; its values are in variables. */
  readonly operation?: string;
}

export interface TracedJoin {
  readonly id: number;
  /** The root field that lists the keys. */
  readonly field: string;
  readonly cached: boolean;
}

export interface TracedPhase {
  readonly name: Phase;
  /** Id of the join that it plans. */
  readonly join?: number;
  readonly start: number;
  readonly end: number;
}

export interface TracedCall {
  /** Id of the fetch; absent if the plan omits the fetch. */
  readonly fetch?: number;
  readonly subgraph: string;
  readonly start: number;
  /** Absent while the call is running. */
  readonly end?: number;
  /** Whether another request had already sent the same call. */
  readonly shared: boolean;
  /** Number of entities asked for. */
  readonly entities?: number;
  /** Size of the response. */
  readonly bytes?: number;
  /** Code of the error if the call failed. */
  readonly error?: string;
}

export type Phase = 'RECEIVE' | 'PARSE' | 'VALIDATE' | 'PLAN';
