import { type Dispatcher, Pool, errors as undiciErrors } from 'undici';
import type { Cancellation } from './cancellation';
import { SubgraphError } from './errors';
import { joined } from './json-text';
import { Received } from './received';
import { readResponse } from './response';
import type { SubgraphAnswer, SubgraphRequest, Transport } from './transport';

export interface HttpOptions {
  /** Most bytes of an answer that are read. */
  readonly maxResponseBytes: number;
  /** Most connections to the subgraph. */
  readonly connections: number;
  /** Whether HTTP/2 is spoken with subgraphs that offer it, over TLS. */
  readonly http2?: boolean;
  /** PEM texts: whom to trust, and who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** Milliseconds until a connection that is not made is given up. */
const CONNECT_MS = 5_000;

/** An address by scheme: `http`, `https`, or `http+unix` with the socket's path percent-encoded as the host. */
export function isSubgraphUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:', 'http+unix:'].includes(new URL(text).protocol);
}

/**
 * Hands a fetch to a subgraph over HTTP: a pool of kept-alive connections, a deadline, a bound on the answer; redirects are
 * not followed, compressed answers not asked for, nothing is cached.
 */
export class HttpTransport implements Transport {
  readonly shareable = true;
  private readonly pool: Pool;
  private readonly path: string;

  /** @param url see {@link isSubgraphUrl} */
  constructor(
    private readonly name: string,
    url: string,
    private readonly options: HttpOptions,
  ) {
    const { protocol, host, origin, pathname, search } = new URL(url);
    this.path = pathname + search;
    const socketPath = protocol === 'http+unix:' ? decodeURIComponent(host) : undefined;
    this.pool = new Pool(socketPath ? 'http://localhost' : origin, {
      connections: options.connections,
      allowH2: options.http2 === true && protocol === 'https:',
      // one timer a request is enough: ours
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      connect: { timeout: CONNECT_MS, ...(socketPath ? { socketPath } : {}), ...options.tls },
    });
  }

  request({ operation, variables, headers, deadline, cancellation }: SubgraphRequest): Promise<SubgraphAnswer> {
    const { name, options } = this;
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(
        name,
        options.maxResponseBytes,
        deadline - performance.now(),
        cancellation,
        resolve,
        reject,
      );
      if (exchange.isOver) return;
      this.pool.dispatch(
        {
          method: 'POST',
          path: this.path,
          headers: {
            ...headers,
            'content-type': 'application/json',
            accept: 'application/graphql-response+json, application/json',
            'accept-encoding': 'identity',
          },
          body:
            variables === '{}'
              ? `{"query":${operation.json}}`
              : joined([`{"query":${operation.json},"variables":`, variables, '}']),
        },
        exchange,
      );
    });
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

/** One request and its answer, as it comes. */
class Exchange implements Dispatcher.DispatchHandler {
  isOver = false;
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: SubgraphAnswer['headers'] = {};
  private readonly received = new Received();
  private expected = Number.NaN;
  private readonly timer: NodeJS.Timeout;
  private readonly stay: (() => void) | undefined;

  constructor(
    private readonly name: string,
    private readonly maxBytes: number,
    timeoutMs: number,
    cancellation: Cancellation | undefined,
    private readonly resolve: (answer: SubgraphAnswer) => void,
    private readonly reject: (error: SubgraphError) => void,
  ) {
    this.timer = setTimeout(() => this.fail(SubgraphError.timeout(name, timeoutMs)), timeoutMs);
    this.stay = cancellation?.onCancel(() => this.fail(SubgraphError.cancelled(name)));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(new Error('given up'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: SubgraphAnswer['headers'],
  ): void {
    this.status = status;
    this.headers = headers;
    this.expected = Number(headers['content-length']);
    if (this.expected > this.maxBytes) this.tooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.received.length + chunk.length > this.maxBytes) this.tooLarge();
    else this.received.add(chunk, this.expected);
  }

  onResponseEnd(): void {
    if (!this.settle()) return;
    const { headers, name, status } = this;
    const refusal = refusalOf(name, status, headers);
    if (refusal) {
      this.reject(refusal);
      return;
    }
    const bytes = this.received.bytes();
    this.resolve({ headers, bytes, read: () => readResponse(name, status, bytes.toString('utf8')) });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, cause: Error): void {
    this.fail(transportError(this.name, cause));
  }

  private tooLarge(): void {
    this.fail(
      new SubgraphError('SUBGRAPH_RESPONSE_TOO_LARGE', this.name, 'gave an answer beyond the size limit', {
        retryable: false,
      }),
    );
  }

  private fail(error: SubgraphError): void {
    if (!this.settle()) return;
    this.received.drop();
    this.reject(error);
    this.controller?.abort(new Error('given up'));
  }

  /** Whether this is the first time it is over. */
  private settle(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    this.stay?.();
    return true;
  }
}

/** What a status alone says: redirects are not followed; who is busy or away may be asked again. */
function refusalOf(name: string, status: number, headers: SubgraphAnswer['headers']): SubgraphError | undefined {
  if (status >= 300 && status < 400)
    return new SubgraphError('SUBGRAPH_BAD_RESPONSE', name, 'answered with a redirect, which is not followed', {
      retryable: false,
    });
  if (status === 429)
    return new SubgraphError('SUBGRAPH_OVERLOADED', name, 'asks for fewer requests', {
      retryable: true,
      retryAfterMs: retryAfter(headers),
    });
  if (status === 502 || status === 503 || status === 504)
    return new SubgraphError('SUBGRAPH_UNAVAILABLE', name, `is not available (HTTP ${status})`, {
      retryable: true,
      retryAfterMs: retryAfter(headers),
    });
  return undefined;
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date. */
function retryAfter(headers: SubgraphAnswer['headers']): number | undefined {
  const given = headers['retry-after'];
  if (typeof given !== 'string') return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function transportError(name: string, cause: Error): SubgraphError {
  if (cause instanceof undiciErrors.ConnectTimeoutError) return SubgraphError.timeout(name, CONNECT_MS, cause);
  return new SubgraphError('SUBGRAPH_UNREACHABLE', name, 'cannot be reached', { retryable: true, cause });
}
