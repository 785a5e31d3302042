import { Kind, type SelectionSetNode } from 'graphql';
import type { EntityFetch, FetchNode } from '../../planning/plan';
import { fetched, fieldNames, nameOf, selectedBy, selectionOf } from '../../planning/selected';
import { parseExactly } from '../../transport/exact-json';
import type { SubgraphAnswer, SubgraphOperation } from '../../transport/transport';
import { InFlight } from '../in-flight';
import type { TypeConditions } from '../types';
import { CompiledPath } from './path';
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

export type SelectedNames = ReadonlyMap<string, SelectedNames>;

/** @param all every fetch of the plan. */
export function compileFetch(
  node: FetchNode,
  stages: number,
  all: readonly FetchNode[],
  types: TypeConditions,
): CompiledFetch {
  const renames = [...node.outputRewrites, ...(node.entities ?? []).flatMap(({ outputRewrites }) => outputRewrites)];
  const renamed = new Map(
    renames.flatMap((rewrite) => {
      const last = rewrite.path.at(-1);
      return rewrite.kind === 'Rename' && last?.kind === 'Field' ? [[last.name, rewrite.to] as const] : [];
    }),
  );
  const names = namesOf(selectionOf(node.operation), renamed);
  const entities = node.entities?.map((entity) => compileEntity(entity, node, names, all, types));
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
  all: readonly FetchNode[],
  types: TypeConditions,
): CompiledEntity {
  const keys = new Set(names.get(entity.alias)?.keys() ?? []);
  keys.delete('__typename');
  return {
    source: entity,
    alias: entity.alias,
    variable: entity.variable,
    paths: entity.paths.map((path) => {
      // one entity at two places may be given two values where these follow from what is above
      const shared = all.every(({ context }) => context === undefined) && mayShare(path, all);
      return {
        path: new CompiledPath(path, types),
        mayShare: shared,
        isInterchangeable: shared && isInterchangeable(path, entity, node, all),
        mayRepeat: goesThroughInterchangeable(path, node, all),
      };
    }),
    represent: rewritten(
      compileRepresentation(entity.requires, types),
      entity.inputRewrites.map((rewrite) => compileRewrite(rewrite, types)),
    ),
    rewrites: entity.outputRewrites.map((rewrite) => compileRewrite(rewrite, types)),
    types,
    keys,
  };
}

/**
 * Whether all that is known of the objects at a path when a fetch runs is what represents them. Then those of one representation
 * need be held, filled and written once: in graphs that lead back to the same few entities, most of the work.
 */
function isInterchangeable(
  path: EntityFetch['paths'][number],
  entity: EntityFetch,
  node: FetchNode,
  all: readonly FetchNode[],
): boolean {
  if (path.at(-1)?.kind === 'Types') return false;
  const others = all.filter((one) => one !== node).map(fetched);
  const represented = new Set(
    entity.requires.flatMap((one) =>
      one.kind === 'Fragment'
        ? one.selections.flatMap((field) => (field.kind === 'Field' && !field.selections ? [field.from] : []))
        : [],
    ),
  );
  // the fetches after this one fill the same objects, and each of them alike
  const before = others.slice(0, all.indexOf(node));
  return selectedBy(before, path).every((field) => represented.has(nameOf(field)));
}

function goesThroughInterchangeable(
  path: EntityFetch['paths'][number],
  node: FetchNode,
  all: readonly FetchNode[],
): boolean {
  const own = place(path);
  return all.some(
    (other) =>
      other !== node &&
      other.entities?.some((entity) =>
        entity.paths.some(
          (at) =>
            `${own}\0`.startsWith(`${place(at)}\0`) && mayShare(at, all) && isInterchangeable(at, entity, other, all),
        ),
      ),
  );
}

/** A path by its response names alone. */
export const place = (path: EntityFetch['paths'][number]): string => fieldNames(path).join('\0');

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

/**
 * Two objects at one place that are the same entity get the same values. They must not share them when another fetch goes through
 * that place for objects of some types only: it would write into those of the others too.
 */
function mayShare(path: EntityFetch['paths'][number], all: readonly FetchNode[]): boolean {
  const own = fieldsAndTypes(path);
  return all.every((fetch) =>
    (fetch.entities ?? []).every((entity) =>
      entity.paths.every((other) => {
        const theirs = fieldsAndTypes(other);
        const goesThrough = own.every((step, index) => theirs[index]?.field === step.field);
        return !goesThrough || own.every((step, index) => theirs[index]!.types === step.types);
      }),
    ),
  );
}

function fieldsAndTypes(path: EntityFetch['paths'][number]): { field: string; types: string }[] {
  const steps: { field: string; types: string }[] = [];
  let types = '';
  for (const step of path)
    if (step.kind === 'Types') types += `|${step.names.toSorted().join()}`;
    else if (step.kind === 'Field') {
      steps.push({ field: step.name, types });
      types = '';
    }
  return [...steps, { field: '', types }].filter(({ field, types: last }) => field !== '' || last !== '');
}

/** Response names of a selection set whose fragments are written out, nested, whatever types they are for. */
export function namesOf(
  selectionSet: SelectionSetNode,
  renamed: ReadonlyMap<string, string> = new Map(),
): Map<string, SelectedNames> {
  interface Names extends Map<string, Names> {}
  const gather = ({ selections }: SelectionSetNode, names: Names): Names => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        gather(selection.selectionSet, names);
        continue;
      }
      const given = nameOf(selection);
      const name = renamed.get(given) ?? given;
      // one name may be selected several times, with other selections
      const inner: Names = names.get(name) ?? new Map();
      names.set(name, inner);
      if (selection.selectionSet) gather(selection.selectionSet, inner);
    }
    return names;
  };
  return gather(selectionSet, new Map());
}
