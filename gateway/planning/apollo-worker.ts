import { parentPort, workerData } from 'node:worker_threads';
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { parse } from 'graphql';
import type { PlanningReply, PlanningStart, PlanningTask } from './apollo';
import { withTypesOfConditionalObjects } from './conditions';
import { overrideConditions } from './overrides';

// runs on a thread of its own: see apollo.ts
const { supergraphSdl, overrides } = workerData as PlanningStart;
const conditions = overrideConditions(supergraphSdl, overrides);
const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null, validateSupergraph: false });
const planner = new QueryPlanner(supergraph);
const apiSchema = supergraph.apiSchema();

parentPort!.on('message', ({ id, operation }: PlanningTask) => {
  let reply: PlanningReply;
  try {
    const parsed = operationFromDocument(apiSchema, withTypesOfConditionalObjects(parse(operation)));
    // as plain data: what a plan holds besides cannot be handed to another thread
    reply = {
      id,
      plan: JSON.parse(JSON.stringify(planner.buildQueryPlan(parsed, { overrideConditions: conditions }))),
    };
  } catch (error) {
    reply = { id, error: (error as Error).message };
  }
  parentPort!.postMessage(reply);
});
