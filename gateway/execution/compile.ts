import { type GraphQLSchema, Kind, type OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { NormalizedOperation } from '../planning/normalize';
import { type FetchNode, fetchesOf, type PlanNode, type QueryPlan } from '../planning/plan';
import { type CompiledFetch, compileFetch, namesOf, place, type SelectedNames } from './fetch';
import { compileRender, type Render } from './render';
import { type Conditions, Shapes } from './shape';
import type { TypeConditions } from './types';

export type CompiledNode =
  | CompiledFetch
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly CompiledNode[] }
  | {
      readonly kind: 'Condition';
      readonly variable: string;
      readonly whenTrue?: CompiledNode;
      readonly whenFalse?: CompiledNode;
    };

/** How the answer is written for given values of the condition variables. */
export interface Output {
  readonly shapes: Shapes;
  readonly render: Render;
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

/** An operation's shape made ready to be run many times: its fetches and how its answer is written. */
export class CompiledOperation {
  private selectedNames: SelectedNames | undefined;
  private readonly outputs = new Map<string, Output>();

  private constructor(
    private readonly kind: OperationTypeNode,
    private readonly selectionSet: SelectionSetNode,
    private readonly conditions: readonly string[],
    private readonly apiSchema: GraphQLSchema,
    readonly root: CompiledNode | undefined,
    readonly fetches: readonly CompiledFetch[],
  ) {}

  /** What the text of the operation says, which other operations may say too. */
  static of(
    normalized: NormalizedOperation,
    plan: QueryPlan,
    apiSchema: GraphQLSchema,
    types: TypeConditions,
  ): CompiledOperation {
    const all = [...fetchesOf(plan.root)];
    const fetches: CompiledFetch[] = [];
    const root = plan.root && compileNode(plan.root, 0, all, types, fetches);
    const { kind, planned = NOTHING, conditions } = normalized;
    return new CompiledOperation(kind, planned, conditions, apiSchema, root, fetches);
  }

  /** The same fetches, with the whole answer of an operation that has more than its text says. */
  writing({ kind, selectionSet, conditions }: NormalizedOperation): CompiledOperation {
    return new CompiledOperation(kind, selectionSet, conditions, this.apiSchema, this.root, this.fetches);
  }

  /** Response names of the answer, nested. */
  get names(): SelectedNames {
    this.selectedNames ??= namesOf(this.selectionSet);
    return this.selectedNames;
  }

  private get sharedPlaces(): ReadonlySet<string> {
    return new Set(
      this.fetches.flatMap(({ entities = [] }) =>
        entities.flatMap(({ paths }) =>
          paths.flatMap(({ isInterchangeable, path }) => (isInterchangeable ? [place(path.source)] : [])),
        ),
      ),
    );
  }

  output(conditions: Conditions): Output {
    const key = this.conditions.map((name) => (conditions[name] ? '1' : '0')).join('');
    let output = this.outputs.get(key);
    if (!output) {
      const root = this.apiSchema.getRootType(this.kind)!.name;
      const shapes = new Shapes(this.apiSchema, conditions, root, [this.selectionSet], '', this.sharedPlaces);
      output = { shapes, render: compileRender(shapes) };
      if (this.outputs.size < 64) this.outputs.set(key, output);
    }
    return output;
  }
}

/** @param after how many fetches can follow one another after the node. */
function compileNode(
  node: PlanNode,
  after: number,
  all: readonly FetchNode[],
  types: TypeConditions,
  fetches: CompiledFetch[],
): CompiledNode {
  switch (node.kind) {
    case 'Fetch': {
      const fetch = compileFetch(node, after + 1, all, types);
      fetches.push(fetch);
      return fetch;
    }
    case 'Parallel':
      return { kind: 'Parallel', nodes: node.nodes.map((child) => compileNode(child, after, all, types, fetches)) };
    case 'Sequence': {
      const depths = node.nodes.map(depthOf);
      return {
        kind: 'Sequence',
        nodes: node.nodes.map((child, index) =>
          compileNode(child, after + sum(depths.slice(index + 1)), all, types, fetches),
        ),
      };
    }
    case 'Condition':
      return {
        kind: 'Condition',
        variable: node.variable,
        whenTrue: node.whenTrue && compileNode(node.whenTrue, after, all, types, fetches),
        whenFalse: node.whenFalse && compileNode(node.whenFalse, after, all, types, fetches),
      };
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function depthOf(node: PlanNode | undefined): number {
  if (!node) return 0;
  if (node.kind === 'Fetch') return 1;
  if (node.kind === 'Condition') return Math.max(depthOf(node.whenTrue), depthOf(node.whenFalse));
  const depths = node.nodes.map(depthOf);
  return node.kind === 'Sequence' ? sum(depths) : Math.max(0, ...depths);
}
