import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { recordingLog } from '../../../test/support/log';
import { until } from '../../../test/support/until';
import { createServer } from '../http/server';
import { addFileRoutes } from './routes';

const CHUNK = Buffer.alloc(64 * 1024, 1);
const BYTES = 1024 * CHUNK.length;

describe('the head of a file', () => {
  let server: FastifyInstance;
  let url: string;
  /** Chunks that were read of each content that was opened. */
  const opened: { chunks: number; content: Readable }[] = [];
  beforeAll(async () => {
    const { log } = recordingLog();
    server = createServer({ log, maxRequestBytes: 1_000, readiness: async () => ({ ready: true }) });
    await addFileRoutes(server, {
      exchange: {
        put: async () => {},
        get: async () => {
          const one = { chunks: 0, content: Readable.from(chunks()) };
          opened.push(one);
          return { content: one.content, bytes: BYTES, fileName: 'large' };
          function* chunks() {
            for (; one.chunks * CHUNK.length < BYTES; one.chunks += 1) yield CHUNK;
          }
        },
      },
      limits: { perCaller: 2, bytesPerSecond: 0, windowMs: 1_000 },
      callerOf: () => 'a caller',
    });
    url = `${await server.listen({ port: 0, host: '127.0.0.1' })}/artifacts/a`;
  });
  afterAll(() => server.close());

  test('says how long the file is, and reads nothing of it', async () => {
    for (let time = 0; time < 20; time += 1) {
      const { status, headers } = await fetch(url, { method: 'HEAD' });
      expect([status, headers.get('content-length')]).toEqual([200, String(BYTES)]);
    }
    await until(
      () => opened.length === 20 && opened.every(({ content }) => content.destroyed),
      () => 'what was opened is closed',
    );
    expect(Math.max(...opened.map(({ chunks }) => chunks))).toBeLessThan(2);
    const response = await fetch(url);
    expect((await response.arrayBuffer()).byteLength).toBe(BYTES);
  });
});
