import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import parsePrometheus, { type Metric as Family } from 'parse-prometheus-text-format';
import { systemClock } from '#base/clock';
import { SignedDoor } from '#base/identity/door';
import { newKey, publicKey } from '#base/identity/keys';
import { readText } from '#base/read-text';
import { metricsAddress, serveMetrics } from '#base/telemetry/server';
import { AuditLog } from '#kit/audit/audit-log';
import { FolderStore } from '#kit/files/content-store';
import { createSubgraphServer } from '#kit/subgraph/server';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphMetrics } from '#kit/telemetry/subgraph-metrics';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { HttpFileExchange } from '../../gateway/transport/files';
import { HttpTransport } from '../../gateway/transport/http';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { freshDatabases } from '../support/databases';
import { TestIdentity } from '../support/identity';
import { recordingLog } from '../support/log';
import { controlMonotonicClock } from '../support/monotonic';
import { until } from '../support/until';

const ID = 'client-7f3a.1';
const DEVELOPER = 'role=developer-submitter; organization=alder; subject=alice';
const OPERATOR = 'role=operator; subject=olga';
const REGISTER = `mutation { registerOrganization(input: {
  key: "alder", legalName: "Alder", category: INDUSTRY, idempotencyKey: "one" }) { organization { key } } }`;

