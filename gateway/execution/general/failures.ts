import type { GraphQLFormattedError } from 'graphql';
import { ErrorList } from '#base/error-list';
import { responseName } from '../../operation/normalize';
import type { RequiredSelection } from '../../planning/plan';
import type { CompiledOperation } from '../compile/compile';
import { fieldsOf, type Shapes } from '../compile/shape';
import { type AnswerObject, isObject } from '../types';
import type { Losses } from './complete';
import type { CompiledEntity, CompiledFetch } from './fetch';
import type { SelectedNames } from './names';
import { ownerOf } from './owner';
import type { AnswerPath } from './path';

/** A subgraph error about one entity, to be located at each of its places in the answer. */
interface EntityError {
  readonly entity: CompiledEntity;
  readonly objects: ReadonlySet<AnswerObject>;
  readonly error: GraphQLFormattedError;
  /** Path below the entity. */
  readonly rest: AnswerPath;
}

/** Why objects lack the fields of a fetch. */
interface Loss {
  readonly fetch: CompiledFetch;
  readonly error: GraphQLFormattedError;
  /** Whether the fetch also returned data, whose nulls the error may explain. */
  readonly hasData: boolean;
  /** Of a null entity with a single error: the field of the entity that the error is at. */
  readonly field?: string;
}

/** Fetch failures of one answer: which error explains which null, and the place of each error. */
export class Failures implements Losses {
  private readonly losses = new Map<AnswerObject, Loss[]>();
  private readonly unknown = new Set<AnswerObject>();
  private readonly rootErrors: GraphQLFormattedError[] = [];
  private readonly entityErrors: EntityError[] = [];
  /** Errors that no field has reported, with their fetches. */
  private readonly unreported = new Map<GraphQLFormattedError, CompiledFetch>();
  /** Why entities may be null. */
  private readonly causes = new Map<AnswerObject, Loss>();
  private requiredNames: ReadonlySet<string> | undefined;

  constructor(
    private readonly operation: CompiledOperation,
    private readonly root: AnswerObject,
    private readonly shapes: () => Shapes,
  ) {}

  /** Whether any fetch had an error. */
  get hasErrors(): boolean {
    return this.losses.size > 0 || this.rootErrors.length > 0 || this.entityErrors.length > 0;
  }

  /** @param error error with its path in the answer */
  addAtRoot(error: GraphQLFormattedError): void {
    this.rootErrors.push(error);
  }

  /** @param rest path below the entity */
  addAtEntity(
    fetch: CompiledFetch,
    entity: CompiledEntity,
    objects: ReadonlySet<AnswerObject>,
    error: GraphQLFormattedError,
    rest: AnswerPath,
  ): void {
    this.entityErrors.push({ entity, objects, error, rest });
    const [field] = rest;
    for (const object of objects) {
      const isOnly = this.causes.get(object)?.fetch !== fetch;
      this.causes.set(object, { fetch, error, hasData: false, field: isOnly ? (field as string) : undefined });
    }
  }

  /** Records an error as the reason why objects lack the fields of a fetch. */
  lose(fetch: CompiledFetch, objects: readonly AnswerObject[], error: GraphQLFormattedError, hasData = false): void {
    this.unreported.set(error, fetch);
    for (const object of objects) this.addLoss(object, { fetch, error, hasData });
  }

  /** Records that an entity is null: unknown to its subgraph, or because of an error, which then explains all its fields. */
  missEntity(fetch: CompiledFetch, object: AnswerObject): void {
    const cause = this.causes.get(object);
    if (cause?.fetch === fetch) this.addLoss(object, cause);
    else this.unknown.add(object);
  }

  /** Whether a field is non-null in the object's type, which is unknown: its error alone made the subgraph return null for the entity. */
  nullsObject(object: AnswerObject, key: string): boolean {
    return this.losses.get(object)?.some(({ field }) => field === key) ?? false;
  }

  private addLoss(object: AnswerObject, loss: Loss): void {
    const losses = this.losses.get(object);
    if (losses) losses.push(loss);
    else this.losses.set(object, [loss]);
  }

