import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { CapabilityAssessment } from '../../subgraphs/infrastructure/capability/capability';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { INSPECTOR } from '../support/identity';
import { kill, killAll, MAIN, requireCompiled, run, runProgram } from '../support/processes';
import { until } from '../support/until';
import { openWorld, type World } from '../support/world';

/** Exports of a running graph by processes of their own, compared with the data. */

const QUESTION = '{ vulnerabilityFindings { nodes { id status dueAt overdue system { name highValueAsset } } } }';

let world: World;
let url: string;
let folder: string;
let tokenFile: string;
beforeAll(async () => {
  requireCompiled();
  world = await openWorld('sqlite');
  url = await world.server.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-export-'));
  const { authorization } = await world.identity.headers(INSPECTOR);
  tokenFile = written(authorization!.replace('Bearer ', ''), 'token');
});
afterEach(killAll);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
function written(text: string, extension = 'graphql'): string {
  files += 1;
  const file = join(folder, `${files}.${extension}`);
  writeFileSync(file, text);
  return file;
}

const start = (question: string, ...flags: string[]) =>
  run(['export', written(question), '--url', url, '--token-file', tokenFile, ...flags]);

async function exported(question: string, ...flags: string[]): Promise<string> {
  const out = join(folder, `out-${files}`);
  const program = start(question, '--out', out, ...flags);
  expect([await program.ended, program.output()]).toEqual([0, expect.stringMatching(/\d+ rows in /)]);
  return readFileSync(out, 'utf8');
}

test('writes every object of a list as a table', async () => {
  const findings = world.rows(VulnerabilityFinding);
  expect(findings.length).toBeGreaterThan(600);
  const text = await exported(QUESTION, '--csv', '--no-banner');
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const systems = new Map(world.rows(FederalSystem).map((system) => [system.id, system]));
  expect(new Map(rows.map((row) => [row.id, row]))).toEqual(
    new Map(
      findings.map(({ id, status, dueAt, systemId }) => {
        const { name, highValueAsset } = systems.get(systemId)!;
        const facts = { id, status, dueAt: dueAt ?? '', overdue: expect.stringMatching(/^(true|false)$/) };
        return [id, { ...facts, 'system.name': name, 'system.highValueAsset': String(highValueAsset) }];
      }),
    ),
  );
  expect(rows).toHaveLength(findings.length);
});

test('writes objects as JSON Lines after a line that says what they are', async () => {
  const [banner, ...objects] = (await exported(QUESTION, '--jsonl', '--page-size', '100'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(banner).toEqual({
    export: {
      ...{ question: QUESTION, variables: {}, asOf: expect.stringMatching(/Z$/), withheld: [] },
      handling: { class: 'ISVI', agencies: ['cisa'] },
    },
  });
  expect(objects).toHaveLength(world.rows(VulnerabilityFinding).length);
  expect(objects[0]).toMatchObject({ id: expect.any(String), system: { name: expect.any(String) } });
});

test('writes a Parquet file with the types of the schema and the data of the table', async () => {
  const table = parse(await exported(QUESTION, '--csv', '--no-banner'), { columns: true });
  const out = join(folder, 'findings.parquet');
  const program = start(QUESTION, '--parquet', '--page-size', '100', '--out', out);
  expect([await program.ended, program.output()]).toEqual([0, expect.stringContaining(`${table.length} rows`)]);
  const bytes = readFileSync(out);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  const asText = (value: unknown) => (value == null ? '' : value instanceof Date ? value.toISOString() : String(value));
  expect(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)]))),
  ).toEqual(table);
  expect([rows.some(({ dueAt }) => dueAt instanceof Date), typeof rows[0]!.overdue]).toEqual([true, 'boolean']);
  expect([existsSync(`${out}.part`), existsSync(`${out}.position`)]).toEqual([false, false]);
});

test('begins a table with its handling, and with what the rights of the caller take away', async () => {
  const program = run(['export', written('{ submissions { nodes { number } } }'), '--url', url]);
  expect(await program.ended).toBe(0);
  expect(program.output()).toMatch(
    /^# Handling: PROPIN \(treasury\)\r\n# As of: \S+Z\r\n# Withheld: Query\.submissions ROWS[^\n]*\r\n# Variables: \{\}\r\n# Question: \{ submissions/,
  );
});

