import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch as fetchWith } from 'undici';
import { packageRoot } from '#base/package-root';
import { compose } from '../../gateway/composition/compose';
import {
  freePort,
  kill,
  killAll,
  type Running,
  requireCompiled,
  run,
  runProgram,
  waitForOutput,
} from '../support/processes';
import { until as waitUntil } from '../support/until';
import { schemas } from './schemas';

const PROGRAM = join(packageRoot, 'dist', 'test', 'faults', 'subgraph.js');
const JOINED = '{ shops { name items } }';
const WHOLE = {
  shops: [
    { name: 'Shop 1', items: 10 },
    { name: 'Shop 2', items: 20 },
    { name: 'Shop 3', items: 30 },
  ],
};
/** The remaining data when the stock is missing. */
const PART = {
  shops: [
    { name: 'Shop 1', items: null },
    { name: 'Shop 2', items: null },
    { name: 'Shop 3', items: null },
  ],
};
const INTERNAL = /secret-host|127\.0\.0\.1|localhost|ECONN|\.js|node_modules/;

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

let folder: string;
let ports: Record<'shops' | 'stock' | 'gateway', number>;
let stock: Running;
let gateway: Running;
let supergraph: string;

const startSubgraph = (name: 'shops' | 'stock') => runProgram(process.execPath, [PROGRAM, name, String(ports[name])]);

function supergraphOf(sdls: Readonly<Record<string, string>>): string {
  return compose(
    Object.entries(sdls).map(([name, sdl]) => ({
      name,
      sdl,
      url: `http://127.0.0.1:${ports[name as 'shops' | 'stock']}/graphql`,
    })),
  );
}

async function startGateway(...more: string[]): Promise<void> {
  gateway = run([
    ...['gateway', '--supergraph', supergraph, '--port', String(ports.gateway), '--auth', 'off', '--costs', 'off'],
    ...['--subgraph-timeout-ms', '1000', '--supergraph-poll-ms', '50', '--max-response-bytes', '1000000'],
    ...more,
  ]);
  await waitForOutput(gateway, /The graph answers at/);
}

async function ask(query: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${ports.gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal,
  });
  return (await response.json()) as Answer;
}

const behave = (name: 'shops' | 'stock', behavior: string) =>
  fetch(`http://127.0.0.1:${ports[name]}/behave`, { method: 'POST', body: behavior });
const callsOf = async (name: 'shops' | 'stock') =>
  Number(await (await fetch(`http://127.0.0.1:${ports[name]}/calls`)).text());
const ready = async () =>
  (await (await fetch(`http://127.0.0.1:${ports.gateway}/health/ready`)).json()) as {
    details: { supergraph: { subgraphs: string[]; refused?: { reason: string } } };
  };

/** Lines of the gateway's log with this message. */
const logged = (message: string): Record<string, unknown>[] =>
  gateway
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === message);

const until = (isTrue: () => Promise<boolean> | boolean, goal: string): Promise<void> =>
  waitUntil(isTrue, () => `${goal}:\n${gateway.output()}`);

/** Milliseconds of each client between two requests: without a pause, the clients take all of a machine. */
const PAUSE_MS = 10;

/**
 * Clients that send queries one after another until they are stopped. Returns all responses and connection failures.
 */
