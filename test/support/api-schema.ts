import { printSchema } from 'graphql';
import { readText } from '../../gateway/cli/read-text';
import { PlanCounts } from '../../gateway/planning/tasks';
import { Graph } from '../../gateway/supergraph/graph';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { InProcessTransport } from '../../gateway/transport/in-process';

const unused = () => Promise.reject(new Error('only the schema is used'));

/** The API schema that clients of a gateway should see. @param supergraphSdl the product's own by default */
export function printApiSchema(supergraphSdl = readText(OWN_SUPERGRAPH_FILE, 'The supergraph')): string {
  const graph = new Graph({
    supergraphSdl,
    planner: () => ({ name: 'native', plan: unused, counts: new PlanCounts(), close: async () => {} }),
    planLimits: { entries: 1, bytes: 1, timeoutMs: 1 },
    transport: ({ name }) => new InProcessTransport({ name, execute: unused }),
    fetchTimeoutMs: 1,
  });
  return printSchema(graph.apiSchema);
}
