import { type Dispatcher, Pool, errors as undiciErrors } from 'undici';
import type { Cancellation } from '#base/cancellation';
import type { TlsSource } from '#base/http/tls-files';
import { connectorWith } from './connector';
import { decode, encodingsOf, tooLarge, type Unreadable } from './content-encoding';
import { SubgraphError } from './errors';
import { joined } from './json-text';
import { Received } from './received';
import { readResponse } from './response';
import type { SubgraphAnswer, SubgraphRequest, SubgraphResponse, Transport } from './transport';

export interface HttpOptions {
  /** Most bytes of an answer that are read, as sent and decoded. */
  readonly maxResponseBytes: number;
  /** Most connections to the subgraph. */
  readonly connections: number;
  /** Whether HTTP/2 is spoken with subgraphs that offer it, over TLS. */
  readonly http2?: boolean;
  /** The gateway's certificate, and the authorities it trusts. */
  readonly tls?: TlsSource;
}

/** Milliseconds until a connection that is not made is given up. */
const CONNECT_MS = 5_000;

/** An address by scheme: `http`, `https`, or `http+unix` with the socket's path percent-encoded as the host. */
export function isSubgraphUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:', 'http+unix:'].includes(new URL(text).protocol);
}

/**
 * Hands a fetch to a subgraph over HTTP: a pool of kept-alive connections, a deadline, a bound on the answer; redirects are
 * not followed, compressed answers not asked for but decoded, nothing is cached.
 */
export class HttpTransport implements Transport {
  readonly shareable = true;
  private pool: Pool;
  private readonly path: string;
  /** Pools whose last requests are under way. */
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
      // one timer a request is enough: ours
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
    // when the requests under way have ended, each of which has a deadline
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
    private readonly isMutation: boolean,
    private readonly maxBytes: number,
    timeoutMs: number,
    cancellation: Cancellation | undefined,
    private readonly resolve: (answer: SubgraphAnswer) => void,
    private readonly reject: (error: SubgraphError) => void,
  ) {
    this.timer = setTimeout(
      () => this.fail(SubgraphError.timeout(name, timeoutMs, { mayHaveRun: this.mayHaveRun })),
      timeoutMs,
    );
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
    if (this.expected > this.maxBytes) this.refuse(tooLarge(this.maxBytes));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.received.length + chunk.length > this.maxBytes) this.refuse(tooLarge(this.maxBytes));
    else this.received.add(chunk, this.expected);
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
      const what = mayHaveRun ? 'closed the connection before it answered' : 'cannot be reached';
      this.fail(new SubgraphError('SUBGRAPH_UNREACHABLE', name, what, { retryable: true, cause, mayHaveRun }));
    }
  }

  /** Whether it is a mutation that the subgraph has been sent and has not refused. */
  private get mayHaveRun(): boolean {
    return this.isMutation && this.controller !== undefined && !(this.status >= 300 && this.status < 500);
  }

  /** Ends with the whole body, decoded. */
  private end(body: Buffer): void {
    if (!this.settle()) return;
    const { name, status, headers, mayHaveRun } = this;
    const bytes = withoutByteOrderMark(body);
    const answer: SubgraphAnswer = {
      headers,
      bytes,
      read: (hasAnySize) => readResponse(name, status, bytes.toString('utf8'), { mayHaveRun, hasAnySize }),
    };
    const refused = status === 401 ? this.identityRefusal(responseOf(answer)?.errors) : undefined;
    if (refused) {
      this.reject(refused);
      return;
    }
    const refusal = this.refusal();
    const response = refusal && status >= 400 ? responseOf(answer) : undefined;
    if (!refusal || response?.data) this.resolve(answer);
    else this.reject(this.refusal(response?.errors)!);
  }

  /** A subgraph that refuses the identity the gateway has signed: a fault of the deployment, which its operators must see. */
  private identityRefusal(errors: SubgraphResponse['errors'] = []): SubgraphError | undefined {
    const [refused] = errors;
    const code = refused?.extensions?.code;
    if (code !== 'IDENTITY_REQUIRED' && code !== 'IDENTITY_CLOCK_SKEW') return undefined;
    const what = `refused the identity signed by the gateway: ${refused!.message}`;
    return new SubgraphError(code, this.name, what, { retryable: false, own: errors });
  }

  /** What a status alone says: redirects are not followed; a subgraph that is busy or away may be asked again. */
  private refusal(errors: SubgraphResponse['errors'] = []): SubgraphError | undefined {
    const { name, status, headers, mayHaveRun } = this;
    if (status >= 300 && status < 400)
      return SubgraphError.badResponse(name, `returned a redirect (HTTP ${status}), which is not followed`);
    // an error without a code says less to clients than the status does
    const own = errors.filter(({ extensions }) => extensions?.code !== undefined);
    const options = { retryable: true, retryAfterMs: retryAfter(headers), mayHaveRun, own };
    if (status === 429) return new SubgraphError('SUBGRAPH_OVERLOADED', name, 'asks for fewer requests', options);
    if (status === 502 || status === 503 || status === 504)
      return new SubgraphError('SUBGRAPH_UNAVAILABLE', name, `is not available (HTTP ${status})`, options);
    return undefined;
  }

  /** Gives up a body that is not read; what the status says goes before. */
  private refuse({ code, what }: Unreadable): void {
    const { name, mayHaveRun } = this;
    this.fail(this.refusal() ?? new SubgraphError(code, name, what, { retryable: false, mayHaveRun }));
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

/** The response in an answer, whatever its status; undefined when it is none. */
function responseOf({ read }: SubgraphAnswer): SubgraphResponse | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Some servers put one before their JSON. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date. */
function retryAfter(headers: SubgraphAnswer['headers']): number | undefined {
  const given = headers['retry-after'];
  if (typeof given !== 'string') return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
