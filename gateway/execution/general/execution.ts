import type { GraphQLFormattedError } from 'graphql';
import { ErrorList } from '#base/error-list';
import type { DeferredFragment } from '../../operation/defer';
import { responseName } from '../../operation/normalize';
import type { ContextVariable, PathStep, RequiredSelection, RewriteStep } from '../../planning/plan';
import { fieldNames } from '../../planning/selected';
import { SubgraphError } from '../../transport/errors';
import { isNestedTooDeeply, NESTED_TOO_DEEPLY } from '../../transport/response';
import type { SubgraphAnswer, SubgraphResponse } from '../../transport/transport';
import type { Calls } from '../calls';
import type { CompiledNode, CompiledOperation } from '../compile/compile';
import type { OutputField, Shape, Shapes } from '../compile/shape';
import type { Deferral } from '../deferred/deferral';
import { Deferrals, type DeliveryPart } from '../deferred/delivery';
import { RenderedData } from '../result';
import { type AnswerObject, isObject, type TypeConditions } from '../types';
import { Completion, type Introspected, type Losses } from './complete';
import type { CompiledEntity, CompiledFetch, EntityPath, SelectedNames } from './fetch';
import { copy, merge } from './merge';
import type { AnswerPath } from './path';

export interface ExecutionRequest {
  readonly calls: Calls;
  readonly introspected?: Introspected;
  /** Whether data that are nested very deeply are refused, which can exhaust the stack: looked for only once that has happened. */
  readonly isWary?: boolean;
}

export interface ExecutionResult {
  readonly data: RenderedData;
  readonly errors?: readonly GraphQLFormattedError[];
  /** Headers of the subgraphs' answers. */
  readonly answered: readonly SubgraphAnswer['headers'][];
}

/** What an execution delivers first, and what it leaves for later. */
export interface FirstResult {
  readonly result: ExecutionResult;
  readonly deferrals: Deferrals;
}

/** What a part delivers. */
export interface PartResult {
  /** Undefined when it must be null. */
  readonly data: RenderedData | undefined;
  readonly errors: readonly GraphQLFormattedError[];
  /** What it leaves for later. */
  readonly deferrals: Deferrals;
}

/** An error of a subgraph about one entity, waiting to be told where that stands in the answer. */
interface EntityError {
  readonly entity: CompiledEntity;
  readonly objects: ReadonlySet<AnswerObject>;
  readonly error: GraphQLFormattedError;
  readonly rest: AnswerPath;
}

/** Why objects lack what a fetch was to give them. */
interface Loss {
  readonly fetch: CompiledFetch;
  readonly error: GraphQLFormattedError;
  /** Whether the fetch gave data all the same, whose nulls may be due to the error. */
  readonly hasData: boolean;
}

/** Runs a compiled operation once, the general way: whatever subgraphs send, by the GraphQL specification. */
export class Execution implements Losses {
  private readonly root: AnswerObject = {};
  private readonly losses = new Map<AnswerObject, Loss[]>();
  private readonly unknown = new Set<AnswerObject>();
  private readonly rootErrors: GraphQLFormattedError[] = [];
  private readonly entityErrors: EntityError[] = [];
  /** Errors that no field has told of, with the fetches that met them. */
  private readonly untold = new Map<GraphQLFormattedError, CompiledFetch>();
  private flawed = false;
  private deferral: Deferral | undefined;
  /** Why entities may be null. */
  private readonly causes = new Map<AnswerObject, Loss>();
  /** Located errors by the places they are in, as JSON; undefined when subgraphs have answered since. */
  private errorsWithin: ReadonlyMap<string, readonly GraphQLFormattedError[]> | undefined;
  /** Places that a part made null; as JSON. */
  private readonly nulled = new Set<string>();
  /** Errors of subgraphs that a part has reported. */
  private readonly reported = new Set<string>();
  private requiredNames: ReadonlySet<string> | undefined;
  /** Deferred steps under way. */
  private readonly behind = new Map<CompiledNode, Promise<void>>();

  constructor(
    private readonly operation: CompiledOperation,
    private readonly request: ExecutionRequest,
  ) {}

