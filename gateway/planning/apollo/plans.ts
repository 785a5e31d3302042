import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals';
import type * as Apollo from '@apollo/query-planner';
import { QueryPlanner } from '@apollo/query-planner';
import { parse, print, stripIgnoredCharacters, visit } from 'graphql';
import { noPlan, PlanningError } from '../errors';
import { type Overrides, overrideConditions } from '../overrides';
import type {
  ContextVariable,
  FetchNode,
  PathStep,
  PlanNode,
  QueryPlan,
  RequiredSelection,
  Rewrite,
  RewriteStep,
} from '../plan';
import { serial } from '../repairs/serial';
import { definitionOf } from '../selected';

/** Plans with `@apollo/query-planner`; synchronous, and for some operations endless. */
export class ApolloPlans {
  private readonly planner: QueryPlanner;
  private readonly apiSchema: Schema;
  private readonly overrides: Map<string, boolean>;

  constructor(supergraphSdl: string, overrides: Overrides) {
    const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null, validateSupergraph: false });
    this.planner = new QueryPlanner(supergraph);
    this.apiSchema = supergraph.apiSchema();
    this.overrides = overrideConditions(supergraphSdl, overrides);
  }

  /** @throws PlanningError */
  plan(operation: string): QueryPlan {
    let plan: Apollo.QueryPlan;
    try {
      const parsed = operationFromDocument(this.apiSchema, parse(operation));
      plan = this.planner.buildQueryPlan(parsed, { overrideConditions: this.overrides });
    } catch (cause) {
      throw noPlan(cause);
    }
    const { node } = plan;
    if (!node) throw noPlan(new Error('the plan of a non-empty operation is empty'));
    if (node.kind === 'Subscription') throw notSupported('a subscription');
    // as plain data: other plan content cannot be sent between processes
    return serial(
      { root: planNode(withOriginalVariables(JSON.parse(JSON.stringify(node)), operation), []) },
      operation,
    );
  }
}

/**
 * The plan with the operation's original variable definitions, whose default values the planner rewrites, and without type
 * conditions on root types, which may have other names in subgraphs.
 */
function withOriginalVariables(node: Apollo.PlanNode, operation: string): Apollo.PlanNode {
  const definitions = new Map(
    (definitionOf(operation).variableDefinitions ?? []).map((definition) => [
      definition.variable.name.value,
      definition,
    ]),
  );
  if (node.kind === 'Flatten')
    return { ...node, node: withOriginalVariables(node.node, operation) as Apollo.FetchNode };
  if (node.kind === 'Sequence' || node.kind === 'Parallel')
    return { ...node, nodes: node.nodes.map((child) => withOriginalVariables(child, operation)) };
  if (node.kind !== 'Fetch') return node;
  const hasDefaults = [...definitions.values()].some(({ defaultValue }) => defaultValue);
  if (!hasDefaults && (node.requires || !/\.\.\. ?on Query\b/.test(node.operation))) return node;
  const document = visit(parse(node.operation, { noLocation: true }), {
    VariableDefinition: (definition) => definitions.get(definition.variable.name.value) ?? definition,
    InlineFragment: (fragment) =>
      !node.requires && fragment.typeCondition?.name.value === 'Query'
        ? { ...fragment, typeCondition: undefined }
        : undefined,
  });
  return { ...node, operation: stripIgnoredCharacters(print(document)) };
}

const notSupported = (what: string) =>
  new PlanningError('PLAN_NOT_SUPPORTED', `The plan of this operation has ${what}, which is not supported`, {
    status: 501,
  });

function planNode(node: Apollo.PlanNode, path: readonly PathStep[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { kind: node.kind, nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Flatten':
      return planNode(node.node, [...path, ...node.path.flatMap(pathSteps)]);
    case 'Fetch':
      return fetchNode(node, path);
    default:
      throw notSupported(`a ${node.kind} step`);
  }
}

function fetchNode(node: Apollo.FetchNode, path: readonly PathStep[]): FetchNode {
  if (node.operationKind === 'subscription') throw notSupported('a subscription');
  const outputRewrites = (node.outputRewrites ?? []).map(rewrite);
  return {
    kind: 'Fetch',
    subgraph: node.serviceName,
    operation: node.operation,
    operationKind: node.operationKind,
    variables: node.variableUsages ?? [],
    at: node.requires || path.length === 0 ? undefined : path,
    context: node.contextRewrites?.map(contextVariable),
    outputRewrites: node.requires ? [] : outputRewrites,
    entities: node.requires && [
      {
        alias: '_entities',
        variable: 'representations',
        paths: [path],
        requires: node.requires.map(requiredSelection),
        inputRewrites: (node.inputRewrites ?? []).map(rewrite),
        outputRewrites,
      },
    ],
  };
}

/** `@` stands for the items of a list, `field|[A,B]` for a field’s objects of some types. */
function pathSteps(element: string | number): PathStep[] {
  const text = String(element);
  const [name = '', condition] = text.split('|');
  const steps: PathStep[] = [];
  if (name === '@') steps.push({ kind: 'List' });
  else if (name !== '') steps.push({ kind: 'Field', name });
  if (condition !== undefined) steps.push({ kind: 'Types', names: condition.replace(/^\[|\]$/g, '').split(',') });
  return steps;
}

function requiredSelection(selection: Apollo.QueryPlanSelectionNode): RequiredSelection {
  if (selection.kind === 'Field')
    return {
      kind: 'Field',
      from: selection.alias ?? selection.name,
      name: selection.alias ?? selection.name,
      selections: selection.selections?.length ? selection.selections.map(requiredSelection) : undefined,
    };
  if (!selection.typeCondition) throw notSupported('a requirement without a type');
  return { kind: 'Fragment', type: selection.typeCondition, selections: selection.selections.map(requiredSelection) };
}

/** Steps begin with `..` for each object above. */
function contextVariable(dataRewrite: Apollo.FetchDataRewrite): ContextVariable {
  if (dataRewrite.kind !== 'KeyRenamer') throw notSupported('a constant in the context');
  const up = dataRewrite.path.filter((step) => step === '..').length;
  return { variable: dataRewrite.renameKeyTo, up, path: dataRewrite.path.slice(up).map(rewriteStep) };
}

function rewriteStep(step: string): RewriteStep {
  const type = /^\.\.\. on (\w+)$/.exec(step)?.[1];
  return type ? { kind: 'Types', names: [type] } : { kind: 'Field', name: step };
}

/** Steps are field names, and `... on A` for objects of a type. */
function rewrite(dataRewrite: Apollo.FetchDataRewrite): Rewrite {
  const path = dataRewrite.path.map(rewriteStep);
  return dataRewrite.kind === 'ValueSetter'
    ? { kind: 'Set', path, value: dataRewrite.setValueTo }
    : { kind: 'Rename', path, to: dataRewrite.renameKeyTo };
}
