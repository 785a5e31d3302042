import { failureOf } from '../errors';
import { SupergraphModel } from '../model/supergraph-model';
import { type PlanningReply, type PlanningStart, type PlanningTask, READY } from '../tasks';
import { PlanVerifier } from '../verification/verifier';
import { ApolloPlans } from './plans';

// runs in a separate process: see planner.ts. The first message is the supergraph, all others are tasks
let plans: ApolloPlans | undefined;
let verifier: PlanVerifier | undefined;

function reply({ id, operation }: PlanningTask): PlanningReply {
  try {
    const plan = plans!.plan(operation);
    const flaw = verifier!.flawOf(plan, operation);
    return flaw === undefined ? { id, plan, by: 'apollo', rejected: {} } : { id, rejected: { apollo: flaw } };
  } catch (error) {
    return { id, rejected: {}, failure: failureOf(error) };
  }
}

process.on('message', (message: PlanningStart | PlanningTask) => {
  if ('supergraphSdl' in message) {
    plans = new ApolloPlans(message.supergraphSdl, message.overrides);
    verifier = new PlanVerifier(new SupergraphModel(message.supergraphSdl));
    process.send!(READY);
  } else process.send!(reply(message));
});
// the gateway has exited
process.on('disconnect', () => process.exit());
// Ctrl-C signals the whole process group; the gateway finishes its requests first, then stops this process
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
