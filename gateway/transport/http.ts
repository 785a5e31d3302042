import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import { Pool, errors as undiciErrors } from 'undici';
import { SubgraphError } from './errors';

type GatewayGraphQLResponse = Awaited<ReturnType<GraphQLDataSource['process']>>;

export interface HttpOptions {
  /** Milliseconds until a fetch is given up. */
  readonly timeoutMs: number;
  /** Most bytes of an answer that are read. */
  readonly maxResponseBytes: number;
  /** Names of request headers that are handed on, lower case. */
  readonly forwardHeaders: readonly string[];
}

/** The part of a request's context that a fetch needs. */
export interface ForwardedHeaders {
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/**
 * Hands a fetch to a subgraph over HTTP: a pool of kept-alive connections, a deadline, a bound on the answer; redirects are
 * not followed, compressed answers not asked for, nothing is cached.
 */
export class HttpDataSource implements GraphQLDataSource {
  private readonly pool: Pool;
  private readonly path: string;

  constructor(
    private readonly name: string,
    url: string,
    private readonly options: HttpOptions,
  ) {
    const { origin, pathname, search } = new URL(url);
    this.path = pathname + search;
    this.pool = new Pool(origin, {
      connections: 64,
      connect: { timeout: options.timeoutMs },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      maxResponseSize: options.maxResponseBytes,
    });
  }

  async process({ request, context }: GraphQLDataSourceProcessOptions): Promise<GatewayGraphQLResponse> {
    const { query, variables, operationName } = request;
    const body = JSON.stringify({ query, variables, operationName });
    const { statusCode, text } = await this.post(body, this.forwarded(context as ForwardedHeaders));
    if (statusCode >= 300 && statusCode < 400)
      throw this.badResponse('answered with a redirect, which is not followed');
    const answer = parseAnswer(text);
    if (answer === undefined) throw this.badResponse(`answered HTTP ${statusCode} without a GraphQL response`);
    return answer;
  }

  private async post(body: string, headers: Record<string, string>): Promise<{ statusCode: number; text: string }> {
    try {
      const response = await this.pool.request({
        method: 'POST',
        path: this.path,
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: 'application/json',
          'accept-encoding': 'identity',
        },
        body,
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      return { statusCode: response.statusCode, text: await response.body.text() };
    } catch (cause) {
      throw this.transportError(cause);
    }
  }

  private forwarded(context: ForwardedHeaders | undefined): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const name of this.options.forwardHeaders) {
      const value = context?.headers?.[name];
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  }

  private transportError(cause: unknown): SubgraphError {
    if (cause instanceof undiciErrors.ResponseExceededMaxSizeError)
      return new SubgraphError('SUBGRAPH_RESPONSE_TOO_LARGE', this.name, 'gave an answer beyond the size limit', {
        retryable: false,
        cause,
      });
    const timedOut =
      (cause as Error).name === 'TimeoutError' ||
      cause instanceof undiciErrors.HeadersTimeoutError ||
      cause instanceof undiciErrors.BodyTimeoutError ||
      cause instanceof undiciErrors.ConnectTimeoutError;
    return timedOut
      ? new SubgraphError('SUBGRAPH_TIMEOUT', this.name, `did not answer within ${this.options.timeoutMs} ms`, {
          retryable: true,
          cause,
        })
      : new SubgraphError('SUBGRAPH_UNREACHABLE', this.name, 'cannot be reached', { retryable: true, cause });
  }

  private badResponse(what: string): SubgraphError {
    return new SubgraphError('SUBGRAPH_BAD_RESPONSE', this.name, what, { retryable: false });
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** A GraphQL response has data, errors, or both; anything else is not one. */
function parseAnswer(text: string): GatewayGraphQLResponse | undefined {
  let answer: { data?: unknown; errors?: unknown } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const hasData = typeof answer.data === 'object' && answer.data !== undefined;
  const hasErrors = Array.isArray(answer.errors) && answer.errors.length > 0;
  return hasData || hasErrors ? (answer as GatewayGraphQLResponse) : undefined;
}