function load(query: string, clients = 8) {
  const answers: Answer[] = [];
  const failures: unknown[] = [];
  let isStopped = false;
  const client = async () => {
    while (!isStopped) {
      try {
        answers.push(await ask(query));
      } catch (error) {
        failures.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    answers,
    failures,
    stop: async () => {
      isStopped = true;
      await all;
    },
  };
}

async function startSubgraphs(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-faults-'));
  ports = { shops: await freePort(), stock: await freePort(), gateway: await freePort() };
  supergraph = join(folder, 'supergraph.graphql');
  writeFileSync(supergraph, supergraphOf(schemas));
  const shops = startSubgraph('shops');
  stock = startSubgraph('stock');
  await Promise.all([waitForOutput(shops, /listens/), waitForOutput(stock, /listens/)]);
}

async function stop(): Promise<void> {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
}

beforeAll(requireCompiled);

/**
 * The fields of the stock are null, other data are present; each null field has one error at its path, without internals.
 */
function expectPart({ data, errors = [] }: Answer, code: string, retryable: boolean): void {
  expect(data).toEqual(PART);
  expect(errors.map(({ path }) => path)).toEqual([0, 1, 2].map((index) => ['shops', index, 'items']));
  for (const { extensions } of errors) expect(extensions).toMatchObject({ code, subgraph: 'stock', retryable });
  expect(JSON.stringify(errors)).not.toMatch(INTERNAL);
}

describe('a subgraph with faulty responses', () => {
  beforeAll(async () => {
    await startSubgraphs();
    await startGateway();
    // responses to known operations are written from slices of subgraph responses; the first response is not
    expect((await ask(JOINED)).data).toEqual(WHOLE);
  });
  beforeEach(async () => {
    await behave('shops', 'well');
    await behave('stock', 'well');
    await until(async () => (await ask(JOINED)).errors === undefined, 'both respond correctly');
  });
  afterAll(stop);

  test.each<[string, string, boolean]>([
    ['never', 'SUBGRAPH_TIMEOUT', true],
    ['half', 'SUBGRAPH_UNREACHABLE', true],
    ['text', 'SUBGRAPH_BAD_RESPONSE', false],
    ['html', 'SUBGRAPH_BAD_RESPONSE', false],
    ['short', 'SUBGRAPH_BAD_RESPONSE', false],
    ['error500', 'SUBGRAPH_BAD_RESPONSE', false],
    ['busy', 'SUBGRAPH_OVERLOADED', true],
    ['reset', 'SUBGRAPH_UNREACHABLE', true],
    ['gigabytes', 'SUBGRAPH_RESPONSE_TOO_LARGE', false],
  ])(
    'nulls only the fields of a subgraph that answers "%s" (%s), and then recovers',
    async (behavior, code, retryable) => {
      expect((await ask(JOINED)).data).toEqual(WHOLE);
      await behave('stock', behavior);
      expectPart(await ask(JOINED), code, retryable);
      await behave('stock', 'well');
      await until(async () => (await ask(JOINED)).errors === undefined, 'the stock responds correctly again');
    },
  );

  test('does not repeat a call in one request whose response was cut off', async () => {
    await ask(JOINED);
    const before = await callsOf('stock');
    await behave('stock', 'text');
    await ask(JOINED);
    expect((await callsOf('stock')) - before).toBe(1);
  });
});

describe('a subgraph', () => {
  beforeEach(startSubgraphs);
  afterEach(stop);

  test('nulls the fields of a subgraph that is down at start, and recovers when it is up', async () => {
    await kill(stock);
    await startGateway();
    expectPart(await ask(JOINED), 'SUBGRAPH_UNREACHABLE', true);
    stock = startSubgraph('stock');
    await waitForOutput(stock, /listens/);
    await until(async () => (await ask(JOINED)).errors === undefined, 'the stock is called again');
    expect((await ask(JOINED)).data).toEqual(WHOLE);
  });

  test('nulls only the fields of a subgraph that dies under load, and answers everything', async () => {
    await startGateway();
    const running = load(JOINED);
    await until(() => running.answers.length > 50, 'requests are answered');
    await kill(stock);
    await until(() => running.answers.some(({ errors }) => errors), 'its outage is noticed');
    stock = startSubgraph('stock');
    await waitForOutput(stock, /listens/);
    await until(() => running.answers.at(-1)!.errors === undefined, 'it is back');
    await running.stop();
    expect(running.failures).toEqual([]);
    for (const { data, errors = [] } of running.answers) {
      expect(errors.length > 0 ? PART : WHOLE).toEqual(data);
      for (const { extensions } of errors)
        expect(['SUBGRAPH_UNREACHABLE', 'SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_TIMEOUT']).toContain(extensions.code);
    }
  });

  test('nulls only the fields of a subgraph while it is stopped', async () => {
    await startGateway('--subgraph-retries', '0');
    expect((await ask(JOINED)).data).toEqual(WHOLE);
    stock.child.kill('SIGSTOP');
    expectPart(await ask(JOINED), 'SUBGRAPH_TIMEOUT', true);
    stock.child.kill('SIGCONT');
    await until(async () => (await ask(JOINED)).errors === undefined, 'the stock answers again');
  });

  test('probes a failing subgraph every second, and reports outage and recovery', async () => {
    await startGateway('--subgraph-retries', '0', '--metrics-port', '0');
    await behave('stock', 'reset');
    for (let i = 0; i < 10; i++) await ask(JOINED);
    const before = await callsOf('stock');
    const { errors = [] } = await ask(JOINED);
    expect(errors[0]!.extensions).toMatchObject({
      code: 'SUBGRAPH_UNAVAILABLE',
      retryable: true,
      retryAfterSeconds: 1,
    });
    expect(await callsOf('stock')).toBe(before);
    const { url } = logged('serving metrics')[0] as { url: string };
    const metric = async (name: string) =>
      new RegExp(`^${name}\\{subgraph="stock"\\} (\\d)$`, 'm').exec(await (await fetch(url)).text())?.[1];
    expect(await metric('ordergraph_subgraph_breaker_open')).toBe('1');
    // however many probes failed before, the next one is a second away
    const running = load(JOINED);
    await until(async () => (await callsOf('stock')) >= before + 4, 'the stock is probed');
    await behave('stock', 'well');
    const answersAtRecovery = running.answers.length;
    await until(() => running.answers.at(-1)!.errors === undefined, 'the stock is called again');
    await running.stop();
    for (const { errors: lateErrors = [] } of running.answers.slice(answersAtRecovery))
      for (const { extensions } of lateErrors) expect(extensions.retryAfterSeconds ?? 1).toBe(1);
    expect(await metric('ordergraph_subgraph_breaker_open')).toBe('0');
    expect(await metric('ordergraph_subgraph_breaker_changes_total')).toBe('2');
    expect(logged('opened circuit breaker; probing subgraph about every second')).toEqual([
      expect.objectContaining({ subgraph: 'stock', code: 'SUBGRAPH_UNREACHABLE', failures: 10 }),
    ]);
    expect(logged('closed circuit breaker; calling subgraph again')).toHaveLength(1);
    // one line per code, with cause and request, however many calls failed
    expect(logged('subgraph call failed')).toEqual([
      expect.objectContaining({
        subgraph: 'stock',
        code: 'SUBGRAPH_UNREACHABLE',
        cause: expect.stringContaining('ECONNRESET'),
        requestId: expect.any(String),
      }),
      expect.objectContaining({ subgraph: 'stock', code: 'SUBGRAPH_UNAVAILABLE' }),
    ]);
  });

  test('rejects calls that would wait too long for an overloaded subgraph', async () => {
    await startGateway(
      ...['--subgraph-concurrency', '2', '--subgraph-queue', '2', '--subgraph-retries', '0'],
      ...['--subgraph-timeout-ms', '60000'],
    );
    await behave('shops', 'slowly');
    // different operations, which cannot share a response
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(`{ shops { n${i}: name } }`)));
    const refused = answers.filter(({ errors }) => errors?.[0]?.extensions.code === 'SUBGRAPH_OVERLOADED');
    expect(refused.length).toBe(8);
    expect(refused[0]!.errors![0]).toMatchObject({
      message: 'The "shops" subgraph has too many queued requests',
      extensions: { retryable: true, retryAfterSeconds: 1 },
    });
    expect(answers.filter(({ errors }) => !errors).length).toBe(4);
  });

  test('waits for a slow subgraph within its timeout', async () => {
    await startGateway();
    await behave('stock', 'slowly');
    expect(await ask(JOINED)).toEqual({ data: WHOLE });
  });

  test('passes on Retry-After of a subgraph, and retries one that is briefly busy', async () => {
    await startGateway();
    await behave('stock', 'busy');
    const { errors = [] } = await ask(JOINED);
    expect(errors[0]!.extensions).toMatchObject({ code: 'SUBGRAPH_OVERLOADED', retryAfterSeconds: 7 });
    await behave('stock', 'busyOnce');
    expect(await ask(JOINED)).toEqual({ data: WHOLE });
  });

  test('does not retry a failed mutation of a subgraph', async () => {
    await startGateway();
    await behave('stock', 'reset');
    const { errors = [] } = await ask('mutation { count }');
    expect(errors[0]!.extensions).toMatchObject({ code: 'SUBGRAPH_UNREACHABLE', subgraph: 'stock' });
    expect(await callsOf('stock')).toBe(1);
  });

  test('returns null without an error for an entity the subgraph does not have', async () => {
    await startGateway();
    await behave('stock', 'nulls');
    for (let i = 0; i < 3; i++) {
      const { data, errors } = await ask(JOINED);
      expect(errors).toBeUndefined();
      expect(data).toEqual({ shops: [WHOLE.shops[0], { name: 'Shop 2', items: null }, WHOLE.shops[2]] });
    }
  });
});

