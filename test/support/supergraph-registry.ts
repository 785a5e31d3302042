import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Door } from '#base/identity/door';
import { IdentityError } from '#base/identity/signed-identity';
import { supergraphHash } from '../../gateway/supergraph/signature';

/** One request for the active supergraph, and its answer. */
export interface SupergraphRequest {
  readonly status: number;
  /** Name of the replica. */
  readonly gateway: string | undefined;
  /** Hash of what it serves. */
  readonly serves: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

interface Active {
  readonly text: string;
  readonly etag: string;
}

/** The part of the registry that gateways follow: `GET /supergraph` for callers with the identity of the gateway. */
export class TestRegistry {
  readonly requests: SupergraphRequest[] = [];
  active: Active | undefined;
  activations = 0;
  /** Answers in place of the registry, if set. */
  instead: ((response: ServerResponse) => void) | undefined;
  /** Called before each answer. */
  before: ((serves: string | undefined) => Promise<void> | void) | undefined;
  private server: Server | undefined;
  private port = 0;

  /** @param certificates folder of `makeCertificates`; with it, the registry requires a certificate of the gateway */
  constructor(
    private readonly door: Door,
    private readonly certificates?: string,
  ) {}

  get url(): string {
    return `${this.certificates ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  activate(text: string): Active {
    this.activations += 1;
    this.active = { text, etag: `"${this.activations}-${supergraphHash(text)}"` };
    return this.active;
  }

  /** Answers with a body. */
  get downloads(): SupergraphRequest[] {
    return this.requests.filter(({ status }) => status === 200);
  }

  /** Begins to listen, on the port of before. */
  async open(): Promise<this> {
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.handle(request, response);
    this.server = this.certificates ? createSecureServer(secured(this.certificates), handle) : createServer(handle);
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async handle({ url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const serves = headers['ordergraph-serves'] as string | undefined;
    await this.before?.(serves);
    if (this.instead) {
      this.instead(response);
      return;
    }
    const status = url === '/supergraph' ? await this.statusOf(headers) : 500;
    const gateway = headers['ordergraph-gateway'] as string | undefined;
    this.requests.push({ status, gateway, serves, ifNoneMatch: headers['if-none-match'] });
    if (status === 200)
      response
        .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', etag: this.active!.etag })
        .end(this.active!.text);
    else if (status === 304) response.writeHead(304, { etag: this.active!.etag }).end();
    else
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ errors: [{ message: `no supergraph for you: ${status}` }] }));
  }

  private async statusOf(headers: IncomingMessage['headers']): Promise<number> {
    try {
      const principal = await this.door.enter(headers as Record<string, string>);
      if (principal?.issuer !== 'urn:ordergraph:gateway') return 403;
    } catch (error) {
      if (error instanceof IdentityError) return 401;
      throw error;
    }
    if (!this.active) return 404;
    return headers['if-none-match'] === this.active.etag ? 304 : 200;
  }
}

const secured = (folder: string) => {
  const pem = (name: string) => readFileSync(join(folder, name));
  return { cert: pem('subgraph.pem'), key: pem('subgraph.key'), ca: pem('ca.pem'), requestCert: true };
};
