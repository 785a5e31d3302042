import type * as Native from '@graphql-hive/router-query-planner';
import { noPlan, PlanningError } from '../errors';
import type { SupergraphModel } from '../model/supergraph-model';
import type { Overrides } from '../overrides';
import type { FetchNode, PathStep, PlanNode, QueryPlan, RequiredSelection, Rewrite } from '../plan';
import { serial } from '../repairs/serial';
import { ContextualFields } from './contextual';

/** Plans with Hive Router's planner, native code that uses its own threads. */
export class NativePlans {
  private readonly planner: Native.QueryPlanner;
  private readonly labels: Set<string>;
  private readonly contextual: ContextualFields;

  /** @throws Error if the binary for this platform is missing or the supergraph is invalid */
  constructor(
    supergraphSdl: string,
    model: SupergraphModel,
    private readonly overrides: Overrides,
  ) {
    const { QueryPlanner } = require('@graphql-hive/router-query-planner') as typeof Native;
    this.planner = new QueryPlanner(supergraphSdl);
    this.labels = new Set(overrides.labels);
    this.contextual = new ContextualFields(model);
  }

  /** Whether an operation needs context arguments, which only Apollo’s planner supports. */
  isBeyond(operation: string): boolean {
    return this.contextual.areIn(operation);
  }

  /** @throws PlanningError */
  async plan(operation: string): Promise<QueryPlan> {
    let plan: Native.QueryPlan;
    try {
      plan = await this.planner.planAsync(operation, undefined, this.labels, this.overrides.percentile);
    } catch (cause) {
      throw noPlan(cause);
    }
    if (!plan.node) throw noPlan(new Error('the plan of a non-empty operation is empty'));
    return serial({ root: planNode(plan.node, []) }, operation);
  }
}

function planNode(node: Native.PlanNode, path: readonly PathStep[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { kind: node.kind, nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Flatten':
      return planNode(node.node, [...path, ...node.path.map(pathStep)]);
    case 'Fetch':
      return fetchNode(node, {
        entities: node.requires?.length
          ? [
              {
                alias: '_entities',
                variable: 'representations',
                paths: [path],
                requires: node.requires.map(requiredSelection),
                inputRewrites: rewrites(node.inputRewrites),
                outputRewrites: rewrites(node.outputRewrites),
              },
            ]
          : undefined,
        at: node.requires?.length || path.length === 0 ? undefined : path,
        outputRewrites: node.requires?.length ? [] : rewrites(node.outputRewrites),
      });
    case 'BatchFetch':
      return fetchNode(node, {
        entities: node.entityBatch.aliases.map((alias) => ({
          alias: alias.alias,
          variable: alias.representationsVariableName,
          paths: alias.paths.map((steps) => steps.map(pathStep)),
          requires: alias.requires.map(requiredSelection),
          inputRewrites: rewrites(alias.inputRewrites),
          outputRewrites: rewrites(alias.outputRewrites),
        })),
        outputRewrites: [],
      });
    default:
      throw notSupported(node.kind);
  }
}

function fetchNode(
  node: Native.FetchNode | Native.BatchFetchNode,
  rest: Pick<FetchNode, 'entities' | 'at' | 'outputRewrites'>,
): FetchNode {
  const { operationKind = 'query' } = node;
  if (operationKind === 'subscription') throw notSupported('Subscription');
  return {
    kind: 'Fetch',
    subgraph: node.serviceName,
    operation: node.operation,
    operationKind,
    variables: node.variableUsages ?? [],
    ...rest,
  };
}

const notSupported = (what: string) =>
  new PlanningError('PLAN_NOT_SUPPORTED', `The plan of this operation has a ${what} step, which is not supported`, {
    status: 501,
  });

function pathStep(step: Native.FlattenNodePathSegment): PathStep {
  if (step === '@') return { kind: 'List' };
  return 'Field' in step ? { kind: 'Field', name: step.Field } : { kind: 'Types', names: step.TypeCondition };
}

function requiredSelection(selection: Native.RequiresSelection): RequiredSelection {
  switch (selection.kind) {
    case 'Field':
      return {
        kind: 'Field',
        // the alias is the name in the representation
        from: selection.name,
        name: selection.alias ?? selection.name,
        selections: selection.selections?.length ? selection.selections.map(requiredSelection) : undefined,
      };
    case 'InlineFragment':
      return {
        kind: 'Fragment',
        type: selection.typeCondition,
        selections: selection.selections.map(requiredSelection),
      };
    default:
      throw notSupported(selection.kind);
  }
}

function rewrites(nativeRewrites: readonly Native.InputRewrite[] = []): Rewrite[] {
  return nativeRewrites.map((rewrite) => {
    const steps = (path: readonly Native.FetchNodePathSegment[]) =>
      path.map((step) =>
        'Key' in step
          ? ({ kind: 'Field', name: step.Key } as const)
          : ({ kind: 'Types', names: step.TypenameEquals } as const),
      );
    // the package uses both shapes
    const inner =
      'ValueSetter' in rewrite ? rewrite.ValueSetter : 'KeyRenamer' in rewrite ? rewrite.KeyRenamer : rewrite;
    return 'setValueTo' in inner
      ? { kind: 'Set', path: steps(inner.path), value: inner.setValueTo }
      : { kind: 'Rename', path: steps(inner.path), to: inner.renameKeyTo };
  });
}
