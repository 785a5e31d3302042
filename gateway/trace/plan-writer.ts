import type { CompiledFetch } from '../execution/general/fetch';
import type { SelectedNames } from '../execution/general/names';
import { responseName } from '../operation/normalize';
import { fieldNames, pathsOf } from '../planning/selected';
import type { TracedFetch, TracedJoin, TraceExtension } from './extension';
import { plannedFetches } from './planned-fetches';
import type { OperationTrace } from './trace';
import type { PlanVisibility } from './visible-operation';

/** Maximum fetches of a trace, and characters of JSON of their operations, types, and paths. */
export const MAX_FETCHES = 100;
export const MAX_CHARACTERS = 32_768;

type Ids = ReadonlyMap<CompiledFetch, number>;

export interface WrittenPlan {
  readonly plan: TraceExtension['plan'];
  /** Ids of the fetches; omitted fetches have none. */
  readonly ids: ReadonlyMap<OperationTrace, Ids>;
  readonly joinIds: ReadonlyMap<OperationTrace, number>;
}

/** Writes the plans of a request's operations, each after those that it needs. */
export function writePlan(operations: readonly OperationTrace[], visibility: PlanVisibility): WrittenPlan {
  const writer = new PlanWriter(visibility);
  for (const operation of operations) writer.add(operation);
  return writer.written();
}

class PlanWriter {
  private readonly fetches: TracedFetch[] = [];
  private readonly joins: TracedJoin[] = [];
  private readonly ids = new Map<OperationTrace, Ids>();
  private readonly joinIds = new Map<OperationTrace, number>();
  /** Ids of the fetches that end last. */
  private readonly lastOf = new Map<OperationTrace, readonly number[]>();
  private isCached = true;
  private characters = 0;
  private readonly omitted = { fetches: 0, operations: 0 };

  constructor(private readonly visibility: PlanVisibility) {}

  add(operation: OperationTrace): void {
    const { role, planned, deferredSteps, isCached, joins } = operation;
    if (role.kind === 'JOIN') {
      const id = this.joins.length + 1;
      this.joins.push({ id, field: role.field, cached: isCached });
      this.joinIds.set(operation, id);
    } else this.isCached &&= isCached;
    const afterJoins = sorted([...joins].flatMap((join) => this.lastOf.get(join) ?? []));
    const ids = new Map<CompiledFetch, number>();
    const last = new Set<CompiledFetch>();
    for (const { fetch, after, isDeferred } of plannedFetches(planned?.root, deferredSteps)) {
      if (this.fetches.length === MAX_FETCHES) {
        this.omitted.fetches += 1;
        continue;
      }
      const id = this.fetches.length + 1;
      ids.set(fetch, id);
      for (const previous of after) last.delete(previous);
      last.add(fetch);
      const join = this.joinIds.get(operation);
      this.fetches.push({
        id,
        subgraph: fetch.subgraph,
        kind: fetch.entities ? 'ENTITIES' : 'ROOT',
        waitsFor: after.length === 0 ? afterJoins : sorted(after.flatMap((previous) => ids.get(previous) ?? [])),
        deferred: isDeferred || role.kind === 'DEFERRED',
        ...(join === undefined ? {} : { join }),
        ...this.texts(fetch, planned!.names),
      });
    }
    this.ids.set(operation, ids);
    this.lastOf.set(operation, last.size > 0 ? [...last].map((fetch) => ids.get(fetch)!) : afterJoins);
  }

  /** Where a fetch's objects are, and its operation, if they fit. */
  private texts(fetch: CompiledFetch, names: SelectedNames): Pick<TracedFetch, 'types' | 'paths' | 'operation'> {
    const paths = pathsOf(fetch.node).map((path) => clientPath(fieldNames(path), names));
    const place = {
      ...(fetch.entities ? { types: this.typesOf(fetch) } : {}),
      ...(paths.length > 0 ? { paths: unique(paths) } : {}),
    };
    const operation = { operation: this.visibility.operation(fetch.operation.text) };
    const texts = [place, operation].filter((part) => this.fits(part));
    if (texts.length < 2) this.omitted.operations += 1;
    return Object.assign({}, ...texts);
  }

  private typesOf({ entities = [] }: CompiledFetch): string[] {
    const types = entities.flatMap(({ source }) =>
      source.requires.flatMap((requirement) => (requirement.kind === 'Fragment' ? [requirement.type] : [])),
    );
    return [...new Set(types)].filter((type) => this.visibility.hasType(type));
  }

  private fits(part: object): boolean {
    const { length } = JSON.stringify(part);
    if (this.characters + length > MAX_CHARACTERS) return false;
    this.characters += length;
    return true;
  }

  written(): WrittenPlan {
    const { fetches, joins, ids, joinIds } = this;
    const omitted = Object.fromEntries(Object.entries(this.omitted).filter(([, count]) => count > 0));
    const rest = Object.keys(omitted).length > 0 ? { omitted } : {};
    return { plan: { cached: this.isCached, fetches, joins, ...rest }, ids, joinIds };
  }
}

/** A path by the client's response names, up to the first field that only the planner selected. */
function clientPath(path: readonly string[], names: SelectedNames): string[] {
  const clientSteps: string[] = [];
  let at: SelectedNames | undefined = names;
  for (const step of path) {
    at = at?.get(step);
    if (!at) break;
    clientSteps.push(responseName(step));
  }
  return clientSteps;
}

const sorted = (ids: readonly number[]): number[] => [...new Set(ids)].sort((a, b) => a - b);

const unique = (paths: readonly string[][]): string[][] => [
  ...new Map(paths.map((path) => [path.join('\n'), path])).values(),
];