describe('the gateway', () => {
  beforeEach(startSubgraphs);
  afterEach(stop);

  test('ends its subgraph calls when the client disconnects', async () => {
    await startGateway('--subgraph-timeout-ms', '60000');
    await ask(JOINED);
    await behave('stock', 'never');
    const controller = new AbortController();
    const aborted = ask(JOINED, controller.signal).catch(() => 'gone');
    await until(async () => (await callsOf('stock')) > 1, 'the stock is called');
    controller.abort();
    expect(await aborted).toBe('gone');
    const metrics = async () => (await fetch(`http://127.0.0.1:${ports.gateway}/metrics`)).text();
    await until(
      async () =>
        /ordergraph_subgraph_calls_total\{subgraph="stock",result="REQUEST_CANCELLED"\} 1/.test(await metrics()),
      'the call is ended',
    );
  });

  test('finishes running requests on SIGTERM under load and exits within its time', async () => {
    await startGateway('--shutdown-ms', '5000');
    await ask(JOINED);
    await behave('stock', 'slowly');
    const running = load(JOINED, 16);
    await until(async () => (await callsOf('stock')) > 2, 'requests are running');
    const before = Date.now();
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(Date.now() - before).toBeLessThan(5_000);
    await running.stop();
    // every client that was not redirected got a complete response
    const refused = running.answers.filter(({ errors }) => errors?.[0]?.extensions.code === 'SERVER_STOPPING');
    const answered = running.answers.filter((answer) => !refused.includes(answer));
    for (const answer of answered) expect(answer).toEqual({ data: WHOLE });
    expect(answered.length).toBeGreaterThanOrEqual(16);
    await expect(ask(JOINED)).rejects.toThrow();
  });

  test('ends on SIGTERM in time even while a request hangs', async () => {
    await startGateway('--shutdown-ms', '1000', '--subgraph-timeout-ms', '60000');
    await behave('stock', 'never');
    const hanging = ask(JOINED).catch(() => 'cut off');
    await until(async () => (await callsOf('stock')) > 0, 'the stock is called');
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(await hanging).toBe('cut off');
    expect(gateway.output()).toMatch(/reached the shutdown limit; closing connections/);
  });

  test('finishes running requests when SIGTERM arrives twice', async () => {
    await startGateway('--shutdown-ms', '60000', '--drain-ms', '1000');
    await behave('stock', 'slowly');
    const pending = ask(JOINED);
    await until(async () => (await callsOf('stock')) > 0, 'the stock is called');
    gateway.child.kill('SIGTERM');
    await until(() => logged('stopping').length === 1, 'it stops');
    gateway.child.kill('SIGTERM');
    expect(await pending).toEqual({ data: WHOLE });
    expect(await gateway.ended).toBe(0);
    expect(logged('stopping')).toEqual([expect.objectContaining({ signal: 'SIGTERM' })]);
  });

  test('drains on SIGTERM: not ready, but answers and closes connections afterward', async () => {
    await startGateway('--shutdown-ms', '60000', '--drain-ms', '60000');
    await ask(JOINED);
    const drained = new Agent({ connections: 1 });
    const send = () =>
      fetchWith(`http://127.0.0.1:${ports.gateway}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: JOINED }),
        dispatcher: drained,
      });
    expect((await send()).headers.get('connection')).toBe('keep-alive');
    gateway.child.kill('SIGTERM');
    const health = () => fetch(`http://127.0.0.1:${ports.gateway}/health/ready`);
    await until(async () => (await health()).status === 503, 'it is not ready');
    for (let request = 0; request < 3; request++) {
      const response = await send();
      expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
      expect(await response.json()).toEqual({ data: WHOLE });
    }
    await drained.close();
    await kill(gateway);
  });

  test('switches the supergraph under load without failed or mixed responses', async () => {
    await startGateway();
    const running = load('{ shops { name items } version }');
    await until(() => running.answers.length > 50, 'requests are answered');
    // a call with another selection: the label stands for the items
    const next = join(folder, 'next.graphql');
    writeFileSync(
      next,
      supergraphOf({ ...schemas, shops: schemas.shops!.replace('version: String', 'version: String newer: Int') }),
    );
    renameSync(next, supergraph);
    await until(
      async () => (await ask('{ __type(name: "Query") { fields { name } } }').then(JSON.stringify)).includes('newer'),
      'the new supergraph is served',
    );
    const then = running.answers.length;
    await until(() => running.answers.length > then + 50, 'requests continue');
    await running.stop();
    expect(running.failures).toEqual([]);
    for (const answer of running.answers) expect(answer).toEqual({ data: { ...WHOLE, version: 'one' } });
  });

  test('rejects an invalid supergraph and says why in logs, metrics, and health', async () => {
    await startGateway();
    const good = readFileSync(supergraph, 'utf8');
    writeFileSync(supergraph, 'type Query { not: Supergraph }');
    await until(
      async () => (await ready()).details.supergraph.refused !== undefined,
      'the invalid supergraph is rejected',
    );
    expect((await ready()).details.supergraph.refused!.reason).toMatch(/Invalid supergraph/);
    expect(await ask(JOINED)).toEqual({ data: WHOLE });
    expect(gateway.output()).toMatch(/rejected invalid supergraph; still serving the previous one/);
    expect(await (await fetch(`http://127.0.0.1:${ports.gateway}/metrics`)).text()).toMatch(
      /ordergraph_supergraphs_total\{result="refused"\} 1/,
    );
    // valid for clients, but no planner can read it
    writeFileSync(supergraph, good.replace(/key: "(\w+)"/, 'key: "$1 {"'));
    await until(
      async () => /no operation can be planned/.test((await ready()).details.supergraph.refused!.reason),
      'the supergraph without plans is rejected',
    );
    expect(await ask(JOINED)).toEqual({ data: WHOLE });
    writeFileSync(supergraph, good);
    await until(
      async () => (await ready()).details.supergraph.refused === undefined,
      'the valid supergraph is served again',
    );
  });

  test('serves other clients while one sends half a request and waits', async () => {
    await startGateway();
    const half = httpRequest({ port: ports.gateway, host: '127.0.0.1', path: '/graphql', method: 'POST' });
    half.on('error', () => {});
    half.setHeader('content-type', 'application/json');
    half.setHeader('content-length', '1000');
    half.write('{"query":"');
    expect(await ask(JOINED)).toEqual({ data: WHOLE });
    half.destroy();
  });
});