  reason(object: AnswerObject, key: string, isMissing: boolean): GraphQLFormattedError | 'unknown entity' | undefined {
    const losses = this.losses.get(object);
    // a null comes from a fetch with data; only an error of that fetch can explain it
    const loss = isMissing
      ? // otherwise, a later fetch that depended on the failed one would have returned the field
        (losses?.find(({ fetch }) => fetch.keys.has(key)) ?? losses?.[0])
      : losses?.find(({ fetch, hasData }) => hasData && fetch.keys.has(key));
    if (loss) {
      this.unreported.delete(loss.error);
      return loss.error;
    }
    return isMissing && this.unknown.has(object) ? 'unknown entity' : undefined;
  }

  owner(path: AnswerPath): string | undefined {
    return ownerOf(this.operation.fetches, path);
  }

  /** Removes and returns unreported errors of some fetches; the caller must report them. */
  takeUnreported(isOf: (fetch: CompiledFetch) => boolean = () => true): GraphQLFormattedError[] {
    const taken = [...this.unreported].flatMap(([error, fetch]) => (isOf(fetch) ? [error] : []));
    for (const error of taken) this.unreported.delete(error);
    return taken;
  }

  /** Subgraph errors at their places in the answer. */
  located(): GraphQLFormattedError[] {
    const errors = new ErrorList();
    const add = (error: GraphQLFormattedError, at: AnswerPath): void => {
      const path = errors.isFull ? at : this.clientPath(at);
      if (errors.isFull) errors.omit(1);
      else if (path?.length === 0) errors.add({ message: error.message, extensions: error.extensions });
      else if (path) errors.add({ ...error, path });
    };
    for (const error of this.rootErrors) add(error, error.path ?? []);
    const placesOf = placesFinder(this.root);
    for (const { entity, objects, error, rest } of this.entityErrors) {
      const places = placesOf(entity);
      for (const object of objects) for (const place of places.get(object) ?? []) add(error, [...place, ...rest]);
    }
    return errors.toArray();
  }

  /**
   * Converts a path to the client's response names, up to the first field that only the planner selected. Undefined if
   * the client selects the field only on other types, and no other field requires it.
   */
  private clientPath(path: AnswerPath): AnswerPath | undefined {
    const clientSteps: (string | number)[] = [];
    let names: SelectedNames | undefined = this.operation.names;
    let value: unknown = this.root;
    let shapes = [this.shapes()];
    for (const step of path) {
      if (typeof step === 'number') {
        if (Array.isArray(value)) value = value[step];
        clientSteps.push(step);
        continue;
      }
      names = names?.get(step);
      if (!names) break;
      if (isObject(value)) {
        const fields = fieldsOf(value, shapes, ({ key }) => key === step);
        if (fields.length === 0) {
          if (this.required().has(step)) break;
          return undefined;
        }
        shapes = fields.flatMap(({ objects }) => objects ?? []);
        value = value[step];
      }
      clientSteps.push(responseName(step));
    }
    return clientSteps;
  }

  /** Names of the fields that fetches require. */
  private required(): ReadonlySet<string> {
    this.requiredNames ??= new Set(
      this.operation.fetches.flatMap(({ entities }) =>
        (entities ?? []).flatMap(({ source }) => namesIn(source.requires)),
      ),
    );
    return this.requiredNames;
  }
}

const namesIn = (selections: readonly RequiredSelection[]): string[] =>
  selections.flatMap((selection) => [
    ...(selection.kind === 'Field' ? [selection.from] : []),
    ...namesIn(selection.selections ?? []),
  ]);

/** Finds the places of an entity's objects in an answer, with one traversal per entity. */
function placesFinder(root: AnswerObject): (entity: CompiledEntity) => ReadonlyMap<AnswerObject, AnswerPath[]> {
  const cache = new Map<CompiledEntity, Map<AnswerObject, AnswerPath[]>>();
  return (entity) => {
    let places = cache.get(entity);
    if (!places) {
      places = new Map();
      for (const { path } of entity.paths)
        for (const { object, path: at } of path.places(root)) {
          const others = places.get(object);
          if (others) others.push(at);
          else places.set(object, [at]);
        }
      cache.set(entity, places);
    }
    return places;
  };
}
