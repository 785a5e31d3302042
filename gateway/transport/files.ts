import type { Readable } from 'node:stream';
import { GraphQLError } from 'graphql';
import { Pool } from 'undici';
import type { FileExchange, Headers, SentFile } from '#base/files/exchange';
import { FILES_PATH } from '#base/files/routes';
import { MAX_TRANSFERS } from '#base/files/transfers';
import { ORIGIN_HEADER } from '#base/http/origin';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { IDENTITY_HEADER } from '#base/identity/signed-identity';
import { connectorWith } from './connector';
import { SubgraphError } from './errors';
import type { HttpOptions } from './http';

/** Idle timeout of a transfer in milliseconds. */
const SILENCE_MS = 30_000;

/** Streams files to and from a subgraph over HTTP without buffering them. */
export class HttpFileExchange implements FileExchange {
  /** One pool per direction, so that neither delays the other. */
  private readonly pools: Readonly<Record<'GET' | 'PUT', Pool>>;

  /** @param url the subgraph's GraphQL URL; file URLs are relative to it */
  constructor(
    private readonly name: string,
    url: string,
    tls?: HttpOptions['tls'],
  ) {
    const pool = () =>
      new Pool(new URL(url).origin, {
        // one connection per transfer, so that none waits for another
        connections: MAX_TRANSFERS,
        ...(tls && { connect: connectorWith(tls) }),
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
      });
    this.pools = { GET: pool(), PUT: pool() };
  }

  async put(id: string, content: Readable, headers: Headers): Promise<void> {
    const { statusCode, body } = await this.request('PUT', id, headers, content);
    const text = await body.text();
    if (statusCode >= 300) throw this.refusal(text);
  }

  async get(id: string, headers: Headers): Promise<SentFile> {
    const { statusCode, headers: answered, body } = await this.request('GET', id, headers);
    if (statusCode >= 300) throw this.refusal(await body.text());
    const disposition = String(answered['content-disposition'] ?? '');
    return {
      content: body,
      bytes: Number(answered['content-length']),
      fileName: decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(disposition)?.[1] ?? id),
    };
  }

  private async request(method: 'GET' | 'PUT', id: string, headers: Headers, content?: Readable) {
    // the caller's identity, and the request's origin for audit records
    const identityHeaders = [IDENTITY_HEADER, ORIGIN_HEADER, REQUEST_ID_HEADER].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    });
    try {
      return await this.pools[method].request({
        method,
        path: `${FILES_PATH}/${encodeURIComponent(id)}`,
        headers: {
          ...Object.fromEntries(identityHeaders),
          ...(content ? { 'content-type': 'application/octet-stream' } : {}),
        },
        body: content,
      });
    } catch (cause) {
      throw new SubgraphError('SUBGRAPH_UNREACHABLE', this.name, 'cannot be reached or did not accept the file', {
        retryable: true,
        cause,
      });
    }
  }

  /** The subgraph's error, passed on unchanged. */
  private refusal(text: string): GraphQLError {
    try {
      const [{ message, extensions }] = JSON.parse(text).errors;
      return new GraphQLError(message, { extensions });
    } catch {
      return new SubgraphError('SUBGRAPH_BAD_RESPONSE', this.name, 'rejected the file without a reason', {
        retryable: false,
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pools.GET.close(), this.pools.PUT.close()]);
  }
}
