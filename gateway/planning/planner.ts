import type { QueryPlan } from './plan';
import type { PlanCounts } from './tasks';

/** Turns operations into query plans, against one supergraph. */
export interface Planner {
  readonly name: 'native' | 'apollo';
  /**
   * @param operation text of one operation without fragments, without introspection fields.
   * @param signal ends the work where that is possible.
   * @throws PlanningError
   */
  plan(operation: string, signal: AbortSignal): Promise<QueryPlan>;
  /** Makes ready what the first plan would wait for; resolves when it is. */
  warmUp?(): Promise<void>;
  readonly counts: PlanCounts;
  /** How many processes it has lost, where it has some. */
  readonly deaths?: number;
  close(): Promise<void>;
}
