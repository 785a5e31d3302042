import { parse } from 'graphql';
import { Graph } from '../../gateway/graph/graph';
import { plannerOf } from '../../gateway/planning/planners';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import type { LoadRequest } from './load';

/** One request to one subgraph. */
export interface Call {
  readonly url: string;
  readonly body: string;
}

/** The subgraph calls of a client request, one stage after the other; the calls of a stage run concurrently. */
export interface Calls {
  readonly request: string;
  readonly stages: readonly (readonly Call[])[];
}

/** Records the subgraph calls of requests by executing each. */
export async function callsOf(supergraphSdl: string, requests: readonly LoadRequest[]): Promise<Calls[]> {
  let stages: Call[][] = [];
  let hasEnded = true;
  const graph = Graph.of({
    supergraphSdl,
    planner: plannerOf('native', createLog('silent', 'bench')),
    planLimits: { entries: 100, bytes: 10_000_000, timeoutMs: 30_000 },
    fetchTimeoutMs: 10_000,
    transport: ({ name, url }) => {
      const transport = new HttpTransport(name, url, { maxResponseBytes: 10_000_000, connections: 8 });
      return {
        shareable: transport.shareable,
        close: () => transport.close(),
        request: async (request) => {
          // a call that starts after a response has arrived may depend on it
          if (hasEnded) stages.push([]);
          hasEnded = false;
          const { operation, variables } = request;
          stages.at(-1)!.push({ url, body: `{"query":${operation.json},"variables":${variables}}` });
          const answer = await transport.request(request);
          hasEnded = true;
          return answer;
        },
      };
    },
  });
  const recorded: Calls[] = [];
  for (const { body } of requests) {
    const { query, variables } = JSON.parse(body);
    stages = [];
    hasEnded = true;
    await graph.execute({
      document: parse(query),
      variables,
      headers: {},
      scope: '',
      deadline: performance.now() + 60_000,
    });
    recorded.push({ request: body, stages });
  }
  await graph.close();
  return recorded;
}
