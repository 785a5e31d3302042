import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { runImport } from '#kit/import/importer';
import { silent } from '#kit/import/progress';
import { readYaml, requireReadable } from '#kit/import/readers';
import { formatReject } from '#kit/import/reject';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { importData } from '../../gateway/cli/import';
import { settingsBySubgraph, storeSettings } from '../../gateway/cli/settings';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { AIUseCase } from '../../subgraphs/infrastructure/use-case/ai-use-case';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { requireWords } from '../support/words';
import { FIXTURES } from '../support/world';

const KEV = readFileSync(join(FIXTURES, 'known_exploited_vulnerabilities.json'), 'utf8');
const USE_CASES = readFileSync(join(FIXTURES, 'federal_ai_use_cases_2025.csv'), 'utf8');

describe.each(databaseKinds)('importing on %s', (kind) => {
  let databases: TestDatabases;
  let infrastructure: OpenSubgraph;
  let folder: string;
  const definition = subgraphs.find(({ name }) => name === 'infrastructure')!;

  beforeEach(async () => {
    databases = await freshDatabases(kind, ['infrastructure']);
    infrastructure = await definition.open({ databaseUrl: databases.url('infrastructure') });
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-import-test-'));
  });
  afterEach(async () => {
    await requireWords([infrastructure]);
    await infrastructure.close();
    await databases.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function file(name: string, content: string | Buffer): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  const run = (source: string, path: string) =>
    runImport(
      infrastructure.database,
      definition.parts.importers.find((importer) => importer.source === source)!,
      path,
      silent,
      definition.parts.entities,
    );

  test('counts every row once, and changes nothing on a second import', async () => {
    const path = file('use.csv', USE_CASES);
    const first = await run('omb-use-cases', path);
    expect(first).toMatchObject({ read: 5, imported: 5, updated: 0, unchanged: 0, rejects: [] });
    expect(await run('omb-use-cases', path)).toMatchObject({ read: 5, imported: 0, updated: 0, unchanged: 5 });
    const changed = await run(
      'omb-use-cases',
      file('use.csv', USE_CASES.replace('Sorts letters', 'Sorts all letters')),
    );
    expect(changed).toMatchObject({ read: 5, imported: 0, updated: 1, unchanged: 4 });
    expect([...first.unmatched.get('agency')!]).toEqual([['Bureau of Made-Up Affairs', 1]]);
    expect(await infrastructure.database.count(AIUseCase)).toBe(5);
  });

  test('reads lists of choices with quotes of both kinds, and rejects other text', async () => {
    const path = file('use.csv', USE_CASES.replace("['In-progress']", 'In-progress'));
    const { rejects } = await run('omb-use-cases', path);
    expect(rejects).toMatchObject([{ line: 5, column: 'hi_public_consultation' }]);
    const cases = await infrastructure.database.query(
      'SELECT public_consultation AS consultation FROM ai_use_case WHERE public_consultation IS NOT NULL',
    );
    expect(cases.map(({ consultation }) => consultation)).toEqual(["Usability Testing; Someone's opinion"]);
  });

  test('rejects invalid rows with line, column, and reason, and imports the others', async () => {
    const document = JSON.parse(KEV);
    const [first, second, third] = document.vulnerabilities;
    document.vulnerabilities = [
      first,
      { ...second, dateAdded: '2026-02-30' },
      { ...third, cveID: 'CVE-90' },
      { ...third, cveID: undefined },
      { ...third, cveID: 'CVE-1900-90005', dueDate: 'soon' },
      { ...third, cveID: 'CVE-1900-90006', product: 'x'.repeat(256) },
      { ...third, cveID: 'CVE-1900-90007', notes: 'x'.repeat(65_536) },
      third,
    ];
    const report = await run('kev', file('kev.json', JSON.stringify(document)));
    expect(report).toMatchObject({ read: 8, imported: 2, updated: 0, unchanged: 0 });
    expect(report.notes).toContainEqual(expect.stringMatching(/: 2 added, 0 changed, 0 removed$/));
    expect(report.rejects.map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [2, 'dateAdded', 'is "2026-02-30", which is not a date (YYYY-MM-DD or MM/DD/YYYY)'],
      [3, 'cveID', 'is "CVE-90", which is not a CVE id'],
      [4, 'cveID', 'is missing'],
      [5, 'dueDate', 'is "soon", which is not a date (YYYY-MM-DD or MM/DD/YYYY)'],
      [6, 'product', 'is 256 characters long; the maximum is 255'],
      [7, 'notes', 'is 65536 characters long; the maximum is 60000'],
    ]);
  });

  test.each([
    ['kev', 'broken.json', KEV.slice(0, 700), /not valid JSON \(line \d+, column \d+\)[\s\S]*Nothing was imported/],
    ['kev', 'empty.json', '', /not valid JSON \(it is empty\)/],
    ['kev', 'other.json', '{"items": []}', /has no list at "vulnerabilities"/],
    ['fedramp-products', 'norows.json', '[]', /has no rows/],
    ['omb-use-cases', 'columns.csv', 'a,b\n1,2\n', /has no columns "agency", "agency_name", .* it has "a", "b"/],
    ['omb-use-cases', 'ragged.csv', `${USE_CASES}TREAS,only two\n`, /not valid CSV at line 7/],
    ['omb-use-cases', 'quote.csv', `${USE_CASES}"TREAS,never closed\n`, /not valid CSV/],
  ])('rejects an import of %s from %s as a whole, without partial writes', async (source, name, content, message) => {
    await expect(run(source, file(name, content))).rejects.toThrow(message);
    expect(await infrastructure.database.count(AIUseCase)).toBe(0);
    expect(await infrastructure.database.count(Vulnerability)).toBe(0);
  });

  test('skips a byte-order mark in CSV and in JSON files', async () => {
    expect(await run('kev', file('bom.json', `\uFEFF${KEV}`))).toMatchObject({ imported: 3 });
    expect(await run('omb-use-cases', file('nobom.csv', USE_CASES.replace('\uFEFF', '')))).toMatchObject({
      imported: 5,
    });
  });

  const LATIN_1 = Buffer.from(USE_CASES.replace('\uFEFF', '').replace('\n', '\nRen\u00e9'), 'latin1');
  test.each([
    ['omb-use-cases', 'latin.csv', LATIN_1, /"\S*latin.csv" is not UTF-8 at line 2/],
    [
      'omb-use-cases',
      'cut.csv',
      Buffer.concat([Buffer.from(USE_CASES), Buffer.from([0xc3])]),
      /is not UTF-8 at line \d/,
    ],
    ['omb-use-cases', 'odd.csv', Buffer.from([0xff, 0xfe, 0x41]), /is not UTF-16LE/],
    ['kev', 'latin.json', Buffer.from(KEV.replace('\n', '\nRen\u00e9'), 'latin1'), /is not UTF-8 at line 2/],
    ['omb-use-cases', 'long.csv', Buffer.from(`${USE_CASES}"${'x'.repeat(2 ** 21)}`), /Max Record Size/],
  ])('rejects %s from %s before its first row', async (source, name, content, message) => {
    await expect(run(source, file(name, content))).rejects.toThrow(message);
    expect(await infrastructure.database.count(AIUseCase)).toBe(0);
    expect(await infrastructure.database.count(Vulnerability)).toBe(0);
  });

  test('reads UTF-16 with a byte-order mark', async () => {
    const path = file('utf16.csv', Buffer.from(`\uFEFF${USE_CASES.replace('\uFEFF', '')}`, 'utf16le'));
    expect(await run('omb-use-cases', path)).toMatchObject({ read: 5, imported: 5 });
  });

  test('counts every row, whatever it contains', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constant(undefined),
      fc.array(fc.string()),
      fc.object(),
    );
    const rows = fc.array(
      fc.record({
        id: fc.oneof(fc.constantFrom('FR1', 'FR2'), value),
        csp: value,
        offering: value,
        status: fc.oneof(fc.constant('FedRAMP Ready'), value),
        authDate: fc.oneof(fc.constant('2026-02-01'), value),
        serviceModel: value,
        authorizations: value,
      }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (products) => {
        const report = await run('fedramp-products', file('any.json', JSON.stringify(products)));
        expect(report.imported + report.updated + report.unchanged + report.rejects.length).toBe(report.read);
        expect(report.read).toBe(products.length);
      }),
      { numRuns: 40 },
    );
  });
});

