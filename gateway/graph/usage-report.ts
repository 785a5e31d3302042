import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type GraphQLSchema, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { Cancellation } from '#base/cancellation';
import type { IdentitySigner } from '#base/identity/signed-identity';
import { usedCoordinates } from '../operation/used-coordinates';
import { subgraphOperation, type Transport } from '../transport/transport';
import { askRegistry, REGISTRY } from './registry-caller';
import { RepeatedWork } from './repeated-work';
import type { OperationUse, Usage } from './usage';

const RECORD = subgraphOperation(
  'mutation',
  'mutation RecordUsage($input: RecordUsageInput!) { recordUsage(input: $input) { replayed } }',
);
const TIMEOUT_MS = 10_000;
/** Maximum uses and characters of one request. */
const MAX_USES = 500;
const MAX_CHARACTERS = 512 * 1024;
/** Maximum parts of the schema that are reported of an operation. */
const MAX_COORDINATES = 300;
/** Maximum requests that wait for the registry. */
const MAX_WAITING = 40;
/** Code of the registry's answer to an operation without a text that it does not have. */
const UNKNOWN = 'UNKNOWN_REFERENCE';
/** Operations whose texts the registry has, as far as this process knows. */
const MAX_KNOWN = 20_000;

/** Uses that are sent together, and again with the same key and texts if it is not known whether the registry has them. */
interface Batch {
  readonly key: string;
  readonly uses: readonly OperationUse[];
  /** Digests of operations whose texts are sent, with the parts of the schema that they use. */
  readonly described: ReadonlyMap<string, readonly string[]>;
}

export interface UsageReportOptions {
  /** The graph that serves now. */
  readonly graph: () => {
    readonly subgraphs: readonly string[];
    readonly transport: (subgraph: string) => Transport;
    readonly apiSchema: GraphQLSchema;
  };
  readonly signer: IdentitySigner;
  readonly usage: Usage;
  /** Name of this replica of the gateway. */
  readonly replica: string;
  readonly log: Logger;
  /** 0 never reports by itself. */
  readonly everyMs: number;
}

/** Reports what clients sent to the registry, again and again. While it does not answer, reports wait, and the oldest are dropped. */
export class UsageReport {
  private readonly work: RepeatedWork;
  private readonly closing = new Cancellation();
  private readonly known = new LRUCache<string, true>({ max: MAX_KNOWN });
  private waiting: Batch[] = [];
  private hasFailed = false;

  constructor(private readonly options: UsageReportOptions) {
    this.work = new RepeatedWork(() => this.reportAll(), options.everyMs);
  }

  /** Reports now. Never rejects. */
  report(): Promise<void> {
    return this.work.now();
  }

  /** Reports the rest, if the registry answers at once. */
  async close(): Promise<void> {
    const patience = setTimeout(() => this.closing.cancel(), TIMEOUT_MS / 5);
    await this.work.stop();
    await this.report();
    clearTimeout(patience);
    this.closing.cancel();
  }

  private async reportAll(): Promise<void> {
    const { graph, usage, log } = this.options;
    const { subgraphs, transport, apiSchema } = graph();
    const taken = usage.take();
    if (!subgraphs.includes(REGISTRY)) return;
    for (const uses of batchesOf(taken)) {
      const described = await describe(
        uses.filter(({ digest }) => !this.known.has(digest)),
        apiSchema,
      );
      this.waiting.push({ key: randomUUID(), uses, described });
    }
    // the latest ones with the fewest requests
    for (const { uses } of this.waiting.splice(MAX_WAITING))
      usage.uncounted += uses.reduce((sum, { requests }) => sum + requests, 0);
    try {
      for (let [batch] = this.waiting; batch; [batch] = this.waiting) {
        await this.send(transport(REGISTRY), batch);
        this.waiting.shift();
      }
      if (this.hasFailed) log.info('the registry takes reports of usage again');
      this.hasFailed = false;
    } catch (error) {
      if (this.closing.canceled) return;
      if (!this.hasFailed) log.warn({ err: error }, 'reports of usage wait: the registry does not take them');
      this.hasFailed = true;
    }
  }

  /** @throws Error if the registry does not take it */
  private async send(transport: Transport, { key, uses, described }: Batch): Promise<void> {
    const { signer, replica, graph } = this.options;
    const input = {
      ...{ replica, idempotencyKey: key },
      uses: uses.map(({ operation, ...use }) => {
        const coordinates = described.get(use.digest);
        return { ...use, operation: coordinates ? operation : null, coordinates: coordinates ?? [] };
      }),
    };
    const { errors } = await askRegistry(transport, signer, {
      ...{ operation: RECORD, variables: { input } },
      ...{ deadline: performance.now() + TIMEOUT_MS, cancellation: this.closing },
    });
    if (errors?.[0]?.extensions?.code === UNKNOWN && uses.some(({ digest }) => !described.has(digest))) {
      // the registry forgets operations that no one has sent for months
      this.known.clear();
      this.waiting[0] = { key: randomUUID(), uses, described: await describe(uses, graph().apiSchema) };
      return this.send(transport, this.waiting[0]);
    }
    if (errors) throw new Error(errors[0]!.message);
    for (const { digest } of uses) this.known.set(digest, true);
  }
}

/** The parts of the schema that operations use, by digest. Requests are answered between two operations. */
async function describe(uses: readonly OperationUse[], schema: GraphQLSchema): Promise<Map<string, string[]>> {
  const described = new Map<string, string[]>();
  for (const { digest, operation } of uses) {
    if (described.has(digest)) continue;
    const used = usedCoordinates(parse(operation, { noLocation: true }), schema, { insideVariables: false });
    described.set(digest, [...used].map(withArgument).slice(0, MAX_COORDINATES));
    await setImmediate();
  }
  return described;
}

/** An argument in the form `Type.field(argument:)`. */
function withArgument(coordinate: string): string {
  const [type, field, argument] = coordinate.split('.');
  return argument === undefined ? coordinate : `${type}.${field}(${argument}:)`;
}

function batchesOf(uses: readonly OperationUse[]): OperationUse[][] {
  const batches: OperationUse[][] = [];
  let characters = 0;
  for (const use of uses) {
    characters += use.operation.length;
    const last = batches.at(-1);
    if (last && last.length < MAX_USES && characters <= MAX_CHARACTERS) last.push(use);
    else {
      batches.push([use]);
      characters = use.operation.length;
    }
  }
  return batches;
}
