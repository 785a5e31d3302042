import type { Logger } from 'pino';
import type { Graph } from '../graph/graph';
import type { ServedContract, ServedGraph } from '../graph/served-graph';
import { ApolloPipeline } from './apollo';
import type { PersistedQueries } from './persisted-query';

/** Apollo Server over the graph, and over each contract that a new operation was sent to. */
export class Pipelines {
  private readonly ofContracts = new WeakMap<Graph, Promise<ApolloPipeline>>();

  private constructor(
    private readonly served: ServedGraph,
    private readonly registered: PersistedQueries | undefined,
    private readonly log: Logger,
    private readonly whole: ApolloPipeline,
  ) {}

  static async start(served: ServedGraph, registered: PersistedQueries | undefined, log: Logger): Promise<Pipelines> {
    return new Pipelines(served, registered, log, await ApolloPipeline.start(served, registered, log));
  }

  async of(contract: ServedContract): Promise<ApolloPipeline> {
    const { graph } = contract;
    if (graph.contract === undefined) return this.whole;
    let pipeline = this.ofContracts.get(graph);
    if (!pipeline) {
      // the graph remembers documents, in memory that all contracts share
      pipeline = ApolloPipeline.start(this.served.gatewayOf(contract), this.registered, this.log, null);
      this.ofContracts.set(graph, pipeline);
      pipeline.catch(() => this.ofContracts.delete(graph));
    }
    return pipeline;
  }

  stop(): Promise<void> {
    return this.whole.stop();
  }
}
