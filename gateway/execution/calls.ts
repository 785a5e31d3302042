import type { Cancellation } from '#base/cancellation';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { SubgraphError } from '../transport/errors';
import { isSameText, type JsonText, keyOfText } from '../transport/json-text';
import type { SubgraphAnswer, Transport } from '../transport/transport';
import type { CompiledFetch } from './general/fetch';

export interface CallsOptions {
  /** Values of the client's variables and of the operation's literals. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Forwarded to every subgraph. */
  readonly headers: Readonly<Record<string, string>>;
  /** Signed identity headers by subgraph. */
  readonly identities?: { get(subgraph: string): Readonly<Record<string, string>> | undefined };
  /** The caller and anything else that may change an answer: only requests of one scope share calls. */
  readonly scope: string;
  /** Whose calls wait for each other where a subgraph is busy; undefined for the gateway itself. */
  readonly payer?: string | undefined;
  /** Deadline of the request, by `performance.now()`. */
  readonly deadline: number;
  /** Timeout of one fetch in milliseconds. */
  readonly fetchTimeoutMs: number;
  readonly cancellation?: Cancellation;
  readonly transport: (subgraph: string) => Transport;
  /** Called with the bytes of each response, for requests that keep their responses. */
  readonly received?: (bytes: number) => void;
  /** Called after each call with `ok`, or with the error and its code. */
  readonly ended: (subgraph: string, result: string, error?: unknown, requestId?: string) => void;
  /** Traces the calls; undefined for most requests. */
  readonly trace?: { call(fetch: CompiledFetch, variables: JsonText): CallObserver };
}

/** Observes one call. */
export interface CallObserver {
  /** Not called if the call joins another one in flight. */
  sent(): void;
  /** @param bytes of the response, if the transport returns bytes */
  ended(bytes: number | undefined): void;
  /** @param code of the error */
  failed(code: string): void;
}

interface Sent {
  readonly variables: JsonText;
  readonly answer: Promise<SubgraphAnswer>;
}

/** The subgraph calls of one execution. Each call is sent once, even if several steps need it. */
export class Calls {
  /** Headers of subgraph responses. */
  readonly answered: SubgraphAnswer['headers'][] = [];
  private readonly sent = new Map<CompiledFetch, Sent>();
  private readonly variableTexts = new Map<string, string>();

  constructor(private readonly options: CallsOptions) {}

  /** The client variables of a fetch, as members of a JSON object. */
  variables(fetch: CompiledFetch): string {
    let text = '';
    for (const name of fetch.variables) {
      let member = this.variableTexts.get(name);
      if (member === undefined) {
        const { variables } = this.options;
        // an absent variable must not resolve to an inherited property
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
    const previous = this.sent.get(fetch);
    if (previous && isSameText(previous.variables, variables)) return previous.answer;
    const answer = this.make(fetch, variables);
    this.sent.set(fetch, { variables, answer });
    return answer;
  }

  private headers(subgraph: string): Readonly<Record<string, string>> {
    const { headers, identities } = this.options;
    const identity = identities?.get(subgraph);
    return identity ? { ...headers, ...identity } : headers;
  }

  private async make(fetch: CompiledFetch, variables: JsonText): Promise<SubgraphAnswer> {
    const { deadline, fetchTimeoutMs, scope, payer, cancellation } = this.options;
    const transport = this.options.transport(fetch.subgraph);
    // later fetches keep a share of the time: a hanging subgraph must not use all of it
    const now = performance.now();
    const timeoutMs = Math.min(fetchTimeoutMs, (deadline - now) / fetch.stages);
    if (timeoutMs <= 0) throw SubgraphError.timeout(fetch.subgraph, 0);
    const observer = this.options.trace?.call(fetch, variables);
    const send = (until: Cancellation | undefined) => {
      observer?.sent();
      return transport.request({
        operation: fetch.operation,
        variables,
        headers: this.headers(fetch.subgraph),
        headersOf: (subgraph) => this.headers(subgraph),
        deadline: now + timeoutMs,
        caller: payer,
        cancellation: until,
      });
    };
    try {
      const answer =
        transport.shareable && fetch.operation.kind === 'query'
          ? await fetch.inFlight.share(`${scope}\n${keyOfText(variables)}`, cancellation, send)
          : await send(cancellation);
      this.options.ended(fetch.subgraph, 'ok');
      this.answered.push(answer.headers);
      observer?.ended(answer.bytes?.length);
      if (answer.bytes) this.options.received?.(answer.bytes.length);
      return answer;
    } catch (error) {
      const code = error instanceof SubgraphError ? String(error.extensions.code) : 'ERROR';
      observer?.failed(code);
      this.options.ended(fetch.subgraph, code, error, this.options.headers[REQUEST_ID_HEADER]);
      throw error;
    }
  }
}
