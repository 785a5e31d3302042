import type { PlanningFailure } from './errors';
import type { Overrides } from './overrides';
import type { QueryPlan } from './plan';

/** The planners. */
export const PLANNERS = ['native', 'apollo', 'direct'] as const;
export type PlannerName = (typeof PLANNERS)[number];

/** The first message to a planning process. */
export interface PlanningStart {
  readonly supergraphSdl: string;
  readonly overrides: Overrides;
}

/** Its message when it accepts tasks. */
export const READY = { isReady: true } as const;
export type Ready = typeof READY;

/** One operation to plan. */
export interface PlanningTask {
  readonly id: number;
  readonly operation: string;
  /** Skips the native planner, which aborted on it or never finished. */
  readonly isDirect?: boolean;
}

/** Its plan or error. */
export interface PlanningReply {
  readonly id: number;
  readonly plan?: QueryPlan;
  /** The planner of the plan. */
  readonly by?: PlannerName;
  /** Flaws of rejected plans, by planner. */
  readonly rejected: Partial<Record<PlannerName, string>>;
  readonly failure?: PlanningFailure;
}

/** Accepted and rejected plans by planner. */
export class PlanCounts {
  readonly accepted: Record<PlannerName, number> = { native: 0, apollo: 0, direct: 0 };
  readonly rejected: Record<PlannerName, number> = { native: 0, apollo: 0, direct: 0 };

  count({ by, rejected }: PlanningReply): void {
    if (by) this.accepted[by] += 1;
    for (const name of Object.keys(rejected) as PlannerName[]) this.rejected[name] += 1;
  }

  add({ accepted, rejected }: PlanCounts): this {
    for (const name of PLANNERS) {
      this.accepted[name] += accepted[name];
      this.rejected[name] += rejected[name];
    }
    return this;
  }
}
