import './telemetry-off';
import { isDeepStrictEqual } from 'node:util';
import { ApolloGateway } from '@apollo/gateway';
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  specifiedRules,
  validate,
} from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { Graph } from '../../gateway/graph/graph';
import { normalize, responseName } from '../../gateway/operation/normalize';
import { ApolloPlanner } from '../../gateway/planning/apollo/planner';
import { DirectPlanner } from '../../gateway/planning/direct/planner';
import { PlanningError } from '../../gateway/planning/errors';
import { SupergraphModel } from '../../gateway/planning/model/supergraph-model';
import { NativePlanner } from '../../gateway/planning/native/planner';
import type { Planner } from '../../gateway/planning/planner';
import { PlannerWithFallback, plannerOf } from '../../gateway/planning/planners';
import { PlanCounts } from '../../gateway/planning/tasks';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport } from '../../gateway/transport/in-process';
import type { Generated } from './operations';
import { BytesTransport } from './transport';
import { type Oddities, OracleWorld } from './world';
import type { Exhibit } from './zoo';

export interface Answer {
  readonly data: unknown;
  readonly errors: readonly GraphQLFormattedError[];
}

/** The response if the graph were one service. */
export interface Specified {
  readonly data: unknown;
  /** Errors of the selected fields. */
  readonly asked: readonly GraphQLFormattedError[];
  /** Messages of errors of required fields. */
  readonly required: readonly string[];
}

/** Errors that fields of the generated data raise. */
export const boomsOf = (errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] =>
  errors.filter(({ extensions }) => extensions?.code === 'BOOM');

/** The planners of the compared engines: the two planners of the product, and the direct planner alone. */
export const ENGINES = ['native', 'apollo', 'direct'] as const;
export type Engine = (typeof ENGINES)[number];

/** Milliseconds for Apollo's planner, which does not terminate for some operations of the zoo. */
const APOLLO_MS = 1_000;

const log = createLog('silent', 'oracle');

function plannerFor(engine: Engine): (sdl: string) => Planner {
  if (engine === 'native') return plannerOf(engine, log);
  if (engine === 'apollo')
    return (sdl) => new PlannerWithFallback(new ApolloPlanner(sdl), () => new NativePlanner(sdl), APOLLO_MS);
  return (sdl) => {
    const planner = new DirectPlanner(new SupergraphModel(sdl), sdl);
    return {
      name: 'native',
      counts: new PlanCounts(),
      plan: async (operation) => planner.plan(operation),
      close: async () => {},
    };
  };
}

/** Ignores an error of the planner, which does not count as a mismatch. @throws any other error */
export function unlessUnplanned(error: unknown): undefined {
  if (!(error instanceof PlanningError)) throw error;
}

function asClientNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asClientNames);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [responseName(name), asClientNames(inner)]);
  // JSON, because names such as __proto__ are ordinary names there
  return JSON.parse(
    `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`).join(',')}}`,
  );
}

/** One supergraph of the zoo, served by the reference and by our engine with either planner, on the same data. */
export class Contest {
  readonly graphs: Readonly<Record<Engine, Graph>>;
  private readonly gateway: ApolloGateway;
  private executor: Awaited<ReturnType<ApolloGateway['load']>>['executor'] | undefined;
  world: OracleWorld;
  readonly whole: GraphQLSchema;

  constructor(readonly exhibit: Exhibit) {
    this.world = new OracleWorld(exhibit.subgraphs, '', { nulls: 0, errors: 0, unknown: 0 });
    const supergraphSdl = compose(
      Object.entries(exhibit.subgraphs).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` })),
    );
    this.whole = buildASTSchema(parse(supergraphSdl), { assumeValid: true });
    const graph = (planner: Engine) =>
      Graph.of({
        supergraphSdl,
        planner: plannerFor(planner),
        planLimits: { entries: 100, bytes: 10_000_000, timeoutMs: 30_000 },
        fetchTimeoutMs: 10_000,
        transport: ({ name }) =>
          planner !== 'apollo'
            ? new BytesTransport(name, (query, variables) => this.world.execute(name, query, variables))
            : new InProcessTransport({
                name,
                execute: ({ query, variables }) => this.world.execute(name, query, variables ?? {}),
              }),
      });
    this.graphs = { native: graph('native'), apollo: graph('apollo'), direct: graph('direct') };
    this.gateway = new ApolloGateway({
      supergraphSdl,
      buildService: ({ name }) => ({
        process: async ({ request }) =>
          (await this.world.execute(name, request.query!, request.variables ?? {})) as never,
      }),
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
  }

  async start(): Promise<void> {
    const { executor } = await this.gateway.load();
    this.executor = executor;
  }

  fill(seed: string, oddities: Oddities): void {
    this.world = new OracleWorld(this.exhibit.subgraphs, seed, oddities);
  }

  get schema() {
    return this.graphs.native.apiSchema;
  }

  isValid({ query }: Generated): boolean {
    try {
      return validate(this.schema, parse(query), specifiedRules).length === 0;
    } catch {
      return false;
    }
  }

  /** The response of `@apollo/gateway`; undefined for exhibits that it cannot plan. */
  async reference({ query, variables }: Generated): Promise<Answer | undefined> {
    if (this.exhibit.hasNoReference) return undefined;
    const document = parse(query);
    const { data, errors = [] } = await this.executor!({
      document,
      request: { query, variables },
      queryHash: query,
      schema: this.gateway.schema!,
      context: {},
      cache: { get: async () => undefined, set: async () => undefined },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      metrics: {},
      source: query,
    } as never);
    return { data: JSON.parse(JSON.stringify(data ?? null)), errors: errors.map((error) => error.toJSON()) };
  }

  /** The reference's data for the normalized operation, which avoids its mistakes with response names. */
  async referenceNormalized({ query, variables }: Generated): Promise<unknown> {
    const document = parse(query);
    const { text, literals, selectionSet } = normalize(document, undefined, this.schema);
    if (text === undefined) return undefined;
    const [definition] = parse(text, { noLocation: true }).definitions as OperationDefinitionNode[];
    const whole = { ...definition!, selectionSet };
    // fragments in introspection are not inlined
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    const printed = print({ kind: Kind.DOCUMENT, definitions: [whole, ...fragments] });
    const answer = await this.reference({ query: printed, variables: { ...variables, ...literals } });
    return answer && asClientNames(answer.data);
  }

  /** The data by the GraphQL specification alone. */
  async monolith({ query, variables }: Generated, isWithheld?: (coordinate: string) => boolean): Promise<unknown> {
    return (await this.world.monolith(this.schema, this.whole, query, variables, isWithheld)).data;
  }

  /** The correct result by the GraphQL specification alone. */
  async specified({ query, variables }: Generated): Promise<Specified> {
    const { data, errors } = await this.world.monolith(this.schema, this.whole, query, variables);
    const selected = boomsOf(errors.map((error) => error.toJSON()));
    return { data, asked: selected, required: [...this.world.lostRequirements] };
  }

  /** Sends the operation twice: it runs the general way first, and then over slices if it can. */
  async ours(planner: Engine, { query, variables }: Generated): Promise<Answer> {
    return this.answerTo(planner, () => parse(query), variables);
  }

  /** Like {@link ours}, with fields of the document marked as withheld. */
  async answerTo(planner: Engine, document: () => DocumentNode, variables: Generated['variables']): Promise<Answer> {
    const first = await this.ask(planner, document(), variables);
    const second = await this.ask(planner, document(), variables);
    if (!isDeepStrictEqual(first, second))
      return { data: { first, second }, errors: [{ message: 'two executions returned different responses' }] };
    return second;
  }

  private async ask(planner: Engine, document: DocumentNode, variables: Generated['variables']): Promise<Answer> {
    const { data, errors = [] } = await this.graphs[planner].execute({
      document,
      variables,
      headers: {},
      scope: '',
      deadline: performance.now() + 30_000,
    });
    return { data: data?.toJSON() ?? null, errors };
  }

  async close(): Promise<void> {
    await Promise.all([this.gateway.stop(), ...Object.values(this.graphs).map((graph) => graph.close())]);
  }
}
