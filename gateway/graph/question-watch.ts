import type { Logger } from 'pino';
import { Cancellation } from '#base/cancellation';
import type { IdentitySigner } from '#base/identity/signed-identity';
import type { TrustedQuestions } from '../policy/trusted-questions';
import { type SubgraphOperation, subgraphOperation, type Transport } from '../transport/transport';
import { askRegistry, REGISTRY } from './registry-caller';
import { RepeatedWork } from './repeated-work';

/** Pages of a list of the registry. */
interface Listing {
  readonly list: string;
  readonly operation: SubgraphOperation;
}

const listing = (name: string, list: string, fields: string, filter = ''): Listing => ({
  list,
  operation: subgraphOperation(
    'query',
    `query ${name}($after: String) { ${list}(first: 500, after: $after${filter}) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
  ),
});

/** What is trusted: it differs once a document is trusted, or no longer is. */
const STATE: readonly Listing[] = [
  listing('TrustedState', 'trustedDocuments', 'id'),
  listing('ClientState', 'clientReleases', 'id', ', filter: { inUse: { eq: true } }'),
];
const DOCUMENTS: readonly Listing[] = [
  listing('TrustedQuestions', 'trustedDocuments', 'operation'),
  listing('ClientDocuments', 'clientDocuments', 'operation', ', filter: { release: { inUse: { eq: true } } }'),
];

/** Maximum trusted documents, above what the registry allows, and characters of all of them. */
const MAX_DOCUMENTS = 50_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** Milliseconds for all pages. */
const TIMEOUT_MS = 10_000;

interface TrustedPage {
  readonly nodes: readonly Readonly<Record<string, string>>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface QuestionWatchOptions {
  /** The graph that serves now. */
  readonly graph: () => { readonly subgraphs: readonly string[]; readonly transport: (subgraph: string) => Transport };
  readonly signer: IdentitySigner;
  readonly questions: TrustedQuestions;
  readonly log: Logger;
  /** 0 never asks by itself. */
  readonly everyMs: number;
}

/** Asks the registry for the trusted questions, again and again. While it does not answer, the last known ones stay, and no others are trusted. */
export class QuestionWatch {
  private readonly work: RepeatedWork;
  private readonly closing = new Cancellation();
  private hasFailed = false;
  /** What the registry said of its documents when they were last read. */
  private state = '';

  constructor(private readonly options: QuestionWatchOptions) {
    this.work = new RepeatedWork(() => this.ask(), options.everyMs);
    if (options.everyMs > 0) void this.look();
  }

  /** Asks now. Never rejects. */
  look(): Promise<void> {
    return this.work.now();
  }

  async close(): Promise<void> {
    this.closing.cancel();
    await this.work.stop();
  }

  private async ask(): Promise<void> {
    const { graph, questions, log } = this.options;
    const { subgraphs, transport } = graph();
    // another supergraph may have no registry; no other subgraph is asked, whatever fields it has
    if (!subgraphs.includes(REGISTRY)) {
      this.state = '';
      return questions.replace([]);
    }
    try {
      const registry = transport(REGISTRY);
      const deadline = performance.now() + TIMEOUT_MS;
      // read first: what changes during the reading of the lists is noticed next time
      const state = (await this.read(registry, STATE, deadline)).join(' ');
      if (state !== this.state) questions.replace(await this.read(registry, DOCUMENTS, deadline));
      this.state = state;
      if (this.hasFailed) log.info({ questions: questions.count }, 'the registry answers again');
      this.hasFailed = false;
    } catch (error) {
      if (this.closing.canceled) return;
      if (!this.hasFailed)
        log.warn(
          { err: error, questions: questions.count },
          'kept the trusted questions: the registry does not answer',
        );
      this.hasFailed = true;
    }
  }

  /**
   * The only field of all nodes of lists.
   * @throws Error if the registry does not answer, or answers with more than the gateway keeps
   */
  private async read(transport: Transport, listings: readonly Listing[], deadline: number): Promise<string[]> {
    const texts: string[] = [];
    let characters = 0;
    for (const { list, operation } of listings)
      for (let after: string | null = null; ; ) {
        const data = await this.request(transport, operation, { after }, deadline);
        const page = data[list] as TrustedPage | null | undefined;
        if (!page) throw new Error(`The registry has no list "${list}"`);
        if (texts.length + page.nodes.length > MAX_DOCUMENTS)
          throw new Error(`The registry lists more than ${MAX_DOCUMENTS} trusted documents`);
        for (const text of page.nodes.flatMap(Object.values<string>)) {
          texts.push(text);
          characters += text.length;
        }
        if (characters > MAX_CHARACTERS)
          throw new Error(`The trusted documents have more than ${MAX_CHARACTERS} characters`);
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
    return texts;
  }

  /** @throws Error if the registry does not answer */
  private async request(
    transport: Transport,
    operation: SubgraphOperation,
    variables: object,
    deadline: number,
  ): Promise<Readonly<Record<string, unknown>>> {
    const request = { operation, variables, deadline, cancellation: this.closing };
    const { data, errors } = await askRegistry(transport, this.options.signer, request);
    if (errors || !data) throw new Error(errors?.[0]?.message ?? 'The registry answers without data');
    return data;
  }
}
