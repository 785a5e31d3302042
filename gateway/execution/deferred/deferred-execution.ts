import type { GraphQLFormattedError } from 'graphql';
import type { DeferredFragment } from '../../operation/defer';
import type { CompiledNode, CompiledOperation } from '../compile/compile';
import { fieldsOf, laterShapes, type OutputField, type Shape } from '../compile/shape';
import { Completion } from '../general/complete';
import { Execution, type ExecutionRequest, type ExecutionResult } from '../general/execution';
import type { CompiledFetch } from '../general/fetch';
import type { AnswerPath } from '../general/path';
import { RenderedData } from '../result';
import { type AnswerObject, isObject } from '../types';
import type { Deferral } from './deferral';
import { Deferrals, type DeliveryPart } from './delivery';

/** The initial result of an execution and its deferred parts. */
export interface FirstResult {
  readonly result: ExecutionResult;
  readonly deferrals: Deferrals;
}

/** The result of a part. */
export interface PartResult {
  /** Undefined if it must be null. */
  readonly data: RenderedData | undefined;
  readonly errors: readonly GraphQLFormattedError[];
  /** Deferred parts within it. */
  readonly deferrals: Deferrals;
}

/** Runs a compiled operation once and delivers its deferred fragments part by part. */
export class DeferredExecution extends Execution {
  /** Deferred steps in progress. */
  private readonly behind = new Map<CompiledNode, Promise<void>>();
  /** Subgraph errors by JSON of their enclosing places; undefined if outdated by later responses. */
  private errorsWithin: ReadonlyMap<string, readonly GraphQLFormattedError[]> | undefined;
  /** JSON of places that a part made null. */
  private readonly nulled = new Set<string>();
  /** Subgraph errors that a part has reported. */
  private readonly reported = new Set<string>();

  constructor(
    operation: CompiledOperation,
    request: ExecutionRequest,
    private readonly deferral: Deferral,
  ) {
    super(operation, request, () => deferral.shapes);
  }

  /** Like {@link run}, without waiting for deferred steps. */
  async runFirst(): Promise<FirstResult> {
    await this.runPlan();
    const deferrals = new Deferrals();
    const completion = new Completion(this.failures, this.strayErrors(), this.request.introspected, deferrals);
    const data = RenderedData.ofText(completion.data(this.root, this.deferral.shapes));
    this.keepNulled(deferrals);
    const unreported = this.failures.takeUnreported((fetch) => !this.deferral.fetches.has(fetch));
    return { result: this.resultOf(data, completion, unreported), deferrals };
  }

  /** Waits for the steps of a deferred fragment. */
  async settled(fragment: DeferredFragment): Promise<void> {
    await Promise.all(this.deferral.steps.get(fragment)!.map((node) => this.behind.get(node)));
  }

  /** Writes a part after the steps of one of its fragments have {@link settled}. */
  deliver({ path, shape, scope }: DeliveryPart): PartResult {
    const deferrals = new Deferrals(scope, (at) => this.nulled.size > 0 && this.nulled.has(JSON.stringify(at)));
    const object = this.objectAt(path);
    const located = this.errorsIn(path).filter(
      ({ path: at = [] }) => leadsTo(object, shape, at.slice(path.length)) === 'here',
    );
    for (const error of located) this.reported.add(identityOf(error));
    const completion = new Completion(this.failures, located, this.request.introspected, deferrals);
    const text = completion.part(object, shape, path);
    const errors = completion.errors.toArray();
    if (text === undefined) return { data: undefined, errors: this.reasons(path, errors), deferrals };
    this.keepNulled(deferrals);
    return { data: RenderedData.ofText(text), errors, deferrals };
  }

  /** The errors of a null part. An error that explains several parts is reported in one of them only. */
  private reasons(path: AnswerPath, errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] {
    if (errors.length > 0) return errors;
    const within = this.errorsIn(path);
    if (within.length > 0) return within;
    const subgraph = this.failures.owner(path);
    return [
      {
        message: `${subgraph ? `The "${subgraph}" subgraph` : 'A subgraph'} returned no object for a deferred fragment`,
        path,
        extensions: { code: 'SUBGRAPH_BAD_RESPONSE', ...(subgraph ? { subgraph } : {}), retryable: false },
      },
    ];
  }

  /** Fields that are null in one part must be null in parts that repeat them. */
  private keepNulled({ nulled }: Deferrals): void {
    for (const path of nulled) this.nulled.add(JSON.stringify(path));
  }

