import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createServer } from '#base/http/server';
import { createLog } from '../../gateway/telemetry/log';
import { answerOf } from '../support/raw-client';
import { until } from '../support/until';

const BODY = Buffer.alloc(4 * 1024 * 1024, ' ');
const post = (headers: string) => `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${BODY.length}\r\n${headers}\r\n`;

/** Requests that the server rejects before it has read them. */
const REJECTED: readonly [what: string, head: string, answer: ReturnType<typeof answerOf>][] = [
  ['headers that are too large', post(`x-large: ${'a'.repeat(20_000)}\r\n`), [431, 'BAD_REQUEST']],
  ['a control character in a header', post('x-a: b\x01c\r\n'), [400, 'BAD_REQUEST']],
  ['a header without a name', post(': b\r\n'), [400, 'BAD_REQUEST']],
  ['an unknown method', post('').replace('POST', 'FOO'), [400, 'BAD_REQUEST']],
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', [400, 'BAD_REQUEST']],
  ['two lengths', post('content-length: 1\r\n'), [400, 'BAD_REQUEST']],
  [
    'a chunk without a length',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    [400, 'BAD_REQUEST'],
  ],
  ['headers that do not arrive in time', 'POST / HTTP/1.1\r\nhost: x\r\nx-late: ', [408, 'REQUEST_TIMEOUT']],
];

describe('a request that is rejected while its client still sends', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = createServer({
      log: createLog('silent', 'test'),
      maxRequestBytes: 1_000,
      readiness: async () => ({ ready: true }),
      receiveTimeoutMs: 1_000,
    });
    server.post('/', async () => 'ok');
    await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(() => server.close());

  /** Sends the head of a request. @returns the connection and the response, once it is complete */
  async function rejected(head: string): Promise<{ socket: Socket; text: string }> {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(head, 'latin1');
    let text = '';
    while (!/\r\n\r\n.*\}$/s.test(text)) text += (await once(socket, 'data'))[0];
    return { socket, text };
  }

  // a proxy whose write fails takes the server for failed, for all of its clients
  test.each(REJECTED)(
    'reads on after the response, so that no write of a proxy fails: %s',
    async (_what, head, answer) => {
      const { socket, text } = await rejected(head);
      expect(answerOf(text)).toEqual(answer);
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject).write(BODY, (error) => (error ? reject(error) : resolve()));
      });
      socket.end();
      const [hadError] = await once(socket, 'close');
      expect([hadError, socket.bytesWritten]).toEqual([false, Buffer.byteLength(head, 'latin1') + BODY.length]);
    },
  );

  test('closes the connection of a client that sends on and never closes it', async () => {
    const { socket } = await rejected(REJECTED[0]![1]);
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
    const sending = setInterval(() => socket.write('a'), 10);
    await closed;
    clearInterval(sending);
    await until(
      () => new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count === 0))),
      () => 'the server has no connection',
    );
  });
});