  async run(): Promise<ExecutionResult> {
    if (this.operation.root) await this.node(this.operation.root);
    const { answered } = this.request.calls;
    const { shapes, render } = this.operation.output();
    if (!this.flawed) {
      const text = render(this.root);
      if (text !== undefined) return { data: RenderedData.ofText(text), answered };
    }
    const completion = new Completion(this, this.locatedErrors(), this.request.introspected);
    const data = RenderedData.ofText(completion.data(this.root, shapes));
    for (const error of this.untold.keys()) completion.errors.add(error);
    const errors = completion.errors.toArray();
    return errors.length > 0 ? { data, errors, answered } : { data, answered };
  }

  /** As {@link run}, without waiting for what is deferred. */
  async runFirst(deferral: Deferral): Promise<FirstResult> {
    this.deferral = deferral;
    if (this.operation.root) await this.start(this.operation.root, []);
    const deferrals = new Deferrals();
    const completion = new Completion(this, this.strayErrors(), this.request.introspected, deferrals);
    const data = RenderedData.ofText(completion.data(this.root, deferral.shapes));
    this.keepNulled(deferrals);
    for (const error of this.takeUntold((fetch) => !deferral.fetches.has(fetch))) completion.errors.add(error);
    const errors = completion.errors.toArray();
    const { answered } = this.request.calls;
    return { result: errors.length > 0 ? { data, errors, answered } : { data, answered }, deferrals };
  }

  /** Waits for what a deferred fragment needs. */
  async settled(fragment: DeferredFragment): Promise<void> {
    await Promise.all(this.deferral!.steps.get(fragment)!.map((node) => this.behind.get(node)));
  }

  /** Writes a part, once what one of its fragments needs has {@link settled}. */
  deliver({ path, shape, scope }: DeliveryPart): PartResult {
    const deferrals = new Deferrals(scope, (at) => this.nulled.size > 0 && this.nulled.has(JSON.stringify(at)));
    const object = this.objectAt(path);
    const located = this.errorsIn(path).filter(
      ({ path: at = [] }) => leadsTo(object, shape, at.slice(path.length)) === 'here',
    );
    for (const error of located) this.reported.add(identityOf(error));
    const completion = new Completion(this, located, this.request.introspected, deferrals);
    const text = completion.part(object, shape, path);
    const errors = completion.errors.toArray();
    if (text === undefined) return { data: undefined, errors: this.reasons(path, errors), deferrals };
    this.keepNulled(deferrals);
    return { data: RenderedData.ofText(text), errors, deferrals };
  }

  /** Why a part is null. One error of a subgraph may explain several parts, and stands in one of them only. */
  private reasons(path: AnswerPath, errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] {
    if (errors.length > 0) return errors;
    const within = this.errorsIn(path);
    if (within.length > 0) return within;
    const subgraph = this.owner(path);
    return [
      {
        message: `${subgraph ? `The "${subgraph}" subgraph` : 'A subgraph'} returned no object for a deferred fragment`,
        path,
        extensions: { code: 'SUBGRAPH_BAD_RESPONSE', ...(subgraph ? { subgraph } : {}), retryable: false },
      },
    ];
  }

  /** What is null in one part is null in the parts that repeat it. */
  private keepNulled({ nulled }: Deferrals): void {
    for (const path of nulled) this.nulled.add(JSON.stringify(path));
  }

  /** Errors of subgraphs that no part has reported, nor will: they are about what has been delivered, or what only a planner asked for. */
  strayErrors(): GraphQLFormattedError[] {
    const shape = this.deferral!.shapes.of(this.root.__typename)!;
    const errors = this.errorsIn([]).filter(
      (error) => !this.reported.has(identityOf(error)) && leadsTo(this.root, shape, error.path ?? []) !== 'later',
    );
    for (const error of errors) this.reported.add(identityOf(error));
    return errors;
  }

  /** Errors of subgraphs at a place of the answer and in it. */
  private errorsIn(place: AnswerPath): readonly GraphQLFormattedError[] {
    if (!this.errorsWithin) {
      const within = new Map<string, GraphQLFormattedError[]>();
      for (const error of this.locatedErrors())
        for (let length = 0; length <= (error.path ?? []).length; length++) {
          const key = JSON.stringify(error.path!.slice(0, length));
          const errors = within.get(key);
          if (errors) errors.push(error);
          else within.set(key, [error]);
        }
      this.errorsWithin = within;
    }
    return this.errorsWithin.get(JSON.stringify(place)) ?? [];
  }

