import type { EntityFetch, FetchNode } from '../../planning/plan';
import { selectionOf } from '../../planning/selected';
import { parseExactly } from '../../transport/exact-json';
import type { SubgraphAnswer, SubgraphOperation } from '../../transport/transport';
import { InFlight } from '../in-flight';
import type { TypeConditions } from '../types';
import { namesOf, type SelectedNames } from './names';
import { CompiledPath } from './path';
import type { PlanIndex } from './plan-index';
import { compileRepresentation, type Represent } from './representation';
import { type CompiledRewrite, compileRewrite } from './rewrite';

/** A fetch of a plan, made ready to be run many times. */
export interface CompiledFetch {
  readonly kind: 'Fetch';
  readonly node: FetchNode;
  readonly subgraph: string;
  readonly operation: SubgraphOperation;
  /** Variables of the client's operation that are sent along. */
  readonly variables: readonly string[];
  readonly entities: readonly CompiledEntity[] | undefined;
  /** Of a root fetch, where the root type stands once more. */
  readonly at: CompiledPath | undefined;
  readonly rewrites: readonly CompiledRewrite[];
  /** How its own response names are called in the answer, where they differ. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Names in its answer: of the root fields, or of the entities’ fields. */
  readonly keys: ReadonlySet<string>;
  /** What it selects, nested by response name; for finding out who should have given a value. */
  readonly selected: () => SelectedNames;
  /** Whether it selects any. */
  readonly hasCustomScalars: () => boolean;
  /** How many fetches can follow one another from this one on, itself included. */
  readonly stages: number;
  /** Calls under way, by who asks and for what. */
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
  /** Whether objects there that are the same entity may share what is merged into them. */
  readonly mayShare: boolean;
  /** Whether objects there are nothing but their representation: those that are the same entity can be one object. */
  readonly isInterchangeable: boolean;
  /** Whether several ways may lead to one object there, since a fetch before has put one in the place of many. */
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
    operation: { kind: node.operationKind, text: node.operation, json: JSON.stringify(node.operation) },
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

/** Not made before it is asked for: large, and wanted only where parts are deferred or something has gone wrong. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
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

/** Representations that are changed before they are sent are few: those of interfaces that a subgraph takes for objects. */
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
