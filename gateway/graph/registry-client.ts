import { type Dispatcher, Pool } from 'undici';
import { OperatorError } from '#base/errors';
import type { TlsSource } from '#base/http/tls-files';
import type { IdentitySigner } from '#base/identity/signed-identity';
import { withoutSecrets } from '#base/settings';
import { connectorWith } from '../transport/connector';
import { registryHeaders } from './registry-caller';

/** Maximum bytes of a supergraph. */
const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const CONNECT_MS = 5_000;
/** Maximum characters of the registry's reason in an error. */
const MAX_REASON = 300;
/** Entity tag of a supergraph: the number of its activation, and a SHA-256. */
const ETAG = /^(?:W\/)?"(\d{1,15})-[0-9a-f]{64}"$/;

/** A supergraph that the registry activated. */
export interface ActiveSupergraph {
  readonly text: string;
  readonly etag: string;
  readonly activation: number;
}

export interface RegistryClientOptions {
  /** URL of the registry; its supergraph is at `<url>/supergraph`. */
  readonly url: string;
  readonly signer: IdentitySigner;
  /** Name of this replica of the gateway. */
  readonly replica: string;
  readonly tls?: TlsSource;
  /** Milliseconds for one request. */
  readonly timeoutMs?: number;
}

/** What the gateway has of the registry. */
export interface Possession {
  /** Entity tag of the supergraph that it last took. */
  readonly etag?: string;
  /** {@link supergraphHash} of the one that it serves. */
  readonly hash?: string;
}

/** Asks the registry for the active supergraph. Follows no redirects. */
export class RegistryClient {
  /** Without user information. */
  readonly source: string;
  private readonly pool: Pool;
  private readonly path: string;
  private readonly requests = new Set<AbortController>();

  /** @throws OperatorError for an invalid URL */
  constructor(private readonly options: RegistryClientOptions) {
    const { url, tls } = options;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new OperatorError(
        `"${withoutSecrets(url)}" is not a URL of a supergraph registry`,
        'Set --supergraph-registry to the address of the subgraph "registry", such as http://registry:4000',
      );
    const { origin, pathname } = new URL(url);
    this.path = `${pathname.replace(/\/$/, '')}/supergraph`;
    this.source = `${origin}${this.path}`;
    this.pool = new Pool(origin, {
      connections: 1,
      connect: tls ? connectorWith(tls, { timeout: CONNECT_MS }) : { timeout: CONNECT_MS },
      maxResponseSize: MAX_BYTES,
      // each request has its own timer
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** @returns undefined if the gateway has the active one @throws OperatorError without an active one, or if the registry does not answer */
  async active(possession: Possession): Promise<ActiveSupergraph | undefined> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    const request = new AbortController();
    this.requests.add(request);
    const timer = setTimeout(() => request.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await this.ask(possession, request.signal);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw this.failure(`cannot be read: ${(error as Error).message}`, 'Check --supergraph-registry', error);
    } finally {
      clearTimeout(timer);
      this.requests.delete(request);
    }
  }

  private async ask({ etag, hash }: Possession, signal: AbortSignal): Promise<ActiveSupergraph | undefined> {
    const { signer, replica } = this.options;
    const { statusCode, headers, body } = await this.pool.request({
      method: 'GET',
      path: this.path,
      headers: {
        ...(await registryHeaders(signer)),
        accept: 'text/plain',
        'accept-encoding': 'identity',
        'ordergraph-gateway': replica,
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(hash === undefined ? {} : { 'ordergraph-serves': hash }),
      },
      signal,
    });
    const text = await body.text();
    if (statusCode === 304 && etag !== undefined) return undefined;
    if (statusCode !== 200) throw this.refusal(statusCode, text);
    const { etag: next, 'content-type': type = '' } = headers;
    const [, activation] = ETAG.exec(String(next)) ?? [];
    if (activation === undefined || !String(type).startsWith('text/plain'))
      throw this.failure('answered with something else than a supergraph', 'Check --supergraph-registry');
    return { text, etag: String(next), activation: Number(activation) };
  }

  private refusal(status: Dispatcher.ResponseData['statusCode'], text: string): OperatorError {
    if (status === 404)
      return this.failure('has no active supergraph', 'Publish a supergraph in the registry and activate it');
    if (status === 401 || status === 403)
      return this.failure(
        `rejected the identity of this gateway (HTTP ${status})${reasonIn(text)}`,
        'Check that --identity-keys of the registry has the public part of --identity-key, and that the clocks agree',
      );
    return this.failure(`returned HTTP ${status}${reasonIn(text)}`, 'See the log of the registry');
  }

  private failure(what: string, fix: string, cause?: unknown): OperatorError {
    return new OperatorError(`The supergraph registry "${this.source}" ${what}`, fix, { cause });
  }

  async close(): Promise<void> {
    for (const request of this.requests) request.abort(new Error('the gateway is stopping'));
    await this.pool.destroy();
  }
}

/** The first error of a GraphQL response, for an error of ours. */
function reasonIn(text: string): string {
  try {
    const message: unknown = JSON.parse(text).errors[0].message;
    return typeof message === 'string' ? `: ${message.slice(0, MAX_REASON)}` : '';
  } catch {
    return '';
  }
}
