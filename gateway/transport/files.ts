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

/** Milliseconds of silence after which a transfer is given up. */
const SILENCE_MS = 30_000;

/** Hands files to and from a subgraph over HTTP as they stream; nothing is held in memory as a whole. */
export class HttpFileExchange implements FileExchange {
  /** Of each direction, so that neither keeps the other waiting. */
  private readonly pools: Readonly<Record<'GET' | 'PUT', Pool>>;

  /** @param url any address of the subgraph; files are beside it. */
  constructor(
    private readonly name: string,
    url: string,
    tls?: HttpOptions['tls'],
  ) {
    const pool = () =>
      new Pool(new URL(url).origin, {
        // as many as there may be transfers, so that nothing waits for another to end
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
    // who asks, and what is to be recorded of the request
    const told = [IDENTITY_HEADER, ORIGIN_HEADER, REQUEST_ID_HEADER].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    });
    try {
      return await this.pools[method].request({
        method,
        path: `${FILES_PATH}/${encodeURIComponent(id)}`,
        headers: {
          ...Object.fromEntries(told),
          ...(content ? { 'content-type': 'application/octet-stream' } : {}),
        },
        body: content,
      });
    } catch (cause) {
      throw new SubgraphError('SUBGRAPH_UNREACHABLE', this.name, 'did not take the file, or cannot be reached', {
        retryable: true,
        cause,
      });
    }
  }

  /** What the subgraph says, as it says it. */
  private refusal(text: string): GraphQLError {
    try {
      const [{ message, extensions }] = JSON.parse(text).errors;
      return new GraphQLError(message, { extensions });
    } catch {
      return new SubgraphError('SUBGRAPH_BAD_RESPONSE', this.name, 'refused the file without saying why', {
        retryable: false,
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pools.GET.close(), this.pools.PUT.close()]);
  }
}
