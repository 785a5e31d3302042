import { type GraphQLSchema, Kind, type OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { NormalizedOperation } from '../../operation/normalize';
import { fetchesOf, type PlanNode, type QueryPlan } from '../../planning/plan';
import { type CompiledFetch, compileFetch } from '../general/fetch';
import { namesOf, type SelectedNames } from '../general/names';
import { PlanIndex, place } from '../general/plan-index';
import { planSlices, type SlicePlan } from '../slices/plan';
import type { TypeConditions } from '../types';
import { compileRender, type Render } from './render';
import { Shapes } from './shape';

export type CompiledNode =
  | CompiledFetch
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly CompiledNode[] };

/** The schemas of a supergraph. */
export interface Schemas {
  /** The API schema. */
  readonly api: GraphQLSchema;
  /** Including inaccessible elements. */
  readonly whole: GraphQLSchema;
  readonly types: TypeConditions;
}

/** How the answer is written. */
export interface Output {
  readonly shapes: Shapes;
  readonly render: Render;
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

/** An operation shape compiled for repeated execution: its fetches and how its answer is written. */
export class CompiledOperation {
  private selectedNames: SelectedNames | undefined;
  private cachedOutput: Output | undefined;
  private slicePlan: SlicePlan | 'none' | undefined;
  private runs = 0;

  private constructor(
    private readonly kind: OperationTypeNode,
    private readonly selectionSet: SelectionSetNode,
    private readonly schemas: Schemas,
    readonly root: CompiledNode | undefined,
    readonly fetches: readonly CompiledFetch[],
    private readonly isWithheldInPart = false,
  ) {}

  /** Compiles what the normalized text covers; other operations may share it. */
  static of(normalized: NormalizedOperation, plan: QueryPlan, schemas: Schemas): CompiledOperation {
    const index = new PlanIndex([...fetchesOf(plan.root)]);
    const fetches: CompiledFetch[] = [];
    const root = plan.root && compileNode(plan.root, 0, index, schemas.types, fetches);
    const { kind, planned = NOTHING } = normalized;
    return new CompiledOperation(kind, planned, schemas, root, fetches);
  }

  /**
   * The same fetches, with the complete answer of an operation that has more than its text, or whose clients see less.
   * @param schemas with another API schema
   */
  writing({ kind, selectionSet, isWithheldInPart }: NormalizedOperation, schemas = this.schemas): CompiledOperation {
    const { root, fetches } = this;
    return new CompiledOperation(kind, selectionSet, schemas, root, fetches, isWithheldInPart);
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

  /** The slice plan; undefined if unsupported, and on the first execution, since most operations run once. */
  slices(): SlicePlan | undefined {
    if (this.slicePlan === undefined) {
      this.runs += 1;
      if (this.runs === 1) return undefined;
      const { api, whole } = this.schemas;
      // a withheld field may have been fetched as a key, and must not be copied along with its neighbors
      const isSimple = this.kind === 'query' && this.root !== undefined && !this.isWithheldInPart;
      this.slicePlan = (isSimple && planSlices(this.root!, this.output().shapes, whole, api)) || 'none';
    }
    return this.slicePlan === 'none' ? undefined : this.slicePlan;
  }

  output(): Output {
    if (!this.cachedOutput) {
      const { api } = this.schemas;
      const root = api.getRootType(this.kind)!.name;
      const shapes = new Shapes(api, root, [this.selectionSet], '', this.sharedPlaces);
      this.cachedOutput = { shapes, render: compileRender(shapes) };
    }
    return this.cachedOutput;
  }
}

/** @param after maximum number of sequential fetches after the node */
function compileNode(
  node: PlanNode,
  after: number,
  index: PlanIndex,
  types: TypeConditions,
  fetches: CompiledFetch[],
): CompiledNode {
  switch (node.kind) {
    case 'Fetch': {
      const fetch = compileFetch(node, after + 1, index, types);
      fetches.push(fetch);
      return fetch;
    }
    case 'Parallel':
      return { kind: 'Parallel', nodes: node.nodes.map((child) => compileNode(child, after, index, types, fetches)) };
    case 'Sequence': {
      const depths = node.nodes.map(depthOf);
      return {
        kind: 'Sequence',
        nodes: node.nodes.map((child, position) =>
          compileNode(child, after + sum(depths.slice(position + 1)), index, types, fetches),
        ),
      };
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function depthOf(node: PlanNode | undefined): number {
  if (!node) return 0;
  if (node.kind === 'Fetch') return 1;
  const depths = node.nodes.map(depthOf);
  return node.kind === 'Sequence' ? sum(depths) : Math.max(0, ...depths);
}
