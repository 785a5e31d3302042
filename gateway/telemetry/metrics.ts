import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Budgets } from '../policy/budgets';
import type { ServedGraph } from '../supergraph/served-graph';

/** What the gateway counts, in the text format of Prometheus. Read when it is asked for; requests pay nothing for it. */
export function metricsOf(served: ServedGraph, budgets: Budgets | undefined): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  gauge('ordergraph_plans_cached', 'Query plans that are kept.', () => served.graph.plans.size);
  gauge('ordergraph_plans_cached_bytes', 'Their size, by estimate.', () => served.graph.plans.bytes);
  counter('ordergraph_operations_planned_total', 'Operations sent to the planners.', () => served.totals().planned);
  counter(
    'ordergraph_operations_unplanned_total',
    'Operations that no planner found a plan for.',
    () => served.totals().unplanned,
  );
  for (const [which, help] of [
    ['made', 'Query plans in use, by the planner that made them.'],
    ['rejected', 'Query plans that failed verification, by the planner that made them.'],
  ] as const)
    new Counter({
      name: `ordergraph_plans_${which}_total`,
      help,
      labelNames: ['planner'],
      registers,
      collect() {
        this.reset();
        for (const [planner, count] of Object.entries(served.totals().plans[which])) this.inc({ planner }, count);
      },
    });
  counter('ordergraph_planner_deaths_total', 'Planning processes that died.', () => served.totals().plannerDeaths);
  counter('ordergraph_executions_total', 'Operations executed.', () => served.totals().executions);
  counter(
    'ordergraph_executions_sliced_total',
    'Of these, answered from slices of what subgraphs sent.',
    () => served.totals().sliced,
  );
  if (budgets) {
    const { counts } = budgets;
    counter('ordergraph_operations_cost_total', 'What operations were estimated to cost.', () => counts.cost);
    counter('ordergraph_operations_costed_total', 'Operations whose cost was estimated.', () => counts.operations);
    counter('ordergraph_operations_too_costly_total', 'Of these, those that were refused.', () => counts.refused);
  }
  new Counter({
    name: 'ordergraph_supergraphs_total',
    help: 'Supergraphs that were offered, by whether they were taken.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      this.inc({ result: 'taken' }, served.counts.taken);
      this.inc({ result: 'refused' }, served.counts.refused);
    },
  });
  new Counter({
    name: 'ordergraph_subgraph_calls_total',
    help: 'Calls of subgraphs, by how they ended: ok, or the code of the error.',
    labelNames: ['subgraph', 'result'],
    registers,
    collect() {
      this.reset();
      for (const [subgraph, results] of served.totals().calls)
        for (const [result, count] of results) this.inc({ subgraph, result }, count);
    },
  });
  return registry;
}
