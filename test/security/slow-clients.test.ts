import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type FieldNode, type OperationDefinitionNode, parse } from 'graphql';
import { signerOf } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { IDENTITY_HEADER } from '#base/identity/signed-identity';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { FileStack } from '../support/file-stack';
import { developer } from '../support/framework';
import { killAll, requireCompiled } from '../support/processes';
import { answerOf, RawClient } from '../support/raw-client';
import { until } from '../support/until';

/** Generous enough for a busy machine, and small enough for a test. */
const LIMITS = {
  ORDERGRAPH_RECEIVE_TIMEOUT_MS: '2000',
  ORDERGRAPH_MIN_TRANSFER_RATE: '4096',
  ORDERGRAPH_TRANSFER_WINDOW_MS: '2000',
};
const person = (subject: string) => `role=developer-submitter; organization=alder; subject=${subject}`;

describe('gateway and subgraph processes with slow clients', () => {
  let stack: FileStack;
  let clients: RawClient[];
  const revoked = join(mkdtempSync(join(tmpdir(), 'ordergraph-revoked-')), 'revoked');
  beforeAll(async () => {
    requireCompiled();
    writeFileSync(revoked, '');
    stack = await FileStack.start({
      gateway: { ...LIMITS, ORDERGRAPH_LOG_LEVEL: 'silent', ORDERGRAPH_REVOKED_TOKENS: revoked },
      subgraph: { ...LIMITS, ORDERGRAPH_MAX_TRANSFERS: '32' },
    });
  });
  beforeEach(() => {
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.close();
  });
  afterAll(async () => {
    await killAll();
    stack?.remove();
  });

  const connect = async (origin = stack.url) => {
    const client = await RawClient.connect(origin);
    clients.push(client);
    return client;
  };
  const head = (line: string, headers: Record<string, string | number>) =>
    `${line} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
  const upload = async (path: string, caller: string, bytes: number) =>
    head(`PUT ${path}`, {
      authorization: `Bearer ${await stack.token(caller)}`,
      'content-type': 'application/octet-stream',
      'content-length': bytes,
    });
  /** Uploads a document and downloads it again. */
  const isServed = async (caller: string) => {
    const content = Buffer.from(`A document ${Math.random()}`.repeat(2_000));
    const path = await stack.attachContent(content);
    const up = await stack.caller(caller).upload(path, content);
    const down = await stack.caller(caller).download(path);
    return [up, down.status, down.content.equals(content)];
  };
  const SERVED = [{ status: 204, body: '' }, 200, true];

  test('holds 8 of 40 stalled uploads of one caller and serves everyone else meanwhile', async () => {
    const content = Buffer.alloc(100_000, 1);
    const path = await stack.attachContent(content);
    const mine = Buffer.from('mine');
    const uploaded = await stack.attachContent(mine);
    expect((await stack.caller(person('eve')).upload(uploaded, mine)).status).toBe(204);
    const stalled = await Promise.all(Array.from({ length: 40 }, connectAndSend));
    // a caller may have any number of tokens, each with its own scopes
    async function connectAndSend(_: unknown, place: number) {
      const request = await upload(path, `${person('eve')}; scope=scope-${place}`, content.length);
      return (await connect()).send(request).send(content.subarray(0, 1_000));
    }
    expect(await isServed(developer())).toEqual(SERVED);
    expect((await stack.caller(person('eve')).download(uploaded)).status).toBe(200);
    const answers = await Promise.all(stalled.map(({ closed }) => closed));
    const codes = answers.map((text) => answerOf(text).join(' ')).sort();
    expect(codes).toEqual([...Array(8).fill('408 TRANSFER_TOO_SLOW'), ...Array(32).fill('429 TOO_MANY_TRANSFERS')]);
    expect(answers.find((text) => text.startsWith('HTTP/1.1 429'))).toMatch(
      /retry-after: \d+[\s\S]*You have 8 uploads in progress/,
    );
    // none of them is left: the caller may upload again
    expect((await stack.caller(person('eve')).upload(path, content)).status).toBe(204);
  });

  test('serves honest uploads and downloads during 40 stalled uploads of 40 callers', async () => {
    const content = Buffer.alloc(50_000, 2);
    const path = await stack.attachContent(content);
    const stalled: RawClient[] = [];
    for (let i = 0; i < 40; i++)
      stalled.push((await connect()).send(await upload(path, person(`eve-${i}`), content.length)).send('x'));
    for (let round = 0; round < 3; round++) expect(await isServed(developer())).toEqual(SERVED);
    const answers = await Promise.all(stalled.map(({ closed }) => closed));
    expect(new Set(answers.map((text) => answerOf(text).join(' ')))).toEqual(new Set(['408 TRANSFER_TOO_SLOW']));
  });

  test('ends transfers in progress of a person who is revoked, and no others', async () => {
    const content = Buffer.alloc(40_000_000, 4);
    const path = await stack.attachContent(content);
    const uploaded = await stack.attachContent(Buffer.alloc(40_000_001, 5));
    expect((await stack.caller(developer()).upload(uploaded, Buffer.alloc(40_000_001, 5))).status).toBe(204);
    const download = async (caller: string) =>
      (await connect()).send(head(`GET ${uploaded}`, { authorization: `Bearer ${await stack.token(caller)}` }));
    const steadily = async (caller: string) =>
      (await connect()).send(await upload(path, caller, content.length)).trickle('x'.repeat(20_000), 100);
    const [stopped, kept] = [await steadily(person('mallory')), await steadily(person('honest'))];
    const [cut, read] = [(await download(person('mallory'))).sip(20), (await download(person('honest'))).sip(20)];
    await Promise.all([cut.readMoreThan(100_000), read.readMoreThan(100_000)]);
    writeFileSync(revoked, 'sub:mallory\n');
    await stopped.readMoreThan(0);
    expect(answerOf(stopped.text)).toEqual([401, 'UNAUTHENTICATED']);
    expect((await cut.resume().closed).length).toBeLessThan(40_000_001);
    const at = read.text.length;
    await read.readMoreThan(at + 200_000);
    expect([kept.text, kept.isClosed, read.isClosed]).toEqual(['', false, false]);
  });

  test('ends an upload that trickles with an error, and accepts a slow and steady one', async () => {
    const content = Buffer.alloc(60_000, 3);
    const path = await stack.attachContent(content);
    const slow = (await connect()).send(await upload(path, developer(), content.length)).trickle('x', 50);
    expect(answerOf(await slow.closed)).toEqual([408, 'TRANSFER_TOO_SLOW']);
    const steady = (await connect()).send(await upload(path, developer(), content.length));
    // 20,000 bytes per second, for longer than the limit of any other request
    for (let offset = 0; offset < content.length; offset += 2_000) {
      steady.send(content.subarray(offset, offset + 2_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    while (!steady.text) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answerOf(steady.text)).toEqual([204, undefined]);
  });

  test.each<[string, string]>([
    ['a body', `${head('POST /graphql', { 'content-type': 'application/json', 'content-length': 100 })}{`],
    ['chunks', head('POST /graphql', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })],
    ['headers', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-long: '],
    ['nothing but a method', 'POST '],
    ['a body for an unknown path', `${head('POST /nothing', { 'content-length': 100 })}{`],
    ['a body beside an invalid token', head('POST /graphql', { authorization: 'Bearer x', 'content-length': 100 })],
    ['an upload without a token', `${head('PUT /artifacts/art_1', { 'content-length': 100 })}x`],
  ])('answers %s, stalled or trickled, with a 4xx, and others meanwhile', async (_what, start) => {
    const stalling = (await connect()).send(start);
    const trickling = (await connect()).send(start).trickle('1', 100);
    expect((await stack.caller(developer()).ask('{ __typename }', {})).data).toEqual({ __typename: 'Query' });
    for (const client of [stalling, trickling]) {
      const [status, code] = answerOf(await client.closed);
      expect([status >= 400 && status < 500, code]).toEqual([true, expect.any(String)]);
    }
  });

  test('answers a request that arrives too slowly with 408 in the usual form', async () => {
    const slow = (await connect()).send(
      head('POST /graphql', { 'content-type': 'application/json', 'content-length': 100 }),
    );
    const text = await slow.closed;
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*connection: close\r\n/i);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual({
      errors: [
        {
          message: 'The request did not arrive within 2 s: send it faster',
          extensions: { code: 'REQUEST_TIMEOUT' },
        },
      ],
    });
  });

  test('ends unread downloads, 8 per caller at once, and serves others meanwhile', async () => {
    const bytes = 48 * 1024 * 1024;
    const content = Buffer.alloc(bytes, 4);
    const path = await stack.attachContent(content);
    expect((await stack.caller(developer()).upload(path, content)).status).toBe(204);
    const request = head(`GET ${path}`, { authorization: `Bearer ${await stack.token(person('eve'))}` });
    const readers: RawClient[] = [];
    for (let i = 0; i < 8; i++) readers.push((await connect()).pause().send(request));
    // until they are running, another may take one of their places
    await new Promise((resolve) => setTimeout(resolve, 500));
    const more = (await connect()).send(request);
    while (!more.text) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answerOf(more.text)).toEqual([429, 'TOO_MANY_TRANSFERS']);
    expect(await isServed(developer())).toEqual(SERVED);
    // longer than two windows without a read
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    for (const reader of readers) {
      const text = await reader.resume().closed;
      expect(text.length).toBeLessThan(bytes);
    }
    const again = await stack.caller(person('eve')).download(path);
    expect([again.status, again.content.length]).toEqual([200, bytes]);
  });

  test('enforces limits of the subgraph when a caller reaches it directly', async () => {
    const content = Buffer.alloc(50_000, 5);
    const path = await stack.attachContent(content);
    const signer = signerOf(stack.identityKey, createLog('silent', 'test'));
    const connected: { client: RawClient; identity: string }[] = [];
    for (let i = 0; i < 36; i++) {
      const identity = await signer.sign(parsePrincipal(`${developer()}; scope=scope-${i}`), 'submissions');
      connected.push({ client: await connect(stack.subgraphUrl), identity });
    }
    // all at once, so that none has ended before the last one begins
    const stalled = connected.map(({ client, identity }) =>
      client.send(head(`PUT ${path}`, { [IDENTITY_HEADER]: identity, 'content-length': content.length })).send('x'),
    );
    expect(await isServed(person('someone-else'))).toEqual(SERVED);
    const answers = await Promise.all(stalled.map(({ closed }) => closed));
    expect(answers.map((text) => answerOf(text).join(' ')).sort()).toEqual([
      ...Array(32).fill('408 TRANSFER_TOO_SLOW'),
      ...Array(4).fill('429 TOO_MANY_TRANSFERS'),
    ]);
    const unsigned = (await connect(stack.subgraphUrl)).send(head(`PUT ${path}`, { 'content-length': 10 }));
    expect(answerOf(await unsigned.closed)[0]).toBe(401);
  });
});

describe('a gateway whose answers are not read', () => {
  const LONG = 'x'.repeat(24 * 1024 * 1024);
  const WINDOW_MS = 1_000;
  let gateway: FastifyInstance;
  let origin: string;
  beforeAll(async () => {
    gateway = await createGateway({
      supergraph: compose([{ name: 's', sdl: 'type Query { a: String long: String }', url: 'http://s.invalid' }]),
      config: readConfig(
        { logLevel: 'silent', compression: 'off', minTransferRate: '4096', transferWindowMs: String(WINDOW_MS) },
        {},
      ),
      log: createLog('silent', 'test'),
      transport: () => ({
        shareable: false,
        request: async ({ operation: { text } }) => {
          const { selectionSet } = parse(text).definitions[0] as OperationDefinitionNode;
          const fields = selectionSet.selections as readonly FieldNode[];
          const data = Object.fromEntries(
            fields.map(({ alias, name }) => [(alias ?? name).value, name.value === 'long' ? LONG : 'a']),
          );
          return { headers: {}, read: () => ({ data }) };
        },
        async close() {},
      }),
      forwardHeaders: [],
    });
    origin = await gateway.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(() => gateway.close());

  const get = (query: string, accept: string) =>
    `GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\n\r\n`;
  const LARGE = get('{ long }', 'application/json');
  const IN_PARTS = get('{ a ... @defer { long } }', 'multipart/mixed;deferSpec=20220824, application/json');

  test.each([
    ['a large answer', LARGE],
    ['a large part of @defer', IN_PARTS],
  ])('ends the connection of %s that is not read, and completes a read one', async (_what, request) => {
    const silent = (await RawClient.connect(origin)).pause().send(request);
    const honest = (await RawClient.connect(origin)).send(request);
    await honest.readMoreThan(LONG.length - 1);
    expect(answerOf(honest.text)).toEqual([200, undefined]);
    honest.close();
    while (gateway.traffic.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await silent.resume().closed).length).toBeLessThan(LONG.length);
    expect(gateway.traffic.endedReaders.get('rate')).toBeGreaterThan(0);
  });

  /** Reads a large answer with a pause in every window; says whether the machine let it be as fast as required. */
  async function readWithPauses(): Promise<boolean> {
    const reader = (await RawClient.connect(origin)).send(LARGE);
    let [longest, turn, started] = [0, 0, 0];
    const measure = () => (longest = Math.max(longest, performance.now() - started));
    try {
      while (reader.text.length < LONG.length) {
        started = performance.now();
        // all pauses together are longer than a window
        if (turn++ < 8) {
          reader.pause();
          await new Promise((resolve) => setTimeout(resolve, 200));
          reader.resume();
        }
        await reader.readMoreThan(reader.text.length);
        measure();
      }
      return true;
    } catch (error) {
      measure();
      if (longest < WINDOW_MS / 2) throw error;
      return false;
    } finally {
      reader.close();
    }
  }

  test('keeps the connection of a slow client that reads faster than required', async () => {
    while (!(await readWithPauses()));
  });
});

describe('a gateway with a limit of unread bytes', () => {
  const LONG = 'x'.repeat(16 * 1024 * 1024);
  let gateway: FastifyInstance;
  let origin: string;
  let clients: RawClient[];
  afterEach(async () => {
    for (const client of clients) client.close();
    await gateway.close();
  });

  /** A gateway without a minimum rate, so that only bytes count. */
  async function start(limits: { maxUnreadBytes?: string; maxUnreadBytesPerCaller?: string }): Promise<void> {
    clients = [];
    gateway = await createGateway({
      supergraph: compose([{ name: 's', sdl: 'type Query { a: String long: String }', url: 'http://s.invalid' }]),
      config: readConfig({ logLevel: 'silent', compression: 'off', minTransferRate: '0', ...limits }, {}),
      log: createLog('silent', 'test'),
      transport: () => ({
        shareable: false,
        request: async ({ operation: { text } }) => {
          const { selectionSet } = parse(text).definitions[0] as OperationDefinitionNode;
          const fields = selectionSet.selections as readonly FieldNode[];
          const data = Object.fromEntries(
            fields.map(({ alias, name }) => [(alias ?? name).value, name.value === 'long' ? LONG : 'a']),
          );
          return { headers: {}, bytes: Buffer.from(JSON.stringify({ data })), read: () => ({ data }) };
        },
        async close() {},
      }),
      forwardHeaders: [],
    });
    origin = await gateway.listen({ port: 0, host: '127.0.0.1' });
  }
  const connect = async (query: string, accept = 'application/json') => {
    const client = await RawClient.connect(origin);
    clients.push(client);
    const path = `/graphql?query=${encodeURIComponent(query)}`;
    return client.pause().send(`GET ${path} HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\n\r\n`);
  };
  const counted = (bytes: number) =>
    until(
      () => gateway.traffic.unreadBytes >= bytes,
      () => `${gateway.traffic.unreadBytes} unread bytes are at least ${bytes}`,
    );
  const ended = (limit: 'caller' | 'process', count: number) =>
    until(
      () => gateway.traffic.endedReaders.get(limit) === count,
      () => `${gateway.traffic.endedReaders.get(limit)} connections are ${count}`,
    );

  test.each([
    ['caller', { maxUnreadBytesPerCaller: String(3.5 * LONG.length) }],
    ['process', { maxUnreadBytes: String(3.5 * LONG.length) }],
  ] as const)('holds no more answers than the limit of the %s, and serves others meanwhile', async (limit, limits) => {
    await start(limits);
    const stalled = await Promise.all(Array.from({ length: 12 }, () => connect('{ long }')));
    await ended(limit, 9);
    expect(gateway.traffic.unreadBytes).toBeLessThanOrEqual(3.5 * LONG.length);
    const honest = (await connect('{ a }')).resume();
    await honest.readMoreThan(0);
    expect(answerOf(honest.text)).toEqual([200, undefined]);
    const texts = await Promise.all(
      stalled.map((client) =>
        client
          .resume()
          .readMoreThan(LONG.length)
          .then(
            () => client.text.length,
            () => 0,
          ),
      ),
    );
    expect(texts.filter((length) => length > LONG.length).length).toBe(3);
  });

  test('counts later parts of @defer, which wait in the gateway while the first is read', async () => {
    await start({ maxUnreadBytesPerCaller: String(4 * LONG.length) });
    const query = '{ a ... @defer { x: long } ... @defer { y: long } ... @defer { z: long } }';
    const accept = 'multipart/mixed;deferSpec=20220824, application/json';
    const single = await connect(query, accept);
    await counted(3 * LONG.length);
    await connect(query, accept);
    await ended('caller', 1);
    expect(gateway.traffic.unreadBytes).toBeLessThan(5 * LONG.length);
    expect(single.isClosed && clients[1]!.isClosed).toBe(false);
  });

  test('completes a single answer above the limit of a caller', async () => {
    await start({ maxUnreadBytesPerCaller: '1000' });
    const slow = await connect('{ long }');
    await counted(LONG.length);
    await slow.resume().readMoreThan(LONG.length);
    expect(Object.fromEntries(gateway.traffic.endedReaders)).toEqual({ rate: 0, caller: 0, process: 0 });
  });
});
