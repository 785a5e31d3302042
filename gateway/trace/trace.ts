import type { CallObserver } from '../execution/calls';
import type { CompiledNode, CompiledOperation } from '../execution/compile/compile';
import type { CompiledFetch } from '../execution/general/fetch';
import type { JsonText } from '../transport/json-text';
import type { Phase, TraceExtension } from './extension';
import { writePlan } from './plan-writer';
import type { PlanVisibility } from './visible-operation';

/** Limits of the timing. */
export const MAX_CALLS = 200;
const MAX_PHASES = 100;

interface Call {
  readonly of: OperationTrace;
  readonly fetch: CompiledFetch;
  readonly start: number;
  end?: number;
  isSent: boolean;
  entities?: number;
  bytes?: number;
  error?: string;
}

interface Interval {
  readonly name: Phase;
  readonly of: OperationTrace;
  readonly start: number;
  readonly end: number;
}

/** What an operation is for in its request. */
type Role =
  | { readonly kind: 'OPERATION' | 'DEFERRED' }
  /** A question that a filter asks: the root field with its keys. */
  | { readonly kind: 'JOIN'; readonly field: string };

/** Records the plans and the timing of one request that asked for them. */
export class Trace {
  /** In the order in which they are planned: joins before the operations that need their keys. */
  readonly operations: OperationTrace[] = [];
  /** By the ids of their questions. */
  readonly joins = new Map<string, OperationTrace>();
  private readonly calls: Call[] = [];
  private callCount = 0;
  private readonly phases: Interval[] = [];

  /** @param arrivedAt by `performance.now()` */
  constructor(private readonly arrivedAt: number) {}

  /** Starts the trace of a request that has been received. */
  static received(arrivedAt: number): OperationTrace {
    const trace = new Trace(arrivedAt);
    const operation = new OperationTrace(trace, { kind: 'OPERATION' });
    trace.ended('RECEIVE', operation, 0);
    return operation;
  }

  /** Milliseconds since the request arrived. */
  now(): number {
    return performance.now() - this.arrivedAt;
  }

  ended(name: Phase, of: OperationTrace, start: number): void {
    if (this.phases.length < MAX_PHASES) this.phases.push({ name, of, start, end: this.now() });
  }

  call(of: OperationTrace, fetch: CompiledFetch, variables: JsonText): CallObserver {
    const call: Call = { of, fetch, start: this.now(), isSent: false, entities: entitiesIn(fetch, variables) };
    this.callCount += 1;
    if (this.calls.length < MAX_CALLS) this.calls.push(call);
    return {
      sent: () => {
        call.isSent = true;
      },
      ended: (bytes) => {
        call.end = this.now();
        call.bytes = bytes;
      },
      failed: (code) => {
        call.end = this.now();
        call.error = code;
      },
    };
  }

  extension(visibility: PlanVisibility): TraceExtension {
    const { plan, ids, joinIds } = writePlan(this.operations, visibility);
    const joinOf = (of: OperationTrace) => (joinIds.has(of) ? { join: joinIds.get(of)! } : {});
    const omitted = this.callCount - this.calls.length;
    return {
      plan,
      timing: {
        phases: this.phases.map(({ name, of, start, end }) => ({
          name,
          ...joinOf(of),
          start: rounded(start),
          end: rounded(end),
        })),
        calls: this.calls.map(({ of, fetch, start, end, isSent, entities, bytes, error }) => {
          const id = ids.get(of)?.get(fetch);
          const showsEntities = visibility.showsSizes && entities !== undefined;
          return {
            ...(id === undefined ? {} : { fetch: id }),
            subgraph: fetch.subgraph,
            start: rounded(start),
            ...(end === undefined ? {} : { end: rounded(end) }),
            shared: !isSent,
            ...(showsEntities ? { entities } : {}),
            ...(visibility.showsSizes && bytes !== undefined ? { bytes } : {}),
            ...(error === undefined ? {} : { error }),
          };
        }),
        ...(omitted > 0 ? { omitted } : {}),
        total: rounded(this.now()),
      },
    };
  }
}

/** Records one operation of a request: its own, a question of a filter, or a fragment deferred at the root. */
export class OperationTrace {
  planned: CompiledOperation | undefined;
  isCached = true;
  /** Questions whose keys it needs. */
  readonly joins = new Set<OperationTrace>();
  /** Outermost steps of its plan that do not delay the first part of the answer. */
  deferredSteps: ReadonlySet<CompiledNode> | undefined;
  private planningSince = 0;

  constructor(
    readonly trace: Trace,
    readonly role: Role,
  ) {}

  /** Measures a phase. @returns a function that ends it */
  begin(name: Phase): () => void {
    const start = this.trace.now();
    return () => this.trace.ended(name, this, start);
  }

  beginPlanning(): void {
    this.planningSince = this.trace.now();
    this.isCached = true;
    this.deferredSteps = undefined;
  }

  /** Notes that no plan was cached. @param notify what else to call then */
  withoutPlan<T extends unknown[]>(notify: ((...about: T) => void) | undefined): (...about: T) => void {
    return (...about) => {
      this.isCached = false;
      notify?.(...about);
    };
  }

  endPlanning(planned: CompiledOperation): void {
    this.planned = planned;
    const { operations } = this.trace;
    if (!operations.includes(this)) operations.push(this);
    this.trace.ended('PLAN', this, this.planningSince);
  }

  call(fetch: CompiledFetch, variables: JsonText): CallObserver {
    return this.trace.call(this, fetch, variables);
  }

  /** The trace of a question that this operation asks, perhaps not as the first. @param id of the question */
  join(id: string, field: string): OperationTrace {
    const { joins } = this.trace;
    const join = joins.get(id) ?? new OperationTrace(this.trace, { kind: 'JOIN', field });
    joins.set(id, join);
    this.joins.add(join);
    return join;
  }

  /** The trace of a fragment that is executed as an operation of its own. */
  fragment(): OperationTrace {
    const fragment = new OperationTrace(this.trace, { kind: 'DEFERRED' });
    for (const join of this.joins) fragment.joins.add(join);
    return fragment;
  }
}

/** Number of representations in the variables of a call. */
function entitiesIn({ entities }: CompiledFetch, variables: JsonText): number | undefined {
  if (!entities) return undefined;
  const values = JSON.parse(String(variables)) as Readonly<Record<string, unknown>>;
  const lists = [...new Set(entities.map(({ variable }) => variable))].map((variable) => values[variable]);
  return lists.reduce((sum: number, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
