import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cancellation } from '#base/cancellation';
import { cacheControlText, cacheHintOf } from '../../gateway/transport/cache-control';
import { type HttpOptions, HttpTransport } from '../../gateway/transport/http';
import { makeCertificates } from '../support/certificates';

const operation = { kind: 'query', text: '{ a }', json: '"{ a }"' } as const;
const options: HttpOptions = { maxResponseBytes: 10_000, connections: 4 };

let folder: string;
const pem = (name: string) => readFileSync(join(folder, name), 'utf8');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-transport-'));
  makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answering: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ data: { a: request.httpVersion } }));
};

async function ask(transport: HttpTransport) {
  const answer = await transport.request({
    operation,
    variables: '{}',
    headers: {},
    deadline: performance.now() + 5_000,
    cancellation: new Cancellation(),
  });
  return answer.read();
}

async function within(server: Server, at: number | string, work: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) =>
    typeof at === 'string' ? server.listen(at, resolve) : server.listen(at, '127.0.0.1', resolve),
  );
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function using(transport: HttpTransport, work: (transport: HttpTransport) => Promise<void>): Promise<void> {
  try {
    await work(transport);
  } finally {
    await transport.close();
  }
}

test('calls a subgraph over a Unix socket', async () => {
  const socket = join(folder, 'subgraph.sock');
  await within(createHttpServer(answering), socket, () =>
    using(new HttpTransport('s', `http+unix://${encodeURIComponent(socket)}/graphql`, options), async (transport) => {
      expect(await ask(transport)).toEqual({ data: { a: '1.1' } });
    }),
  );
});

describe('TLS with certificates on both sides', () => {
  const mutual = () => ({
    key: pem('subgraph.key'),
    cert: pem('subgraph.pem'),
    ca: pem('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const credentials = () => ({ ca: pem('ca.pem'), cert: pem('gateway.pem'), key: pem('gateway.key') });

  test('accepts only callers with a certificate of the configured authority', async () => {
    await within(createHttpsServer(mutual(), answering), 0, async (port) => {
      const url = `https://127.0.0.1:${port}/graphql`;
      await using(new HttpTransport('s', url, { ...options, tls: { current: credentials() } }), async (transport) => {
        expect(await ask(transport)).toEqual({ data: { a: '1.1' } });
      });
      const others = [
        { ca: pem('ca.pem') },
        { ca: pem('ca.pem'), cert: pem('stranger.pem'), key: pem('stranger.key') },
        // and it does not call a subgraph whose authority is not trusted
        { ca: pem('stranger.pem'), cert: pem('gateway.pem'), key: pem('gateway.key') },
      ];
      for (const tls of others)
        await using(new HttpTransport('s', url, { ...options, tls: { current: tls } }), async (transport) => {
          await expect(ask(transport)).rejects.toMatchObject({
            message: 'The "s" subgraph cannot be reached',
            extensions: { code: 'SUBGRAPH_UNREACHABLE' },
          });
        });
    });
  });

  test('uses HTTP/2 when it is enabled and the subgraph offers it', async () => {
    const server = createSecureServer({ ...mutual(), allowHTTP1: true }, answering as never);
    await within(server as unknown as Server, 0, async (port) => {
      const url = `https://127.0.0.1:${port}/graphql`;
      await using(
        new HttpTransport('s', url, { ...options, tls: { current: credentials() }, http2: true }),
        async (transport) => {
          const answers = await Promise.all([ask(transport), ask(transport), ask(transport)]);
          for (const answer of answers) expect(answer).toEqual({ data: { a: '2.0' } });
        },
      );
      await using(new HttpTransport('s', url, { ...options, tls: { current: credentials() } }), async (transport) => {
        expect(await ask(transport)).toEqual({ data: { a: '1.1' } });
      });
    });
  });
});

test.each([
  [[], 'no-store'],
  [['max-age=60'], 'max-age=60, public'],
  [['max-age=60', 'max-age=5, private'], 'max-age=5, private'],
  [['max-age=60', undefined], 'no-store'],
  [['max-age=60, no-store'], 'no-store'],
  [['public, max-age=10', 'Max-Age=20'], 'max-age=10, public'],
])('combines Cache-Control hints of subgraph responses %j to %s', (hints, merged) => {
  expect(cacheControlText(cacheHintOf(hints.map((hint) => ({ 'cache-control': hint }))))).toBe(merged);
});
