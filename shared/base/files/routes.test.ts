import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { recordingLog } from '../../../test/support/log';
import { until } from '../../../test/support/until';
import { createServer } from '../http/server';
import { addFileRoutes } from './routes';

const CHUNK = Buffer.alloc(64 * 1024, 1);
const BYTES = 1024 * CHUNK.length;

describe('HEAD of a file', () => {
  let server: FastifyInstance;
  let url: string;
  /** Opened contents, with the number of chunks read. */
  const opened: { chunks: number; content: Readable }[] = [];
  beforeAll(async () => {
    const { log } = recordingLog();
    server = createServer({ log, maxRequestBytes: 1_000, readiness: async () => ({ ready: true }) });
    await addFileRoutes(server, {
      exchange: {
        put: async () => {},
        get: async () => {
          const file = { chunks: 0, content: Readable.from(chunks()) };
          opened.push(file);
          return { content: file.content, bytes: BYTES, fileName: 'large' };
          function* chunks() {
            for (; file.chunks * CHUNK.length < BYTES; file.chunks += 1) yield CHUNK;
          }
        },
      },
      limits: { perCaller: 2, bytesPerSecond: 0, windowMs: 1_000 },
      callerOf: () => 'a caller',
    });
    url = `${await server.listen({ port: 0, host: '127.0.0.1' })}/artifacts/a`;
  });
  afterAll(() => server.close());

  test('returns the length of the file without reading the content', async () => {
    for (let time = 0; time < 20; time += 1) {
      const { status, headers } = await fetch(url, { method: 'HEAD' });
      expect([status, headers.get('content-length')]).toEqual([200, String(BYTES)]);
    }
    await until(
      () => opened.length === 20 && opened.every(({ content }) => content.destroyed),
      () => 'all opened contents are closed',
    );
    expect(Math.max(...opened.map(({ chunks }) => chunks))).toBeLessThan(2);
    const response = await fetch(url);
    expect((await response.arrayBuffer()).byteLength).toBe(BYTES);
  });
});
