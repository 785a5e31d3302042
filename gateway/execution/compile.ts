import { type GraphQLSchema, Kind, type OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { NormalizedOperation } from '../planning/normalize';
import { type FetchNode, fetchesOf, type PlanNode, type QueryPlan } from '../planning/plan';
import { type CompiledFetch, compileFetch, namesOf, place, type SelectedNames } from './fetch';
import { compileRender, type Render } from './render';
import { type Conditions, isIncluded, Shapes } from './shape';
import { planSlices, type SlicePlan } from './slices/plan';
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

/** The schemas of a supergraph. */
export interface Schemas {
  /** As clients see it. */
  readonly api: GraphQLSchema;
  /** With what clients may not see. */
  readonly whole: GraphQLSchema;
  readonly types: TypeConditions;
}

/** How the answer is written for given values of the condition variables. */
export interface Output {
  readonly shapes: Shapes;
  readonly render: Render;
  /** Names of its root fields. */
  readonly keys: ReadonlySet<string>;
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

/** An operation's shape made ready to be run many times: its fetches and how its answer is written. */
export class CompiledOperation {
  private selectedNames: SelectedNames | undefined;
  private readonly outputs = new Map<string, Output>();
  private slicePlan: SlicePlan | 'none' | undefined;
  private runs = 0;

  private constructor(
    private readonly kind: OperationTypeNode,
    private readonly selectionSet: SelectionSetNode,
    readonly conditions: readonly string[],
    private readonly schemas: Schemas,
    readonly root: CompiledNode | undefined,
    readonly fetches: readonly CompiledFetch[],
    private readonly isWithheldInPart = false,
  ) {}

  /** What the text of the operation says, which other operations may say too. */
  static of(normalized: NormalizedOperation, plan: QueryPlan, schemas: Schemas): CompiledOperation {
    const all = [...fetchesOf(plan.root)];
    const fetches: CompiledFetch[] = [];
    const root = plan.root && compileNode(plan.root, 0, all, schemas.types, fetches);
    const { kind, planned = NOTHING } = normalized;
    return new CompiledOperation(kind, planned, [], schemas, root, fetches);
  }

  /** The same fetches, with the whole answer of an operation that has more than its text says. */
  writing({ kind, selectionSet, isWithheldInPart }: NormalizedOperation): CompiledOperation {
    const { schemas, root, fetches } = this;
    return new CompiledOperation(kind, selectionSet, [], schemas, root, fetches, isWithheldInPart);
  }

  /** Response names of the answer, nested. */
  get names(): SelectedNames {
    this.selectedNames ??= namesOf(this.selectionSet);
    return this.selectedNames;
  }

  /** The same of the answer when conditions leave some of it out. */
  namesUnder(conditions: Conditions): SelectedNames {
    if (this.conditions.length === 0) return this.names;
    return namesOf(this.selectionSet, undefined, (selection) => isIncluded(selection, conditions));
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

  /** How it is run over slices; undefined when it cannot be, and the first time, since most of all operations are asked once. */
  slices(): SlicePlan | undefined {
    if (this.slicePlan === undefined) {
      this.runs += 1;
      if (this.runs === 1) return undefined;
      const { api, whole } = this.schemas;
      // what is withheld may have been fetched as a key, and must not be written with what it stands beside
      const isSimple =
        this.kind === 'query' && this.conditions.length === 0 && this.root !== undefined && !this.isWithheldInPart;
      this.slicePlan = (isSimple && planSlices(this.root!, this.output({}).shapes, whole, api)) || 'none';
    }
    return this.slicePlan === 'none' ? undefined : this.slicePlan;
  }

  output(conditions: Conditions): Output {
    const key = this.conditions.map((name) => (conditions[name] ? '1' : '0')).join('');
    let output = this.outputs.get(key);
    if (!output) {
      const { api } = this.schemas;
      const root = api.getRootType(this.kind)!.name;
      const shapes = new Shapes(api, conditions, root, [this.selectionSet], '', this.sharedPlaces);
      const keys = new Set(shapes.of(root)?.fields.map(({ key }) => key));
      output = { shapes, render: compileRender(shapes), keys };
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