  /** Errors that no field has told of, of some fetches; they are told now. */
  takeUntold(isOf: (fetch: CompiledFetch) => boolean = () => true): GraphQLFormattedError[] {
    const taken = [...this.untold].flatMap(([error, fetch]) => (isOf(fetch) ? [error] : []));
    for (const error of taken) this.untold.delete(error);
    return taken;
  }

  /** The object at a path of the answer. Fetches may have put another in the place of the one that was there. */
  private objectAt(path: AnswerPath): AnswerObject {
    let value: unknown = this.root;
    let shapes = [this.deferral!.shapes];
    for (const step of path) {
      if (typeof step === 'number') {
        value = (value as unknown[])[step];
        continue;
      }
      const object = value as AnswerObject;
      const fields = fieldsOf(object, shapes, ({ name }) => name === step);
      value = object[fields[0]!.key];
      shapes = fields.flatMap(({ objects }) => objects ?? []);
    }
    return value as AnswerObject;
  }

  /** Runs a step, or, when it is deferred, sees to it that it is run after other deferred work. */
  private start(node: CompiledNode, after: readonly Promise<void>[]): Promise<void> | undefined {
    if (!this.deferral?.nodes.has(node)) return this.node(node, after);
    const running = Promise.all(after).then(() => this.node(node));
    // those who wait for it see the failure; where nothing is left to deliver, nothing waits
    running.catch(() => {});
    this.behind.set(node, running);
    return undefined;
  }

  private node(node: CompiledNode, after: readonly Promise<void>[] = []): Promise<void> | undefined {
    switch (node.kind) {
      case 'Fetch':
        return this.fetch(node);
      case 'Sequence':
        return this.sequence(node.nodes, after);
      case 'Parallel':
        return Promise.all(node.nodes.map((child) => this.start(child, after))) as Promise<unknown> as Promise<void>;
    }
  }

  private async sequence(nodes: readonly CompiledNode[], after: readonly Promise<void>[]): Promise<void> {
    let behind = after;
    for (const node of nodes) {
      await this.start(node, behind);
      if (this.deferral) behind = [...behind, ...this.behindIn(node)];
    }
  }

  /** Deferred work that a step has begun. */
  private behindIn(node: CompiledNode): Promise<void>[] {
    const own = this.behind.get(node);
    if (own) return [own];
    return node.kind === 'Sequence' || node.kind === 'Parallel'
      ? node.nodes.flatMap((child) => this.behindIn(child))
      : [];
  }

  private fetch(fetch: CompiledFetch): Promise<void> | undefined {
    if (!fetch.entities) return this.rootFetch(fetch);
    if (fetch.node.context) return this.contextualFetch(fetch, fetch.entities, fetch.node.context);
    return this.ask(fetch, new Asked(fetch.entities, this.root), this.request.calls.variables(fetch));
  }

  /** Asks for fields of a root type, wherever in the answer it stands. */
  private rootFetch(fetch: CompiledFetch): Promise<void> | undefined {
    const objects = fetch.at ? fetch.at.collectOnce(this.root) : [this.root];
    if (objects.length === 0) return undefined;
    return this.call(fetch, `{${this.request.calls.variables(fetch)}}`).then(
      (response) => this.takeRoot(fetch, objects, response),
      (error: unknown) => this.lose(fetch, objects, formatted(error, fetch)),
    );
  }

  /** Asks about entities for each set of values that stand above them, by "@fromContext" of the Federation specification. */
  private async contextualFetch(
    fetch: CompiledFetch,
    entities: readonly CompiledEntity[],
    context: readonly ContextVariable[],
  ): Promise<void> {
    const groups = new Map<string, Set<AnswerObject>>();
    for (const { paths, types } of entities)
      for (const { path } of paths)
        for (const { object, above } of path.withAncestors(this.root)) {
          const members = context.flatMap(({ variable, up, path: steps }) => {
            const value = valueAt(above.at(-up), steps, types);
            return value === undefined ? [] : [`${JSON.stringify(variable)}:${JSON.stringify(value)}`];
          });
          const key = members.join(',');
          groups.set(key, (groups.get(key) ?? new Set()).add(object));
        }
    const own = this.request.calls.variables(fetch);
    await Promise.all(
      [...groups].map(([members, objects]) =>
        this.ask(fetch, new Asked(entities, this.root, objects), [own, members].filter(Boolean).join(',')),
      ),
    );
  }

