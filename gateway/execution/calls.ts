import type { Cancellation } from '#base/cancellation';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { SubgraphError } from '../transport/errors';
import { isSameText, type JsonText, keyOfText } from '../transport/json-text';
import type { SubgraphAnswer, Transport } from '../transport/transport';
import type { CompiledFetch } from './general/fetch';

export interface CallsOptions {
  /** Values of the client's variables and of the operation's literals. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Handed on to every subgraph. */
  readonly headers: Readonly<Record<string, string>>;
  /** By subgraph, handed to it alone. */
  readonly identities?: { get(subgraph: string): Readonly<Record<string, string>> | undefined };
  /** Who asks, and all else that may make an answer another: calls are shared only between requests of one scope. */
  readonly scope: string;
  /** When the client gives up, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Most milliseconds of one fetch. */
  readonly fetchTimeoutMs: number;
  readonly cancellation?: Cancellation;
  readonly transport: (subgraph: string) => Transport;
  /** Called when a call has ended: with `ok`, or the code of the error and the error. */
  readonly ended: (subgraph: string, result: string, error?: unknown, requestId?: string) => void;
}

interface Made {
  readonly variables: JsonText;
  readonly answer: Promise<SubgraphAnswer>;
}

/** The calls of subgraphs that one execution of an operation makes, each once however often it is asked for. */
export class Calls {
  /** Headers of the subgraphs' answers. */
  readonly answered: SubgraphAnswer['headers'][] = [];
  private readonly made = new Map<CompiledFetch, Made>();
  private readonly variableTexts = new Map<string, string>();

  constructor(private readonly options: CallsOptions) {}

  /** The client's variables that a fetch uses, as members of a JSON object. */
  variables(fetch: CompiledFetch): string {
    let text = '';
    for (const name of fetch.variables) {
      let member = this.variableTexts.get(name);
      if (member === undefined) {
        const { variables } = this.options;
        // absent variables must not be found among what every object inherits
        const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
        member = value === undefined ? '' : `${JSON.stringify(name)}:${JSON.stringify(value)}`;
        this.variableTexts.set(name, member);
      }
      if (member !== '') text += text === '' ? member : `,${member}`;
    }
    return text;
  }

  /** @param variables text of a JSON object. @throws SubgraphError */
  call(fetch: CompiledFetch, variables: JsonText): Promise<SubgraphAnswer> {
    const before = this.made.get(fetch);
    if (before && isSameText(before.variables, variables)) return before.answer;
    const answer = this.make(fetch, variables);
    this.made.set(fetch, { variables, answer });
    return answer;
  }

  private headers(subgraph: string): Readonly<Record<string, string>> {
    const { headers, identities } = this.options;
    const identity = identities?.get(subgraph);
    return identity ? { ...headers, ...identity } : headers;
  }

  private async make(fetch: CompiledFetch, variables: JsonText): Promise<SubgraphAnswer> {
    const { deadline, fetchTimeoutMs, scope, cancellation } = this.options;
    const transport = this.options.transport(fetch.subgraph);
    // what may follow gets its share: a hanging subgraph must not cost the fetches after it
    const now = performance.now();
    const timeoutMs = Math.min(fetchTimeoutMs, (deadline - now) / fetch.stages);
    if (timeoutMs <= 0) throw SubgraphError.timeout(fetch.subgraph, 0);
    const send = (until: Cancellation | undefined) =>
      transport.request({
        operation: fetch.operation,
        variables,
        headers: this.headers(fetch.subgraph),
        headersOf: (subgraph) => this.headers(subgraph),
        deadline: now + timeoutMs,
        cancellation: until,
      });
    try {
      const answer =
        transport.shareable && fetch.operation.kind === 'query'
          ? await fetch.inFlight.share(`${scope}\n${keyOfText(variables)}`, cancellation, send)
          : await send(cancellation);
      this.options.ended(fetch.subgraph, 'ok');
      this.answered.push(answer.headers);
      return answer;
    } catch (error) {
      const code = error instanceof SubgraphError ? String(error.extensions.code) : 'ERROR';
      this.options.ended(fetch.subgraph, code, error, this.options.headers[REQUEST_ID_HEADER]);
      throw error;
    }
  }
}
