import type { PlanningFailure } from './errors';
import type { Overrides } from './overrides';
import type { QueryPlan } from './plan';

/** Who makes plans. */
export const PLANNERS = ['native', 'apollo', 'direct'] as const;
export type PlannerName = (typeof PLANNERS)[number];

/** What a planning process gets first. */
export interface PlanningStart {
  readonly supergraphSdl: string;
  readonly overrides: Overrides;
}

/** What it says when it takes tasks. */
export const READY = { isReady: true } as const;
export type Ready = typeof READY;

/** One operation to plan. */
export interface PlanningTask {
  readonly id: number;
  readonly operation: string;
  /** Not to be tried by the native planner, which aborted at it or found no end. */
  readonly isDirect?: boolean;
}

/** Its plan, or why there is none. */
export interface PlanningReply {
  readonly id: number;
  readonly plan?: QueryPlan;
  /** Who made the plan. */
  readonly by?: PlannerName;
  /** Flaws of plans that do not compute the operation, by who made them. */
  readonly rejected: Partial<Record<PlannerName, string>>;
  readonly failure?: PlanningFailure;
}

/** Plans by who made them: those that were taken, and those that did not compute their operation. */
export class PlanCounts {
  readonly made: Record<PlannerName, number> = { native: 0, apollo: 0, direct: 0 };
  readonly rejected: Record<PlannerName, number> = { native: 0, apollo: 0, direct: 0 };

  count({ by, rejected }: PlanningReply): void {
    if (by) this.made[by] += 1;
    for (const name of Object.keys(rejected) as PlannerName[]) this.rejected[name] += 1;
  }

  add({ made, rejected }: PlanCounts): this {
    for (const name of PLANNERS) {
      this.made[name] += made[name];
      this.rejected[name] += rejected[name];
    }
    return this;
  }
}
