import type { QueryPlan } from './plan';
import type { PlanCounts } from './tasks';

/** Plans operations against one supergraph. */
export interface Planner {
  readonly name: 'native' | 'apollo';
  /**
   * @param operation text of one operation without fragments or introspection fields
   * @param signal stops the work if possible
   * @throws PlanningError
   */
  plan(operation: string, signal: AbortSignal): Promise<QueryPlan>;
  /** Prepares for the first plan; resolves when ready. */
  warmUp?(): Promise<void>;
  readonly counts: PlanCounts;
  /** Number of processes that have died, if it uses any. */
  readonly deaths?: number;
  close(): Promise<void>;
}
