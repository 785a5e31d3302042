import { type Dispatcher, Pool, errors as undiciErrors } from 'undici';
import type { Cancellation } from '#base/cancellation';
import type { TlsSource } from '#base/http/tls-files';
import { connectorWith } from './connector';
import { decode, encodingsOf, tooLarge, type Unreadable } from './content-encoding';
import { SubgraphError } from './errors';
import { excessOf } from './json-parts';
import { joined } from './json-text';
import { Received } from './received';
import { readResponse } from './response';
import type { SubgraphAnswer, SubgraphRequest, SubgraphResponse, Transport } from './transport';

export interface HttpOptions {
  /** Maximum bytes of a response, both encoded and decoded. */
  readonly maxResponseBytes: number;
  /** Maximum connections to the subgraph. */
  readonly connections: number;
  /** Whether to use HTTP/2 if the subgraph offers it over TLS. */
  readonly http2?: boolean;
  /** The gateway's certificate and trusted authorities. */
  readonly tls?: TlsSource;
}

/** Maximum bytes of all responses that are arriving at once, as a multiple of the maximum of one. */
const MAX_AT_ONCE = 8;

/** Connection timeout in milliseconds. */
const CONNECT_MS = 5_000;

/** Whether a URL has a supported scheme: `http`, `https`, or `http+unix` with the percent-encoded socket path as host. */
export function isSubgraphUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:', 'http+unix:'].includes(new URL(text).protocol);
}

/**
 * Sends fetches to a subgraph over HTTP, with pooled keep-alive connections, a deadline, and a response size limit. Does not
 * follow redirects, request compression, or cache; decodes compressed responses.
 */
export class HttpTransport implements Transport {
  readonly shareable = true;
  private pool: Pool;
  private readonly path: string;
  /** Bytes of the responses that are arriving. */
  private readonly arriving = { bytes: 0 };
  /** Replaced pools with requests in flight. */
  private readonly leaving = new Set<Pool>();

  /** @param url see {@link isSubgraphUrl} */
  constructor(
    private readonly name: string,
    private readonly url: string,
    private readonly options: HttpOptions,
  ) {
    const { pathname, search } = new URL(url);
    this.path = pathname + search;
    this.pool = this.connect();
  }

  private connect(): Pool {
    const { options } = this;
    const { protocol, host, origin } = new URL(this.url);
    const socketPath = protocol === 'http+unix:' ? decodeURIComponent(host) : undefined;
    const allowH2 = options.http2 === true && protocol === 'https:';
    return new Pool(socketPath ? 'http://localhost' : origin, {
      connections: options.connections,
      allowH2,
      // this transport has its own timer per request
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      connect: options.tls
        ? connectorWith(options.tls, { timeout: CONNECT_MS, allowH2 })
        : { timeout: CONNECT_MS, ...(socketPath ? { socketPath } : {}) },
    });
  }

