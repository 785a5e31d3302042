import type { EntityFetch, FetchNode } from '../../planning/plan';
import { selectionOf } from '../../planning/selected';
import { parseExactly } from '../../transport/exact-json';
import { type SubgraphAnswer, type SubgraphOperation, subgraphOperation } from '../../transport/transport';
import { InFlight } from '../in-flight';
import type { TypeConditions } from '../types';
import { namesOf, type SelectedNames } from './names';
import { CompiledPath } from './path';
import type { PlanIndex } from './plan-index';
import { compileRepresentation, type Represent } from './representation';
import { type CompiledRewrite, compileRewrite } from './rewrite';

/** A fetch of a plan, compiled for repeated execution. */
export interface CompiledFetch {
  readonly kind: 'Fetch';
  readonly node: FetchNode;
  readonly subgraph: string;
  readonly operation: SubgraphOperation;
  /** Client variables to send. */
  readonly variables: readonly string[];
  readonly entities: readonly CompiledEntity[] | undefined;
  /** For a root fetch below the root: the path of the nested root type. */
  readonly at: CompiledPath | undefined;
  readonly rewrites: readonly CompiledRewrite[];
  /** Response names in the answer, where they differ from the fetch's. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Response names of its root fields or its entities' fields. */
  readonly keys: ReadonlySet<string>;
  /** Its selections, nested by response name, to find the subgraph responsible for a value. */
  readonly selected: () => SelectedNames;
  /** Whether it selects custom scalars. */
  readonly hasCustomScalars: () => boolean;
  /** Maximum number of sequential fetches from this one on, including itself. */
  readonly stages: number;
  /** Calls in flight, by scope and variables. */
  readonly inFlight: InFlight<SubgraphAnswer>;
}

/** One `_entities` field of a fetch. */
export interface CompiledEntity {
  readonly source: EntityFetch;
  readonly alias: string;
  readonly variable: string;
  readonly paths: readonly EntityPath[];
  readonly represent: Represent;
  readonly rewrites: readonly CompiledRewrite[];
  readonly types: TypeConditions;
  /** Names of the entities' fields in the answer. */
  readonly keys: ReadonlySet<string>;
}

export interface EntityPath {
  readonly path: CompiledPath;
  /** Whether objects there that are the same entity may share merged values. */
  readonly mayShare: boolean;
  /** Whether objects there contain only their representation, so that equal entities can be one object. */
  readonly isInterchangeable: boolean;
  /** Whether several paths may lead to one object there, because an earlier fetch merged equal objects. */
  readonly mayRepeat: boolean;
}

export function compileFetch(node: FetchNode, stages: number, index: PlanIndex, types: TypeConditions): CompiledFetch {
  const renames = [...node.outputRewrites, ...(node.entities ?? []).flatMap(({ outputRewrites }) => outputRewrites)];
  const renamed = new Map(
    renames.flatMap((rewrite) => {
      const last = rewrite.path.at(-1);
      return rewrite.kind === 'Rename' && last?.kind === 'Field' ? [[last.name, rewrite.to] as const] : [];
    }),
  );
  const names = namesOf(selectionOf(node.operation), renamed);
  const entities = node.entities?.map((entity) => compileEntity(entity, node, names, index, types));
  return {
    kind: 'Fetch',
    node,
    subgraph: node.subgraph,
    operation: subgraphOperation(node.operationKind, node.operation),
    variables: node.variables,
    entities,
    at: node.at && new CompiledPath(node.at, types),
    rewrites: node.outputRewrites.map((rewrite) => compileRewrite(rewrite, types)),
    renamed,
    keys: entities ? new Set(entities.flatMap(({ keys }) => [...keys])) : new Set(names.keys()),
    selected: once(() => namesOf(selectionOf(node.operation), renamed)),
    hasCustomScalars: once(() => types.hasCustomScalars(node.operation)),
    stages,
    inFlight: new InFlight(),
  };
}

/** Lazy: the value is large, and only deferral and errors need it. */
function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function compileEntity(
  entity: EntityFetch,
  node: FetchNode,
  names: SelectedNames,
  index: PlanIndex,
  types: TypeConditions,
): CompiledEntity {
  const keys = new Set(names.get(entity.alias)?.keys() ?? []);
  keys.delete('__typename');
  return {
    source: entity,
    alias: entity.alias,
    variable: entity.variable,
    paths: entity.paths.map((path) => ({
      path: new CompiledPath(path, types),
      mayShare: index.mayShare(path),
      isInterchangeable: index.isInterchangeable(path, entity, node),
      mayRepeat: index.goesThroughInterchangeable(path, node),
    })),
    represent: rewritten(
      compileRepresentation(entity.requires, types),
      entity.inputRewrites.map((rewrite) => compileRewrite(rewrite, types)),
    ),
    rewrites: entity.outputRewrites.map((rewrite) => compileRewrite(rewrite, types)),
    types,
    keys,
  };
}

/** Applies rewrites to a representation; only those of `@interfaceObject` types have any. */
function rewritten(represent: Represent, rewrites: readonly CompiledRewrite[]): Represent {
  if (rewrites.length === 0) return represent;
  return (object) => {
    const text = represent(object);
    if (text === undefined) return undefined;
    const representation = parseExactly(text);
    for (const rewrite of rewrites) rewrite(representation);
    return JSON.stringify(representation);
  };
}
