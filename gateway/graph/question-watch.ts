import type { Logger } from 'pino';
import { Cancellation } from '#base/cancellation';
import { type Principal, principalOf } from '#base/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import type { TrustedQuestions } from '../policy/trusted-questions';
import type { SubgraphOperation, Transport } from '../transport/transport';

/** The subgraph that lists trusted questions. No other subgraph is asked, whatever fields it has. */
const REGISTRY = 'registry';

/** The gateway as a caller of the registry. */
const GATEWAY: Principal = principalOf({ issuer: 'urn:ordergraph:gateway', subject: 'gateway', roles: ['operator'] });

const TEXT =
  'query TrustedQuestions($after: String) { trustedDocuments(first: 500, after: $after) { nodes { operation } pageInfo { hasNextPage endCursor } } }';
const OPERATION: SubgraphOperation = { kind: 'query', text: TEXT, json: JSON.stringify(TEXT) };

/** Maximum trusted questions, above what the registry allows, and characters of all of them. */
const MAX_QUESTIONS = 5_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** Milliseconds for all pages. */
const TIMEOUT_MS = 10_000;

interface TrustedPage {
  readonly nodes: readonly { readonly operation: string }[];
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
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly closing = new Cancellation();
  private looking: Promise<void> | undefined;
  private hasFailed = false;

  constructor(private readonly options: QuestionWatchOptions) {
    const { everyMs } = options;
    if (everyMs === 0) return;
    this.timer = setInterval(() => void this.look(), everyMs).unref();
    void this.look();
  }

  /** Asks now. Never rejects. */
  look(): Promise<void> {
    this.looking ??= this.ask().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.closing.cancel();
    await this.looking;
  }

  private async ask(): Promise<void> {
    const { graph, questions, log } = this.options;
    const { subgraphs, transport } = graph();
    // another supergraph may have no registry
    if (!subgraphs.includes(REGISTRY)) return questions.replace([]);
    try {
      questions.replace(await this.read(transport(REGISTRY)));
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

  /** @throws Error if the registry does not answer, or answers with more than the gateway keeps */
  private async read(transport: Transport): Promise<string[]> {
    const deadline = performance.now() + TIMEOUT_MS;
    const texts: string[] = [];
    let characters = 0;
    for (let after: string | null = null; ; ) {
      const headers: Record<string, string> = { [IDENTITY_HEADER]: await this.options.signer.sign(GATEWAY, REGISTRY) };
      const variables = JSON.stringify({ after });
      const request = { operation: OPERATION, variables, headers, deadline, cancellation: this.closing };
      const answer = await transport.request(request);
      const { data, errors } = answer.read();
      const page = data?.trustedDocuments as TrustedPage | null | undefined;
      if (errors || !page) throw new Error(errors?.[0]?.message ?? 'The registry lists no trusted questions');
      if (texts.length + page.nodes.length > MAX_QUESTIONS)
        throw new Error(`The registry lists more than ${MAX_QUESTIONS} trusted questions`);
      for (const { operation } of page.nodes) {
        texts.push(operation);
        characters += operation.length;
      }
      if (characters > MAX_CHARACTERS)
        throw new Error(`The trusted questions have more than ${MAX_CHARACTERS} characters`);
      if (!page.pageInfo.hasNextPage) return texts;
      after = page.pageInfo.endCursor;
    }
  }
}