  /** @param variables members of a JSON object, beside the representations. */
  private ask(fetch: CompiledFetch, asked: Asked, variables: string): Promise<void> | undefined {
    if (asked.isEmpty) return undefined;
    return this.call(fetch, `{${asked.text}${variables === '' ? '' : `,${variables}`}}`).then(
      (response) => this.takeEntities(fetch, asked, response),
      (error: unknown) => this.lose(fetch, asked.objects(), formatted(error, fetch)),
    );
  }

  private async call(fetch: CompiledFetch, variables: string): Promise<SubgraphResponse> {
    try {
      const answer = await this.request.calls.call(fetch, variables);
      const response = answer.read(fetch.hasCustomScalars());
      if (this.request.isWary && isNestedTooDeeply(response.data))
        throw SubgraphError.badResponse(fetch.subgraph, NESTED_TOO_DEEPLY, fetch.operation.kind === 'mutation');
      return response;
    } catch (error) {
      if (error instanceof SubgraphError && error.own.length > 0) return { errors: error.own };
      throw error;
    }
  }

  private takeRoot(fetch: CompiledFetch, objects: readonly AnswerObject[], { data, errors }: SubgraphResponse): void {
    this.errorsWithin = undefined;
    if (errors?.length) {
      this.flawed = true;
      const places = fetch.at ? fetch.at.locate(this.root).map(({ path }) => path) : [[]];
      for (const error of errors) {
        const told = ofSubgraph(error, fetch);
        const within = answerPath(error.path ?? [], fetch);
        // a path that does not begin with a field of the fetch leads nowhere
        if (fetch.keys.has(String(within[0])))
          for (const place of places) this.rootErrors.push({ ...told, path: [...place, ...within] });
        else this.lose(fetch, objects, told, Boolean(data));
      }
    }
    if (!data) return;
    for (const rewrite of fetch.rewrites) rewrite(data);
    objects.forEach((object, index) => {
      merge(object, index === 0 ? data : copy(data));
    });
  }

  private takeEntities(fetch: CompiledFetch, asked: Asked, { data, errors }: SubgraphResponse): void {
    this.errorsWithin = undefined;
    if (errors?.length) {
      this.flawed = true;
      for (const error of errors) this.takeEntityError(fetch, asked, error, Boolean(data));
    }
    if (!data) return;
    for (const one of asked.entities) {
      const given = data[one.entity.alias];
      if (!Array.isArray(given) || given.length !== one.count) {
        if (given !== null && given !== undefined) this.lose(fetch, one.objects, badEntities(fetch, given, one.count));
        else if (!errors?.length) this.lose(fetch, one.objects, badEntities(fetch, given, one.count));
        continue;
      }
      this.mergeEntities(fetch, one, given);
    }
  }

  private mergeEntities(fetch: CompiledFetch, asked: AskedEntity, given: unknown[]): void {
    const { rewrites, types } = asked.entity;
    if (rewrites.length > 0) for (const value of given) for (const rewrite of rewrites) rewrite(value);
    const usedAt: (EntityPath | undefined)[] = new Array(given.length);
    for (let i = 0; i < asked.objects.length; i++) {
      const object = asked.objects[i]!;
      const index = asked.indexes[i]!;
      const value = given[index];
      if (isObject(value)) {
        const path = asked.paths[i]!;
        const used = usedAt[index];
        const typename = object.__typename;
        if (used === undefined) {
          usedAt[index] = path;
          merge(object, value);
        } else merge(object, used === path && path.mayShare ? value : copy(value));
        // a subgraph that knows the object by its interface says that it is of the interface
        if (object.__typename !== typename && types.isObjectType(typename) && !types.isObjectType(object.__typename))
          object.__typename = typename;
      } else if (value === null) this.missEntity(fetch, object);
      else this.lose(fetch, [object], badEntities(fetch, value, asked.count));
    }
  }

  /** An entity that is null: its subgraph does not have it, or an error is the reason, which then is the one of all its fields. */
  private missEntity(fetch: CompiledFetch, object: AnswerObject): void {
    const cause = this.causes.get(object);
    if (cause?.fetch === fetch) this.losses.set(object, [...(this.losses.get(object) ?? []), cause]);
    else this.unknown.add(object);
  }

