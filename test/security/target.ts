import { connect } from 'node:net';
import { request } from 'undici';
import type { World } from '../support/world';

/** The response of a server. */
export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly json: any;
}

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'DELETE' | 'PATCH' | 'HEAD';
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** The gateway as an attacker reaches it: over its socket. */
export class Target {
  constructor(
    readonly world: World,
    readonly origin: string,
  ) {}

  async send({ method = 'POST', path = '/graphql', headers = {}, body }: Sent): Promise<Outcome> {
    const response = await request(new URL(path, this.origin), { method, headers, body });
    const text = await response.body.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.statusCode, headers: response.headers, text, json };
  }

  /** Sends an operation as a principal; null is the public. */
  async ask(
    query: string,
    caller: string | null = null,
    {
      variables,
      headers,
      extensions,
    }: { variables?: unknown; headers?: Record<string, string>; extensions?: unknown } = {},
  ): Promise<Outcome> {
    return this.send({
      headers: { 'content-type': 'application/json', ...(await this.world.identity.headers(caller)), ...headers },
      body: JSON.stringify({ query, variables, extensions }),
    });
  }

  async body(body: string, headers: Record<string, string> = {}): Promise<Outcome> {
    return this.send({ headers: { 'content-type': 'application/json', ...headers }, body });
  }

  /** Sends raw bytes; returns what arrives before the other side closes, or within a time. */
  raw(bytes: string | Buffer, ms = 1_500): Promise<string> {
    const { hostname, port } = new URL(this.origin);
    return new Promise((resolve) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      const end = () => {
        clearTimeout(timer);
        socket.destroy();
        resolve(text);
      };
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', end).on('error', end);
      const timer = setTimeout(end, ms);
    });
  }
}
