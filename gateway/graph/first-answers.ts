import type { Logger } from 'pino';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import { NODES } from '../nodes/schema';
import { causeOf } from '../transport/errors';
import { subgraphOperation, type Transport } from '../transport/transport';

const OPERATION = subgraphOperation('query', '{__typename}');
/** Milliseconds for the answers to one check, shorter than the patience of load balancers. */
const TIMEOUT_MS = 2_000;

export interface FirstAnswersOptions {
  /** The graph that serves now. */
  readonly graph: () => { readonly subgraphs: readonly string[]; readonly transport: (subgraph: string) => Transport };
  /** Signs the public as the caller; undefined where subgraphs need no identity. */
  readonly signer: IdentitySigner | undefined;
  readonly log: Logger;
  /** Milliseconds after which subgraphs that never answered do not matter if others did; 0 waits for all of them. */
  readonly graceMs: number;
}

/**
 * Whether each subgraph has answered once since the start. Until then a gateway is not ready: it may have wrong addresses or keys, and an
 * update of gateways should stop at it. Afterward it stays ready: a subgraph that is away takes its own fields away, not all gateways.
 */
export class FirstAnswers {
  private readonly answered = new Set<string>();
  private readonly startedAt = performance.now();
  private isReady = false;
  private asking: Promise<void> | undefined;

  constructor(private readonly options: FirstAnswersOptions) {}

  /** Asks the subgraphs that have not answered yet, unless the gateway is ready. Never rejects. */
  async check(): Promise<{ readonly ready: boolean; readonly parts: Readonly<Record<string, boolean>> }> {
    const names = this.options.graph().subgraphs.filter((name) => name !== NODES);
    if (!this.isReady) {
      this.asking ??= this.askAll(names).finally(() => {
        this.asking = undefined;
      });
      await this.asking;
      this.decide(names);
    }
    return { ready: this.isReady, parts: Object.fromEntries(names.map((name) => [name, this.answered.has(name)])) };
  }

  private decide(names: readonly string[]): void {
    const missing = names.filter((name) => !this.answered.has(name));
    const { graceMs, log } = this.options;
    const isLate = graceMs > 0 && performance.now() - this.startedAt >= graceMs;
    if (this.isReady || (missing.length > 0 && !(isLate && missing.length < names.length))) return;
    this.isReady = true;
    if (missing.length > 0) log.warn({ missing }, 'ready without subgraphs that have never answered');
  }

  private async askAll(names: readonly string[]): Promise<void> {
    await Promise.all(names.filter((name) => !this.answered.has(name)).map((name) => this.ask(name)));
  }

  private async ask(name: string): Promise<void> {
    const { graph, signer } = this.options;
    const deadline = performance.now() + TIMEOUT_MS;
    try {
      const headers: Record<string, string> = signer ? { [IDENTITY_HEADER]: await signer.sign(null, name) } : {};
      const answer = await graph()
        .transport(name)
        .request({ operation: OPERATION, variables: '{}', headers, deadline });
      // errors are answers: a subgraph may want more than this request has
      answer.read();
      this.answered.add(name);
    } catch (error) {
      this.options.log.debug({ subgraph: name, cause: causeOf(error) }, 'no first answer yet');
    }
  }
}
