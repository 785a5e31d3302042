import type { GraphQLFormattedError } from 'graphql';
import type { ContextVariable, RewriteStep } from '../../planning/plan';
import { SubgraphError } from '../../transport/errors';
import { isNestedTooDeeply, NESTED_TOO_DEEPLY } from '../../transport/response';
import type { SubgraphAnswer, SubgraphResponse } from '../../transport/transport';
import type { Calls } from '../calls';
import type { CompiledNode, CompiledOperation } from '../compile/compile';
import type { Shapes } from '../compile/shape';
import { RenderedData } from '../result';
import { type AnswerObject, isObject, type TypeConditions } from '../types';
import { Asked, type AskedEntity } from './asked';
import { Completion, type Introspected } from './complete';
import { Failures } from './failures';
import type { CompiledEntity, CompiledFetch, EntityPath } from './fetch';
import { copy, merge } from './merge';
import type { AnswerPath } from './path';

export interface ExecutionRequest {
  readonly calls: Calls;
  readonly introspected?: Introspected;
  /** Whether to reject deeply nested data, which can exhaust the stack; checked only after that has happened. */
  readonly isWary?: boolean;
}

export interface ExecutionResult {
  readonly data: RenderedData;
  readonly errors?: readonly GraphQLFormattedError[];
  /** Headers of subgraph responses. */
  readonly answered: readonly SubgraphAnswer['headers'][];
}

/** Runs a compiled operation once, for any subgraph responses, by the GraphQL specification. */
export class Execution {
  protected readonly root: AnswerObject = {};
  protected readonly failures: Failures;

  /** @param shapes shapes of the answer; those of the whole operation by default */
  constructor(
    private readonly operation: CompiledOperation,
    protected readonly request: ExecutionRequest,
    shapes: () => Shapes = () => operation.output().shapes,
  ) {
    this.failures = new Failures(operation, this.root, shapes);
  }

  async run(): Promise<ExecutionResult> {
    await this.runPlan();
    const { shapes, render } = this.operation.output();
    const text = this.failures.hasErrors ? undefined : render(this.root);
    if (text !== undefined) return { data: RenderedData.ofText(text), answered: this.request.calls.answered };
    const completion = new Completion(this.failures, this.failures.located(), this.request.introspected);
    const data = RenderedData.ofText(completion.data(this.root, shapes));
    return this.resultOf(data, completion, this.failures.takeUnreported());
  }

  protected resultOf(
    data: RenderedData,
    completion: Completion,
    unreported: readonly GraphQLFormattedError[],
  ): ExecutionResult {
    for (const error of unreported) completion.errors.add(error);
    const errors = completion.errors.toArray();
    const { answered } = this.request.calls;
    return errors.length > 0 ? { data, errors, answered } : { data, answered };
  }

  protected async runPlan(): Promise<void> {
    if (this.operation.root) await this.runNode(this.operation.root);
  }

  protected runNode(node: CompiledNode): Promise<void> | undefined {
    switch (node.kind) {
      case 'Fetch':
        return this.fetch(node);
      case 'Sequence':
        return this.runSequence(node.nodes);
      case 'Parallel':
        return this.runParallel(node.nodes);
    }
  }

  private async runSequence(nodes: readonly CompiledNode[]): Promise<void> {
    for (const node of nodes) await this.runNode(node);
  }

  private async runParallel(nodes: readonly CompiledNode[]): Promise<void> {
    await Promise.all(nodes.map((node) => this.runNode(node)));
  }

  protected fetch(fetch: CompiledFetch): Promise<void> | undefined {
    if (!fetch.entities) return this.rootFetch(fetch);
    if (fetch.node.context) return this.contextualFetch(fetch, fetch.entities, fetch.node.context);
    return this.ask(fetch, new Asked(fetch.entities, this.root), this.request.calls.variables(fetch));
  }

  /** Fetches fields of a root type, wherever it occurs in the answer. */
  private rootFetch(fetch: CompiledFetch): Promise<void> | undefined {
    const objects = fetch.at ? fetch.at.collectOnce(this.root) : [this.root];
    if (objects.length === 0) return undefined;
    return this.call(fetch, `{${this.request.calls.variables(fetch)}}`).then(
      (response) => this.takeRoot(fetch, objects, response),
      (error: unknown) => this.failures.lose(fetch, objects, formatted(error, fetch)),
    );
  }

  /** Fetches entities once for each set of context values, by "@fromContext" of the Federation specification. */
  private async contextualFetch(
    fetch: CompiledFetch,
    entities: readonly CompiledEntity[],
    context: readonly ContextVariable[],
  ): Promise<void> {
    const groups = new Map<string, Set<AnswerObject>>();
    for (const { paths, types } of entities)
      for (const { path } of paths)
        for (const place of path.places(this.root)) {
          const above = [...place.objectsAbove()];
          const members = context.flatMap(({ variable, up, path: steps }) => {
            const value = valueAt(above[up - 1], steps, types);
            return value === undefined ? [] : [`${JSON.stringify(variable)}:${JSON.stringify(value)}`];
          });
          const key = members.join(',');
          groups.set(key, (groups.get(key) ?? new Set()).add(place.object));
        }
    const clientVariables = this.request.calls.variables(fetch);
    await Promise.all(
      [...groups].map(([members, objects]) =>
        this.ask(fetch, new Asked(entities, this.root, objects), [clientVariables, members].filter(Boolean).join(',')),
      ),
    );
  }