test('reports a missing file, a folder, and an unknown source', async () => {
  await expect(requireReadable('/no/such/file.json')).rejects.toThrow(
    /File "\/no\/such\/file.json" does not exist[\s\S]*Check the path/,
  );
  await expect(requireReadable(tmpdir())).rejects.toThrow(/is not a file[\s\S]*import -- all <folder>/);
  const options = {
    settingsOf: settingsBySubgraph(storeSettings, { data: join(tmpdir(), 'never-made') }),
    file: '/no/such/folder',
  };
  await expect(importData({ ...options, source: 'kevv' })).rejects.toThrow(
    /Unknown source "kevv"[\s\S]*Choose one of .*kev/,
  );
  await expect(importData({ ...options, source: 'all' })).rejects.toThrow(/Cannot search ".*" for files/);
});

test('rejects YAML whose aliases would fill the memory, without a stack trace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-yaml-'));
  const path = join(folder, 'aliases.yaml');
  const names = [...'abcdefg'];
  const lists = names.map(
    (name, i) =>
      `${name}: &${name} [${Array(9)
        .fill(i ? `*${names[i - 1]}` : 'x')
        .join(', ')}]\n`,
  );
  writeFileSync(path, lists.join(''));
  await expect(readYaml(path)).rejects.toThrow(/cannot be read: Excessive alias count[\s\S]*Nothing was imported/);
  rmSync(folder, { recursive: true });
});

