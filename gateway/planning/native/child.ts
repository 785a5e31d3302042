import { DirectPlanner } from '../direct/planner';
import { failureOf, noPlan } from '../errors';
import { SupergraphModel } from '../model/supergraph-model';
import type { QueryPlan } from '../plan';
import { type PlanningReply, type PlanningStart, type PlanningTask, READY } from '../tasks';
import { PlanVerifier } from '../verification/verifier';
import { NativePlans } from './plans';

/** Memory limit of the process in bytes: an operation that exceeds it has no useful plan. */
const MAX_BYTES = 1.5 * 1024 ** 3;
const LOOK_MS = 200;

/** Verified plans of the native planner, with the direct planner as fallback. */
class VerifiedPlans {
  private readonly native: NativePlans;
  private readonly direct: DirectPlanner;
  private readonly verifier: PlanVerifier;

  constructor({ supergraphSdl, overrides }: PlanningStart) {
    const model = new SupergraphModel(supergraphSdl);
    this.native = new NativePlans(supergraphSdl, model, overrides);
    this.verifier = new PlanVerifier(model);
    this.direct = new DirectPlanner(model, supergraphSdl, overrides);
  }

  async reply({ id, operation, isDirect = false }: PlanningTask): Promise<PlanningReply> {
    const rejected: { native?: string } = {};
    try {
      if (this.native.isBeyond(operation)) throw noPlan(new Error('arguments from the context'));
      const plan = isDirect ? undefined : await this.nativePlan(operation, rejected);
      if (plan) return { id, plan, by: 'native', rejected };
      return { id, plan: this.direct.plan(operation), by: 'direct', rejected };
    } catch (error) {
      return { id, rejected, failure: failureOf(error) };
    }
  }

  private async nativePlan(operation: string, rejected: { native?: string }): Promise<QueryPlan | undefined> {
    let plan: QueryPlan;
    try {
      plan = await this.native.plan(operation);
    } catch {
      // biome-ignore lint/plugin: the direct planner is the fallback for any failure of this one
      return undefined;
    }
    const flaw = this.verifier.flawOf(plan, operation);
    if (flaw === undefined) return plan;
    rejected.native = flaw;
    return undefined;
  }
}

// runs in a separate process: see planner.ts. The first message is the supergraph, all others are tasks
let plans: VerifiedPlans | undefined;

process.on('message', async (message: PlanningStart | PlanningTask) => {
  if ('supergraphSdl' in message) {
    plans = new VerifiedPlans(message);
    process.send!(READY);
  } else process.send!(await plans!.reply(message));
});
setInterval(() => {
  if (process.memoryUsage.rss() > MAX_BYTES) process.exit(1);
}, LOOK_MS).unref();
// the gateway has exited
process.on('disconnect', () => process.exit());
// Ctrl-C signals the whole process group; the gateway finishes its requests first, then stops this process
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