  /** @param variables members of a JSON object, in addition to the representations */
  private ask(fetch: CompiledFetch, asked: Asked, variables: string): Promise<void> | undefined {
    if (asked.isEmpty) return undefined;
    return this.call(fetch, `{${asked.text}${variables === '' ? '' : `,${variables}`}}`).then(
      (response) => this.takeEntities(fetch, asked, response),
      (error: unknown) => this.failures.lose(fetch, asked.objects(), formatted(error, fetch)),
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
      if (error instanceof SubgraphError && error.subgraphErrors.length > 0) return { errors: error.subgraphErrors };
      throw error;
    }
  }

  private takeRoot(
    fetch: CompiledFetch,
    objects: readonly AnswerObject[],
    { data, errors = [] }: SubgraphResponse,
  ): void {
    for (const error of errors) this.takeRootError(fetch, objects, error, Boolean(data));
    if (!data) return;
    for (const rewrite of fetch.rewrites) rewrite(data);
    objects.forEach((object, index) => {
      merge(object, index === 0 ? data : copy(data));
    });
  }

  private takeRootError(
    fetch: CompiledFetch,
    objects: readonly AnswerObject[],
    error: GraphQLFormattedError,
    hasData: boolean,
  ): void {
    const located = ofSubgraph(error, fetch);
    const within = answerPath(error.path ?? [], fetch);
    // ignores a path that does not start with a field of the fetch
    if (!fetch.keys.has(String(within[0]))) {
      this.failures.lose(fetch, objects, located, hasData);
      return;
    }
    const places = fetch.at ? fetch.at.places(this.root).map(({ path }) => path) : [[]];
    for (const place of places) this.failures.addAtRoot({ ...located, path: [...place, ...within] });
  }

  private takeEntities(fetch: CompiledFetch, asked: Asked, { data, errors = [] }: SubgraphResponse): void {
    for (const error of errors) this.takeEntityError(fetch, asked, error, Boolean(data));
    if (!data) return;
    for (const askedEntity of asked.entities) {
      const values = data[askedEntity.entity.alias];
      if (Array.isArray(values) && values.length === askedEntity.count) this.mergeEntities(fetch, askedEntity, values);
      // errors already explain missing entities
      else if ((values ?? null) !== null || errors.length === 0)
        this.failures.lose(fetch, askedEntity.objects, badEntities(fetch, values, askedEntity.count));
    }
  }

  private mergeEntities(fetch: CompiledFetch, asked: AskedEntity, values: unknown[]): void {
    const { rewrites, types } = asked.entity;
    if (rewrites.length > 0) for (const value of values) for (const rewrite of rewrites) rewrite(value);
    const usedAt: (EntityPath | undefined)[] = new Array(values.length);
    for (let i = 0; i < asked.objects.length; i++) {
      const object = asked.objects[i]!;
      const index = asked.indexes[i]!;
      const value = values[index];
      if (isObject(value)) {
        const path = asked.paths[i]!;
        const used = usedAt[index];
        const typename = object.__typename;
        if (used === undefined) {
          usedAt[index] = path;
          merge(object, value);
        } else merge(object, used === path && path.mayShare ? value : copy(value));
        // a subgraph that knows the object only by its interface returns the interface's name
        if (object.__typename !== typename && types.isObjectType(typename) && !types.isObjectType(object.__typename))
          object.__typename = typename;
      } else if (value === null) this.failures.missEntity(fetch, object);
      else this.failures.lose(fetch, [object], badEntities(fetch, value, asked.count));
    }
  }

  private takeEntityError(fetch: CompiledFetch, asked: Asked, error: GraphQLFormattedError, hasData: boolean): void {
    const located = ofSubgraph(error, fetch);
    const [alias, index, ...rest] = error.path ?? [];
    const askedEntity = asked.entities.find(({ entity }) => entity.alias === alias);
    if (askedEntity && typeof index === 'number' && index < askedEntity.count)
      this.failures.addAtEntity(
        fetch,
        askedEntity.entity,
        askedEntity.objectsOf(index),
        located,
        answerPath(rest, fetch),
      );
    else this.failures.lose(fetch, askedEntity ? askedEntity.objects : asked.objects(), located, hasData);
  }
}

/** The value at a path below an object; undefined if an object on the path has another type. */
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

/** Converts a path in a subgraph response to the answer's response names. */
const answerPath = (path: AnswerPath, { renamed }: CompiledFetch): AnswerPath =>
  path.map((step) => (typeof step === 'string' ? (renamed.get(step) ?? step) : step));

function badEntities({ subgraph }: CompiledFetch, returned: unknown, count: number): GraphQLFormattedError {
  const what = Array.isArray(returned)
    ? `returned ${returned.length} entities for ${count} representations`
    : 'returned something other than entities';
  return new SubgraphError('SUBGRAPH_BAD_RESPONSE', subgraph, what, { retryable: false }).toJSON();
}

/** Adds the subgraph's name to its error. */
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