  private takeEntityError(fetch: CompiledFetch, asked: Asked, error: GraphQLFormattedError, hasData: boolean): void {
    const told = ofSubgraph(error, fetch);
    const [alias, index, ...rest] = error.path ?? [];
    const one = asked.entities.find(({ entity }) => entity.alias === alias);
    if (!one || typeof index !== 'number' || index >= one.count) {
      this.lose(fetch, one ? one.objects : asked.objects(), told, hasData);
      return;
    }
    const objects = one.objectsOf(index);
    this.entityErrors.push({ entity: one.entity, objects, error: told, rest: answerPath(rest, fetch) });
    for (const object of objects) this.causes.set(object, { fetch, error: told, hasData: false });
  }

  /** @param hasData whether the fetch gave data all the same. */
  private lose(
    fetch: CompiledFetch,
    objects: readonly AnswerObject[],
    error: GraphQLFormattedError,
    hasData = false,
  ): void {
    this.flawed = true;
    this.untold.set(error, fetch);
    const loss = { fetch, error, hasData };
    for (const object of objects) {
      const losses = this.losses.get(object);
      if (losses) losses.push(loss);
      else this.losses.set(object, [loss]);
    }
  }

  reason(object: AnswerObject, key: string, isMissing: boolean): GraphQLFormattedError | 'unknown entity' | undefined {
    const losses = this.losses.get(object);
    // a null comes from a fetch that gave data; only that fetch's own error can be the reason for it
    const loss = isMissing
      ? // what no failed fetch was to give was to be given by one that needed what they would have given
        (losses?.find(({ fetch }) => fetch.keys.has(key)) ?? losses?.[0])
      : losses?.find(({ fetch, hasData }) => hasData && fetch.keys.has(key));
    if (loss) {
      this.untold.delete(loss.error);
      return loss.error;
    }
    return isMissing && this.unknown.has(object) ? 'unknown entity' : undefined;
  }

  owner(path: AnswerPath): string | undefined {
    const names = path.filter((step) => typeof step === 'string');
    let best: { subgraph: string; length: number } | undefined;
    for (const fetch of this.operation.fetches) {
      const tops: { names: SelectedNames | undefined; at: string[] }[] = fetch.entities
        ? fetch.entities.flatMap(({ alias, paths }) =>
            paths.map(({ path: { source } }) => ({
              names: fetch.selected().get(alias),
              at: clientNames(source),
            })),
          )
        : [{ names: fetch.selected(), at: clientNames(fetch.node.at ?? []) }];
      for (const top of tops) {
        // the objects that a fetch adds to are given by another
        if (names.length === top.at.length || !top.at.every((name, index) => names[index] === name)) continue;
        const gives = givesPath(top.names, names.slice(top.at.length));
        if (gives && (!best || top.at.length > best.length)) best = { subgraph: fetch.subgraph, length: top.at.length };
      }
    }
    return best?.subgraph;
  }