test('reports a value with control characters without sending them to the terminal', () => {
  const reason = '"\u001b]0;x\u0007\u202e\r\n" is not a date';
  const line = formatReject({ file: 'a.csv', line: 2, column: 'due\u001b[2J', reason });
  expect(line).toBe('a.csv:2, due\\u{1b}[2J: "\\u{1b}]0;x\\u{7}\\u{202e}\\u{d}\\u{a}" is not a date');
});

describe('a download', () => {
  const asked: (string | undefined)[] = [];
  const big = gzipSync(Buffer.alloc(1_000_000, ' '));
  let server: Server;
  let address: string;
  let data: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      const [, status] = /^\/(\d+)$/.exec(request.url!) ?? [];
      if (status) response.writeHead(Number(status), { location: '/kev.json' }).end(KEV);
      else if (request.url === '/big.json') response.writeHead(200, { 'content-encoding': 'gzip' }).end(big);
      else response.end(KEV);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    data = mkdtempSync(join(tmpdir(), 'ordergraph-download-'));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(data, { recursive: true, force: true });
  });
  beforeEach(() => void asked.splice(0));

  const imported = (path: string, maxDownloadBytes?: number) =>
    importData({
      ...{ source: 'kev', file: `${address}${path}`, settingsOf: settingsBySubgraph(storeSettings, { data }) },
      maxDownloadBytes,
    });

  test.each([301, 302, 303, 307, 308])('follows no redirect of status %i, and names its address', async (status) => {
    await expect(imported(`/${status}`)).rejects.toThrow(/the server redirects to \/kev.json, which you can import/);
    expect(asked).toEqual([`/${status}`]);
  });

  test('ends when it is larger than the limit, counted decompressed', async () => {
    expect(big.length).toBeLessThan(10_000);
    await expect(imported('/big.json', 100_000)).rejects.toThrow(/the file has more than 100000 bytes/);
  });
});

test('imports a file from a URL, and reports a URL without a file', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/known_exploited_vulnerabilities.json') response.end(KEV);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const data = mkdtempSync(join(tmpdir(), 'ordergraph-url-'));
  const settingsOf = settingsBySubgraph(storeSettings, { data });
  const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await importData({ source: 'kev', file: `${address}/known_exploited_vulnerabilities.json`, settingsOf });
    expect(output.mock.calls.join('')).toContain('kev: 3 rows of known_exploited_vulnerabilities.json: 3 imported');
    await expect(importData({ source: 'kev', file: `${address}/nothing.json`, settingsOf })).rejects.toThrow(
      /Cannot download ".*nothing.json": the server returned HTTP 404[\s\S]*Check the address/,
    );
  } finally {
    output.mockRestore();
    server.close();
    server.closeAllConnections();
    rmSync(data, { recursive: true, force: true });
  }
});
