import { Counter, type Registry } from 'prom-client';
import type { Traffic } from '#base/http/traffic';
import { addTrafficMetrics, Metrics } from '#base/telemetry/metrics';
import type { SchemaWatch } from '../graph/schema-watch';
import type { ServedGraph } from '../graph/served-graph';
import type { Usage } from '../graph/usage';
import type { Budgets } from '../policy/budgets';
import type { SupergraphSource } from '../supergraph/source';

export interface GatewayMetricsParts {
  readonly served: ServedGraph;
  readonly source: SupergraphSource | undefined;
  readonly budgets: Budgets | undefined;
  readonly usage: Usage | undefined;
  readonly schemaWatch: SchemaWatch | undefined;
  readonly sharedPlans?: { readonly rejected: number };
  readonly traffic: Traffic;
}

/** Metrics of one gateway process. */
export function gatewayMetrics({
  served,
  source,
  budgets,
  usage,
  schemaWatch,
  sharedPlans,
  traffic,
}: GatewayMetricsParts): Registry {
  const metrics = new Metrics();
  addTrafficMetrics(metrics, traffic);
  addPlanMetrics(metrics, served);
  if (budgets) addBudgetMetrics(metrics, budgets);
  if (sharedPlans)
    metrics.counter(
      'ordergraph_shared_plans_rejected_total',
      'Rejected plans in Redis: not made by a gateway of this deployment, or beyond what their operation requests.',
      () => sharedPlans.rejected,
    );
  metrics.counters('ordergraph_supergraphs_total', 'Supergraphs offered, by result: taken or refused.', 'result', () =>
    Object.entries(served.counts),
  );
  if (usage)
    metrics.counter(
      'ordergraph_usage_uncounted_total',
      'Requests that are in no report of usage: for too many or too long operations, or while the registry was away.',
      () => usage.uncounted,
    );
  if (schemaWatch)
    metrics.gauges(
      'ordergraph_unserved_parts',
      'Parts of the supergraph that a subgraph does not serve, as it last answered.',
      'subgraph',
      () => schemaWatch.unserved,
    );
  if (source?.polls) addRegistryMetrics(metrics, source as Required<SupergraphSource>);
  addCallMetrics(metrics, served);
  return metrics.registry;
}

/** The registry that the supergraph comes from. */
function addRegistryMetrics(metrics: Metrics, source: Pick<Required<SupergraphSource>, 'polls'>): void {
  metrics.counters(
    'ordergraph_supergraph_polls_total',
    'Requests for the supergraph of the registry, by result: changed, unchanged, refused for its signature, or failed.',
    'result',
    () => Object.entries(source.polls.counts),
  );
  metrics.gauge(
    'ordergraph_supergraph_answer_timestamp_seconds',
    'When the registry last answered, in seconds since 1970.',
    () => source.polls.answeredAt,
  );
  metrics.gauge(
    'ordergraph_supergraph_activation',
    'Number of the served activation of the registry; absent while the copy on disk is served.',
    () => source.polls.activation,
  );
}

function addPlanMetrics(metrics: Metrics, served: ServedGraph): void {
  metrics.gauge('ordergraph_plans_cached', 'Cached query plans.', () => served.graph.plans.size);
  metrics.gauge('ordergraph_plans_cached_bytes', 'Estimated size of the cached plans.', () => served.graph.plans.bytes);
  metrics.counter(
    'ordergraph_operations_planned_total',
    'Operations sent to the planners.',
    () => served.totals().planned,
  );
  metrics.counter(
    'ordergraph_operations_unplanned_total',
    'Operations without a query plan.',
    () => served.totals().unplanned,
  );
  metrics.counters('ordergraph_plans_made_total', 'Query plans in use, by planner.', 'planner', () =>
    Object.entries(served.totals().plans.accepted),
  );
  metrics.counters(
    'ordergraph_plans_rejected_total',
    'Query plans that failed verification, by planner.',
    'planner',
    () => Object.entries(served.totals().plans.rejected),
  );
  metrics.counter(
    'ordergraph_planner_deaths_total',
    'Planning processes that died.',
    () => served.totals().plannerDeaths,
  );
  metrics.counter('ordergraph_executions_total', 'Operations executed.', () => served.totals().executions);
  metrics.counter(
    'ordergraph_executions_sliced_total',
    'Operations answered from slices of subgraph responses.',
    () => served.totals().sliced,
  );
}

function addBudgetMetrics(metrics: Metrics, { counts }: Budgets): void {
  metrics.counter('ordergraph_operations_cost_total', 'Estimated cost of all operations.', () => counts.cost);
  metrics.counter(
    'ordergraph_operations_cost_unspent_total',
    'Estimated cost that callers got back, since their operations cost less.',
    () => counts.unspent,
  );
  metrics.counter('ordergraph_operations_costed_total', 'Operations with an estimated cost.', () => counts.operations);
  metrics.counter(
    'ordergraph_operations_too_costly_total',
    'Operations rejected for their cost.',
    () => counts.refused,
  );
}

function addCallMetrics(metrics: Metrics, served: ServedGraph): void {
  metrics.counter(
    'ordergraph_withheld_headers_invalid_total',
    'Headers of subgraphs about rights that could not be read.',
    () => served.totals().malformedWithheld,
  );
  metrics.gauges(
    'ordergraph_subgraph_breaker_open',
    'Whether the circuit breaker of the subgraph is open: 1 or 0.',
    'subgraph',
    () => served.graph.breakers.map(([name, { isOpen }]) => [name, Number(isOpen)]),
  );
  metrics.counters(
    'ordergraph_subgraph_breaker_changes_total',
    'Openings and closings of the circuit breaker of the subgraph.',
    'subgraph',
    () => served.graph.breakers.map(([name, { changes }]) => [name, changes]),
  );
  new Counter({
    name: 'ordergraph_subgraph_calls_total',
    help: 'Subgraph calls, by result: ok or the error code.',
    labelNames: ['subgraph', 'result'],
    registers: [metrics.registry],
    collect() {
      this.reset();
      for (const [subgraph, results] of served.totals().calls)
        for (const [result, count] of results) this.inc({ subgraph, result }, count);
    },
  });
}