  /** Subgraph errors that no part reports: they concern delivered fields, or fields that only the planner requested. */
  strayErrors(): GraphQLFormattedError[] {
    const shape = this.deferral.shapes.of(this.root.__typename)!;
    const errors = this.errorsIn([]).filter(
      (error) => !this.reported.has(identityOf(error)) && leadsTo(this.root, shape, error.path ?? []) !== 'later',
    );
    for (const error of errors) this.reported.add(identityOf(error));
    return errors;
  }

  /** Subgraph errors at or below a place of the answer. */
  private errorsIn(place: AnswerPath): readonly GraphQLFormattedError[] {
    if (!this.errorsWithin) {
      const within = new Map<string, GraphQLFormattedError[]>();
      for (const error of this.failures.located())
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

  /** Removes and returns errors that no field has reported; the caller must report them. */
  takeUnreported(): GraphQLFormattedError[] {
    return this.failures.takeUnreported();
  }

  /** The current object at a path of the answer; fetches may have replaced the original. */
  private objectAt(path: AnswerPath): AnswerObject {
    let value: unknown = this.root;
    let shapes = [this.deferral.shapes];
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

  protected override runNode(node: CompiledNode, after: readonly Promise<void>[] = []): Promise<void> | undefined {
    if (this.deferral.nodes.has(node)) {
      this.runBehind(node, after);
      return undefined;
    }
    switch (node.kind) {
      case 'Fetch':
        return this.fetch(node);
      case 'Sequence':
        return this.runInOrder(node.nodes, after);
      case 'Parallel':
        return this.runTogether(node.nodes, after);
    }
  }

  /** Runs a deferred step after other deferred work. */
  private runBehind(node: CompiledNode, after: readonly Promise<void>[]): void {
    const running = Promise.all(after).then(() => super.runNode(node));
    // waiters see the failure; without anything left to deliver, there are no waiters
    running.catch(() => {});
    this.behind.set(node, running);
  }

  private async runInOrder(nodes: readonly CompiledNode[], after: readonly Promise<void>[]): Promise<void> {
    let behind = after;
    for (const node of nodes) {
      await this.runNode(node, behind);
      behind = [...behind, ...this.behindIn(node)];
    }
  }

  private async runTogether(nodes: readonly CompiledNode[], after: readonly Promise<void>[]): Promise<void> {
    await Promise.all(nodes.map((node) => this.runNode(node, after)));
  }

  /** Each response may add errors. */
  protected override fetch(fetch: CompiledFetch): Promise<void> | undefined {
    return super.fetch(fetch)?.then(() => {
      this.errorsWithin = undefined;
    });
  }

  /** Deferred work started by a step. */
  private behindIn(node: CompiledNode): Promise<void>[] {
    const work = this.behind.get(node);
    if (work) return [work];
    return node.kind === 'Sequence' || node.kind === 'Parallel'
      ? node.nodes.flatMap((child) => this.behindIn(child))
      : [];
  }
}

const identityOf = ({ message, path }: GraphQLFormattedError): string => JSON.stringify([message, path]);

const fieldOf = ({ fields }: Shape, name: string): OutputField | undefined =>
  fields.find((field) => field.name === name);

/**
 * Whether a path below an object leads to a field of a shape ("here") or to a field delivered later ("later"); "nowhere" otherwise.
 * A null on the path counts as a field.
 */
function leadsTo(object: AnswerObject, shape: Shape, path: AnswerPath): 'here' | 'later' | 'nowhere' {
  const [name, ...rest] = path;
  if (name === undefined) return 'here';
  const field = fieldOf(shape, String(name));
  if (field) {
    const { value, below } = valueBelow(object[field.key], rest);
    const inner = isObject(value) && below.length > 0 ? field.objects?.of(value.__typename) : undefined;
    const target = inner ? leadsTo(value as AnswerObject, inner, below) : 'here';
    if (target !== 'nowhere') return target;
  }
  // fragments that repeat a field may select more of its object
  return laterShapes(shape).some((later) => leadsTo(object, later, path) !== 'nowhere') ? 'later' : 'nowhere';
}

/** Follows the list indexes at the start of a path. */
function valueBelow(list: unknown, path: AnswerPath): { value: unknown; below: AnswerPath } {
  let value = list;
  let depth = 0;
  for (; typeof path[depth] === 'number' && Array.isArray(value); depth++) value = value[path[depth] as number];
  return { value, below: path.slice(depth) };
}