  request({ operation, variables, headers, deadline, cancellation }: SubgraphRequest): Promise<SubgraphAnswer> {
    const { name, options } = this;
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(
        name,
        operation.kind === 'mutation',
        options.maxResponseBytes,
        this.arriving,
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

  reconnect(): void {
    const { pool } = this;
    this.pool = this.connect();
    // after the requests in flight, each of which has a deadline
    this.leaving.add(pool);
    pool
      .close()
      .catch(() => {})
      .finally(() => this.leaving.delete(pool));
  }

  async close(): Promise<void> {
    await Promise.all([this.pool, ...this.leaving].map((pool) => pool.destroy()));
  }
}

/** One request and its response. */
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
    private readonly isMutation: boolean,
    private readonly maxBytes: number,
    /** Of all exchanges with the subgraph. */
    private readonly arriving: { bytes: number },
    timeoutMs: number,
    cancellation: Cancellation | undefined,
    private readonly resolve: (answer: SubgraphAnswer) => void,
    private readonly reject: (error: SubgraphError) => void,
  ) {
    this.timer = setTimeout(
      () => this.fail(SubgraphError.timeout(name, timeoutMs, { mayHaveRun: this.mayHaveRun })),
      timeoutMs,
    );
    this.stay = cancellation?.onCancel(() => this.fail(SubgraphError.canceled(name)));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(new Error('aborted'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: SubgraphAnswer['headers'],
  ): void {
    this.status = status;
    this.headers = headers;
    this.expected = Number(headers['content-length']);
    if (this.expected > this.maxBytes) this.refuse(tooLarge(this.maxBytes));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.received.length + chunk.length > this.maxBytes) this.refuse(tooLarge(this.maxBytes));
    else if (this.arriving.bytes + chunk.length > this.maxBytes * MAX_AT_ONCE) this.refuseCrowd();
    else {
      this.arriving.bytes += chunk.length;
      this.received.add(chunk, this.expected);
    }
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    const bytes = this.received.bytes();
    const encodings = bytes.length === 0 ? [] : encodingsOf(this.headers['content-encoding']);
    if (encodings.length === 0) this.end(bytes);
    else
      decode(bytes, encodings, this.maxBytes, (body) => (Buffer.isBuffer(body) ? this.end(body) : this.refuse(body)));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, cause: Error): void {
    const { name, mayHaveRun } = this;
    if (cause instanceof undiciErrors.ConnectTimeoutError)
      this.fail(SubgraphError.timeout(name, CONNECT_MS, { cause }));
    else {
      const what = mayHaveRun ? 'closed the connection before responding' : 'cannot be reached';
      this.fail(new SubgraphError('SUBGRAPH_UNREACHABLE', name, what, { retryable: true, cause, mayHaveRun }));
    }
  }

  /** Whether this is a mutation that was sent and may have run. */
  private get mayHaveRun(): boolean {
    return this.isMutation && this.controller !== undefined && !(this.status >= 300 && this.status < 500);
  }

  /** Settles with the complete, decoded body. */
  private end(body: Buffer): void {
    if (!this.settle()) return;
    const { name, status, headers, mayHaveRun } = this;
    const bytes = withoutByteOrderMark(body);
    const answer: SubgraphAnswer = {
      headers,
      bytes,
      read: (hasAnySize) => {
        const excess = excessOf(bytes);
        if (excess !== undefined) throw this.excessive(excess);
        return readResponse(name, status, bytes.toString('utf8'), { mayHaveRun, hasAnySize });
      },
    };
    const identityError = status === 401 ? this.identityRefusal(responseOf(answer)?.errors) : undefined;
    if (identityError) {
      this.reject(identityError);
      return;
    }
    const refusal = this.refusal();
    const response = refusal && status >= 400 ? responseOf(answer) : undefined;
    if (!refusal || response?.data) this.resolve(answer);
    else this.reject(this.refusal(response?.errors)!);
  }

  /** The error if a subgraph rejects the identity that the gateway signed: a deployment fault that operators must see. */
  private identityRefusal(errors: SubgraphResponse['errors'] = []): SubgraphError | undefined {
    const [first] = errors;
    const code = first?.extensions?.code;
    if (code !== 'IDENTITY_REQUIRED' && code !== 'IDENTITY_CLOCK_SKEW') return undefined;
    const what = `rejected the identity signed by the gateway: ${first!.message}`;
    return new SubgraphError(code, this.name, what, { retryable: false, subgraphErrors: errors });
  }

  /** The error for a status alone. Calls to a busy or unavailable subgraph are retryable. */
  private refusal(errors: SubgraphResponse['errors'] = []): SubgraphError | undefined {
    const { name, status, headers, mayHaveRun } = this;
    if (status >= 300 && status < 400)
      return SubgraphError.badResponse(name, `returned a redirect (HTTP ${status}), which is not followed`);
    // an error without a code is less specific than the status
    const subgraphErrors = errors.filter(({ extensions }) => extensions?.code !== undefined);
    const options = { retryable: true, retryAfterMs: retryAfter(headers), mayHaveRun, subgraphErrors };
    if (status === 429) return new SubgraphError('SUBGRAPH_OVERLOADED', name, 'is overloaded (HTTP 429)', options);
    if (status === 502 || status === 503 || status === 504)
      return new SubgraphError('SUBGRAPH_UNAVAILABLE', name, `is not available (HTTP ${status})`, options);
    return undefined;
  }

  private excessive(excess: string): SubgraphError {
    const { name, mayHaveRun } = this;
    const what = `returned a response with ${excess}`;
    return new SubgraphError('SUBGRAPH_RESPONSE_TOO_LARGE', name, what, { retryable: false, mayHaveRun });
  }

  /** Stops reading a body. An error for the status takes precedence. */
  private refuse({ code, what }: Unreadable): void {
    const { name, mayHaveRun } = this;
    this.fail(this.refusal() ?? new SubgraphError(code, name, what, { retryable: false, mayHaveRun }));
  }

  /** Stops reading a body that arrives with many others: all of them together must not fill the memory. */
  private refuseCrowd(): void {
    const { name, mayHaveRun } = this;
    const what = `sends more than ${this.maxBytes * MAX_AT_ONCE} bytes in responses at once`;
    this.fail(
      this.refusal() ??
        new SubgraphError('SUBGRAPH_RESPONSE_TOO_LARGE', name, what, { retryable: !mayHaveRun, mayHaveRun }),
    );
  }

  private fail(error: SubgraphError): void {
    if (!this.settle()) return;
    this.received.drop();
    this.reject(error);
    this.controller?.abort(new Error('aborted'));
  }

  /** Marks the exchange as settled. @returns false if it already was */
  private settle(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.arriving.bytes -= this.received.length;
    clearTimeout(this.timer);
    this.stay?.();
    return true;
  }
}

/** The GraphQL response in an answer of any status; undefined if malformed. */
function responseOf({ read }: SubgraphAnswer): SubgraphResponse | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Strips the byte order mark that some servers send before JSON. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** `Retry-After`, in seconds or as a date, converted to milliseconds. */
function retryAfter(headers: SubgraphAnswer['headers']): number | undefined {
  const header = headers['retry-after'];
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
