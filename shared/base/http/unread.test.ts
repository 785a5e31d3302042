import type { FastifyInstance } from 'fastify';
import { recordingLog } from '../../../test/support/log';
import { RawClient } from '../../../test/support/raw-client';
import { until } from '../../../test/support/until';
import { createServer } from './server';
import { defaultUnreadBytes, defaultUnreadBytesOfCaller, type UnreadLimits } from './unread';

const MB = 1024 * 1024;
/** More than the buffers of a connection take. */
const LARGE = 16 * MB;

describe('a server whose responses are not read', () => {
  let server: FastifyInstance;
  let clients: RawClient[];
  let lines: Record<string, unknown>[];
  afterEach(async () => {
    for (const client of clients) client.close();
    await server.close();
  });

  /** @returns function that connects clients to a server without a minimum rate, so that only bytes count */
  async function start(limits: UnreadLimits) {
    const recording = recordingLog();
    lines = recording.lines;
    clients = [];
    server = createServer({
      ...{ log: recording.log, maxRequestBytes: 1_000, readiness: async () => ({ ready: true }) },
      unread: { ...limits, callerOf: ({ headers }) => String(headers['x-caller']) },
    });
    server.get<{ Querystring: { bytes?: string; kept?: string } }>('/', async (request, reply) => {
      const { bytes = LARGE, kept = 0 } = request.query;
      server.unread.keep(request.raw, Number(kept));
      return reply.send(Buffer.alloc(Number(bytes), 'x'));
    });
    const origin = await server.listen({ port: 0, host: '127.0.0.1' });
    return async (caller: string, { query = '', requests = 1 } = {}) => {
      const client = await RawClient.connect(origin);
      clients.push(client);
      return client.pause().send(`GET /?${query} HTTP/1.1\r\nhost: x\r\nx-caller: ${caller}\r\n\r\n`.repeat(requests));
    };
  }
  const unread = () => server.traffic.unreadBytes;
  const ended = () => Object.fromEntries(server.traffic.endedReaders);
  /** Waits until the server has counted at least so many bytes. */
  const counted = (bytes: number) =>
    until(
      () => unread() >= bytes,
      () => `${unread()} unread bytes are at least ${bytes}`,
    );
  const endedBy = (limit: 'caller' | 'process', count: number) =>
    until(
      () => server.traffic.endedReaders.get(limit)! >= count,
      () => `${JSON.stringify(ended())} has ${count} connections for the limit of the ${limit}`,
    );
  /** Number of these clients that receive a whole response. */
  const completed = async (readers: readonly RawClient[]) => {
    const results = await Promise.all(
      readers.map((reader) =>
        reader
          .resume()
          .readMoreThan(LARGE)
          .then(
            () => 1,
            () => 0,
          ),
      ),
    );
    return results.reduce((sum: number, result) => sum + result, 0);
  };

  test('holds for one caller no more bytes than its limit, and completes what it holds', async () => {
    const connect = await start({ total: 0, perCaller: 3 * LARGE + MB });
    const readers = await Promise.all(Array.from({ length: 10 }, () => connect('eve')));
    await endedBy('caller', 7);
    expect(unread()).toBeLessThanOrEqual(3 * LARGE + MB);
    expect(await completed(readers)).toBe(3);
    expect(ended()).toEqual({ rate: 0, caller: 7, process: 0 });
    const logged = lines.filter(({ msg }) => String(msg).startsWith('closed the connection of a slow client'));
    expect(logged.length).toBe(7);
    for (const line of logged)
      expect(line).toMatchObject({ level: 40, address: '127.0.0.1', limit: 'caller', bytes: expect.any(Number) });
    expect(Number(logged[0]!.bytes)).toBeGreaterThan(LARGE);
  });

  test('keeps a single response of any size for one caller, and what others read', async () => {
    const connect = await start({ total: 0, perCaller: MB });
    const single = await connect('ana');
    const others = await Promise.all(['ben', 'cleo'].map((caller) => connect(caller)));
    await counted(3 * LARGE);
    expect(await completed([single, ...others])).toBe(3);
    expect(ended()).toEqual({ rate: 0, caller: 0, process: 0 });
  });

  test('counts responses of pipelined requests, which wait behind the current one', async () => {
    const connect = await start({ total: 0, perCaller: 2 * LARGE });
    const pipelined = await connect('eve', { requests: 4 });
    await endedBy('caller', 1);
    expect(Number(lines.find(({ bytes }) => bytes)!.bytes)).toBeGreaterThan(4 * LARGE);
    expect((await pipelined.resume().closed).length).toBeLessThan(4 * LARGE);
  });

  test('counts what a request keeps in memory while its response is read', async () => {
    const connect = await start({ total: 0, perCaller: 4 * LARGE + MB });
    const readers = await Promise.all(Array.from({ length: 3 }, () => connect('eve', { query: `kept=${LARGE}` })));
    await endedBy('caller', 1);
    expect(unread()).toBeLessThanOrEqual(4 * LARGE + MB);
    expect(await completed(readers)).toBe(2);
  });

  test('ends connections of the caller with the most bytes beyond the limit of the process', async () => {
    const connect = await start({ total: 4 * LARGE + MB, perCaller: 0 });
    const honest = await Promise.all(['ana', 'ben', 'cleo'].map((caller) => connect(caller)));
    await counted(3 * LARGE);
    const flood = await Promise.all(Array.from({ length: 8 }, () => connect('eve')));
    await endedBy('process', 7);
    expect(unread()).toBeLessThanOrEqual(4 * LARGE + MB);
    expect(await completed(honest)).toBe(3);
    expect(await completed(flood)).toBe(1);
  });

  test('ends the slowest connection of a caller first, not the one with the most bytes', async () => {
    const connect = await start({ total: 0, perCaller: LARGE + MB });
    const silent = await connect('ana');
    await counted(LARGE);
    const slow = (await connect('ana', { query: `bytes=${3 * LARGE}` })).sip(20);
    await endedBy('caller', 1);
    await slow.resume().readMoreThan(3 * LARGE);
    expect((await silent.resume().closed).length).toBeLessThan(LARGE);
  });

  test('has no limit where it is 0, and forgets connections that close', async () => {
    const connect = await start({ total: 0, perCaller: 0 });
    const readers = await Promise.all(Array.from({ length: 4 }, () => connect('eve')));
    await counted(4 * LARGE);
    for (const reader of readers) reader.close();
    await until(
      () => unread() === 0,
      () => 'nothing is unread',
    );
    expect(ended()).toEqual({ rate: 0, caller: 0, process: 0 });
  });
});

test('allows all callers 512 MB by default, less with less memory, and one caller an eighth', () => {
  expect(defaultUnreadBytes()).toBeGreaterThan(0);
  expect(defaultUnreadBytes()).toBeLessThanOrEqual(512 * MB);
  expect(defaultUnreadBytesOfCaller(512 * MB)).toBe(64 * MB);
});