  /**
   * A path as the client wrote its names, as far as the client asked: an error may be about what a planner asked for besides. Undefined
   * where the client asks for a field of other types than the object's only, and no other field requires it.
   */
  private clientPath(path: AnswerPath): AnswerPath | undefined {
    const known: (string | number)[] = [];
    let names: SelectedNames | undefined = this.operation.names;
    let value: unknown = this.root;
    let shapes = [this.deferral?.shapes ?? this.operation.output().shapes];
    for (const step of path) {
      if (typeof step === 'number') {
        if (Array.isArray(value)) value = value[step];
        known.push(step);
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
      known.push(responseName(step));
    }
    return known;
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

  /** Errors of subgraphs where they stand in the answer. */
  private locatedErrors(): GraphQLFormattedError[] {
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
}

/** Finds where the objects of an entity stand in an answer, looking through the answer once per entity. */
function placesFinder(root: AnswerObject): (entity: CompiledEntity) => ReadonlyMap<AnswerObject, AnswerPath[]> {
  const found = new Map<CompiledEntity, Map<AnswerObject, AnswerPath[]>>();
  return (entity) => {
    let places = found.get(entity);
    if (!places) {
      places = new Map();
      for (const { path } of entity.paths)
        for (const { object, path: at } of path.locate(root)) {
          const others = places.get(object);
          if (others) others.push(at);
          else places.set(object, [at]);
        }
      found.set(entity, places);
    }
    return places;
  };
}

const identityOf = ({ message, path }: GraphQLFormattedError): string => JSON.stringify([message, path]);

const fieldOf = ({ fields }: Shape, name: string): OutputField | undefined =>
  fields.find((field) => field.name === name);

/** A field of an object wherever it is selected: several times where deferred fragments repeat it. */
const fieldsOf = (
  { __typename: typename }: AnswerObject,
  shapes: readonly Shapes[],
  isIt: (field: OutputField) => boolean,
): OutputField[] =>
  shapes.flatMap((one) => {
    const shape = one.of(typename);
    return shape ? [shape, ...laterShapes(shape)].flatMap(({ fields }) => fields.find(isIt) ?? []) : [];
  });

const laterShapes = ({ deferred }: Shape): Shape[] => (deferred?.groups ?? []).map(({ shape }) => shape);

/**
 * Whether a path below an object leads to something of a shape ("here") or to something that is delivered after it ("later"); "nowhere"
 * otherwise. A null on the way is something too.
 */
function leadsTo(object: AnswerObject, shape: Shape, path: AnswerPath): 'here' | 'later' | 'nowhere' {
  const [name, ...rest] = path;
  if (name === undefined) return 'here';
  const field = fieldOf(shape, String(name));
  if (field) {
    const { value, below } = valueBelow(object[field.key], rest);
    const inner = isObject(value) && below.length > 0 ? field.objects?.of(value.__typename) : undefined;
    const found = inner ? leadsTo(value as AnswerObject, inner, below) : 'here';
    if (found !== 'nowhere') return found;
  }
  // where fragments repeat fields, they may select more of the same object
  return laterShapes(shape).some((later) => leadsTo(object, later, path) !== 'nowhere') ? 'later' : 'nowhere';
}

/** What is left of a path once it has led through lists. */
function valueBelow(list: unknown, path: AnswerPath): { value: unknown; below: AnswerPath } {
  let value = list;
  let depth = 0;
  for (; typeof path[depth] === 'number' && Array.isArray(value); depth++) value = value[path[depth] as number];
  return { value, below: path.slice(depth) };
}

/** A path of a plan by the names that clients know. */
const clientNames = (path: readonly PathStep[]): string[] => fieldNames(path).map(responseName);

const namesIn = (selections: readonly RequiredSelection[]): string[] =>
  selections.flatMap((one) => [...(one.kind === 'Field' ? [one.from] : []), ...namesIn(one.selections ?? [])]);

/** The value at a path below an object, as long as the objects on the way are of the types that the path says. */
function valueAt(from: AnswerObject | undefined, path: readonly RewriteStep[], types: TypeConditions): unknown {
  let value: unknown = from;
  for (const step of path) {
    if (!isObject(value)) return value;
    if (step.kind === 'Field') value = Object.hasOwn(value, step.name) ? value[step.name] : undefined;
    else if (typeof value.__typename === 'string' && !types.matchingAny(step.names).has(value.__typename))
      return undefined;
  }
  return value;
}

/** A path in a subgraph's answer as the answer under construction has it. */
const answerPath = (path: AnswerPath, { renamed }: CompiledFetch): AnswerPath =>
  path.map((step) => (typeof step === 'string' ? (renamed.get(step) ?? step) : step));

/** Whether a path, by the client's names, leads to something selected. */
function givesPath(names: SelectedNames | undefined, path: readonly string[]): boolean {
  let at = names;
  for (const name of path) {
    const next = [...(at ?? [])].find(([key]) => responseName(key) === name);
    if (!next) return false;
    at = next[1];
  }
  return true;
}

/** The objects that a fetch asks about, those that are the same entity once. */
class Asked {
  readonly entities: AskedEntity[];
  readonly text: string;
  readonly isEmpty: boolean;

  /** @param only of these objects, when not of all. */
  constructor(entities: readonly CompiledEntity[], root: AnswerObject, only?: ReadonlySet<AnswerObject>) {
    const byVariable = new Map<string, Representations>();
    this.entities = entities.map((entity) => {
      let representations = byVariable.get(entity.variable);
      if (!representations) {
        representations = new Representations();
        byVariable.set(entity.variable, representations);
      }
      return askedOf(entity, root, representations, only);
    });
    let text = '';
    let count = 0;
    for (const [variable, { texts }] of byVariable) {
      text += `${text === '' ? '' : ','}"${variable}":[${texts.join(',')}]`;
      count += texts.length;
    }
    this.text = text;
    this.isEmpty = count === 0;
  }

  objects(): AnswerObject[] {
    return this.entities.flatMap(({ objects }) => objects);
  }
}

class Representations {
  readonly texts: string[] = [];
  private readonly indexes = new Map<string, number>();

  index(text: string): number {
    let index = this.indexes.get(text);
    if (index === undefined) {
      index = this.texts.length;
      this.texts.push(text);
      this.indexes.set(text, index);
    }
    return index;
  }
}

interface AskedEntity {
  readonly entity: CompiledEntity;
  /** Objects of the answer, the index of each one's representation, and the path it was found by. */
  readonly objects: AnswerObject[];
  readonly indexes: number[];
  readonly paths: EntityPath[];
  /** The objects that a representation stands for. */
  objectsOf(index: number): ReadonlySet<AnswerObject>;
  /** How many representations are sent. */
  readonly count: number;
}

function askedOf(
  entity: CompiledEntity,
  root: AnswerObject,
  representations: Representations,
  only: ReadonlySet<AnswerObject> | undefined,
): AskedEntity {
  const objects: AnswerObject[] = [];
  const indexes: number[] = [];
  const paths: EntityPath[] = [];
  const ask = (object: AnswerObject, path: EntityPath): number | undefined => {
    if (only && !only.has(object)) return undefined;
    const text = entity.represent(object);
    if (text === undefined) return undefined;
    const index = representations.index(text);
    objects.push(object);
    indexes.push(index);
    paths.push(path);
    return index;
  };
  for (const path of entity.paths)
    if (path.isInterchangeable) askInterchangeable(path, entity, root, ask);
    else for (const object of path.mayRepeat ? path.path.collectOnce(root) : path.path.collect(root)) ask(object, path);
  let byIndex: Map<number, Set<AnswerObject>> | undefined;
  return {
    entity,
    objects,
    indexes,
    paths,
    objectsOf(index) {
      byIndex ??= grouped(objects, indexes);
      return byIndex.get(index)!;
    },
    get count() {
      return representations.texts.length;
    },
  };
}

function grouped(objects: readonly AnswerObject[], indexes: readonly number[]): Map<number, Set<AnswerObject>> {
  const groups = new Map<number, Set<AnswerObject>>();
  indexes.forEach((index, i) => {
    groups.set(index, (groups.get(index) ?? new Set()).add(objects[i]!));
  });
  return groups;
}

/** Asks about the first object of each representation, and puts it in the place of the others. */
function askInterchangeable(
  path: EntityPath,
  entity: CompiledEntity,
  root: AnswerObject,
  ask: (object: AnswerObject, path: EntityPath) => number | undefined,
): void {
  const firsts = new Map<string, AnswerObject>();
  for (const { object, holder, key } of path.path.collectHeld(root)) {
    const text = entity.represent(object);
    if (text === undefined) continue;
    const first = firsts.get(text);
    if (first === undefined) {
      firsts.set(text, object);
      ask(object, path);
    } else if (first !== object) holder[key] = first;
  }
}

function badEntities({ subgraph }: CompiledFetch, given: unknown, count: number): GraphQLFormattedError {
  const what = Array.isArray(given)
    ? `gave ${given.length} entities where ${count} were asked for`
    : 'gave something else than entities';
  return new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, what, { retryable: false }).toJSON();
}

/** A subgraph's own error, with the subgraph's name. */
function ofSubgraph(error: GraphQLFormattedError, { subgraph }: CompiledFetch): GraphQLFormattedError {
  const { message, extensions } = error;
  return {
    message,
    extensions: { ...extensions, code: extensions?.code ?? 'DOWNSTREAM_SERVICE_ERROR', subgraph },
  };
}

function formatted(error: unknown, fetch: CompiledFetch): GraphQLFormattedError {
  if (error instanceof SubgraphError) return error.toJSON();
  return ofSubgraph({ message: (error as Error).message }, fetch);
}
