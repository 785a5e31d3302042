import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import type { FastifyInstance } from 'fastify';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { JWK } from 'jose';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { AuditLog } from '#kit/audit/audit-log';
import { settleRecord } from '#kit/audit/settle';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { pagedOperation } from '../../gateway/export/paged-operation';
import { Authenticator } from '../../gateway/identity/authenticator';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import type { SubgraphRequest } from '../../gateway/transport/transport';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { INSPECTOR, TestIdentity } from '../support/identity';
import { until } from '../support/until';
import { openWorld, type World } from '../support/world';

/** Exports by URL, over real connections. */

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const ANA = 'role=inspector; case=2026-1; subject=ana';
const STRANGER = 'role=intake-officer; subject=officer-1';

interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Whether the body reached its end. */
  readonly isComplete: boolean;
}

/** Sends a request and reads what arrives, also of a body that breaks off. */
function receive(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = httpRequest(url, { method, headers: { ...headers, ...type } }, (response) => {
      const chunks: Buffer[] = [];
      const end = () =>
        resolve({
          ...{ status: response.statusCode!, headers: response.headers },
          ...{ body: Buffer.concat(chunks), isComplete: response.complete },
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', end).on('error', end);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const codeOf = ({ status, body }: Received): [number, string] => [
  status,
  JSON.parse(body.toString()).errors[0].extensions.code,
];

/** Rows of a CSV text without its banner. */
const rowsOf = (csv: string): Record<string, string>[] => parse(csv, { columns: true, comment: '#' });

const asArrayBuffer = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;

const FINDINGS = `query Findings($status: [VulnerabilityFindingStatus!]) {
  vulnerabilityFindings(filter: { status: { in: $status } }) {
    nodes { id status dueAt overdue clockStartedAt daysOverdue vulnerability { cveId automatable } system { name } }
  }
}`;

describe('the whole graph', () => {
  let world: World;
  let folder: string;
  let key: JWK;
  let url: string;
  let question: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-route-'));
    key = await newKey();
    const log = createLog('silent', 'test');
    const record = (name: string) => AuditLog.open(join(folder, `${name}.jsonl`), name, key, systemClock, log);
    world = await openWorld('sqlite', 1, [], log, record);
    url = await world.server.listen({ port: 0, host: '127.0.0.1' });
    const statuses = [...new Set(world.rows(VulnerabilityFinding).map(({ status }) => status))];
    const input = {
      ...{ idempotencyKey: 'save', name: 'Offene „Prüfungen“ / 2026', program: 'INFRASTRUCTURE', operation: FINDINGS },
      variables: JSON.stringify({ status: statuses }),
    };
    const { data } = await world.ask(
      'mutation ($input: SaveQuestionInput!) { saveQuestion(input: $input) { question { id } } }',
      { input },
      ANA,
    );
    question = data.saveQuestion.question.id;
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const exported = async (path: string, caller: string | null = ANA) =>
    receive(`${url}${path}`, { headers: await world.identity.headers(caller) });
  const posted = async (body: unknown, caller: string | null = ANA) =>
    receive(`${url}/export`, { method: 'POST', headers: await world.identity.headers(caller), body });

  test('exports all pages of a saved question as a table, with its handling and a file name', async () => {
    const { status, headers, body, isComplete } = await exported(`/export/${question}`);
    expect([status, isComplete]).toEqual([200, true]);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="Offene-Pr\?fungen-2026-\d{4}-\d\d-\d\d\.csv"; filename\*=UTF-8''Offene-Pr%C3%BCfungen-2026-/,
      ),
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    });
    const text = body.toString();
    expect(text).toMatch(/^# Handling: ISVI \(cisa\)\r\n# As of: \S+Z\r\n# Variables: \{"status":\[/);
    const findings = world.rows(VulnerabilityFinding);
    expect(findings.length).toBeGreaterThan(500);
    expect(
      rowsOf(text)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(findings.map(({ id }) => id).toSorted());
  });

  test('exports the same data in each format', async () => {
    const [csv, jsonl, parquet] = await Promise.all(
      ['csv', 'jsonl', 'parquet'].map(async (format) => (await exported(`/export/${question}?format=${format}`)).body),
    );
    const rows = rowsOf(csv!.toString());
    const [banner, ...objects] = jsonl!
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(banner.export).toMatchObject({ question: FINDINGS, handling: { class: 'ISVI' } });
    const flat = ({ vulnerability, system, ...rest }: Loose) => ({
      ...rest,
      ...{ 'vulnerability.cveId': vulnerability.cveId, 'vulnerability.automatable': vulnerability.automatable },
      'system.name': system.name,
    });
    const file = asArrayBuffer(parquet!);
    const values = (await parquetReadObjects({ file })) as Loose[];
    const asText = (value: unknown) =>
      value === null || value === undefined ? '' : value instanceof Date ? value.toISOString() : String(value);
    const inText = (row: Loose) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)]));
    expect(values.map(inText)).toEqual(rows);
    expect(objects.map(flat).map(inText)).toEqual(rows);
    expect(values.some(({ dueAt }) => dueAt instanceof Date)).toBe(true);
    expect(values.every(({ overdue }) => typeof overdue === 'boolean')).toBe(true);
    const { schema, key_value_metadata: metadata } = parquetMetadata(file);
    const types = schema.slice(1).map(({ name, type, converted_type: converted }) => [name, type, converted]);
    expect(types).toEqual([
      ['id', 'BYTE_ARRAY', 'UTF8'],
      ['status', 'BYTE_ARRAY', 'UTF8'],
      ['dueAt', 'INT64', 'TIMESTAMP_MILLIS'],
      ['overdue', 'BOOLEAN', undefined],
      ['clockStartedAt', 'BYTE_ARRAY', 'UTF8'],
      ['daysOverdue', 'INT32', undefined],
      ['vulnerability.cveId', 'BYTE_ARRAY', 'UTF8'],
      ['vulnerability.automatable', 'BOOLEAN', undefined],
      ['system.name', 'BYTE_ARRAY', 'UTF8'],
    ]);
    expect(JSON.parse(metadata!.find(({ key: name }) => name === 'ordergraph.export')!.value!)).toMatchObject({
      handling: { class: 'ISVI', agencies: ['cisa'] },
    });
  });

  test('replaces default variables, and exports a version by its number', async () => {
    const open = await exported(`/export/${question}?variables=${encodeURIComponent('{"status":["OPEN"]}')}`);
    const findings = world.rows(VulnerabilityFinding).filter(({ status }) => status === 'OPEN');
    expect(rowsOf(open.body.toString())).toHaveLength(findings.length);
    expect((await exported(`/export/${question}?version=1`)).status).toBe(200);
    expect(codeOf(await exported(`/export/${question}?version=2`))).toEqual([404, 'NOT_FOUND']);
  });

  test('hides a saved question from callers who do not read it', async () => {
    for (const caller of [STRANGER, null])
      expect(codeOf(await exported(`/export/${question}`, caller))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await exported('/export/sqn_unknown'))).toEqual([404, 'NOT_FOUND']);
  });

  test('exports ad hoc operations under the rights of the caller, charged and recorded page by page', async () => {
    const query = '{ vulnerabilityFindings { nodes { id } } }';
    const remaining = async () => (await world.ask('{ agencyReferenceVersion }', {}, ANA)).extensions.cost;
    const costOfPage = (await world.ask('{ vulnerabilityFindings(first: 500) { nodes { id } } }', {}, ANA)).extensions
      .cost;
    const before = costOfPage.remaining;
    const all = await posted({ query, format: 'jsonl' });
    const lines = all.body.toString().trimEnd().split('\n');
    expect(lines).toHaveLength(1 + world.rows(VulnerabilityFinding).length);
    const spent =
      before -
      ((await remaining())?.remaining ??
        (await world.ask('{ vulnerabilityFindings(first: 1) { nodes { id } } }', {}, ANA)).extensions.cost.remaining);
    expect(spent).toBeGreaterThan(costOfPage.actual ?? costOfPage.estimated);
    const infrastructure = world.subgraph('infrastructure');
    await settleRecord(infrastructure.database, infrastructure.audit!).catch(() => {});
    await until(
      () => readFileSync(join(folder, 'infrastructure.jsonl'), 'utf8').includes('VulnerabilityFinding'),
      () => 'the reads are recorded',
    );
    // the public reads none; the answer names the rule
    const [banner] = (await posted({ query, format: 'jsonl' }, null)).body.toString().split('\n');
    expect(JSON.parse(banner!).export.withheld).toEqual([expect.stringContaining('vulnerabilityFindings ROWS')]);
  });

  test.each<[string, unknown, [number, string]]>([
    ['no question', {}, [400, 'BAD_REQUEST']],
    ['a list', [], [400, 'BAD_REQUEST']],
    ['an unknown parameter', { query: '{ a }', formt: 'csv' }, [400, 'BAD_REQUEST']],
    ['an unknown format', { query: '{ a }', format: 'xlsx' }, [400, 'BAD_REQUEST']],
    ['a question and a query', { query: '{ a }', question: 'sqn_x' }, [400, 'BAD_REQUEST']],
    ['no list', { query: '{ agencyReferenceVersion }' }, [400, 'BAD_REQUEST']],
    [
      'several lists',
      { query: '{ a: submissions { nodes { id } } b: submissions { nodes { id } } }' },
      [400, 'BAD_REQUEST'],
    ],
    ['a mutation', { query: 'mutation { a { nodes { b } } }' }, [400, 'BAD_REQUEST']],
    ['a syntax error', { query: '{ a' }, [400, 'BAD_REQUEST']],
    [
      'a field that does not exist',
      { query: '{ submissions { nodes { nothing } } }' },
      [400, 'GRAPHQL_VALIDATION_FAILED'],
    ],
    [
      'a missing variable',
      {
        query: 'query ($n: Int!) { submissions(first: $n) { nodes { id } } x: agency(key: "nsa") { key } }',
        variables: { n: 'x' },
      },
      [400, 'GRAPHQL_VALIDATION_FAILED'],
    ],
    [
      'an unfolded list in JSON Lines',
      { query: '{ submissions { nodes { id } } }', format: 'jsonl', unfold: 'x' },
      [400, 'BAD_REQUEST'],
    ],
  ])('answers with an error before the first byte: %s', async (_what, body, expected) => {
    expect(codeOf(await posted(body))).toEqual(expected);
  });

  test('rejects an invalid token like /graphql', async () => {
    const response = await receive(`${url}/export/${question}`, { headers: { authorization: 'Bearer a.b.c' } });
    expect(codeOf(response)).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('a graph of one list', () => {
  const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3")
    type Query { things(first: Int, after: String): Things }
    type Things { nodes: [Thing!]! pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    type Thing { text: String n: Int }`;
  const QUERY = 'query Things { things { nodes { text n } } }';

  /** Pages by number, from 0. */
  type Pages = (page: number, request: SubgraphRequest) => Promise<Loose> | Loose;
  let pages: Pages;
  let asked = 0;
  let revoked = false;
  let identity: TestIdentity;
  let folder: string;
  const servers: FastifyInstance[] = [];
  beforeAll(async () => {
    identity = await TestIdentity.make();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-list-'));
    writeFileSync(join(folder, 'relay.json'), JSON.stringify({ one: QUERY }));
  });
  beforeEach(() => {
    asked = 0;
    revoked = false;
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const list = (texts: readonly (string | null)[], next: boolean) => ({
    data: {
      things: {
        nodes: texts.map((text, n) => ({ __typename: 'Thing', text, n })),
        pageInfo: { hasNextPage: next, endCursor: String(asked) },
      },
    },
  });
  const start = async (of: Pages, config: object = {}): Promise<string> => {
    pages = of;
    const server = await createGateway({
      supergraph: compose([{ name: 's', sdl: SDL, url: 'http://s.example/' }]),
      config: readConfig({ logLevel: 'silent', rateLimit: 0, ...config }, {}),
      log: createLog('silent', 'test'),
      transport: () => ({
        shareable: false,
        request: async (request: SubgraphRequest) => {
          const { data, ...rest } = await pages(asked++, request);
          // the planner gives a field with arguments a name of its own
          const [, name = 'things'] = /(\w+): things/.exec(request.operation.text) ?? [];
          return { headers: {}, read: () => ({ ...rest, data: data && { [name]: data.things } }) };
        },
        async close() {},
      }),
      forwardHeaders: [],
      identity: {
        ...identity.parts,
        authenticator: new Authenticator([identity.issuer.issuer], { isRevoked: () => revoked }),
      },
    });
    servers.push(server);
    return server.listen({ port: 0, host: '127.0.0.1' });
  };
  const send = async (url: string, body: object, caller: string | null = ANA) =>
    receive(`${url}/export`, {
      method: 'POST',
      headers: await identity.headers(caller),
      body: { query: QUERY, ...body },
    });

  test('writes no formulas and no markup that a browser would run', async () => {
    const url = await start(() => list(['=cmd()', '+1', '<script>alert(1)</script>', 'a,"b"'], false));
    const { body, headers } = await send(url, {});
    expect(body.toString().split('\r\n').slice(-6)).toEqual([
      ...['text,n', "'=cmd(),0", "'+1,1", '<script>alert(1)</script>,2', '"a,""b""",3', ''],
    ]);
    expect(headers).toMatchObject({
      'content-disposition': expect.stringMatching(/^attachment; filename="?Things-/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  });

  test('reads a question of white space once', async () => {
    const url = await start(() => list(['a'], false));
    const { status, body } = await send(url, { query: `${QUERY} #${'\t'.repeat(400_000)}=cmd()` });
    expect(status).toBe(200);
    expect(body.length).toBeGreaterThan(0);
  });

  const away = { errors: [{ message: 'It is broken', extensions: { code: 'SUBGRAPH_ERROR' } }], data: null };
  test.each([
    ['a subgraph fails', false],
    ['the sign-in ends', true],
  ])('breaks off with a last line, so that nothing looks complete, when %s', async (_what, isSignIn) => {
    const url = await start((page) => {
      if (page === 0) {
        revoked = isSignIn;
        return list(['a'], true);
      }
      return away;
    });
    const expected = isSignIn ? /UNAUTHENTICATED/ : /SUBGRAPH|INTERNAL|BROKEN|broken/;
    const csv = await send(url, {});
    expect([csv.status, csv.isComplete]).toEqual([200, false]);
    expect(csv.body.toString().trimEnd().split('\r\n').slice(-2)).toEqual([
      'a,0',
      expect.stringMatching(/^# Incomplete: /),
    ]);
    expect(csv.body.toString()).toMatch(expected);
    [asked, revoked] = [0, false];
    const jsonl = await send(url, { format: 'jsonl' });
    expect(jsonl.isComplete).toBe(false);
    const last = jsonl.body.toString().trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(last)).toEqual({
      error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
    });
    [asked, revoked] = [0, false];
    const parquet = await send(url, { format: 'parquet' });
    expect(parquet.isComplete).toBe(false);
    expect(() => parquetMetadata(asArrayBuffer(parquet.body))).toThrow();
  });

  test('answers an error of the first page with its status', async () => {
    const url = await start(() => away);
    const [status] = codeOf(await send(url, {}));
    expect(status).toBe(502);
  });

  test('ends the request for a page when the client disconnects', async () => {
    let isCanceled = false;
    const url = await start((page, { cancellation }) => {
      if (page === 0) return list(['a'], true);
      return new Promise(() => {
        cancellation!.onCancel(() => {
          isCanceled = true;
        });
      });
    });
    const headers = await identity.headers(ANA);
    const sent = httpRequest(`${url}/export`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
    });
    sent.on('error', () => {});
    sent.end(JSON.stringify({ query: QUERY }));
    await until(
      () => asked === 2,
      () => 'the second page is asked for',
    );
    expect(isCanceled).toBe(false);
    sent.destroy();
    await until(
      () => isCanceled,
      () => 'the request for the page is canceled',
    );
    // the export does not count any longer
    const transfers = await start(() => list(['a'], false), { maxTransfers: 1 });
    expect((await send(transfers, {})).status).toBe(200);
    expect((await send(transfers, {})).status).toBe(200);
  });

  test('asks for no more pages than the client reads', async () => {
    const PAGES = 160;
    const text = 'x'.repeat(1_000);
    const page = Array.from({ length: 500 }, () => text);
    const url = await start((number) => list(page, number + 1 < PAGES), { costs: 'off' });
    const headers = { ...(await identity.headers(ANA)), 'content-type': 'application/json' };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(`${url}/export`, { method: 'POST', headers }, resolve).on('error', reject);
      sent.end(JSON.stringify({ query: QUERY, format: 'jsonl' }));
    });
    // unread, it fills the buffers of the connection, and then nothing more is asked for
    let before = -1;
    await until(
      async () => {
        const isStill = asked === before;
        before = asked;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return isStill && asked === before;
      },
      () => `no further page is asked for after ${asked}`,
    );
    expect(asked).toBeLessThan(PAGES / 2);
    const body = await buffer(response);
    expect([asked, response.complete]).toEqual([PAGES, true]);
    expect(body.subarray(-2_000).toString()).toContain(`"text":"${text.slice(0, 20)}`);
  });

  test('counts the pages that unread exports keep, and ends the slowest beyond the limit of a caller', async () => {
    const PAGE_BYTES = 500 * 2_000;
    const page = Array.from({ length: 500 }, () => 'x'.repeat(2_000));
    const url = await start(() => list(page, true), {
      ...{ costs: 'off', minTransferRate: 0, maxUnreadBytesPerCaller: 4.5 * PAGE_BYTES },
    });
    const { traffic } = servers.at(-1)!;
    const headers = { ...(await identity.headers(ANA)), 'content-type': 'application/json' };
    // one has read some pages, which no longer count
    const exports: IncomingMessage[] = [];
    for (const read of [6 * PAGE_BYTES, 1, 1, 1]) {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = httpRequest(`${url}/export`, { method: 'POST', headers }, resolve).on('error', reject);
        sent.end(JSON.stringify({ query: QUERY, format: 'jsonl' }));
      });
      response.on('error', () => {});
      exports.push(response);
      for (let left = read; left > 0; ) {
        const chunk = response.read() as Buffer | null;
        if (chunk) left -= chunk.length;
        else await new Promise((resolve) => response.once('readable', resolve));
      }
      if (exports.length > 1) continue;
      await until(
        () => traffic.unreadBytes >= PAGE_BYTES,
        () => `${traffic.unreadBytes} unread bytes are a page`,
      );
      expect(traffic.unreadBytes).toBeLessThan(3.5 * PAGE_BYTES);
    }
    await until(
      () => traffic.endedReaders.get('caller')! > 0,
      () => 'an export is ended',
    );
    expect(traffic.unreadBytes).toBeLessThanOrEqual(4.5 * PAGE_BYTES);
    for (const response of exports) response.destroy();
  });

  test('exports trusted documents only, where those are required, with all of their pages', async () => {
    const config = { trustedDocuments: [join(folder, 'relay.json')] };
    const url = await start((page) => list(['a'], page === 0), config);
    const trusted = await send(url, {}, STRANGER);
    expect([trusted.status, asked, rowsOf(trusted.body.toString())]).toEqual([
      ...[200, 2],
      [
        { text: 'a', n: '0' },
        { text: 'a', n: '0' },
      ],
    ]);
    const other = { query: QUERY.replace('text n', 'text') };
    expect(codeOf(await send(url, other, STRANGER))).toEqual([403, 'DOCUMENT_NOT_TRUSTED']);
    asked = 0;
    expect((await send(url, other, 'role=analyst; subject=a')).status).toBe(200);
  });

  test('refuses more exports of one caller at once than downloads', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const url = await start(async () => held.then(() => list(['a'], false)), { maxTransfers: 1 });
    const first = send(url, {});
    await until(
      () => asked === 1,
      () => 'the first export runs',
    );
    const second = await send(url, {});
    expect([codeOf(second), second.headers['retry-after']]).toEqual([[429, 'TOO_MANY_TRANSFERS'], '5']);
    release();
    expect((await first).status).toBe(200);
  });

  test('tells a caller without budget when to come back, before the first byte', async () => {
    const config = { costs: 'enforce', maxCost: ['100'], budget: ['public=50', '*=50'] };
    const url = await start(() => list(['a'], false), config);
    let last = await send(url, {});
    expect(last.status).toBe(200);
    for (let count = 1; last.status === 200 && count < 1_000; count += 1) last = await send(url, {});
    expect(codeOf(last)).toEqual([429, 'BUDGET_EXHAUSTED']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('waits for the budget within a page, whose rows can be many times its size', async () => {
    const page = Array.from({ length: 500 }, () => 'x'.repeat(20_000));
    const config = { costs: 'enforce', maxCost: ['*=100000'], budget: ['*=100000'] };
    const url = await start(() => list(page, false), config);
    const headers = { ...(await identity.headers(ANA)), 'content-type': 'application/json' };
    let sent: ReturnType<typeof httpRequest>;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent = httpRequest(`${url}/export`, { method: 'POST', headers }, resolve).on('error', reject);
      sent.end(JSON.stringify({ query: QUERY, format: 'jsonl' }));
    });
    let [bytes, before] = [0, -1];
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    response.on('error', () => {});
    await until(
      async () => {
        before = bytes;
        await new Promise((resolve) => setTimeout(resolve, 500));
        return bytes === before && bytes > 0;
      },
      () => `nothing more is sent after ${bytes} bytes`,
    );
    // a budget of 100,000 pays for 6 MB of the 10
    expect([bytes < 8_000_000, response.complete]).toEqual([true, false]);
    expect(codeOf(await send(url, {}))).toEqual([429, 'BUDGET_EXHAUSTED']);
    sent!.destroy();
  });

  test.each<[string, string]>([
    [
      'fragments that double each other',
      `{ ...F0 } ${Array.from({ length: 36 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')}
       fragment F36 on Query { things { nodes { n } } }`,
    ],
    [
      'fragments that double each other and add no field',
      `{ ...F0 things { nodes { n } } } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')}
       fragment F60 on Query { ...Missing }`,
    ],
    ['a fragment that it does not define', '{ ...Missing things { nodes { n } } }'],
    ['a fragment that contains itself', '{ ...F } fragment F on Query { things { nodes { n } } ...F }'],
    ['a fragment that contains itself within fields', 'fragment F on Query { a { ...F } } { ...F }'],
    ['a name of 100,000 characters', `{ ${'a'.repeat(100_000)}: things { nodes { n } } }`],
    ['levels of fields', `{ ${'a {'.repeat(5_000)} nodes { n } ${'}'.repeat(5_001)}`],
  ])('refuses %s before it looks for the list', async (_name, query) => {
    const url = await start(() => list(['a'], false));
    const refused = await send(url, { query });
    expect([refused.status, asked]).toEqual([400, 0]);
    expect(refused.body.length).toBeLessThan(2_000);
    expect((await send(url, {})).status).toBe(200);
  });

  test.each([
    ['a list without its objects', '{ things { nodes @skip(if: true) { n } } }'],
    [
      'a position that it skips',
      'query ($after: String) { things(after: $after) { nodes { n } pageInfo @skip(if: true) { hasNextPage endCursor } } }',
    ],
  ])('answers a question for %s with an error instead of a broken export', async (_name, query) => {
    const url = await start(() => list(['a'], false));
    const refused = await send(url, { query });
    expect([refused.isComplete, codeOf(refused)]).toEqual([true, [404, 'NOT_FOUND']]);
  });

  test('writes types into a Parquet file only for callers who may see the schema', async () => {
    const url = await start(() => list(['a'], false), { introspection: 'known' });
    const typesFor = async (caller: string | null) => {
      const { status, body } = await send(url, { format: 'parquet' }, caller);
      expect(status).toBe(200);
      return parquetMetadata(asArrayBuffer(body))
        .schema.slice(1)
        .map(({ type }) => type);
    };
    expect(await typesFor(ANA)).toEqual(['BYTE_ARRAY', 'INT32']);
    expect(await typesFor(null)).toEqual(['BYTE_ARRAY', 'BYTE_ARRAY']);
  });

  test('allows the text of a page in the request for that page only', async () => {
    const config = { trustedDocuments: [join(folder, 'relay.json')] };
    let text = '';
    const url = await start((_page, { operation }) => {
      text = operation.text;
      return list(['a'], false);
    }, config);
    expect((await send(url, {}, STRANGER)).status).toBe(200);
    expect(text).toContain('things');
    const paged = pagedOperation(QUERY, { pageSize: 500 }).query;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await identity.headers(STRANGER)) },
      body: JSON.stringify({ query: paged }),
    });
    expect(response.status).toBe(403);
  });

  test('keeps nothing of the pages that it has sent', async () => {
    const PAGES = 30;
    const listeners: number[] = [];
    const add = jest.spyOn(AbortSignal.prototype, 'addEventListener');
    const remove = jest.spyOn(AbortSignal.prototype, 'removeEventListener');
    const ofAborts = (spy: typeof add | typeof remove) => spy.mock.calls.filter(([type]) => type === 'abort').length;
    const url = await start((page) => {
      listeners.push(ofAborts(add) - ofAborts(remove));
      return list(['a'], page < PAGES);
    });
    expect((await send(url, {})).isComplete).toBe(true);
    expect(listeners).toHaveLength(PAGES + 1);
    // as many during the last page as during the second
    expect(listeners.at(-1)).toBeLessThanOrEqual(listeners[1]!);
  });

  test('has no saved questions without a registry', async () => {
    const url = await start(() => list([], false));
    const headers = await identity.headers(INSPECTOR);
    const status = await new Promise((resolve) => {
      get(`${url}/export/sqn_1`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    expect(status).toBe(404);
  });
});
