import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { Cancellation } from '#base/cancellation';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import { NODES } from '../nodes/schema';
import { subgraphOperation, type Transport } from '../transport/transport';
import { inThread } from './in-thread';
import { askRegistry, REGISTRY } from './registry-caller';
import { RepeatedWork } from './repeated-work';
import type { Comparison, SchemaDifference, ServedSchema } from './schema-comparison';

const SERVICE = subgraphOperation('query', '{ _service { sdl } }');
const RECORD = subgraphOperation(
  'mutation',
  'mutation RecordServedSchemas($input: RecordServedSchemasInput!) { recordServedSchemas(input: $input) { replayed } }',
);
const TIMEOUT_MS = 10_000;
/** Maximum parts of one subgraph that a report names. */
const MAX_PARTS = 50;
/** Maximum characters of what a subgraph serves. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** The part of a graph that is watched. */
interface WatchedGraph {
  readonly supergraphSdl: string;
  readonly subgraphs: readonly string[];
  readonly transport: (subgraph: string) => Transport;
}

export interface SchemaWatchOptions {
  /** The graph that serves now. */
  readonly graph: () => WatchedGraph;
  readonly signer: IdentitySigner;
  /** Name of this replica of the gateway. */
  readonly replica: string;
  readonly log: Logger;
  /** 0 never asks by itself. */
  readonly everyMs: number;
}

/** Compares the supergraph with what each subgraph says that it serves, again and again, and reports it to the registry. */
export class SchemaWatch {
  private readonly work: RepeatedWork;
  private readonly closing = new Cancellation();
  private compared: Comparison | undefined;
  private known: readonly SchemaDifference[] = [];
  private hasFailed = false;

  constructor(private readonly options: SchemaWatchOptions) {
    this.work = new RepeatedWork(() => this.ask(), options.everyMs);
  }

  /** Number of parts that each subgraph should serve and does not, by name; without those that did not answer. */
  get unserved(): [subgraph: string, parts: number][] {
    return this.known.map(({ subgraph, unserved }) => [subgraph, unserved.length]);
  }

  async close(): Promise<void> {
    this.closing.cancel();
    await this.work.stop();
  }

  private async ask(): Promise<void> {
    const graph = this.options.graph();
    // another supergraph may have no registry
    if (!graph.subgraphs.includes(REGISTRY)) return;
    try {
      const names = graph.subgraphs.filter((name) => name !== NODES);
      const answers = await Promise.allSettled(names.map((name) => this.servedBy(graph, name)));
      // circuit breakers and metrics show a subgraph that is away
      const served = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      await this.compare({ supergraph: graph.supergraphSdl, served });
      await this.report(graph.transport(REGISTRY));
      this.hasFailed = false;
    } catch (error) {
      if (this.closing.canceled) return;
      if (!this.hasFailed) this.options.log.warn({ err: error }, 'cannot report what subgraphs serve');
      this.hasFailed = true;
    }
  }

  /** @throws Error if the subgraph does not answer: what it serves is not known then */
  private async servedBy(graph: WatchedGraph, subgraph: string): Promise<ServedSchema> {
    const headers = { [IDENTITY_HEADER]: await this.options.signer.sign(null, subgraph) };
    const request = { operation: SERVICE, variables: '{}', headers, ...this.limits() };
    const { data } = (await graph.transport(subgraph).request(request)).read();
    const sdl = (data?._service as { readonly sdl?: unknown } | null | undefined)?.sdl;
    if (typeof sdl === 'string' && sdl.length <= MAX_CHARACTERS) return { subgraph, sdl };
    throw new Error(`The subgraph "${subgraph}" has no schema`);
  }

  private async compare(comparison: Comparison): Promise<void> {
    if (isDeepStrictEqual(comparison, this.compared)) return;
    const before = new Map(this.known.map(({ subgraph, unserved }) => [subgraph, unserved.join()]));
    this.known = await inThread<SchemaDifference[]>('graph/schema-comparison', comparison);
    this.compared = comparison;
    for (const { subgraph, unserved } of this.known) {
      if (unserved.join() === (before.get(subgraph) ?? '')) continue;
      const { log } = this.options;
      if (unserved.length === 0) log.info({ subgraph }, 'a subgraph serves again what is published');
      else
        log.warn(
          { subgraph, parts: unserved.length, unserved: unserved.slice(0, 5) },
          'a subgraph does not serve what is published',
        );
    }
  }

  private async report(registry: Transport): Promise<void> {
    if (this.known.length === 0) return;
    const schemas = this.known.map(({ subgraph, unserved, unpublished }) => ({
      ...{ subgraph, unserved: unserved.slice(0, MAX_PARTS), unpublished: unpublished.slice(0, MAX_PARTS) },
    }));
    const input = { replica: this.options.replica, schemas, idempotencyKey: randomUUID() };
    const { signer } = this.options;
    const { errors } = await askRegistry(registry, signer, {
      operation: RECORD,
      variables: { input },
      ...this.limits(),
    });
    if (errors) throw new Error(errors[0]!.message);
  }

  private limits() {
    return { deadline: performance.now() + TIMEOUT_MS, cancellation: this.closing };
  }
}