test('continues after a kill: objects that stay are neither skipped nor repeated', async () => {
  const flags = ['--no-banner', '--page-size', '9'];
  const out = join(folder, 'killed.csv');
  const question = '{ capabilityAssessments(orderBy: [{ field: ASSESSED_ON }]) { nodes { id } } }';
  const file = written(question);
  const again = () => run(['export', file, '--url', url, '--token-file', tokenFile, '--out', out, ...flags]);
  const first = again();
  await until(
    () => existsSync(`${out}.position`) && JSON.parse(readFileSync(`${out}.position`, 'utf8')).rows > 50,
    () => 'some pages are written',
  );
  await kill(first);
  expect(existsSync(out)).toBe(false);
  const { rows } = JSON.parse(readFileSync(`${out}.position`, 'utf8')) as { rows: number };
  const assessments = world
    .rows(CapabilityAssessment)
    .toSorted((a, b) => (`${a.assessedOn} ${a.id}` < `${b.assessedOn} ${b.id}` ? -1 : 1));
  expect(rows).toBeLessThan(assessments.length);
  // another question may not continue in the same file
  const other = run(['export', written('{ agencies { nodes { key } } }'), '--url', url, '--out', out]);
  expect([await other.ended, other.output()]).toEqual([
    1,
    expect.stringContaining('an unfinished export of another question'),
  ]);
  // some that were written disappear, and some that were not
  const gone = [assessments[2]!, assessments.at(-3)!].map(({ id }) => id);
  const { database } = world.subgraph('infrastructure');
  await database.query('DELETE FROM capability_assessment WHERE id IN (?, ?)', gone);
  const second = again();
  expect([await second.ended, second.output()]).toEqual([0, expect.stringContaining(`${assessments.length - 1} rows`)]);
  const ids = readFileSync(out, 'utf8').trimEnd().split('\r\n').slice(1);
  expect(ids.toSorted()).toEqual(
    assessments
      .map(({ id }) => id)
      .filter((id) => id !== gone[1])
      .toSorted(),
  );
  expect([existsSync(`${out}.part`), existsSync(`${out}.position`)]).toEqual([false, false]);
  const third = again();
  expect([await third.ended, third.output()]).toEqual([1, expect.stringContaining('killed.csv" exists')]);
});

describe('a graph with difficulties', () => {
  let server: Server;
  let address: string;
  const answers: [status: number, body: unknown][] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        const [status, body] = answers.shift()!;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const page = (nodes: object[], endCursor: string | null) => ({
    data: { l: { nodes, pageInfo: { hasNextPage: endCursor !== null, endCursor } } },
  });
  const refused = (code: string, extensions = {}) => ({
    errors: [{ message: 'no', extensions: { code, ...extensions } }],
  });
  const ofList = () => run(['export', written('{ l { nodes { a } } }'), '--url', address, '--no-banner']);

  test('waits for its budget and for a graph that is away', async () => {
    answers.push(
      [200, page([{ a: 1 }], 'x')],
      [429, refused('BUDGET_EXHAUSTED', { retryAfterSeconds: 1 })],
      [503, refused('SUBGRAPH_UNAVAILABLE', { retryable: true, retryAfterSeconds: 1 })],
      [502, 'not of GraphQL'],
      [200, page([{ a: 2 }], null)],
    );
    const program = ofList();
    expect(await program.ended).toBe(0);
    expect(program.output().replaceAll('\r', '')).toMatch(/^a\n1\n(Waiting 1 s: [^\n]*\n){3}2\n2 rows\n$/);
  });

  test('stops at an error of a field, since a table would not show it', async () => {
    answers.push([
      200,
      {
        ...page([{ a: null }], null),
        errors: [{ message: 'gone', path: ['l', 'nodes', 0, 'a'], extensions: { code: 'FORBIDDEN' } }],
      },
    ]);
    const program = ofList();
    expect([await program.ended, program.output()]).toEqual([
      1,
      expect.stringContaining('FORBIDDEN at l.nodes.0.a: gone'),
    ]);
  });

  test('gives no file its name that the disk took only a part of', async () => {
    const out = join(folder, 'cut.csv');
    answers.push([200, page([{ a: 'x'.repeat(3_000_000) }], null)]);
    const words = ['export', written('{ l { nodes { a } } }'), '--url', address, '--out', out];
    // files of at most 2 MB
    const limited = ['-c', 'ulimit -f 2048; exec "$@"', 'sh', process.execPath, MAIN, ...words];
    expect(await runProgram('bash', limited, { NODE_COMPILE_CACHE: '' }).ended).not.toBe(0);
    expect(existsSync(out)).toBe(false);
  });

  test('writes no formulas', async () => {
    answers.push([
      200,
      page(
        ['=cmd()', '+1', '-x', '@y', 'plain', -3.5, true, null, 'a,"b"'].map((a) => ({ a })),
        null,
      ),
    ]);
    const program = ofList();
    expect(await program.ended).toBe(0);
    expect(program.output().split('\r\n').slice(1, 10)).toEqual([
      ...["'=cmd()", "'+1", "'-x", "'@y", 'plain', '-3.5', 'true', '', '"a,""b"""'],
    ]);
  });
});

test.each([
  [['--csv', '--jsonl'], '--csv and --jsonl exclude each other'],
  [['--parquet', '--csv'], '--csv and --parquet exclude each other'],
  [['--jsonl', '--unfold', 'system'], '--unfold is for tables'],
  [['--unfold', 'x'], 'no field "x" below its list'],
  [['--variables', '[1]'], 'The variables are not a JSON object'],
  [['--variables', 'none.json'], 'Cannot read the variables'],
])('rejects %j', async (flags, message) => {
  const program = start(QUESTION, ...flags);
  expect([await program.ended, program.output()]).toEqual([1, expect.stringContaining(message)]);
});