const gatewayLog = recordingLog();
const subgraphLog = recordingLog();
let folder: string;
let identity: TestIdentity;
let open: OpenSubgraph;
let subgraph: FastifyInstance;
let gateway: FastifyInstance;
let drop: () => Promise<void>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-request-id-'));
  identity = await TestIdentity.make();
  const databases = await freshDatabases('sqlite', ['submissions']);
  drop = () => databases.drop();
  const { log } = subgraphLog;
  open = await submissions.open({
    databaseUrl: databases.url('submissions'),
    log,
    door: new SignedDoor({ current: { keys: [publicKey(identity.key)] } }, 'submissions', log),
    store: new FolderStore(join(folder, 'files')),
    audit: await AuditLog.open(join(folder, 'submissions.jsonl'), 'submissions', await newKey(), systemClock, log),
  });
  subgraph = await createSubgraphServer(open, log);
  const url = `${await subgraph.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  gateway = await createGateway({
    supergraph: readText(OWN_SUPERGRAPH_FILE, 'The supergraph'),
    config: readConfig({ metricsPort: '0', corsOrigin: 'https://page.example', returnHeader: 'x-request-id' }, {}),
    log: gatewayLog.log,
    transport: ({ name }) => new HttpTransport(name, url, { maxResponseBytes: 1_000_000, connections: 4 }),
    forwardHeaders: ['x-request-id'],
    files: { subgraph: 'submissions', exchange: new HttpFileExchange('submissions', url) },
    identity: identity.parts,
  });
  await gateway.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await gateway.close();
  await subgraph.close();
  await open.close();
  await drop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(() => jest.restoreAllMocks());

async function ask(query: string, headers: Record<string, string> = {}, caller: string | null = DEVELOPER) {
  return gateway.inject({
    method: 'POST',
    url: '/graphql',
    headers: { ...(await identity.headers(caller)), ...headers },
    payload: { query },
  });
}

describe('the id of a request', () => {
  test.each<[string, string, object]>([
    ['an operation', '/graphql?query={__typename}', {}],
    ['a rejected operation', '/graphql?query={nonsense}', {}],
    ['an invalid token', '/graphql?query={__typename}', { authorization: 'Bearer nonsense' }],
    ['health', '/health/live', {}],
    ['readiness', '/health/ready', {}],
    ['an unknown path', '/nowhere', {}],
    ['a malformed path', '/%zz', {}],
    ['a compressed body', '/graphql', { 'content-encoding': 'gzip' }],
  ])('returns the request id on %s', async (_what, url, headers) => {
    const response = await gateway.inject({ url, headers: { 'x-request-id': ID, ...headers } });
    expect(response.headers['x-request-id']).toBe(ID);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['longer than 100 characters', 'x'.repeat(101)],
    ['with a space', 'a b'],
    ['with markup', '<script>'],
    ['outside ASCII', 'é'],
  ])('replaces a request id that is %s with a new one', async (_what, id) => {
    const headers = id === undefined ? {} : { 'x-request-id': id };
    const response = await gateway.inject({ url: '/health/live', headers });
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });

  test('lets pages of other origins send and read the request id', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'POST' };
    const preflight = await gateway.inject({ method: 'OPTIONS', url: '/graphql', headers });
    expect(preflight.headers['access-control-allow-headers']).toContain('x-request-id');
    expect(preflight.headers['x-request-id']).toBeDefined();
    const answer = await gateway.inject({ url: '/graphql?query={__typename}', headers });
    expect(answer.headers['access-control-expose-headers']).toContain('x-request-id');
  });

  test('passes the request id to the subgraph and its audit record', async () => {
    expect((await ask(REGISTER, { 'x-request-id': ID })).json().errors).toBeUndefined();
    const entries = readFileSync(join(folder, 'submissions.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind !== 'seal');
    expect(entries.length).toBeGreaterThan(0);
    for (const { origin } of entries) expect(origin).toMatchObject({ request: ID, address: '127.0.0.1' });
  });

  test('logs the request id of a failure in both processes', async () => {
    jest.spyOn(open, 'context').mockImplementation((...args) => ({
      ...Object.getPrototypeOf(open).context.apply(open, args),
      loaders: new Proxy({} as never, {
        get() {
          throw new TypeError('planted');
        },
      }),
    }));
    const { errors } = (
      await ask('{ developerOrganization(key: "alder") { legalName } }', { 'x-request-id': ID })
    ).json();
    expect(errors[0].extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    for (const { lines } of [gatewayLog, subgraphLog])
      expect(lines).toContainEqual(
        expect.objectContaining({ requestId: ID, reference: errors[0].extensions.reference, msg: 'unexpected error' }),
      );
  });

  test('logs the request id in a subgraph that rejects the request', async () => {
    const response = await subgraph.inject({
      url: '/graphql?query={__typename}',
      headers: { 'x-request-id': 'refused-1' },
    });
    expect([response.statusCode, response.headers['x-request-id']]).toEqual([401, 'refused-1']);
    expect(subgraphLog.lines).toContainEqual(expect.objectContaining({ requestId: 'refused-1', flaw: 'unsigned' }));
  });

  test('lets requests with different ids share a call, even if the id is forwarded', async () => {
    const query = '{ developerOrganization(key: "alder") { key legalName } }';
    await ask(query);
    await ask(query);
    const before = open.operations.operations;
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => ask(query, { 'x-request-id': id })));
    expect(open.operations.operations - before).toBe(1);
  });
});

/** The value of a metric without labels, or with this label. */
function sampleOf(metrics: readonly Family[], name: string, labels?: Record<string, string>): number {
  const family = metrics.find((family) => family.name === name);
  if (!family) throw new Error(`${name} is missing`);
  const matching = family.metrics.filter((sample) =>
    Object.entries(labels ?? {}).every(([label, value]) => sample.labels?.[label] === value),
  );
  return matching.reduce((sum, { value }) => sum + Number(value), 0);
}

async function scrape(url: string): Promise<Family[]> {
  const response = await fetch(url);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=/),
  ]);
  return parsePrometheus(await response.text());
}

describe('metrics', () => {
  test('counts requests, operations, errors, rejected identities, and records of a subgraph', async () => {
    const { url, close } = await serveMetrics(
      subgraphMetrics(open, subgraph.traffic),
      metricsAddress('127.0.0.1', '0')!,
      subgraphLog.log,
    );
    try {
      const before = await scrape(url);
      await fetch(new URL('/graphql?query={__typename}', subgraph.listeningOrigin));
      await ask('{ developerOrganization(key: "alder") { notThere: key } }');
      await ask(
        'mutation { registerOrganization(input: { key: "x y", legalName: "A", category: INDUSTRY, idempotencyKey: "two" }) { replayed } }',
      );
      await ask(REGISTER);
      const after = await scrape(url);
      const grown = (name: string, labels?: Record<string, string>) =>
        sampleOf(after, name, labels) - sampleOf(before, name, labels);
      expect(grown('ordergraph_identities_refused_total', { flaw: 'unsigned' })).toBe(1);
      expect(grown('ordergraph_http_requests_total', { status: '401' })).toBe(1);
      expect(grown('ordergraph_http_requests_total', { status: '200' })).toBe(3);
      expect(grown('ordergraph_graphql_operations_total')).toBe(3);
      expect(grown('ordergraph_graphql_errors_total', { code: 'BAD_USER_INPUT' })).toBe(1);
      expect(grown('ordergraph_record_entries_total')).toBeGreaterThan(0);
      expect(sampleOf(after, 'ordergraph_record_write_failures_total')).toBe(0);
      expect(sampleOf(after, 'ordergraph_http_requests_in_flight')).toBe(0);
      expect(sampleOf(after, 'process_resident_memory_bytes')).toBeGreaterThan(0);
      expect((await fetch(url.replace('/metrics', '/graphql'))).status).toBe(404);
    } finally {
      await close();
    }
  });

  test('omits metrics of background work while they are unreadable and serves the others', async () => {
    const metrics = subgraphMetrics(open, subgraph.traffic);
    const { url, close } = await serveMetrics(metrics, metricsAddress('127.0.0.1', '0')!, subgraphLog.log);
    const background = async () => {
      const families = (await scrape(url)).filter(({ name }) => /^ordergraph_(events|lease)_/.test(name));
      return Object.fromEntries(
        families.flatMap(({ name, metrics: [sample] }) => (sample ? [[name, Number(sample.value)]] : [])),
      );
    };
    try {
      expect(await background()).toEqual({});
      open.startBackground({ everyMs: 1_000, leaseMs: 10_000 });
      await until(
        async () => (await background()).ordergraph_lease_held === 1,
        () => 'the lease is held',
      );
      expect(await background()).toMatchObject({
        ordergraph_events_backlog: 0,
        ordergraph_events_replays_served_total: 0,
      });
      const clock = controlMonotonicClock();
      for (const broken of [() => Promise.reject(new Error('down')), () => new Promise<never>(() => {})]) {
        const read = jest.spyOn(open, 'backgroundStatus').mockImplementation(broken);
        clock.advance(2_000);
        expect(await background()).toEqual({});
        // once for all metrics of a scrape
        expect(read).toHaveBeenCalledTimes(1);
        read.mockRestore();
      }
      clock.advance(2_000);
      expect(await background()).toMatchObject({ ordergraph_lease_held: 1 });
    } finally {
      await close();
    }
  });

  test('requires a token for metrics on the gateway port, but not on the metrics port', async () => {
    const { url } = gatewayLog.lines.find(({ msg }) => msg === 'serving metrics') as { url: string };
    await fetch(new URL('/health/live', gateway.listeningOrigin));
    const metrics = await scrape(url);
    expect(sampleOf(metrics, 'ordergraph_http_requests_total', { status: '200' })).toBeGreaterThan(0);
    expect((await gateway.inject({ url: '/metrics' })).statusCode).toBe(403);
    const response = await gateway.inject({ url: '/metrics', headers: await identity.headers(OPERATOR) });
    expect(
      parsePrometheus(response.body)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(metrics.map(({ name }) => name).sort());
  });

  test('rejects an invalid metrics port with a message that names it', () => {
    expect(metricsAddress('127.0.0.1', undefined)).toBeUndefined();
    expect(() => metricsAddress('127.0.0.1', '70000')).toThrow('The metrics port "70000" is not valid');
  });
});
